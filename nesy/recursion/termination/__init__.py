"""Whether every call of a program ends: sizes of values, call sites, size-change graphs, the proof."""

from nesy.recursion.termination.proof import Unproved, size_change, termination, unproved

__all__ = ["Unproved", "size_change", "termination", "unproved"]
