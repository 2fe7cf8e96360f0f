"""Expressions of any depth as text."""

from __future__ import annotations

from nesy.lang.clauses import print_expression
from nesy.machine.cells import rebuild
from nesy.machine.expressions import (
    Construct,
    Expression,
    Lambda,
    Let,
    Literal,
    Sequence,
    Variable,
    subexpressions,
)

_DEEP = 100
"""How much of an expression is printed at a time: printing recurses on Python's stack."""

_HOLE = "\0"
"""Stands for deeper parts; no expression's text holds it."""


def write(expression: Expression) -> str:
    """The expression as it is written in a file, however deep it is."""
    pieces: list[str] = []
    stack: list[str | Expression] = [expression]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            pieces.append(part)
            continue
        deeper: list[Expression] = []
        first, *rest = print_expression(_cut(part, _DEEP, deeper)).split(_HOLE)
        follow: list[str | Expression] = [first]
        for inside, text in zip(deeper, rest, strict=True):
            atom = isinstance(inside, Construct | Sequence)
            follow += [inside, text] if atom else ["(", inside, ")", text]
        stack.extend(reversed(follow))
    return "".join(pieces)


def _cut(expression: Expression, depth: int, deeper: list[Expression]) -> Expression:
    """The outer part of an expression; what was cut off goes to `deeper`, from left to right."""
    inside = subexpressions(expression)
    if not inside or isinstance(expression, Lambda | Variable | Literal):
        return expression
    if depth == 0:
        deeper.append(expression)
        return Variable(_HOLE)
    if isinstance(expression, Let):
        return Let(expression.name, _cut(expression.value, depth - 1, deeper), expression.body)
    return rebuild(expression, tuple(_cut(part, depth - 1, deeper) for part in inside))
