"""Languages over uncertain symbols: every reading of a sequence at once, packed, with the values that it may have."""

from nesy.forest.reader import Posterior, Reader, Reading

__all__ = ["Posterior", "Reader", "Reading"]
