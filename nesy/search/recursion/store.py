"""Values as numbers: equal ones have one, and a call that cannot be evaluated yet is a value too.

While the clauses of a function are looked for, what it gives for most arguments is not known. Such a call is
*stuck*: it stands for itself, as a constructor would. Two expressions of the same value then agree whatever the
function turns out to be, and ``Cons(x, f(xs))`` can be compared with an expected ``Cons(x, Nil)``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from nesy.terms import Term, Value

UNDEFINED = 0
"""The number of what has no value."""

EMPTY, LINK = "[]", "::"
"""Sequences are made of these two, so that they have patterns as inductive types have."""


@dataclass(frozen=True, slots=True)
class Constant:
    """An integer, a boolean, a string or a Python function; ``true`` and 1 are different ones."""

    kind: type
    value: Any


@dataclass(frozen=True, slots=True)
class Closure:
    """A function of the program with some of its arguments: a function of the rest."""

    name: str
    function: Callable[..., Value]


@dataclass(frozen=True, slots=True)
class Stuck:
    """A call that cannot be evaluated."""

    function: str


Head = str | Constant | Closure | Stuck
"""What stands outside a value; a string is a constructor."""


class Store:
    """Hash-consed values.

    Attributes:
        heads, parts: of every number.
        stuck: whether a stuck call is in it.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[Head, tuple[int, ...]], int] = {}
        self._values: dict[int, Value] = {}
        self.heads: list[Head] = [""]
        self.parts: list[tuple[int, ...]] = [()]
        self.stuck: list[bool] = [False]
        self.sizes: list[int] = [0]
        self._fits: dict[tuple[int, int], bool] = {}

    def make(self, head: Head, parts: tuple[int, ...] = ()) -> int:
        """The number of a head with parts; of an undefined part nothing can be made."""
        key = (head, parts)
        number = self._numbers.get(key)
        if number is None:
            if UNDEFINED in parts:
                return UNDEFINED
            number = self._numbers[key] = len(self.heads)
            self.heads.append(head)
            self.parts.append(parts)
            self.stuck.append(isinstance(head, Stuck) or any(self.stuck[part] for part in parts))
            self.sizes.append(1 + sum(self.sizes[part] for part in parts))
        return number

    def number(self, value: Value) -> int:
        """The number of a value."""
        done: list[int] = []
        tasks: list[tuple[Value, bool]] = [(value, False)]
        while tasks:
            value, visited = tasks.pop()
            if isinstance(value, Term) and value.arguments:
                if visited:
                    start = len(done) - len(value.arguments)
                    done[start:] = [self.make(value.name, tuple(done[start:]))]
                else:
                    tasks.append((value, True))
                    tasks.extend((part, False) for part in reversed(value.arguments))
            elif isinstance(value, tuple):
                if visited:
                    start = len(done) - len(value)
                    elements = done[start:]
                    done[start:] = [self.sequence(elements)]
                else:
                    tasks.append((value, True))
                    tasks.extend((part, False) for part in reversed(value))
            else:
                done.append(self.make(value.name if isinstance(value, Term) else Constant(type(value), value)))
        return done[0]

    def sequence(self, elements: list[int]) -> int:
        """The number of a sequence of these elements."""
        number = self.make(EMPTY)
        for element in reversed(elements):
            number = self.make(LINK, (element, number))
        return number

    def constant(self, value: bool | int | str) -> int:
        """The number of a constant."""
        return self.make(Constant(type(value), value))

    def value(self, number: int) -> Value:
        """The value of a number that is neither undefined nor stuck."""
        tasks = [number]
        while tasks:
            last = tasks[-1]
            inside = [part for part in self._inside(last) if part not in self._values]
            if last in self._values or not inside:
                tasks.pop()
                if last not in self._values:
                    self._values[last] = self._built(last)
            else:
                tasks += inside
        return self._values[number]

    def fits(self, number: int, target: int) -> bool:
        """Whether a value with stuck calls may turn out to be the target."""
        if number == target:
            return True
        if not self.stuck[number] or number == UNDEFINED:
            return False
        key = (number, target)
        found = self._fits.get(key)
        if found is None:
            found = self._fits[key] = self._may_be(number, target)
        return found

    def _may_be(self, number: int, target: int) -> bool:
        stack = [(number, target)]
        while stack:
            one, other = stack.pop()
            if one == other or isinstance(self.heads[one], Stuck):
                continue
            if not self.stuck[one] or self.heads[one] != self.heads[other]:
                return False
            stack += zip(self.parts[one], self.parts[other], strict=True)
        return True

    def _inside(self, number: int) -> list[int]:
        """The parts; of a sequence the elements."""
        if self.heads[number] is not LINK:
            return list(self.parts[number])
        elements = []
        while self.heads[number] is LINK:
            element, number = self.parts[number]
            elements.append(element)
        return elements

    def _built(self, number: int) -> Value:
        head = self.heads[number]
        inside = [self._values[part] for part in self._inside(number)]
        match head:
            case Constant(_, value):
                return value
            case Closure(_, function):
                return partial(function, *inside) if inside else function
        if head in (EMPTY, LINK):
            return tuple(inside)
        assert isinstance(head, str)
        return Term(head, tuple(inside))
