"""Values of a declared type by size: counted, listed, drawn at random, at the edges, made smaller.

A ground type is a combinatorial class: a constructor is a product of its fields, a type is the sum of its
constructors, so the number of values of each size follows from the declaration by one recurrence,

    T(x) = sum over constructors C of  x * product of the fields' F(x)

and a number below T_n names one value of size n (unranking; Flajolet, Zimmermann, van Cutsem 1994). The same
recurrence over truth values tells which sizes are possible at all. Nothing here recurses on Python's stack.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

from nesy.errors import InputError
from nesy.terms import Term, Value, parts, subvalues
from nesy.types import BOOL, INT, STRING, Declarations, Function, Named, Type, TypeVariable, variables

MOST_TYPES = 100
"""Ground types that one type may be made of: a type that grows inside itself, ``perfect(pair(a, a))``, has no end."""

Open = tuple[Type, int, Any]
"""A part of a value that is still to be made: its type, its size, and what else its maker needs."""


def size(value: Value) -> int:
    """The number of constructors, and of sequence elements that are no constructors."""
    inside = sum(not isinstance(e, Term) for part in subvalues(value) if isinstance(part, tuple) for e in part)
    return inside + sum(isinstance(part, Term) for part in subvalues(value))


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to make a value of a type.

    Attributes:
        name: the constructor; None for sequences, which are empty or an element and the rest.
        fields: the types of its parts.
        cost: what it adds to the size.
    """

    name: str | None
    fields: tuple[Type, ...]
    cost: int

    def make(self, arguments: Sequence[Value]) -> Value:
        """The value of these parts."""
        if self.name is not None:
            return Term(self.name, tuple(arguments))
        return (arguments[0], *arguments[1]) if arguments else ()


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
        self.rules = _rules(declarations, type, self.primitives)
        self._values = _Table(self.rules, _Numbers, {t: len(values) for t, values in self.primitives.items()})
        self._shapes = _Table(self.rules, _Numbers, dict.fromkeys(self.primitives, 1))
        self._possible = _Table(self.rules, _Bits, {t: bool(len(values)) for t, values in self.primitives.items()})
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
            value = self._smallest(spine.type, rng)
        else:
            index = rng.randrange(self._shapes.number(spine.type, left))
            value = self._build((spine.type, left, index), self._by_index(self._shapes, self._drawn(rng)))
        return self._wrap(spine.path, self._repeat(spine.cycle, repetitions, value, rng), rng)

    def edges(self, size: int, rng: random.Random | None = None) -> list[Value]:
        """The smallest values, and the longest spines up to `size`."""
        found = [*self.smallest(), *(self.spine(spine, size, rng) for spine in self.spines)]
        return list(dict.fromkeys(found))

    # ---------------------------------------------------------------- smaller

    def smaller(self, value: Value) -> Iterator[Value]:
        """Values of the same type that are simpler than this one, the boldest attempts first.

        Parts of its own type; then the value with one part replaced by the smallest of the part's type, or by
        a part of that part.
        """
        places = _Places(self.declarations, self.type, value)
        for type_, part in zip(places.types[1:], places.values[1:], strict=True):
            if type_ == self.type:
                yield part
        for number, (type_, part) in enumerate(zip(places.types, places.values, strict=True)):
            if type_ in self.primitives:
                if self.primitives[type_] and part != self.primitives[type_][0]:
                    yield places.replaced(number, self.primitives[type_][0])
                continue
            if size(part) > self._least[type_]:
                yield places.replaced(number, self._smallest(type_, None))
            if number:
                yield from (places.replaced(number, inner) for inner in places.within(number, type_))

    def minimise(self, value: Value, fails: Callable[[Value], bool]) -> Value:
        """A value that fails and of whose simpler ones none does (`value` itself is taken to fail)."""
        while True:
            simpler = next((candidate for candidate in self.smaller(value) if fails(candidate)), None)
            if simpler is None:
                return value
            value = simpler

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

    def _by_index(self, table: _Table, primitive: Callable[[Type, int], Value]) -> Callable[[Open], Any]:
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

    def _smallest(self, type_: Type, rng: random.Random | None) -> Value:
        if type_ in self.primitives:
            return self._first(type_) if rng is None else rng.choice(self.primitives[type_])
        least = self._least[type_]
        self._shapes.extend(least)
        draw = self._drawn(rng) if rng else lambda type_, _: self._first(type_)
        return self._build((type_, least, 0), self._by_index(self._shapes, draw))

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
            return (*(self._smallest(rule.fields[0], rng) for _ in range(repetitions)), *value)
        for _ in range(repetitions):
            value = self._wrap(cycle, value, rng)
        return value

    def _wrap(self, way: Sequence[tuple[Rule, int]], value: Value, rng: random.Random | None) -> Value:
        for rule, place in reversed(way):
            arguments = [self._smallest(field, rng) if i != place else value for i, field in enumerate(rule.fields)]
            value = rule.make(arguments)
        return value


