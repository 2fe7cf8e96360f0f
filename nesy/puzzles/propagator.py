"""What a propagator is.

A propagator takes the masks of all variables (over the positions of `Alignment`), changes them in place and returns
the variables that it changed, or None if its constraint cannot be kept. It never removes a value that a solution of
the constraint has, and once every variable of the scope is fixed it returns None exactly if the constraint is broken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

Propagator: TypeAlias = Callable[[list[int]], "Sequence[int] | None"]


def narrowed(domains: list[int], variable: int, kept: int) -> Sequence[int] | None:
    """What a propagator returns that leaves one variable these values."""
    if kept == domains[variable]:
        return ()
    domains[variable] = kept
    return (variable,) if kept else None
