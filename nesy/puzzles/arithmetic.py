"""Propagation of sums and products: bounds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TypeAlias

from nesy.puzzles.alignment import Alignment, bits
from nesy.puzzles.model import Linear, Product
from nesy.puzzles.propagator import Propagator, narrowed


def linear(rule: Linear, alignment: Alignment) -> Propagator:
    """Bounds: each term is at most what the smallest values of the others leave; both ways for an equation."""
    weights: dict[int, int] = {}
    for variable, weight in zip(rule.scope, rule.coefficients, strict=True):
        weights[variable] = weights.get(variable, 0) + weight
    terms = [(variable, weight) for variable, weight in weights.items() if weight]
    if rule.comparator == "!=":
        return _unequal(terms, rule.bound, alignment)
    up = _at_most(terms, rule.bound, alignment)
    if rule.comparator == "<=":
        return up
    down = _at_most([(variable, -weight) for variable, weight in terms], -rule.bound, alignment)

    def both(domains: list[int]) -> Sequence[int] | None:
        first = up(domains)
        if first is None:
            return None
        second = down(domains)
        return None if second is None else [*first, *second]

    return both


def _at_most(terms: list[tuple[int, int]], bound: int, alignment: Alignment) -> Propagator:
    integers: list[int] = [value for value in alignment.values if isinstance(value, int)]

    def propagate(domains: list[int]) -> Sequence[int] | None:
        slack = bound
        least = []
        for variable, weight in terms:
            mask = domains[variable]
            place = (mask & -mask).bit_length() - 1 if weight > 0 else mask.bit_length() - 1
            least.append(weight * integers[place])
            slack -= least[-1]
        if slack < 0:
            return None
        changed = []
        for (variable, weight), smallest in zip(terms, least, strict=True):
            mask = domains[variable]
            if weight > 0:
                kept = mask & (1 << bisect_right(integers, (slack + smallest) // weight)) - 1
            else:
                kept = mask & -1 << bisect_left(integers, -((slack + smallest) // -weight))
            if kept != mask:
                domains[variable] = kept
                changed.append(variable)
        return changed

    return propagate


def _unequal(terms: list[tuple[int, int]], bound: int, alignment: Alignment) -> Propagator:
    values, positions = alignment.values, alignment.positions

    def propagate(domains: list[int]) -> Sequence[int] | None:
        rest, last = bound, None
        for variable, weight in terms:
            mask = domains[variable]
            if not mask & (mask - 1):
                rest -= weight * values[mask.bit_length() - 1]  # type: ignore[operator]
            elif last is None:
                last = variable, weight
            else:
                return ()
        if last is None:
            return () if rest else None
        variable, weight = last
        place = positions.get(rest // weight) if rest % weight == 0 else None
        return () if place is None else narrowed(domains, variable, domains[variable] & ~(1 << place))

    return propagate


Interval: TypeAlias = tuple[int, int]


def _times(a: Interval, b: Interval) -> Interval:
    corners = a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]
    return min(corners), max(corners)


def product(rule: Product, alignment: Alignment) -> Propagator:
    """Bounds: a value stays if the interval of the others' product allows it; factors divide what is not zero."""
    scope, bound, comparator = rule.scope, rule.bound, rule.comparator
    integers: list[int] = [value for value in alignment.values if isinstance(value, int)]

    def possible(value: int, others: Interval) -> bool:
        low, high = _times((value, value), others)
        if comparator == "<=":
            return low <= bound
        if comparator == "!=":
            return not low == high == bound
        return low <= bound <= high and (not bound or (value != 0 and bound % value == 0))

    def propagate(domains: list[int]) -> Sequence[int] | None:
        ranges = []
        for variable in scope:
            mask = domains[variable]
            ranges.append((integers[(mask & -mask).bit_length() - 1], integers[mask.bit_length() - 1]))
        after = [(1, 1)]
        for one in reversed(ranges):
            after.append(_times(after[-1], one))
        before = (1, 1)
        changed = []
        for number, variable in enumerate(scope):
            others = _times(before, after[len(scope) - number - 1])
            before = _times(before, ranges[number])
            mask = domains[variable]
            kept = sum(1 << place for place in bits(mask) if possible(integers[place], others))
            if kept != mask:
                if not kept:
                    return None
                domains[variable] = kept
                changed.append(variable)
        return changed

    return propagate