@dataclass(frozen=True, slots=True)
class _Close:
    """Make a value of the last `count` ones: a term, or a sequence where there is no name."""

    name: str | None
    count: int


# -------------------------------------------------------------------- the recurrence


def _rules(declarations: Declarations, root: Type, primitives: Mapping[Type, object]) -> dict[Type, tuple[Rule, ...]]:
    """The rules of all types inside a type, declared ones before sequences."""
    rules: dict[Type, tuple[Rule, ...]] = {}
    queue = deque([root])
    while queue:
        type_ = queue.popleft()
        if type_ in rules or type_ in primitives:
            continue
        rules[type_] = _rules_of(declarations, type_)
        queue.extend(field for rule in rules[type_] for field in rule.fields)
        if len(rules) > MOST_TYPES:
            raise InputError(f"the type {root} contains more and more types", expected="types that stay the same size")
    return dict(sorted(rules.items(), key=lambda item: _is_sequence(item[0])))


def _rules_of(declarations: Declarations, type_: Type) -> tuple[Rule, ...]:
    match type_:
        case Function():
            raise InputError(f"functions {type_} are not sampled", expected="types of data")
        case TypeVariable(name):
            raise InputError(f"the type variable {name}", expected="a type without variables", mend="say which type")
        case Named("seq", (Named() as element,)):
            return Rule(None, (), 0), Rule(None, (element, type_), 0 if element.name in declarations.types else 1)
        case Named(name, _) if name in declarations.types:
            declared = declarations.types[name]
            if len(type_.arguments) != len(declared.parameters):
                what = f"the type {type_} with {len(type_.arguments)} arguments"
                raise InputError(what, expected=str(declared.type))
            if any(variables(type_)):
                raise InputError(f"the type {type_}", expected="a type without variables", mend="say which types")
            return tuple(Rule(c.name, declarations.fields(c, type_), 1) for c in declared.constructors)
    raise InputError(f"values of type {type_} are not sampled", expected="a declared type, int, bool, string or seq")


def _is_sequence(type_: Type) -> bool:
    return isinstance(type_, Named) and type_.name == "seq"


class _Numbers(list[int]):
    """How many values there are of size 0, 1, 2, ..."""

    def times(self, other: _Numbers, n: int) -> int:
        """Coefficient n of the product of two series."""
        if len(self) > len(other):
            self, other = other, self
        low = max(0, n + 1 - len(other))
        return sum(self[k] * other[n - k] for k in range(low, min(n + 1, len(self))))


class _Bits:
    """Whether there are values of size 0, 1, 2, ...: the bits of one integer, and the same backwards."""

    def __init__(self, first: Sequence[int] = ()) -> None:
        self.bits = self.mirror = self.length = 0
        for value in first:
            self.append(value)

    def append(self, value: int) -> None:
        self.bits |= bool(value) << self.length
        self.mirror = self.mirror << 1 | bool(value)
        self.length += 1

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, n: int) -> int:
        return self.bits >> n & 1

    def splits(self, other: _Bits, n: int) -> int:
        """The sizes k of a first part, as bits, where the second one may have n - k."""
        shift = other.length - 1 - n
        return self.bits & (other.mirror >> shift if shift >= 0 else other.mirror << -shift)

    def times(self, other: _Bits, n: int) -> int:
        """Coefficient n of the product of two series."""
        return bool(self.splits(other, n))


