"""Cases of patterns: what no clause covers, and clauses that can never be reached.

A row of patterns is useful after other rows if some value fits it and none of them (Maranget, "Warnings for
pattern matching", JFP 2007, section 3). A row of wildcards that is useful after all clauses is a missing case; a
clause that is not useful after the ones above it is unreachable. Integers are told apart by intervals instead of
successors, so that a large number is no large pattern.

Without declarations (``%semantics``) a column holds values of any kind: only the kind it speaks of is asked for,
and a variable takes the others too. With declarations (``%recursion``) the clauses are taken to be well typed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from nesy.machine.expressions import As, Case, Clause, Cons, Literal, Pattern, Successor, Variable
from nesy.types import Declarations

MAX_CELLS = 5_000_000
"""How many patterns the matrices of a function may hold together (the question is NP-complete): about two seconds."""

MAX_LENGTH = 200
"""How long a constant sequence in a pattern may be."""

Row = tuple[Pattern, ...]


class TooManyCases(Exception):
    """The question was given up: nothing is known."""


def missing(
    clauses: Sequence[Clause],
    declarations: Declarations | None = None,
    *,
    guards_hold: bool = False,
    negative: bool = False,
) -> Row | None:
    """Patterns that no clause covers, or None; a clause whose guard may be false covers nothing.

    Args:
        guards_hold: take all guards as true.
        negative: ask for negative numbers too.

    Raises:
        TooManyCases: see `MAX_CELLS`.
    """
    cases = _Cases(declarations, negative=negative, open_=False)
    rows = [cases.row(clause.patterns) for clause in clauses if guards_hold or _always(clause)]
    return cases.witness(rows, (None,) * len(clauses[0].patterns))


def unreachable(clauses: Sequence[Clause], declarations: Declarations | None = None) -> list[int]:
    """The positions of clauses whose every value an earlier clause takes.

    Raises:
        TooManyCases: see `MAX_CELLS`.
    """
    cases = _Cases(declarations, negative=True, open_=declarations is None)
    found: list[int] = []
    above: list[_Row] = []
    for position, clause in enumerate(clauses):
        row = cases.row(clause.patterns)
        if cases.witness(above, row) is None:
            found.append(position)
        if _always(clause):
            above.append(row)
    return found


def fitting(clauses: Sequence[Clause], row: Row, declarations: Declarations | None = None) -> list[int]:
    """The positions of clauses whose patterns some value of a row fits."""
    cases = _Cases(declarations, negative=True, open_=False)
    asked = cases.row(row)
    return [n for n, clause in enumerate(clauses) if all(map(_overlap, cases.row(clause.patterns), asked))]


def _always(clause: Clause) -> bool:
    return clause.guard is None or clause.guard == Literal(True)


@dataclass(frozen=True, slots=True)
class _Head:
    """The outermost constructor of a pattern.

    Attributes:
        kind: the built-in or declared type.
        value: which constructor of the kind; of integers, the least and the greatest.
        arity: how many patterns stand below it.
    """

    kind: str
    value: object
    arity: int = 0

    def covers(self, other: _Head) -> bool:
        """Whether every value with the other head has this one, where the other is one of a split."""
        if self.kind != "int" or other.kind != "int":
            return self == other
        return self.low <= other.low and other.high <= self.high

    def meets(self, other: _Head) -> bool:
        """Whether some value has both heads."""
        if self.kind != "int" or other.kind != "int":
            return self == other
        return max(self.low, other.low) <= min(self.high, other.high)

    @property
    def low(self) -> float:
        return self.value[0]  # type: ignore[index, no-any-return]

    @property
    def high(self) -> float:
        return self.value[1]  # type: ignore[index, no-any-return]

    def pattern(self, parts: Row) -> Pattern:
        """The pattern with this head, of the simplest integer of an interval."""
        if self.kind == "any":
            return Variable("_")
        if self.kind == "seq":
            return Cons(*parts) if parts else Literal(())
        if self.kind == "int":
            return _number(self.low, self.high)
        if self.kind in ("bool", "string"):
            return Literal(self.value)
        return Case(str(self.value), parts)


_ANY = _Head("any", None)
_NIL, _CONS = _Head("seq", "nil"), _Head("seq", "cons", 2)
_BOOLEANS = _Head("bool", False), _Head("bool", True)

_Cell = tuple[_Head, "tuple[_Cell, ...]"] | None
"""A pattern as its head and what stands below; None is a wildcard."""

_Row = tuple[_Cell, ...]


class _Cases:
    """The values that patterns tell apart.

    Attributes:
        declarations: of the constructors; None where columns have no types.
        negative: whether there are negative numbers.
        open: whether a value may be of a kind that its column does not speak of.
        cells: how many patterns its searches went over.
    """

    def __init__(self, declarations: Declarations | None, *, negative: bool, open_: bool) -> None:
        self.declarations, self.negative, self.open = declarations, negative, open_
        self.cells = 0

    def row(self, patterns: Row) -> _Row:
        return tuple(map(self.cell, patterns))

    def cell(self, pattern: Pattern) -> _Cell:
        match pattern:
            case As(_, inside):
                return self.cell(inside)
            case Cons(head, tail):
                return _CONS, (self.element(head), self.cell(tail))
            case Case(name, patterns):
                return self.constructor(name, len(patterns)), self.row(patterns)
            case Literal(bool(truth)):
                return _BOOLEANS[truth], ()
            case Literal(str(string)):
                return _Head("string", string), ()
            case Literal(tuple(elements)):
                return self.sequence(elements)
            case Literal() | Successor():
                return _interval(pattern), ()
        return None

    def sequence(self, elements: tuple[object, ...]) -> _Cell:
        if len(elements) > MAX_LENGTH:
            raise TooManyCases
        cell: _Cell = _NIL, ()
        for element in reversed(elements):
            cell = _CONS, (self.element(Literal(element)), cell)
        return cell

    def element(self, pattern: Pattern) -> _Cell:
        """The cell of a member of a sequence: without types a token there is one, not a sequence of itself."""
        token = pattern.value if isinstance(pattern, Literal) and self.declarations is None else None
        if isinstance(token, tuple) and len(token) == 1:
            (token,) = token
        return (_Head("token", token), ()) if isinstance(token, str) else self.cell(pattern)

    def constructor(self, name: str, arity: int) -> _Head:
        assert self.declarations is not None, "constructors are declared"
        return _Head(f"type {self.declarations.constructors[name].owner}", name, arity)

    def witness(self, rows: Iterable[_Row], row: _Row) -> Row | None:
        """Patterns of values that fit `row` and none of `rows`, or None.

        The search goes down one column after the other; what it went through is a linked list, the last head first.
        """
        rivals = tuple(other for other in rows if all(map(_overlap, other, row)))
        stack: list[tuple[tuple[_Row, ...], _Row, _Trail]] = [(rivals, row, None)]
        seen: set[tuple[tuple[_Row, ...], _Row]] = set()
        while stack:
            above, row, trail = stack.pop()
            if any(all(cell is None for cell in other) for other in above) or (above, row) in seen:
                continue
            if not row:
                return _rebuilt(trail)
            seen.add((above, row))
            self.cells += len(above) * len(row)
            if self.cells > MAX_CELLS:
                raise TooManyCases
            for head in reversed(self.heads([other[0] for other in above], row[0])):
                (below,) = _specialise((row,), head)
                stack.append((_specialise(above, head), below, (head, trail)))
        return None

    def heads(self, column: Sequence[_Cell], own: _Cell) -> list[_Head]:
        """The heads to try for `own` below a column.

        All values that no pattern of the column names fare alike, and better than those that one names: if there
        are some, only they need be tried for a wildcard.
        """
        named = list(dict.fromkeys(cell[0] for cell in (*column, own) if cell is not None))
        kinds = dict.fromkeys(head.kind for head in named)
        split = [head for kind in kinds for head in self.split(kind, [h for h in named if h.kind == kind])]
        if own is not None:
            return [head for head in split if own[0].covers(head)]
        if self.open or len(kinds) != 1 or "token" in kinds:
            return [_ANY]
        absent = [head for head in split if not any(other.covers(head) for other in named)]
        return absent[:1] or split

    def split(self, kind: str, named: list[_Head]) -> list[_Head]:
        """Heads without common values that make up a kind, such that each named one covers some of them wholly."""
        match kind:
            case "seq":
                return [_NIL, _CONS]
            case "bool":
                return [*_BOOLEANS]
            case "token":
                return named
            case "string":
                strings = {head.value for head in named}
                fresh = next(word for n in count() if (word := "a" * n) not in strings)
                return [_Head("string", fresh), *named]
            case "int":
                return self.intervals(named)
        assert self.declarations is not None, "constructors are declared"
        siblings = self.declarations.siblings(str(named[0].value))
        return [_Head(kind, sibling.name, len(sibling.fields)) for sibling in siblings]

    def intervals(self, named: list[_Head]) -> list[_Head]:
        first = -math.inf if self.negative else 0
        starts = {first, 0, *(head.low for head in named), *(head.high + 1 for head in named)}
        cuts = [*sorted(start for start in starts if first <= start < math.inf), math.inf]
        last = [cut - 1 for cut in cuts[1:]]
        return [_Head("int", interval) for interval in zip(cuts, last, strict=False)]


_Trail = tuple[_Head, "_Trail"] | None


def _specialise(rows: Iterable[_Row], head: _Head) -> tuple[_Row, ...]:
    """What is left of the rows for the parts of the values with a head in the first column, and the other columns."""
    wildcards: _Row = (None,) * head.arity
    left: dict[_Row, None] = {}  # in order, without repetitions
    for first, *rest in rows:
        if first is None:
            left[(*wildcards, *rest)] = None
        elif first[0].covers(head):
            left[(*first[1], *rest)] = None
    return tuple(left)


def _rebuilt(trail: _Trail) -> Row:
    """The patterns from the heads that a search went through."""
    parts: list[Pattern] = []
    while trail is not None:
        head, trail = trail
        parts.append(head.pattern(tuple(parts.pop() for _ in range(head.arity))))
    return tuple(reversed(parts))


def _overlap(left: _Cell, right: _Cell) -> bool:
    """Whether some value fits both patterns."""
    if left is None or right is None:
        return True
    return left[0].meets(right[0]) and all(map(_overlap, left[1], right[1]))


_NONE = _Head("int", (1, 0))


def _interval(pattern: Pattern) -> _Head:
    """The integers that fit a pattern of them: all from k on for ``n + k``."""
    added = 0
    while isinstance(pattern, Successor | As):
        if isinstance(pattern, Successor):
            added += 1
        pattern = pattern.predecessor if isinstance(pattern, Successor) else pattern.pattern
    if not (isinstance(pattern, Literal) and type(pattern.value) is int):
        return _Head("int", (added, math.inf))
    if pattern.value < 0 < added:
        return _NONE  # n + 1 matches from 1 on, and then n is not negative
    return _Head("int", (pattern.value + added, pattern.value + added))


def _number(low: float, high: float) -> Pattern:
    """The nearest to zero of an interval; ``_ + k`` for those from k on."""
    if high < 0:
        return Literal(int(high))
    pattern: Pattern = Variable("_")
    if low == 0 or high < math.inf or low > MAX_LENGTH:
        return Literal(int(low))
    for _ in range(int(low)):
        pattern = Successor(pattern)
    return pattern
