"""Derivations: grounded symbol systems, printed and drawn."""

from nesy.derivation.tree import Derivation

__all__ = ["Derivation"]
