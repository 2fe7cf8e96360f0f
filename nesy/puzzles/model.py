"""What a puzzle says once its parameters are known: variables over finite domains, and rules over them.

Variables are numbered; a rule's scope holds their numbers. A `Model` is immutable, so what is compiled
from it, propagators and graphs, is made once and serves all instances.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Literal, TypeAlias

Value: TypeAlias = int | str
"""What a variable may stand for: an integer, or a name."""

Index: TypeAlias = tuple[Value, ...]
Comparator: TypeAlias = Literal["<=", "=", "!="]


@dataclass(frozen=True, slots=True)
class AllDifferent:
    """The values plus their offsets are pairwise different.

    Attributes:
        scope: variables.
        offsets: what is added to each variable; empty: nothing (names then are allowed).
    """

    scope: tuple[int, ...]
    offsets: tuple[int, ...] = ()

    def holds(self, values: Sequence[Value]) -> bool:
        """Whether the values of the scope, in its order, satisfy the rule."""
        if not self.offsets:
            return len(set(values)) == len(values)
        return len({v + o for v, o in zip(values, self.offsets, strict=True)}) == len(values)  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Linear:
    """``sum(coefficients * values) <comparator> bound``, over integers."""

    scope: tuple[int, ...]
    coefficients: tuple[int, ...]
    comparator: Comparator
    bound: int

    def holds(self, values: Sequence[Value]) -> bool:
        """Whether the values of the scope, in its order, satisfy the rule."""
        total = sum(c * v for c, v in zip(self.coefficients, values, strict=True))  # type: ignore[misc]
        return compared(total, self.comparator, self.bound)


@dataclass(frozen=True, slots=True)
class Product:
    """``product(values) <comparator> bound``, over integers."""

    scope: tuple[int, ...]
    comparator: Comparator
    bound: int

    def holds(self, values: Sequence[Value]) -> bool:
        """Whether the values of the scope, in its order, satisfy the rule."""
        return compared(prod(values), self.comparator, self.bound)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Table:
    """The values are one of the rows; `negated`: none of them."""

    scope: tuple[int, ...]
    rows: frozenset[tuple[Value, ...]]
    negated: bool = False

    def holds(self, values: Sequence[Value]) -> bool:
        """Whether the values of the scope, in its order, satisfy the rule."""
        return (tuple(values) in self.rows) != self.negated


@dataclass(frozen=True, slots=True)
class Element:
    """``array[index] = value``: the index is a variable, over the keys of the array.

    Attributes:
        scope: index, value, then the variables of the array.
        keys: the index's value that selects each variable of the array.
    """

    scope: tuple[int, ...]
    keys: tuple[Value, ...]

    def holds(self, values: Sequence[Value]) -> bool:
        """Whether the values of the scope, in its order, satisfy the rule."""
        index, value, *array = values
        return index in self.keys and array[self.keys.index(index)] == value


@dataclass(frozen=True, slots=True)
class Count:
    """How many variables of the scope have one of the values: ``<comparator> bound``; at least: see `at_least`."""

    scope: tuple[int, ...]
    values: frozenset[Value]
    comparator: Literal["<=", ">=", "=", "!="]
    bound: int

    def holds(self, values: Sequence[Value]) -> bool:
        """Whether the values of the scope, in its order, satisfy the rule."""
        return compared(sum(value in self.values for value in values), self.comparator, self.bound)


Constraint: TypeAlias = AllDifferent | Linear | Product | Table | Element | Count


@dataclass(frozen=True, slots=True)
class Rule:
    """A constraint with the name that messages cite.

    Attributes:
        label: the rule's name with its indices, ``row[3]``.
        constraint: what has to hold.
        line: of the definition file, if there is one.
    """

    label: str
    constraint: Constraint
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Array:
    """The variables of one declaration.

    Attributes:
        name: ``cell``.
        axes: the index values along each axis, in order; empty for a single variable.
        variables: index -> number of the variable, in the order of the declaration.
        hidden: whether nobody declared them: helpers, which stand for parts of rules and whose values follow from the
            others.
    """

    name: str
    axes: tuple[tuple[Value, ...], ...]
    variables: Mapping[Index, int]
    hidden: bool = False


@dataclass(frozen=True, eq=False)
class Model:
    """A puzzle with its parameters: the grounded rules.

    Attributes:
        name: of the puzzle, for messages.
        domains: per variable its values, in the order of the declaration; bit i of a domain mask stands for value i.
        rules: all of them, in the order of the file.
        arrays: the declared arrays; together they hold each variable once.
    """

    name: str
    domains: tuple[tuple[Value, ...], ...]
    rules: tuple[Rule, ...]
    arrays: tuple[Array, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Per variable its name: ``cell[1, 2]``."""
        names = [""] * len(self.domains)
        for array in self.arrays:
            for index, variable in array.variables.items():
                names[variable] = f"{array.name}[{', '.join(map(str, index))}]" if index else array.name
        return tuple(names)

    @cached_property
    def full(self) -> tuple[int, ...]:
        """Per variable the mask of all its values."""
        return tuple((1 << len(values)) - 1 for values in self.domains)

    def violated(self, values: Sequence[Value]) -> list[Rule]:
        """The rules that a complete assignment breaks.

        Args:
            values: per variable a value.
        """
        return [rule for rule in self.rules if not rule.constraint.holds([values[v] for v in rule.constraint.scope])]

    def kinds(self) -> Counter[str]:
        """How many rules there are of each kind of constraint."""
        return Counter(type(rule.constraint).__name__ for rule in self.rules)


def compared(left: int, comparator: str, right: int) -> bool:
    """``left <comparator> right``."""
    match comparator:
        case "<=":
            return left <= right
        case ">=":
            return left >= right
        case "=":
            return left == right
        case "!=":
            return left != right
    raise ValueError(f"no comparator {comparator!r}")
