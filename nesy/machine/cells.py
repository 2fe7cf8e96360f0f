"""Expressions as graphs of shared cells: what the small-step machine rewrites.

A cell is a place in the expression; contraction replaces what stands in it, so everyone who shares
it sees the result and no work is done twice. Data without pending calls inside are plain values.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from nesy.machine.expressions import (
    Apply,
    Call,
    Construct,
    Expression,
    Lambda,
    Let,
    Literal,
    Partial,
    Sequence,
    Variable,
    subexpressions,
    variables,
)
from nesy.quoting import capitalised
from nesy.terms import Term, Value, parts

Part = Any
"""Value | Closure | Cell: what may stand inside a node."""

Scope = Mapping[str, Part]

ELIDED = Variable("...")
"""Stands for what a limited `read` leaves out."""


class Node:
    """One expression form over parts.

    Attributes:
        expression: the form; its own subexpressions do not count.
        parts: what stands in their place; of a `Let`, its value alone.
        scope: what the free variables of a `Let`'s or `Lambda`'s body stand for.
    """

    __slots__ = ("expression", "parts", "scope")

    def __init__(self, expression: Expression, parts: tuple[Part, ...], scope: Scope | None = None) -> None:
        self.expression, self.parts, self.scope = expression, parts, scope


class Closure:
    """A function value: a `Lambda` with its scope, or a `Partial` with its arguments, as in a `Node`."""

    __slots__ = ("expression", "parts", "scope")

    def __init__(self, expression: Lambda | Partial, parts: tuple[Part, ...], scope: Scope | None = None) -> None:
        self.expression, self.parts, self.scope = expression, parts, scope


class Cell:
    """A place in the expression that others may share.

    Attributes:
        content: a `Node` (pending, or a constructor around something pending), a finished value,
            or another cell that this one has become.
        past: what stood here before, each with the step that replaced it; only where a history is kept.
        trial: the clause whose guard is being decided: its number, its binding, the guard.
        waiting: who asks to be told of a change (parallel rounds).
    """

    __slots__ = ("content", "past", "trial", "waiting")

    def __init__(self, content: Node) -> None:
        self.content: Part = content
        self.past: list[tuple[int, Part]] | None = None
        self.trial: tuple[int, dict[str, Part], Part] | None = None
        self.waiting: list[Cell] | None = None


DATA = (Construct, Sequence, Partial)
"""Forms that are values once their parts are."""


def tip(part: Part) -> Part:
    """The finished value that stands in a part, or else the cell in which it will."""
    while isinstance(part, Cell):
        content = part.content
        if isinstance(content, Node):
            return part
        part = content
    return part


def instantiate(expression: Expression, scope: Scope) -> Part:
    """The expression with its variables replaced, by sharing (beta): a value, a new cell, or a variable's own cell."""
    if isinstance(expression, Variable):
        part = scope[expression.name]
        return tip(part) if isinstance(part, Cell) else part
    if isinstance(expression, Literal):
        return expression.value
    if isinstance(expression, Let):
        return Cell(Node(expression, (instantiate(expression.value, scope),), scope))
    if isinstance(expression, Lambda):
        return Closure(expression, (), {name: scope[name] for name in _free(expression)})
    inside = tuple([instantiate(part, scope) for part in subexpressions(expression)])
    return Cell(Node(expression, inside)) if isinstance(expression, Call | Apply) else combine(expression, inside)


def combine(form: Construct | Sequence | Partial, parts: tuple[Part, ...]) -> Part:
    """Data of these parts: a value if they all are, else a cell."""
    for part in parts:
        if isinstance(part, Cell):
            return Cell(Node(form, parts))
    return finished(form, parts)


def finished(form: Construct | Sequence | Partial, values: tuple[Value, ...]) -> Value:
    """The value of a data form whose parts are values."""
    if isinstance(form, Construct):
        return Term(form.constructor, values)
    return values if isinstance(form, Sequence) else Closure(form, values)


def saturate(function: str, parts: tuple[Part, ...]) -> Part:
    """A named function or a constructor with all its arguments."""
    form = _form(function)
    return combine(form, parts) if isinstance(form, Construct) else Cell(Node(form, parts))


