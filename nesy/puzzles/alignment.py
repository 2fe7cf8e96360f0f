"""One order of all values of a model, so that equal values have equal bits in every variable's mask.

`Model` numbers the values of each variable for itself. The solver needs masks that can be compared between variables:
bit i stands for the same value everywhere, and integers stand in their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nesy.puzzles.model import Model, Value

_SPARSE = 64
"""Integers are numbered without gaps where that takes at most so many (plus as many again as there are) more bits."""


class Alignment:
    """The common numbering of a model's values.

    Attributes:
        values: position -> value, integers in their order first; an integer may stand here that no variable takes.
        positions: value -> position.
        integers: how many of the positions are integers.
        dense: the integers have no gaps, so adding k to a value is a shift of its mask by k.
        full: per variable the mask of its values.
    """

    def __init__(self, model: Model) -> None:
        every = dict.fromkeys(value for domain in model.domains for value in domain)
        integers = sorted(value for value in every if isinstance(value, int))
        span = range(integers[0], integers[-1] + 1) if integers else range(0)
        self.dense = len(span) <= 2 * len(integers) + _SPARSE
        if self.dense:
            integers = list(span)
        names = [value for value in every if not isinstance(value, int)]
        self.values: tuple[Value, ...] = (*integers, *names)
        self.integers = len(integers)
        self.positions = {value: position for position, value in enumerate(self.values)}
        self._places = [tuple(self.positions[value] for value in domain) for domain in model.domains]
        self._shifts = [_shift(places) for places in self._places]
        self.full = [self.encode(variable, mask) for variable, mask in enumerate(model.full)]

    def encode(self, variable: int, mask: int) -> int:
        """A mask over the variable's own values -> the mask over the common positions."""
        shift = self._shifts[variable]
        if shift is not None:
            return mask << shift
        return sum(1 << self._places[variable][own] for own in bits(mask))

    def place(self, variable: int, own: int) -> int:
        """The common position of one of the variable's own values."""
        return self._places[variable][own]

    def own(self, variable: int, position: int) -> int:
        """The place of a common position among the variable's own values."""
        shift = self._shifts[variable]
        return position - shift if shift is not None else self._places[variable].index(position)

    def mask(self, values: Sequence[Value] | frozenset[Value]) -> int:
        """The mask of some values; those that no variable takes are left out."""
        return sum(1 << self.positions[value] for value in values if value in self.positions)


def bits(mask: int) -> Iterator[int]:
    """The positions of the ones, from the lowest."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _shift(places: tuple[int, ...]) -> int | None:
    """By how much a mask is shifted to become a common one; None where it takes more than a shift."""
    start = places[0] if places else 0
    return start if places == tuple(range(start, start + len(places))) else None
