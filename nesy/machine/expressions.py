"""Expressions, patterns and clauses: the one program representation.

What a person writes in a definition file and what the learner finds are both made of
these, so both are printed, checked, compiled and explained by the same code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: a `Value`, in ``%recursion`` perhaps a string; ``true`` and 1 are different ones."""

    value: Any

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


@dataclass(frozen=True, slots=True)
class Construct:
    """A constructor applied to all its arguments."""

    constructor: str
    arguments: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Sequence:
    """``[a, b]``: the sequence of just these elements."""

    elements: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Lambda:
    r"""``\x, y -> body``."""

    parameters: tuple[str, ...]
    body: Expression


@dataclass(frozen=True, slots=True)
class Partial:
    """A function, primitive or constructor with some of its arguments, none of them perhaps: a function of the rest.

    Attributes:
        missing: how many arguments it still takes.
    """

    function: str
    arguments: tuple[Expression, ...]
    missing: int


@dataclass(frozen=True, slots=True)
class Apply:
    """A function value applied to all its arguments."""

    function: Expression
    arguments: tuple[Expression, ...]


Expression = Variable | Literal | Call | Let | Construct | Sequence | Lambda | Partial | Apply
"""``%semantics`` uses the first four only: its capitalised names are tokens, and it has no function values."""


@dataclass(frozen=True, slots=True)
class Successor:
    """The pattern ``n + 1``: matches an integer >= 1 and binds its predecessor."""

    predecessor: Pattern


@dataclass(frozen=True, slots=True)
class Cons:
    """The pattern ``[h] ++ t``: matches a non-empty sequence, binds its first element and the rest."""

    head: Pattern
    tail: Pattern


@dataclass(frozen=True, slots=True)
class Case:
    """A constructor with a pattern for each argument."""

    constructor: str
    patterns: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class As:
    """``name @ pattern``: matches as the pattern does and binds the whole value too."""

    name: str
    pattern: Pattern


Pattern = Variable | Literal | Successor | Cons | Case | As
"""``_`` is ``Variable("_")``, which binds nothing."""


@dataclass(frozen=True, slots=True)
class Clause:
    """``name(patterns) when guard = body``; `line` is its 1-based line in the file (0 when there is none)."""

    name: str
    patterns: tuple[Pattern, ...]
    body: Expression
    line: int = 0
    guard: Expression | None = None


def subexpressions(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside an expression, in the order of their text."""
    match expression:
        case Call(_, inside) | Construct(_, inside) | Sequence(inside) | Partial(_, inside, _):
            return inside
        case Let(_, value, body):
            return value, body
        case Lambda(_, body):
            return (body,)
        case Apply(function, arguments):
            return function, *arguments
    return ()


def subpatterns(pattern: Pattern) -> tuple[Pattern, ...]:
    """The patterns directly inside a pattern."""
    match pattern:
        case Successor(inside) | As(_, inside):
            return (inside,)
        case Cons(head, tail):
            return head, tail
        case Case(_, patterns):
            return patterns
    return ()


def bound(pattern: Pattern) -> Iterator[str]:
    """The variables that a pattern binds, left to right."""
    stack = [pattern]
    while stack:
        pattern = stack.pop()
        if isinstance(pattern, Variable | As) and pattern.name != "_":
            yield pattern.name
        stack.extend(reversed(subpatterns(pattern)))


def variables(expression: Expression) -> Iterator[str]:
    """The names of the free variables of an expression, left to right, with repetitions."""
    match expression:
        case Variable(name):
            yield name
        case Let(name, value, body):
            yield from variables(value)
            yield from (other for other in variables(body) if other != name)
        case Lambda(parameters, body):
            yield from (other for other in variables(body) if other not in parameters)
        case _:
            for part in subexpressions(expression):
                yield from variables(part)


def calls(expression: Expression) -> Iterator[str]:
    """The names of the functions that an expression calls or hands on."""
    if isinstance(expression, Call | Partial):
        yield expression.function
    for part in subexpressions(expression):
        yield from calls(part)


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
