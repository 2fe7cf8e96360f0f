"""How large a value may grow before a run is stopped instead of filling the memory."""

from __future__ import annotations

from nesy.errors import OutOfFuel

MAX_LENGTH = 10_000_000
"""Elements of a sequence."""

MAX_BITS = 4_000_000
"""Bits of a product: over a million decimal digits."""


def too_long() -> OutOfFuel:
    return OutOfFuel(f"a sequence of more than {MAX_LENGTH:,} elements")


def too_large() -> OutOfFuel:
    return OutOfFuel(f"an integer of more than {MAX_BITS:,} bits")
