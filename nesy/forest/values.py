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


Chosen = tuple[Ids, Ids]
"""Ids, and indices among them."""


def _code(left: Chosen | None, right: Chosen | None, side: int) -> Ids | int:
    """The number left * side + right, multiplied before it is spread out."""
    if left is None:
        return EMPTY * side + EMPTY if right is None else (EMPTY * side + right[0])[right[1]]
    if right is None:
        return (left[0] * side + EMPTY)[left[1]]
    code: Ids = (left[0] * side)[left[1]]
    code += right[0][right[1]]
    return code


class Table:
    """A function from the values of two packs, evaluated once per distinct pair.

    Args:
        function: of the values of both packs; None for the pack of all of them.
    """

    def __init__(self, values: Values, function: Function | None) -> None:
        self.values, self.function = values, function
        self._side = 64
        self._dense = np.full(self._side**2, _UNKNOWN, dtype=np.int64)
        self._sparse: dict[int, int] = {}

    def __call__(self, left: int, right: int) -> int:
        """The id of the result; UNDEFINED where the function has no value."""
        return self._remembered(left << 32 | right)

    def of(self, left: Chosen | None, right: Chosen | None) -> Ids | int:
        """Ids of the results for blocks of packs.

        Args:
            left, right: ids, and which of them are meant, position by position; None for the empty pack.
        """
        size = len(self.values)
        if size <= self._side or self._grow(size):
            code = _code(left, right, self._side)
            found = self._dense[code]
            if np.min(found, initial=0) == _UNKNOWN:
                for one in np.unique(np.asarray(code)[found == _UNKNOWN]).tolist():
                    self._dense[one] = self._evaluate(*divmod(one, self._side))
                found = self._dense[code]
            return found if isinstance(found, np.ndarray) else int(found)
        code = _code(left, right, 1 << 32)
        if isinstance(code, int):
            return self._remembered(code)
        codes, inverse = np.unique(code, return_inverse=True)
        results = np.array([self._remembered(one) for one in codes.tolist()], dtype=np.int64)
        return results[inverse]

    def _grow(self, size: int) -> bool:
        side = 1 << (size - 1).bit_length()
        if side * side > _DENSE:
            return False
        old = self._dense.reshape(self._side, self._side)
        dense = np.full((side, side), _UNKNOWN, dtype=np.int64)
        dense[: self._side, : self._side] = old
        self._side, self._dense = side, dense.ravel()
        return True

    def _remembered(self, code: int) -> int:
        result = self._sparse.get(code)
        if result is None:
            result = self._sparse[code] = self._evaluate(code >> 32, code & 0xFFFFFFFF)
        return result

    def _evaluate(self, left: int, right: int) -> int:
        packs = self.values.packs
        arguments = packs[left] + packs[right]
        if self.function is None:
            return self.values.id(*arguments)
        try:
            return self.values.id(self.function(*arguments))
        except (Undefined, OutOfFuel):
            return UNDEFINED
