"""Formulas over variables: what is left of an expression once parameters and indices are known.

A formula is a constant (`int`, `bool`, `str`), a `Variable`, a `Sum`, a `Member`, a `Row`, an `Element`, or a
`Formula` with one of the operators below. They are immutable and hashable.

Truth values: ``<= = !=`` (one part, compared with 0), ``same`` (two values), ``and or not iff all_different``.
Numbers: ``* div mod abs min max count``. Of either kind: ``if``.

What has no value, such as a division by 0, makes the comparison that it stands in false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, TypeAlias

from nesy.errors import Undefined
from nesy.puzzles.model import Index, Value

TRUTHS = frozenset({"<=", "=", "!=", "same", "and", "or", "not", "iff", "all_different"})
NUMBERS = frozenset({"*", "div", "mod", "abs", "min", "max", "count"})

Symbolic: TypeAlias = Any
"""A constant or a formula."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the model."""

    number: int


@dataclass(frozen=True, slots=True)
class Sum:
    """``sum(coefficient * term) + constant``; no term twice, no coefficient 0."""

    terms: tuple[tuple[Symbolic, int], ...]
    constant: int


@dataclass(frozen=True, slots=True)
class Member:
    """The variable has one of the values: what every condition on one variable is turned into."""

    variable: int
    values: frozenset[Value]


@dataclass(frozen=True, slots=True)
class Row:
    """The parts together are one of the rows."""

    parts: tuple[Symbolic, ...]
    rows: frozenset[tuple[Value, ...]]


@dataclass(frozen=True)
class Element:
    """The entry whose key the indices are; without a value where there is none."""

    indices: tuple[Symbolic, ...]
    entries: tuple[tuple[Index, Symbolic], ...]

    @cached_property
    def by_key(self) -> Mapping[Index, Symbolic]:
        """Key -> entry."""
        return dict(self.entries)


@dataclass(frozen=True, slots=True)
class Formula:
    """An operator on its parts."""

    operator: str
    parts: tuple[Symbolic, ...]


FORMULAS = (Variable, Sum, Member, Row, Element, Formula)


def parts(formula: Symbolic) -> tuple[Symbolic, ...]:
    """The formulas and constants inside."""
    match formula:
        case Sum(terms):
            return tuple(term for term, _ in terms)
        case Row(inside) | Formula(_, inside):
            return inside
        case Element(indices, entries):
            return (*indices, *(entry for _, entry in entries))
    return ()


def scope(formula: Symbolic) -> tuple[int, ...]:
    """The variables of a formula, each once, in the order in which they occur."""
    return tuple(dict.fromkeys(_occurrences(formula)))


def undefinable(formula: Symbolic) -> bool:
    """Whether some part may be without a value."""
    if isinstance(formula, Element) or (isinstance(formula, Formula) and formula.operator in ("div", "mod")):
        return True
    return any(map(undefinable, parts(formula)))


def value(formula: Symbolic, values: Mapping[int, Value]) -> Any:
    """The value of a formula under values of its variables.

    Raises:
        Undefined: it has none.
    """
    match formula:
        case Variable(number):
            return values[number]
        case Sum(terms, constant):
            return sum(value(term, values) * coefficient for term, coefficient in terms) + constant
        case Member(variable, allowed):
            return values[variable] in allowed
        case Element(indices, _):
            key = tuple(value(index, values) for index in indices)
            if key not in formula.by_key:
                raise Undefined("no entry of this index")
            return value(formula.by_key[key], values)
        case Row(inside, rows):
            return _or_false(lambda: tuple(value(part, values) for part in inside) in rows)
        case Formula(operator, inside):
            return _operation(operator, inside, values)
    return formula


def _operation(operator: str, inside: tuple[Symbolic, ...], values: Mapping[int, Value]) -> Any:
    match operator:
        case "<=":
            return _or_false(lambda: value(inside[0], values) <= 0)
        case "=":
            return _or_false(lambda: value(inside[0], values) == 0)
        case "!=":
            return _or_false(lambda: value(inside[0], values) != 0)
        case "and":
            return all(value(part, values) for part in inside)
        case "or":
            return any(value(part, values) for part in inside)
        case "if":
            return value(inside[1 if value(inside[0], values) else 2], values)
        case "same":
            return _or_false(lambda: value(inside[0], values) == value(inside[1], values))
        case "all_different":
            return _or_false(lambda: len({value(part, values) for part in inside}) == len(inside))
    known = [value(part, values) for part in inside]
    match operator:
        case "not":
            return not known[0]
        case "iff":
            return known[0] == known[1]
        case "*":
            return prod(known)
        case "abs":
            return abs(known[0])
        case "min":
            return min(known)
        case "max":
            return max(known)
        case "count":
            return sum(known)
        case "div" | "mod":
            return divided(operator, *known)
    raise ValueError(f"no operator {operator!r}")


def divided(operator: str, left: int, right: int) -> int:
    """``left div right``, rounded down, or ``left mod right``, the remainder of that.

    Raises:
        Undefined: division by 0.
    """
    if right == 0:
        raise Undefined(f"{left} {operator} 0")
    return left // right if operator == "div" else left % right


def _or_false(truth: Any) -> bool:
    try:
        return bool(truth())
    except Undefined:
        return False


def _occurrences(formula: Symbolic) -> Iterator[int]:
    match formula:
        case Variable(number) | Member(number):
            yield number
        case _:
            for part in parts(formula):
                yield from _occurrences(part)