class _Table:
    """The series of each type, and of the parts of each rule from some part on."""

    def __init__(
        self, rules: Mapping[Type, tuple[Rule, ...]], series: Callable[..., Any], weights: Mapping[Type, int]
    ) -> None:
        self.rules = rules
        self.of: dict[Type, Any] = {type_: series([weight]) for type_, weight in weights.items()}
        self.of |= {type_: series() for type_ in rules}
        self.tails: dict[Rule, list[Any]] = {}
        for rule in (rule for own in rules.values() for rule in own):
            last = [self.of[rule.fields[-1]]] if rule.fields else [series([1])]
            self.tails[rule] = [*(series() for _ in rule.fields[1:]), *last]

    def number(self, type_: Type, size: int) -> int:
        """Coefficient `size` of the series of a type."""
        self.extend(size)
        series = self.of[type_]
        return int(series[size]) if 0 <= size < len(series) else 0

    def extend(self, size: int) -> None:
        """Compute all series up to a size."""
        known = min((len(self.of[type_]) for type_ in self.rules), default=size + 1)
        for n in range(known, size + 1):
            for type_, rules in self.rules.items():
                self.of[type_].append(sum(self._rule(rule, n) for rule in rules))

    def _rule(self, rule: Rule, size: int) -> int:
        left = size - rule.cost
        if left < 0:
            return 0
        tails = self.tails[rule]
        for place in reversed(range(len(rule.fields) - 1)):
            series = tails[place]
            while len(series) <= left:
                series.append(self.of[rule.fields[place]].times(tails[place + 1], len(series)))
        return int(tails[0][left]) if left < len(tails[0]) else 0

    def choose(self, type_: Type, size: int, index: int) -> tuple[Rule, list[Open]]:
        """The rule of value number `index`, and the sizes and numbers of its parts."""
        for rule in self.rules[type_]:
            below = self._rule(rule, size)
            if index < below:
                break
            index -= below
        inside: list[Open] = []
        left = size - rule.cost
        for place, field in enumerate(rule.fields[:-1]):
            first, rest = self.of[field], self.tails[rule][place + 1]
            for k in range(max(0, left + 1 - len(rest)), min(left + 1, len(first))):
                below = first[k] * rest[left - k]
                if index < below:
                    break
                index -= below
            mine, index = divmod(index, rest[left - k])
            inside.append((field, k, mine))
            left -= k
        if rule.fields:
            inside.append((rule.fields[-1], left, index))
        return rule, inside

    def split(self, type_: Type, size: int, rng: random.Random) -> tuple[Rule, list[int]]:
        """A possible rule and possible sizes of its parts, each uniform (truth values only)."""
        rule = rng.choice([rule for rule in self.rules[type_] if self._rule(rule, size)])
        sizes: list[int] = []
        left = size - rule.cost
        for place, field in enumerate(rule.fields[:-1]):
            possible = self.of[field].splits(self.tails[rule][place + 1], left)
            sizes.append(_one_bit(possible, rng.randrange(possible.bit_count())))
            left -= sizes[-1]
        return rule, [*sizes, left] if rule.fields else []


def _one_bit(bits: int, index: int) -> int:
    """The position of set bit number `index`, by halving."""
    position, width = 0, bits.bit_length()
    while width > 1:
        half = width // 2
        low = bits & ((1 << half) - 1)
        if index < low.bit_count():
            bits, width = low, half
        else:
            index -= low.bit_count()
            bits, width, position = bits >> half, width - half, position + half
    return position


# -------------------------------------------------------------------- places in a value


class _Places:
    """All parts of a value with their types, outside before inside, left to right."""

    def __init__(self, declarations: Declarations, type_: Type, value: Value) -> None:
        self.types: list[Type] = []
        self.values: list[Value] = []
        self.parents: list[tuple[int, int]] = []
        stack: list[tuple[Type, Value, int, int]] = [(type_, value, -1, 0)]
        while stack:
            type_, value, parent, place = stack.pop()
            number = len(self.values)
            self.types.append(type_)
            self.values.append(value)
            self.parents.append((parent, place))
            inside = parts(value)
            fields = _field_types(declarations, type_, value)
            stack.extend((f, v, number, i) for i, f, v in reversed([*zip(range(len(inside)), fields, inside)]))  # noqa: B905

    def within(self, number: int, type_: Type) -> Iterator[Value]:
        """The parts of part `number` that have a type."""
        last = number + sum(1 for _ in subvalues(self.values[number]))
        return (self.values[i] for i in range(number + 1, last) if self.types[i] == type_)

    def replaced(self, number: int, value: Value) -> Value:
        """The whole value with part `number` replaced."""
        while number:
            number, place = self.parents[number]
            whole = self.values[number]
            arguments = (*parts(whole)[:place], value, *parts(whole)[place + 1 :])
            value = Term(whole.name, arguments) if isinstance(whole, Term) else arguments
        return value


def _field_types(declarations: Declarations, type_: Type, value: Value) -> Sequence[Type]:
    if isinstance(value, Term) and isinstance(type_, Named):
        return declarations.fields(declarations.constructors[value.name], type_)
    if isinstance(value, tuple) and isinstance(type_, Named):
        return [a for a in type_.arguments if not isinstance(a, int)] * len(value)
    return ()
