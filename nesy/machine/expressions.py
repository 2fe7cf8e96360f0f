"""Expressions, patterns and clauses: the one program representation.

What a person writes in a definition file and what the learner finds are both made of
these, so both are printed, checked, compiled and explained by the same code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nesy.machine.values import Value


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; ``true`` and 1 are different ones."""

    value: Value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)


@dataclass(frozen=True, slots=True)
class Call:
    """A primitive or a defined function applied to arguments; ``if`` and ``++`` are calls too."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Let:
    """``let name = value in body``: the value is computed once."""

    name: str
    value: Expression
    body: Expression


Expression = Variable | Literal | Call | Let


@dataclass(frozen=True, slots=True)
class Successor:
    """The pattern ``n + 1``: matches an integer >= 1 and binds its predecessor."""

    predecessor: Pattern


@dataclass(frozen=True, slots=True)
class Cons:
    """The pattern ``[h] ++ t``: matches a non-empty sequence, binds its first element and the rest."""

    head: Pattern
    tail: Pattern


Pattern = Variable | Literal | Successor | Cons
"""``_`` is ``Variable("_")``, which binds nothing."""


@dataclass(frozen=True, slots=True)
class Clause:
    """``name(patterns) = body``; `line` is its 1-based line in the file (0 when there is none)."""

    name: str
    patterns: tuple[Pattern, ...]
    body: Expression
    line: int = 0


def variables(expression: Expression) -> Iterator[str]:
    """The names of the free variables of an expression, left to right, with repetitions."""
    match expression:
        case Variable(name):
            yield name
        case Call(_, arguments):
            for argument in arguments:
                yield from variables(argument)
        case Let(name, value, body):
            yield from variables(value)
            yield from (other for other in variables(body) if other != name)


def calls(expression: Expression) -> Iterator[str]:
    """The names of the functions that an expression calls."""
    match expression:
        case Call(function, arguments):
            yield function
            for argument in arguments:
                yield from calls(argument)
        case Let(_, value, body):
            yield from calls(value)
            yield from calls(body)


def substitute(expression: Expression, values: dict[str, Expression]) -> Expression:
    """The expression with its free variables replaced (no value may mention a name that a `Let` binds)."""
    match expression:
        case Variable(name):
            return values.get(name, expression)
        case Call(function, arguments):
            return Call(function, tuple(substitute(argument, values) for argument in arguments))
        case Let(name, value, body):
            inner = {other: new for other, new in values.items() if other != name}
            return Let(name, substitute(value, values), substitute(body, inner))
    return expression
