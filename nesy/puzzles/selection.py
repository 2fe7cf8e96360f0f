"""Propagation of element and count: all that can be removed, if no variable occurs twice."""

from __future__ import annotations

from collections.abc import Sequence

from nesy.puzzles.alignment import Alignment
from nesy.puzzles.model import Count, Element
from nesy.puzzles.propagator import Propagator, narrowed


def element(rule: Element, alignment: Alignment) -> Propagator:
    index, value, *array = rule.scope
    chosen: dict[int, int] = {}
    for key, variable in zip(rule.keys, array, strict=True):
        if key in alignment.positions:  # of two equal keys the first one counts
            chosen.setdefault(1 << alignment.positions[key], variable)

    def propagate(domains: list[int]) -> Sequence[int] | None:
        old = domains[index], domains[value]
        wanted = domains[value]
        keys = reachable = 0
        for bit, variable in chosen.items():
            if domains[index] & bit and domains[variable] & wanted:
                keys |= bit
                reachable |= domains[variable]
        domains[index] &= keys
        domains[value] &= reachable
        if not domains[index] or not domains[value]:
            return None
        changed = [variable for variable, mask in zip((index, value), old, strict=True) if domains[variable] != mask]
        if not domains[index] & (domains[index] - 1):
            only = chosen[domains[index]]
            more = narrowed(domains, only, domains[only] & domains[value])
            return None if more is None else [*changed, *more]
        return changed

    return propagate


def count(rule: Count, alignment: Alignment) -> Propagator:
    scope, bound, comparator = rule.scope, rule.bound, rule.comparator
    counted = alignment.mask(rule.values)

    def propagate(domains: list[int]) -> Sequence[int] | None:
        surely = possibly = 0
        for variable in scope:
            mask = domains[variable]
            if mask & counted:
                possibly += 1
                surely += not mask & ~counted
        no_more = comparator in ("<=", "=") and surely >= bound
        all_needed = comparator in (">=", "=") and possibly <= bound
        if (no_more and surely > bound) or (all_needed and possibly < bound):
            return None
        if comparator == "!=":
            if surely == possibly:
                return None if surely == bound else ()
            if possibly - surely > 1:
                return ()
            no_more, all_needed = possibly == bound, surely == bound
        changed = []
        for variable in scope:
            mask = domains[variable]
            if (no_more or all_needed) and mask & counted and mask & ~counted:
                domains[variable] = mask & ~counted if no_more else mask & counted
                changed.append(variable)
        return changed

    return propagate