@lru_cache(maxsize=4096)
def _form(function: str) -> Call | Construct:
    return Construct(function) if capitalised(function) else Call(function, ())


# -------------------------------------------------------------------- reading back


def at(part: Part, time: int | None) -> Part:
    """What stood in a part after the step of that number; now, if there is none given."""
    while part.__class__ is Cell:
        content = part.content
        if time is not None and part.past:
            later = bisect_right(part.past, time, key=_replaced)
            if later < len(part.past):
                content = part.past[later][1]
        part = content
    return part


def _replaced(entry: tuple[int, Part]) -> int:
    return entry[0]


def read(part: Part, time: int | None = None, limit: int | None = None) -> Expression:
    """The expression that a graph stands for.

    Args:
        time: as it was after the step of this number (needs a history).
        limit: how many constructors, constants and calls at most; `ELIDED` stands for the rest.
    """
    order: list[tuple[Part, list[int]]] = []  # outer before inner, so that a limit leaves out the innermost
    queue: deque[tuple[Part, int | None]] = deque([(part, None)])
    while queue and (limit is None or len(order) < limit):
        inside, parent = queue.popleft()
        if parent is not None:
            order[parent][1].append(len(order))
        inside = at(inside, time)
        queue.extend((child, len(order)) for child in _inside(inside)[:limit])
        order.append((inside, []))
    built: list[Expression] = [ELIDED] * len(order)
    for number in range(len(order) - 1, -1, -1):
        inside, children = order[number]
        built[number] = _build(inside, [built[child] for child in children])
    return built[0] if built else ELIDED


def _inside(part: Part) -> tuple[Part, ...]:
    if isinstance(part, Node | Closure):
        if part.scope is None:
            return part.parts
        return (*part.parts, *(part.scope[name] for name in _free(part.expression)))
    return parts(part)


def _free(form: Expression) -> list[str]:
    """The variables that the body of a `Let` or `Lambda` takes from its scope."""
    inside = Lambda((form.name,), form.body) if isinstance(form, Let) else form
    return list(dict.fromkeys(variables(inside)))


def _build(part: Part, children: list[Expression]) -> Expression:
    """One form around expressions; those that are missing are elided."""
    if isinstance(part, Node | Closure):
        children += [ELIDED] * (len(_inside(part)) - len(children))
        return _rebuild(part, tuple(children))
    if isinstance(part, Term):
        return Construct(part.name, (*children, *[ELIDED] * (len(part.arguments) - len(children))))
    if isinstance(part, tuple):
        return Sequence((*children, *[ELIDED] * (len(children) < len(part))))
    return Literal(part)


def _rebuild(node: Node | Closure, inside: tuple[Expression, ...]) -> Expression:
    form = node.expression
    scope = dict(zip(_free(form), inside[len(node.parts) :], strict=True)) if node.scope is not None else {}
    if isinstance(form, Let):
        return Let(form.name, inside[0], close(form.body, _without(scope, (form.name,))))
    return close(form, scope) if isinstance(form, Lambda) else rebuild(form, inside)


def rebuild(form: Expression, inside: tuple[Expression, ...]) -> Expression:
    """A call, an application or data with other expressions inside."""
    match form:
        case Call(function, _):
            return Call(function, inside)
        case Construct(constructor, _):
            return Construct(constructor, inside)
        case Sequence():
            return Sequence(inside)
        case Partial(function, _, missing):
            return Partial(function, inside, missing)
    return Apply(inside[0], inside[1:])


def close(expression: Expression, scope: Mapping[str, Expression]) -> Expression:
    """The expression with its free variables replaced by closed expressions."""
    match expression:
        case Variable(name):
            return scope.get(name, expression)
        case Literal(value):
            return read(value)
        case Let(name, value, body):
            return Let(name, close(value, scope), close(body, _without(scope, (name,))))
        case Lambda(parameters, body):
            return Lambda(parameters, close(body, _without(scope, parameters)))
    return rebuild(expression, tuple(close(part, scope) for part in subexpressions(expression)))


def _without(scope: Mapping[str, Expression], names: tuple[str, ...]) -> dict[str, Expression]:
    return {name: value for name, value in scope.items() if name not in names}
