"""Values as integers, so that whole blocks of candidate programs are evaluated by numpy.

A value's id is its position in a growing table; id 0 stands for *undefined*. Equal ids mean
equal kind and equal canonical text.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nesy.errors import Undefined
from nesy.machine.primitives import Primitive
from nesy.machine.values import Value, kind, text

UNDEFINED = 0
LARGEST = 1 << 31  # integers beyond this are undefined in a search; programs found are run exactly
LONGEST = 400  # so are longer sequences
NEAR = 4  # numbers whose range is at most so many times their count are near each other

Ids = NDArray[np.int64]


class Universe:
    """All values met in one search, and memo tables of the primitives on them."""

    def __init__(self) -> None:
        self.values: list[Value | None] = [None]
        self._ids: dict[object, int] = {}
        self._kinds: list[int] = [0]
        self._numbers: list[int] = [0]
        self._memo: dict[str, dict[int, int]] = {}
        self._arrays = (np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))
        self._filled = 0

    def id(self, value: Value) -> int:
        """The id of a value; sequences are compared by the text of their elements."""
        if value.__class__ is tuple:
            known = self._ids.get(value)  # keys hold texts only: one that is equal is the same
            if known is not None:
                return known
        k = kind(value)
        if isinstance(value, tuple):
            value = tuple(e if isinstance(e, str) else text(e) for e in value)
            key: object = value
        else:
            key = (k, value)
        found = self._ids.get(key)
        if found is None:
            found = self._ids[key] = len(self.values)
            self.values.append(value)
            self._kinds.append(("int", "bool", "seq").index(k) + 1)
            self._numbers.append(_number(value))
        return found

    def ids(self, values: list[Value]) -> Ids:
        return np.array([self.id(v) for v in values], dtype=np.int64)

    def arrays(self) -> tuple[Ids, Ids]:
        """(kind code, number) of every id."""
        count, filled = len(self.values), self._filled
        if filled < count:
            if len(self._arrays[0]) < count:
                self._arrays = tuple(np.concatenate((a, np.zeros(count, np.int64))) for a in self._arrays)  # type: ignore[assignment]
            for array, column in zip(self._arrays, (self._kinds, self._numbers), strict=True):
                array[filled:count] = column[filled:]
            self._filled = count
        kinds, numbers = self._arrays
        return kinds[:count], numbers[:count]

    def apply(self, primitive: Primitive, arguments: list[Ids]) -> Ids:
        """A primitive on blocks of ids of one shape; wrong kinds and errors give UNDEFINED."""
        shape = arguments[0].shape
        kinds, numbers = self.arrays()
        codes = {"int": 1, "bool": 2, "seq": 3}
        defined = np.ones(shape, dtype=bool)
        for parameter, argument in zip(primitive.parameters, arguments, strict=True):
            defined &= (argument != UNDEFINED) if parameter == "any" else kinds[argument] == codes[parameter]
            if parameter == "int":
                defined &= numbers[argument] != LARGEST
        if primitive.name == "if":
            return np.where(
                kinds[arguments[0]] == 2, np.where(arguments[0] == self.id(True), arguments[1], arguments[2]), 0
            )
        if primitive.name == "ifzero":
            return np.where(
                kinds[arguments[0]] == 1, np.where(arguments[0] == self.id(0), arguments[1], arguments[2]), 0
            )
        if primitive.name == "and":  # what follows a false is not looked at
            left, right = (np.where(kinds[argument] == 2, argument, UNDEFINED) for argument in arguments)
            return np.where((left == UNDEFINED) | (left == self.id(False)), left, right)
        out = np.zeros(shape, dtype=np.int64)
        if not defined.any():
            return out
        chosen = [argument[defined] for argument in arguments]
        if primitive.name == "==":
            same = kinds[chosen[0]] == kinds[chosen[1]]
            truth = np.where(chosen[0] == chosen[1], self.id(True), self.id(False))
            out[defined] = np.where(same, truth, self.id(False))
        elif primitive.name in _VECTOR:
            result = _VECTOR[primitive.name](*(numbers[c] for c in chosen))
            out[defined] = self._intern(result, primitive.result)
        else:
            out[defined] = self._elementwise(primitive, chosen)
        return out

    def _intern(self, numbers: Ids, result: str) -> Ids:
        if result == "bool":
            return np.where(numbers != 0, self.id(True), self.id(False))
        unique, inverse = distinct_numbers(numbers)
        known = self._ids.get
        ids = [(known(("int", n)) or self.id(n)) if -LARGEST < n < LARGEST else UNDEFINED for n in unique.tolist()]
        return np.array(ids, dtype=np.int64)[inverse]

    def _elementwise(self, primitive: Primitive, arguments: list[Ids]) -> Ids:
        memo = self._memo.setdefault(primitive.name, {})
        size = 1 << 31
        code = arguments[0]
        for argument in arguments[1:]:
            code = code * size + argument
        unique, first, inverse = np.unique(code, return_index=True, return_inverse=True)
        ids = np.empty(len(unique), dtype=np.int64)
        values = self.values
        for position, (key, index) in enumerate(zip(unique.tolist(), first.tolist(), strict=True)):
            known = memo.get(key)
            if known is None:
                known = self._evaluate(primitive, [values[a[index]] for a in arguments])
                memo[key] = known
            ids[position] = known
        return ids[inverse]

    def _evaluate(self, primitive: Primitive, arguments: list[Value | None]) -> int:
        try:
            value = primitive.function(*arguments)
        except (Undefined, ArithmeticError, TypeError):
            return UNDEFINED
        if isinstance(value, tuple) and len(value) > LONGEST:
            return UNDEFINED
        return self.id(value)


def _number(value: Value) -> int:
    """The integer, LARGEST for one beyond the search, 0 for other kinds."""
    if kind(value) != "int":
        return 0
    number = int(value)  # type: ignore[arg-type]
    return number if abs(number) < LARGEST else LARGEST


def distinct_numbers(numbers: Ids) -> tuple[Ids, Ids]:
    """The numbers in order, each once, and where each of all stands there: those near each other without sorting."""
    low, high = int(numbers.min()), int(numbers.max())
    if high - low > NEAR * len(numbers):
        return np.unique(numbers, return_inverse=True)
    present = np.zeros(high - low + 1, dtype=bool)
    present[numbers - low] = True
    return np.flatnonzero(present) + low, (np.cumsum(present) - 1)[numbers - low]


def _floor_division(a: Ids, b: Ids) -> Ids:
    quotient = a // np.where(b == 0, 1, b)
    return np.where(b == 0, LARGEST, quotient)


_VECTOR: dict[str, Callable[..., Ids]] = {
    "+": np.add,
    "monus": lambda a, b: np.maximum(a - b, 0),
    "-": np.subtract,
    "*": np.multiply,
    "div": _floor_division,
    "min": np.minimum,
    "max": np.maximum,
    "<": lambda a, b: a < b,
}
