"""Upper bounds of the sizes of values, for the proof that a program terminates.

The size of a value counts the constructors that have arguments and the elements of sequences in it, and adds
its integers (a negative one counts 0) and the lengths of its strings. So a value is larger than its proper parts,
and rebuilding it from its parts gives the same size. A function in a value has the least size that none of its
results exceeds, and sums are natural sums of ordinals: thus ``g(O)`` is smaller than ``Lim(g)``, as in a proof by
induction over a strictly positive type.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

_MOST_BOUNDS, _MOST_SYMBOLS = 8, 24
"""Bounds of one size and symbols in a bound that are kept; fewer bounds are less precise, never wrong."""


@dataclass(frozen=True, slots=True)
class Bound:
    """``constant + |x| + |y|``.

    Attributes:
        constant: may be negative.
        symbols: what is added, in order, with repetitions: numbers of variables in the patterns of a clause, or
            of a function's parameters.
    """

    constant: int
    symbols: tuple[int, ...] = ()

    def __add__(self, other: Bound) -> Bound:
        return Bound(self.constant + other.constant, tuple(sorted(self.symbols + other.symbols)))

    def __le__(self, other: Bound) -> bool:
        """Whether it is at most the other one whatever the symbols stand for."""
        rest = iter(other.symbols)
        return self.constant <= other.constant and all(symbol in rest for symbol in self.symbols)

    def __lt__(self, other: Bound) -> bool:
        return self + Bound(1) <= other

    def __or__(self, other: Bound) -> Bound:
        """The least bound that neither exceeds."""
        symbols = Counter(self.symbols) | Counter(other.symbols)
        return Bound(max(self.constant, other.constant), tuple(sorted(symbols.elements())))


Bounds = frozenset[Bound]
"""Each of them bounds the same size; none: nothing is known."""


@dataclass(frozen=True, slots=True)
class Size:
    """What is known of the size of a value.

    Attributes:
        bounds: it exceeds none of them.
        least: an integer value, or the length of a sequence, is at least so much; None: it may be negative.
    """

    bounds: Bounds = frozenset()
    least: int | None = None

    def at_least(self, least: int | None) -> Size:
        return self if least is None else replace(self, least=max(least, least if self.least is None else self.least))


UNKNOWN = Size()


def exactly(bound: Bound) -> Size:
    """The size that a bound gives."""
    return Size(frozenset({bound}))


def total(sizes: Iterable[Size], constant: int = 0) -> Size:
    """``constant`` plus the sizes."""
    sums = product(*(size.bounds for size in sizes))
    return Size(least_bounds(sum(bounds, Bound(constant)) for bounds in sums))


def either(left: Size, right: Size) -> Size:
    """A size that is one of the two."""
    least = None if left.least is None or right.least is None else min(left.least, right.least)
    return Size(least_bounds(a | b for a, b in product(left.bounds, right.bounds)), least)


def function_size(result: Size) -> Size:
    """The size of a function that returns values of a size, or that is never applied: then it has size 0."""
    return Size(least_bounds(bound | Bound(0) for bound in result.bounds))


def least_bounds(bounds: Iterable[Bound]) -> Bounds:
    """The bounds that no other one makes superfluous."""
    kept: list[Bound] = []
    for bound in sorted(set(bounds), key=lambda b: (len(b.symbols), b.constant, b.symbols)):
        if len(bound.symbols) <= _MOST_SYMBOLS and not any(other <= bound for other in kept):
            kept.append(bound)
    return frozenset(kept[:_MOST_BOUNDS])


def instances(bounds: Bounds, sizes: Sequence[Size]) -> Size:
    """The size that bounds over a function's parameters give for its arguments."""
    found = (total((sizes[symbol] for symbol in bound.symbols), bound.constant) for bound in least_bounds(bounds))
    return Size(least_bounds(bound for size in found for bound in size.bounds))


def instance(bound: Bound, sizes: Sequence[Bound]) -> Bound:
    """The bound with sizes for its symbols."""
    return sum((sizes[symbol] for symbol in bound.symbols), Bound(bound.constant))


def literal(value: Any) -> Size:
    """The size of a literal."""
    if isinstance(value, bool):
        return exactly(Bound(0))
    if isinstance(value, int):
        return replace(exactly(Bound(max(value, 0))), least=value)
    if isinstance(value, tuple):
        return replace(total(map(literal, value), len(value)), least=len(value))
    return exactly(Bound(len(value)))


def primitive(name: str, sizes: Sequence[Size]) -> Size:
    """The size of what a function of the prelude gives; `if`, which chooses, is none of them."""
    match name, tuple(sizes):
        case "+", (a, b):
            return total((a, b)).at_least(None if a.least is None or b.least is None else a.least + b.least)
        case "++", (a, b):
            return total((a, b)).at_least((a.least or 0) + (b.least or 0))
        case "-", (a, Size(_, least)) if least is not None and least >= 0:
            return _less(a, least)
        case "monus", (a, Size(_, least)) if least is not None and least >= 0:
            return _less(a, least).at_least(0)
        case "div", (a, Size(_, least)) if least is not None and least >= 1:
            return _less(a, 1 if least > 1 else 0)
        case "mod", (a, b):
            return _remainder(a, b)
        case "min", (a, b):
            return Size(least_bounds(a.bounds | b.bounds))
        case "max", (a, b):
            return either(Size(a.bounds), Size(b.bounds)).at_least(a.least).at_least(b.least)
        case "tail" | "init", (a,):
            return _less(a, 1)
        case "reverse", (a,):
            return a
        case "length", (a,):
            return Size(a.bounds, max(0, a.least or 0))
        case "head" | "last", (a,):
            return Size(a.bounds)
        case "unit", (a,):
            return total((a,), 1)
        case (("and" | "or" | "not" | "==" | "!=" | "<" | "<=" | ">" | ">="), *_):
            return exactly(Bound(0))
    return UNKNOWN


def _less(size: Size, amount: int) -> Size:
    """What is left of an integer or a sequence without so much: nothing is left of less than that."""
    return total((size,), -min(amount, max(0, size.least or 0)))


def _remainder(a: Size, b: Size) -> Size:
    """``a mod b`` has the sign of b and is nearer to 0 than b."""
    positive = b.least is not None and b.least > 0
    bounds = total((b,), -1 if positive else 0).bounds
    if a.least is not None and a.least >= 0:
        bounds |= a.bounds
    return Size(least_bounds(bounds), 0 if positive else None)
