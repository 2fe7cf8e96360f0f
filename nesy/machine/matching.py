"""Patterns against expressions that are not all evaluated: fits, does not, or cannot be told yet."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Many

from nesy.machine.cells import Cell, Node, Part, combine, tip
from nesy.machine.expressions import As, Case, Cons, Construct, Literal, Pattern, Sequence, Successor, Variable
from nesy.terms import Term, same

Binding = dict[str, Part]


def fit(patterns: Many[Pattern], parts: Many[Part]) -> Binding | Cell | None:
    """What the variables stand for; None where the parts do not fit; the first cell that must be known to tell.

    Patterns are tried from left to right and from the outside in. A cell that ``_`` leaves behind is bound to it:
    who counts the calls that are left wants to know.
    """
    binding: Binding = {}
    stack = list(zip(reversed(patterns), reversed(parts), strict=True))
    while stack:
        pattern, part = stack.pop()
        if isinstance(part, Cell):
            part = tip(part)
        if isinstance(pattern, Variable):
            if pattern.name != "_" or isinstance(part, Cell):
                binding[pattern.name] = part
        elif isinstance(pattern, As):
            binding[pattern.name] = part
            stack.append((pattern.pattern, part))
        elif isinstance(part, Cell) and not isinstance(part.content.expression, Construct | Sequence):
            return part
        else:
            inside = _opened(pattern, part.content if isinstance(part, Cell) else part)
            if inside is None:
                return None
            stack += inside
    return binding


def _opened(pattern: Pattern, form: Part) -> Iterable[tuple[Pattern, Part]] | None:
    """The patterns inside a pattern with their parts, the last one first; None where the outermost form differs."""
    if isinstance(pattern, Case):
        return _fields(pattern, form)
    if isinstance(pattern, Literal):
        return () if not isinstance(form, Node) and same(pattern.value, form) else None
    if isinstance(pattern, Successor):
        return [(pattern.predecessor, form - 1)] if type(form) is int and form >= 1 else None
    assert isinstance(pattern, Cons)
    if isinstance(form, tuple) and form:
        return (pattern.tail, form[1:]), (pattern.head, form[0])
    if isinstance(form, Node) and isinstance(form.expression, Sequence):
        first, *rest = form.parts
        return (pattern.tail, combine(form.expression, tuple(map(tip, rest)))), (pattern.head, first)
    return None


def _fields(pattern: Case, form: Part) -> Iterable[tuple[Pattern, Part]] | None:
    if isinstance(form, Term):
        name, parts = form.name, form.arguments
    elif isinstance(form, Node) and isinstance(form.expression, Construct):
        name, parts = form.expression.constructor, form.parts
    else:
        return None
    return zip(reversed(pattern.patterns), reversed(parts), strict=True) if name == pattern.constructor else None
