"""How many values of a type there are of each size, and which value has which number.

A ground type is a combinatorial class: a constructor is a product of its fields, a type is the sum of its
constructors, so the numbers follow from the declaration by one recurrence,

    T(x) = sum over constructors C of  x * product of the fields' F(x)

and a number below T_n names one value of size n (unranking; Flajolet, Zimmermann, van Cutsem 1994). The same
recurrence over truth values tells which sizes are possible at all.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nesy.errors import InputError
from nesy.terms import Term, Value
from nesy.types import Declarations, Function, Named, Type, TypeVariable, variables

MOST_TYPES = 100
"""Ground types that one type may be made of: a type that grows inside itself, ``perfect(pair(a, a))``, has no end."""

Open = tuple[Type, int, Any]
"""A part of a value that is still to be made: its type, its size, and what else its maker needs."""


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


def rules_of(declarations: Declarations, root: Type, primitives: Mapping[Type, object]) -> dict[Type, tuple[Rule, ...]]:
    """The rules of all types inside a type, declared ones before sequences."""
    rules: dict[Type, tuple[Rule, ...]] = {}
    queue = deque([root])
    while queue:
        type_ = queue.popleft()
        if type_ in rules or type_ in primitives:
            continue
        rules[type_] = _rules(declarations, type_)
        queue.extend(field for rule in rules[type_] for field in rule.fields)
        if len(rules) > MOST_TYPES:
            raise InputError(f"the type {root} contains more and more types", expected="types that stay the same size")
    return dict(sorted(rules.items(), key=lambda item: _is_sequence(item[0])))


def _rules(declarations: Declarations, type_: Type) -> tuple[Rule, ...]:
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


class Numbers(list[int]):
    """How many values there are of size 0, 1, 2, ..."""

    def times(self, other: Numbers, n: int) -> int:
        """Coefficient n of the product of two series."""
        if len(self) > len(other):
            self, other = other, self
        low = max(0, n + 1 - len(other))
        return sum(self[k] * other[n - k] for k in range(low, min(n + 1, len(self))))


class Bits:
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

    def splits(self, other: Bits, n: int) -> int:
        """The sizes k of a first part, as bits, where the second one may have n - k."""
        shift = other.length - 1 - n
        return self.bits & (other.mirror >> shift if shift >= 0 else other.mirror << -shift)

    def times(self, other: Bits, n: int) -> int:
        """Coefficient n of the product of two series."""
        return bool(self.splits(other, n))


class Table:
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
