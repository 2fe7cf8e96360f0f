"""Propagation of all-different rules: naked and hidden singles, and matching."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from nesy.puzzles.alignment import Alignment
from nesy.puzzles.matching import supported
from nesy.puzzles.model import AllDifferent
from nesy.puzzles.propagator import Propagator, narrowed


def different(rule: AllDifferent, alignment: Alignment) -> list[Propagator]:
    """Naked singles, and hidden ones where there are as many values as variables."""
    if rule.offsets and not alignment.dense:
        return [_apart(x, y, p - q, alignment) for (x, p), (y, q) in combinations(terms(rule), 2)]
    if len(rule.scope) < 3:
        return [naked(rule)]
    union = 0
    for variable, shift in terms(rule):
        union |= alignment.full[variable] << shift
    every = union if union.bit_count() == len(rule.scope) else 0
    return [_hidden(rule, every) if every else naked(rule)]


def terms(rule: AllDifferent) -> list[tuple[int, int]]:
    """Per variable by how much its mask is shifted for its offset; the smallest is 0."""
    offsets = rule.offsets or (0,) * len(rule.scope)
    lowest = min(offsets, default=0)
    return [(variable, offset - lowest) for variable, offset in zip(rule.scope, offsets, strict=True)]


def _apart(x: int, y: int, difference: int, alignment: Alignment) -> Propagator:
    """``x + difference != y``."""
    place, values = alignment.positions, alignment.values

    def propagate(domains: list[int]) -> Sequence[int] | None:
        for one, other, sign in ((x, y, difference), (y, x, -difference)):
            mask = domains[one]
            if not mask & (mask - 1):
                taken = place.get(values[mask.bit_length() - 1] + sign)  # type: ignore[operator]
                if taken is not None and domains[other] >> taken & 1:
                    return narrowed(domains, other, domains[other] & ~(1 << taken))
        return ()

    return propagate


def naked(rule: AllDifferent) -> Propagator:
    """A value that one variable has is taken from the others."""
    shifts = terms(rule)

    def propagate(domains: list[int]) -> Sequence[int] | None:
        changed: list[int] = []
        done = 0
        while True:
            fixed = 0
            for variable, shift in shifts:
                mask = domains[variable]
                if not mask & (mask - 1):
                    mask <<= shift
                    if mask & fixed or not mask:
                        return None
                    fixed |= mask
            if fixed == done:
                return changed
            done = fixed
            for variable, shift in shifts:
                mask = domains[variable]
                if mask & (mask - 1) and mask << shift & fixed:
                    mask &= ~(fixed >> shift)
                    if not mask:
                        return None
                    domains[variable] = mask
                    changed.append(variable)

    return propagate


def _hidden(rule: AllDifferent, every: int) -> Propagator:
    """As many values as variables: naked singles, and a value that only one variable can have is that variable's."""
    first = naked(rule)
    shifts = terms(rule)

    def propagate(domains: list[int]) -> Sequence[int] | None:
        changed: list[int] = []
        while True:
            more = first(domains)
            if more is None:
                return None
            changed += more
            once = twice = 0
            for variable, shift in shifts:
                mask = domains[variable] << shift
                twice |= once & mask
                once |= mask
            if once != every:
                return None
            lone = once & ~twice
            found = False
            for variable, shift in shifts:
                mask = domains[variable]
                only = mask << shift & lone
                if only and mask & (mask - 1):
                    if only & (only - 1):
                        return None
                    domains[variable] = only >> shift
                    changed.append(variable)
                    found = True
            if not found:
                return changed

    return propagate


def matching(rule: AllDifferent) -> Propagator:
    """All that can be removed, by bipartite matching; offsets need dense integers."""
    shifts = terms(rule)

    def propagate(domains: list[int]) -> Sequence[int] | None:
        kept = supported([domains[variable] << shift for variable, shift in shifts])
        if kept is None:
            return None
        changed = []
        for (variable, shift), mask in zip(shifts, kept, strict=True):
            mask = domains[variable] & mask >> shift
            if mask != domains[variable]:
                if not mask:
                    return None
                domains[variable] = mask
                changed.append(variable)
        return changed

    return propagate
