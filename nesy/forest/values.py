"""Values as integers, and functions of values as look-up tables, so that whole blocks are combined by numpy.

An id stands for a *pack*: the values that the symbols of a production have contributed so far. A pack of one value is
that value. Id 0 stands for no value (undefined, or beyond the limits), id 1 for the empty pack.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nesy.errors import OutOfFuel, Undefined
from nesy.machine.values import Value, kind, text

UNDEFINED, EMPTY = 0, 1
LARGEST_BITS = 4_096
"""Integers of more bits have no id, so that squaring again and again ends."""
LONGEST = 10_000
"""Nor have longer sequences."""
_DENSE = 1 << 22
"""A function of two packs is a square table as long as it has no more entries than this."""
_UNKNOWN = -1

Ids = NDArray[np.int64]
Pack = tuple[Value, ...]


class Values:
    """The packs met so far.

    Args:
        limit: integers beyond it, positive or negative, have no id.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.packs: list[Pack] = [(), ()]
        self._ids: dict[tuple[object, ...], int] = {(): EMPTY}

    def __len__(self) -> int:
        return len(self.packs)

    def id(self, *pack: Value) -> int:
        """The id of a pack; UNDEFINED where one of its values is beyond the limits."""
        keys = []
        for value in pack:
            if isinstance(value, tuple):
                if len(value) > LONGEST:
                    return UNDEFINED
                keys.append(tuple(e if isinstance(e, str) else text(e) for e in value))
            elif kind(value) == "int" and (
                value.bit_length() > LARGEST_BITS or (self.limit is not None and abs(value) > self.limit)
            ):
                return UNDEFINED
            else:
                keys.append((value.__class__, value))  # type: ignore[arg-type]
        key = tuple(keys)
        found = self._ids.get(key)
        if found is None:
            found = self._ids[key] = len(self.packs)
            self.packs.append(pack)
        return found

    def value(self, identity: int) -> Value:
        """The value of an id that is a pack of one."""
        (value,) = self.packs[identity]
        return value


Function = Callable[..., Value]


class Table:
    """A function from the values of two packs, evaluated once per distinct pair.

    Args:
        function: of the values of both packs; None for the pack of all of them.
    """

    def __init__(self, values: Values, function: Function | None) -> None:
        self.values, self.function = values, function
        self._dense = np.full((64, 64), _UNKNOWN, dtype=np.int32)
        self._sparse: dict[int, int] = {}

    def __call__(self, left: Ids, right: Ids) -> Ids:
        """Ids of the results; UNDEFINED where the function has no value."""
        if not len(left):
            return left
        size = len(self.values)
        if size > len(self._dense) and not self._grow(size):
            return self._search(left, right)
        found = self._dense[left, right]
        missing = found == _UNKNOWN
        if missing.any():
            self._fill(np.unique(left[missing] * size + right[missing]), size)
            found = self._dense[left, right]
        return found.astype(np.int64)

    def _grow(self, size: int) -> bool:
        side = 1 << (size - 1).bit_length()
        if side * side > _DENSE:
            return False
        old = self._dense
        self._dense = np.full((side, side), _UNKNOWN, dtype=np.int32)
        self._dense[: len(old), : len(old)] = old
        return True

    def _fill(self, codes: Ids, size: int) -> None:
        for code in codes.tolist():
            left, right = divmod(code, size)
            self._dense[left, right] = self._evaluate(left, right)

    def _search(self, left: Ids, right: Ids) -> Ids:
        codes, inverse = np.unique((left << 32) | right, return_inverse=True)
        found = np.empty(len(codes), dtype=np.int64)
        known = self._sparse
        for position, code in enumerate(codes.tolist()):
            result = known.get(code)
            if result is None:
                result = known[code] = self._evaluate(code >> 32, code & 0xFFFFFFFF)
            found[position] = result
        return found[inverse]

    def _evaluate(self, left: int, right: int) -> int:
        packs = self.values.packs
        arguments = packs[left] + packs[right]
        if self.function is None:
            return self.values.id(*arguments)
        try:
            return self.values.id(self.function(*arguments))
        except (Undefined, OutOfFuel):
            return UNDEFINED
