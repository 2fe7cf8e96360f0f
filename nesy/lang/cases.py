"""Cases of patterns: what no clause covers, and clauses that can never be reached.

The usual algorithm on matrices of patterns (Maranget, "Warnings for pattern matching", 2007), with
numbers as zero and successor and sequences as empty and first-and-rest. A column in which no kind of
value is complete can only be completed by a variable. Negative numbers are not asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from nesy.machine.expressions import Cons, Literal, Pattern, Successor, Variable
from nesy.machine.values import Element

MAX_NUMBER = 20
"""Larger patterns are not unfolded: nothing is said about them."""

MAX_CELLS = 100
"""Nor about functions with more clauses times arguments than this."""

ANY = Variable("_")
ZERO, NIL = Literal(0), Literal(())
Row = tuple[Pattern, ...]


def missing(rows: Sequence[Row]) -> Row | None:
    """Patterns that no row covers, or None."""
    if not rows or not _small_enough(rows):
        return None
    return _uncovered(list(rows), len(rows[0]))


def unreachable(rows: Sequence[Row]) -> list[int]:
    """The positions of rows whose every value an earlier row takes."""
    if not _small_enough(rows):
        return []
    return [number for number in range(1, len(rows)) if not _useful(list(rows[:number]), rows[number])]


def _small_enough(rows: Sequence[Row]) -> bool:
    return len(rows) * len(rows[0]) <= MAX_CELLS and all(_small(pattern) for row in rows for pattern in row)


def _small(pattern: Pattern) -> bool:
    size = 0
    stack = [pattern]
    while stack:
        part = stack.pop()
        size += 1
        match part:
            case Literal(value) if isinstance(value, tuple):
                size += len(value)
            case Literal(int(value)):
                size += abs(value)
            case Successor(predecessor):
                stack.append(predecessor)
            case Cons(head, tail):
                stack += [head, tail]
        if size > MAX_NUMBER:
            return False
    return True


def _head(pattern: Pattern) -> tuple[str, object] | None:
    """The constructor of a pattern; None for a variable."""
    match pattern:
        case Variable():
            return None
        case Successor():
            return "successor", None
        case Cons():
            return "cons", None
        case Literal(value):
            if isinstance(value, tuple):
                return ("cons", None) if value else ("nil", None)
            if value is True or value is False:
                return "bool", value
            if value == 0:
                return "zero", None
            return ("successor", None) if value > 0 else ("negative", value)


_ARITY = {"successor": 1, "cons": 2}
_COMPLETE: tuple[set[tuple[str, object]], ...] = (
    {("zero", None), ("successor", None)},
    {("nil", None), ("cons", None)},
    {("bool", True), ("bool", False)},
)


def _parts(pattern: Pattern) -> Row:
    """The patterns below a constructor."""
    match pattern:
        case Successor(predecessor):
            return (predecessor,)
        case Cons(head, tail):
            return head, tail
        case Literal(value) if isinstance(value, tuple) and value:
            return Literal(_token(value[0])), Literal(value[1:])
        case Literal(value) if not isinstance(value, tuple) and type(value) is int and value > 0:
            return (Literal(value - 1),)
    return ()


def _token(element: Element) -> tuple[str, ...] | int:
    return (element,) if isinstance(element, str) else element


def _specialise(rows: list[Row], head: tuple[str, object]) -> list[Row]:
    arity = _ARITY.get(head[0], 0)
    result = []
    for first, *rest in rows:
        own = _head(first)
        if own is None:
            result.append((*[ANY] * arity, *rest))
        elif own == head:
            result.append((*_parts(first), *rest))
    return result


def _complete(heads: set[tuple[str, object]]) -> set[tuple[str, object]] | None:
    """The constructors of the one kind that a column speaks of, if there is one kind only."""
    kinds = [kind for kind in _COMPLETE if heads & kind]
    return kinds[0] if len(kinds) == 1 and heads <= kinds[0] | {h for h in heads if h[0] == "negative"} else None


def _uncovered(rows: list[Row], width: int) -> Row | None:
    if width == 0:
        return None if rows else ()
    heads = {head for row in rows if (head := _head(row[0])) is not None}
    kind = _complete(heads)
    if kind is not None and kind <= heads:
        for head in sorted(kind, key=repr):
            arity = _ARITY.get(head[0], 0)
            below = _uncovered(_specialise(rows, head), arity + width - 1)
            if below is not None:
                return (_rebuild(head, below[:arity]), *below[arity:])
        return None
    rest = _uncovered([tuple(row[1:]) for row in rows if _head(row[0]) is None], width - 1)
    if rest is None:
        return None
    absent = sorted(kind - heads, key=repr) if kind is not None else []
    return (_rebuild(absent[0], (ANY, ANY)) if absent else ANY, *rest)


def _rebuild(head: tuple[str, object], parts: Row) -> Pattern:
    match head:
        case ("zero", _):
            return ZERO
        case ("nil", _):
            return NIL
        case ("successor", _):
            below = parts[0]
            counted = isinstance(below, Literal) and type(below.value) is int
            return Literal(below.value + 1) if counted else Successor(below)  # type: ignore[union-attr, operator]
        case ("cons", _):
            return Cons(parts[0], parts[1])
    return Literal(bool(head[1]))


def _useful(rows: list[Row], row: Row) -> bool:
    """Whether some value fits `row` and none of `rows`."""
    if not row:
        return not rows
    head = _head(row[0])
    if head is not None:
        return _useful(_specialise(rows, head), (*_parts(row[0]), *row[1:]))
    # a variable takes every kind of value: constructors in the column never exhaust it
    return _useful([tuple(other[1:]) for other in rows if _head(other[0]) is None], row[1:])
