"""What is assumed, and then checked, of the functions of a program: how their results and calls relate to arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from nesy.recursion.termination.sizes import UNKNOWN, Bound, Bounds, Size, instances

_OFFSETS = (-1, 0, 1)
_FEW_PARAMETERS = 4


@dataclass(frozen=True)
class Facts:
    """Bounds over the sizes of a function's parameters, which are known by their positions.

    Attributes:
        results: per function: bounds of what it returns, ``|f(x, y)| <= |x|``.
        arguments: per function, position of a parameter that is a function, and position of an argument: bounds of
            what that parameter is applied to: ``map(g, xs)`` applies g to what is smaller than xs.
        width: how many arguments a function value takes at most.
    """

    results: Mapping[str, Bounds]
    arguments: Mapping[tuple[str, int, int], Bounds]
    width: int

    @classmethod
    def all(cls, arities: Mapping[str, int], width: int) -> Facts:
        """Every fact that there could be."""
        each = range(width)
        results = {name: candidates(arity) for name, arity in arities.items()}
        arguments = {(name, p, k): results[name] for name, arity in arities.items() for p in range(arity) for k in each}
        return cls(results, arguments, width)

    @property
    def anything(self) -> tuple[Size, ...]:
        """The arguments of a function value of which nothing is known."""
        return (UNKNOWN,) * self.width

    def result(self, function: str, arguments: Sequence[Size]) -> Size:
        """The size of what a call returns."""
        return instances(self.results[function], arguments)

    def applied_to(self, function: str, position: int, arguments: Sequence[Size]) -> tuple[Size, ...]:
        """The sizes of what a call applies the function at a position of its arguments to."""
        return tuple(instances(self.arguments[function, position, k], arguments) for k in range(self.width))


@cache
def candidates(arity: int) -> Bounds:
    """The bounds that are tried: sums of some parameters; where there are many, of none, of one or of all of them."""
    return frozenset(Bound(offset, symbols) for symbols in _choices(arity) for offset in _OFFSETS)


def _choices(arity: int) -> Iterable[tuple[int, ...]]:
    lengths = range(arity + 1) if arity <= _FEW_PARAMETERS else (0, 1, arity)
    for length in lengths:
        yield from combinations(range(arity), length)
