"""Values of a declared type by size: counted, listed, drawn at random, at the edges.

What is counted and how a number names a value: `nesy.recursion.data.counting`. Nothing here recurses on Python's stack.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

from nesy.errors import InputError
from nesy.recursion.data.counting import Bits, Numbers, Open, Rule, Table, rules_of
from nesy.terms import Term, Value, subvalues
from nesy.types import BOOL, INT, STRING, Declarations, Type


def size(value: Value) -> int:
    """The number of constructors, and of sequence elements that are no constructors."""
    inside = sum(not isinstance(e, Term) for part in subvalues(value) if isinstance(part, tuple) for e in part)
    return inside + sum(isinstance(part, Term) for part in subvalues(value))


@dataclass(frozen=True, slots=True)
class Spine:
    """A way for values to grow without end in one place: `path` leads there from the outside, `cycle` repeats.

    Both are rules with the position of the part through which they go on.
    """

    path: tuple[tuple[Rule, int], ...]
    cycle: tuple[tuple[Rule, int], ...]
    type: Type

    def __str__(self) -> str:
        return ".".join(f"{rule.name or '[]'}/{place}" for rule, place in self.cycle)


class Terms:
    """The values of a ground type.

    Args:
        declarations: the inductive types.
        type: a type without variables: ``Named("list", (Named("nat"),))``.
        integers, strings: what integers and strings are drawn from; they add nothing to the size.

    Raises:
        InputError: the type has variables, holds functions or vectors, or has no finite value.
    """

    def __init__(
        self,
        declarations: Declarations,
        type: Type,
        *,
        integers: Sequence[int] = range(10),
        strings: Sequence[str] = ("a", "b", "c"),
    ) -> None:
        self.declarations, self.type = declarations, type
        self.primitives: dict[Type, Sequence[Value]] = {INT: integers, BOOL: (False, True), STRING: strings}
        self.rules = rules_of(declarations, type, self.primitives)
        self._values = Table(self.rules, Numbers, {t: len(values) for t, values in self.primitives.items()})
        self._shapes = Table(self.rules, Numbers, dict.fromkeys(self.primitives, 1))
        self._possible = Table(self.rules, Bits, {t: bool(len(values)) for t, values in self.primitives.items()})
        self._least = self._least_sizes()

    @property
    def constants(self) -> list[Value]:
        """The integers, booleans and strings that its values may hold."""
        held = {self.type, *(field for rules in self.rules.values() for rule in rules for field in rule.fields)}
        return [value for type_, values in self.primitives.items() if type_ in held for value in values]

    # ---------------------------------------------------------------- counting and listing

    def count(self, size: int) -> int:
        """How many values of this size there are."""
        return self._values.number(self.type, size)

    def shapes(self, size: int) -> int:
        """How many there are if integers, booleans and strings are not told apart (binary trees: Catalan)."""
        return self._shapes.number(self.type, size)

    def possible(self, size: int) -> bool:
        """Whether there are values of this size; quick for large sizes too."""
        return bool(self._possible.number(self.type, size))

    def sizes(self, limit: int) -> list[int]:
        """The possible sizes up to a limit."""
        return [n for n in range(limit + 1) if self.possible(n)]

    def unrank(self, size: int, index: int) -> Value:
        """Value number `index` of `size`; each value has one number below ``count(size)``."""
        self._need(size)
        return self._build((self.type, size, index), self._by_index(self._values, self._primitive))

    def of_size(self, size: int) -> Iterator[Value]:
        """All values of a size, in order."""
        return (self.unrank(size, index) for index in range(self.count(size)))

    def __iter__(self) -> Iterator[Value]:
        """All values, smaller ones first; without end for most types."""
        return (value for size in count() for value in self.of_size(size))

    # ---------------------------------------------------------------- at random

    def uniform(self, size: int, rng: random.Random) -> Value:
        """Each shape of this size is equally likely, and then each constant.

        The exact counts make this quadratic in the size where a constructor has two parts that grow.
        """
        self._need(size)
        index = rng.randrange(self.shapes(size))
        return self._build((self.type, size, index), self._by_index(self._shapes, self._drawn(rng)))

    def split(self, size: int, rng: random.Random) -> Value:
        """The constructor is uniform among those possible, and so is the size of each part.

        A binary tree of n inner nodes gets a left one of U{0..n-1}: bushier than `uniform`.
        """
        self._need(size)
        return self._build((self.type, size, rng), self._by_split(self._drawn(rng)))

    # ---------------------------------------------------------------- at the edges

    @property
    def least(self) -> int:
        """The smallest possible size."""
        return self._least[self.type]

    def smallest(self) -> list[Value]:
        """One value of each smallest shape, with the first constants."""
        first = self._by_index(self._shapes, lambda type_, _: self._first(type_))
        return [self._build((self.type, self.least, index), first) for index in range(self.shapes(self.least))]

    def simplest(self, type_: Type, rng: random.Random | None = None) -> Value:
        """A smallest value of a type that stands inside this one, with constants drawn by `rng` or the first ones."""
        if type_ in self.primitives:
            return self._first(type_) if rng is None else rng.choice(self.primitives[type_])
        least = self._least[type_]
        self._shapes.extend(least)
        draw = self._drawn(rng) if rng else lambda type_, _: self._first(type_)
        return self._build((type_, least, 0), self._by_index(self._shapes, draw))

    @cached_property
    def spines(self) -> tuple[Spine, ...]:
        """Every place where values grow without end: each part of a constructor that leads back to its own type."""
        found = []
        for type_, rules in self.rules.items():
            if self._least.get(type_) is None:
                continue
            outside = self._path(self.type, type_)
            for rule in rules:
                for place, inside in enumerate(rule.fields):
                    back = self._path(inside, type_)
                    direct = rule.name is not None or place == 1
                    if outside is not None and back is not None and direct and self._inhabited(rule):
                        found.append(Spine(outside, ((rule, place), *back), type_))
        return tuple(found)

    def spine(self, spine: Spine, size: int, rng: random.Random | None = None, share: float = 1.0) -> Value:
        """A value that is as long a spine as `size` allows, or a `share` of that over a random rest.

        Args:
            rng: constants and the rest are drawn with it; without, they are the first and the smallest.
            share: of the repetitions that fit; what is left of the size goes to the rest, by `uniform`.
        """
        overhead, once = self._cost(spine.path), self._cost(spine.cycle)
        room = size - overhead - self._least[spine.type]
        repetitions = max(0, int(share * (room // once) + 0.5))
        left = size - overhead - repetitions * once
        while left > self._least[spine.type] and not self._possible.number(spine.type, left):
            left -= 1
        if rng is None or left <= self._least[spine.type]:
            value = self.simplest(spine.type, rng)
        else:
            index = rng.randrange(self._shapes.number(spine.type, left))
            value = self._build((spine.type, left, index), self._by_index(self._shapes, self._drawn(rng)))
        return self._wrap(spine.path, self._repeat(spine.cycle, repetitions, value, rng), rng)

    def edges(self, size: int, rng: random.Random | None = None) -> list[Value]:
        """The smallest values, and the longest spines up to `size`."""
        found = [*self.smallest(), *(self.spine(spine, size, rng) for spine in self.spines)]
        return list(dict.fromkeys(found))

    # ---------------------------------------------------------------- making values

    def _build(self, root: Open, expand: Callable[[Open], tuple[Any, list[Open]]]) -> Value:
        """Make a value from the outside in: `expand` says what stands outside and what is still to be made."""
        values: list[Value] = []
        tasks: list[Any] = [root]
        while tasks:
            task = tasks.pop()
            if isinstance(task, _Close):
                start = len(values) - task.count
                arguments = tuple(values[start:])
                del values[start:]
                values.append(arguments if task.name is None else Term(task.name, arguments))
            elif task[0] in self.primitives:
                values.append(expand(task)[0])
            else:
                name, inside = expand(task)
                tasks.append(_Close(name, len(inside)))
                tasks.extend(reversed(inside))
        return values[0]

    def _by_index(self, table: Table, primitive: Callable[[Type, int], Value]) -> Callable[[Open], Any]:
        """Unranking: the number of a value is the number of its rule, of its parts' sizes and of its parts."""

        def expand(task: Open) -> tuple[Any, list[Open]]:
            type_, size, index = task
            if type_ in self.primitives:
                return primitive(type_, index), []
            elements: list[Open] = []
            while True:
                rule, inside = table.choose(type_, size, index)
                if rule.name is not None:
                    return rule.name, inside
                if not inside:
                    return None, elements
                elements.append(inside[0])
                type_, size, index = inside[1]

        return expand

    def _by_split(self, primitive: Callable[[Type, int], Value]) -> Callable[[Open], Any]:
        def expand(task: Open) -> tuple[Any, list[Open]]:
            type_, size, rng = task
            if type_ in self.primitives:
                return primitive(type_, 0), []
            elements: list[Open] = []
            while True:
                rule, sizes = self._possible.split(type_, size, rng)
                inside = [(field, n, rng) for field, n in zip(rule.fields, sizes, strict=True)]
                if rule.name is not None:
                    return rule.name, inside
                if not inside:
                    return None, elements
                elements.append(inside[0])
                size = sizes[1]

        return expand

    def _primitive(self, type_: Type, index: int) -> Value:
        return self.primitives[type_][index]

    def _first(self, type_: Type) -> Value:
        return self.primitives[type_][0]

    def _drawn(self, rng: random.Random) -> Callable[[Type, int], Value]:
        return lambda type_, _: rng.choice(self.primitives[type_])

    # ---------------------------------------------------------------- sizes and spines

    def _least_sizes(self) -> dict[Type, int]:
        """The smallest size of each type that has a value: a least fixpoint."""
        least: dict[Type, int] = {t: 0 for t, values in self.primitives.items() if values}
        changed = True
        while changed:
            changed = False
            for type_, rules in self.rules.items():
                sums = [r.cost + sum(least[f] for f in r.fields) for r in rules if all(f in least for f in r.fields)]
                if sums and min(sums) < least.get(type_, min(sums) + 1):
                    least[type_] = min(sums)
                    changed = True
        if self.type not in least:
            mend = "give it a constructor that does not need another value of the type, or more constants"
            raise InputError(f"the type {self.type} has no finite value", mend=mend)
        return least

    def _need(self, size: int) -> None:
        if size < 0 or not self.possible(size):
            near = [n for n in range(max(0, size - 5), size + 6) if self.possible(n)]
            expected = f"a possible size, as {', '.join(map(str, near))}" if near else "a possible size"
            raise InputError(f"no {self.type} has size {size}", expected=expected)

    def _inhabited(self, rule: Rule) -> bool:
        return all(field in self._least for field in rule.fields)

    def _cost(self, way: Sequence[tuple[Rule, int]]) -> int:
        """What rules add to the size of what stands in their places."""
        return sum(
            rule.cost + sum(self._least[f] for i, f in enumerate(rule.fields) if i != place) for rule, place in way
        )

    def _path(self, start: Type, end: Type) -> tuple[tuple[Rule, int], ...] | None:
        """The shortest way from a type to a type inside it."""
        ways: dict[Type, tuple[tuple[Rule, int], ...]] = {start: ()}
        queue = deque([start])
        while queue and end not in ways:
            type_ = queue.popleft()
            for rule in self.rules.get(type_, ()):
                for place, field in enumerate(rule.fields):
                    if field not in ways and self._inhabited(rule):
                        ways[field] = (*ways[type_], (rule, place))
                        queue.append(field)
        return ways.get(end)

    def _repeat(
        self, cycle: tuple[tuple[Rule, int], ...], repetitions: int, value: Value, rng: random.Random | None
    ) -> Value:
        (rule, _), *more = cycle
        if rule.name is None and not more:  # a long sequence, made at once
            return (*(self.simplest(rule.fields[0], rng) for _ in range(repetitions)), *value)
        for _ in range(repetitions):
            value = self._wrap(cycle, value, rng)
        return value

    def _wrap(self, way: Sequence[tuple[Rule, int]], value: Value, rng: random.Random | None) -> Value:
        for rule, place in reversed(way):
            arguments = [self.simplest(field, rng) if i != place else value for i, field in enumerate(rule.fields)]
            value = rule.make(arguments)
        return value


@dataclass(frozen=True, slots=True)
class _Close:
    """Make a value of the last `count` ones: a term, or a sequence where there is no name."""

    name: str | None
    count: int
