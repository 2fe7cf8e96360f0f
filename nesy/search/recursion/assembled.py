"""Running functions some of whose clauses have no body yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nesy.search.recursion.bank import Caller, Environment, Row
from nesy.search.recursion.cases import Leaf
from nesy.search.recursion.store import UNDEFINED, Store

CALLS = 20_000
"""Calls of one run."""

Runner = Callable[[Environment, Caller], int]


class Unassigned(Exception):
    """The run reached a clause without a body."""


class Spent(Exception):
    """The run made too many calls."""


class Heads:
    """The heads of clauses; which of them some arguments fit is looked up once."""

    def __init__(self, store: Store, leaves: Sequence[Leaf]) -> None:
        self.store, self.leaves = store, leaves
        self._found: dict[tuple[str, Row], tuple[int, Environment]] = {}

    def match(self, key: tuple[str, Row]) -> tuple[int, Environment]:
        """The position of the clause that takes a call, -1 if none does, and the values of its places."""
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._first(*key)
        return found

    def _first(self, function: str, arguments: Row) -> tuple[int, Environment]:
        for position, leaf in enumerate(self.leaves):
            environment = leaf.match(self.store, arguments) if leaf.function == function else None
            if environment is not None:
                return position, environment
        return -1, ()


class Assembled:
    """Functions that can be run.

    Args:
        bodies: of the first heads; the others have none yet.
    """

    def __init__(self, heads: Heads, bodies: Sequence[Runner]) -> None:
        self.heads, self.bodies = heads, bodies
        self._memo: dict[tuple[str, Row], int] = {}
        self._left = CALLS

    def __call__(self, function: str, arguments: Row) -> int:
        """The value of a call; undefined where it does not end.

        Raises:
            Unassigned: a clause has no body.
        """
        self._left = CALLS
        try:
            return self._call(function, arguments)
        except (Spent, RecursionError):
            return UNDEFINED

    def _call(self, function: str, arguments: Row) -> int:
        key = (function, arguments)
        found = self._memo.get(key)
        if found is not None:
            return found
        self._left -= 1
        if self._left < 0:
            raise Spent
        if UNDEFINED in arguments:
            return UNDEFINED
        position, environment = self.heads.match(key)
        if position >= len(self.bodies):
            raise Unassigned
        value = self.bodies[position](environment, self._call) if position >= 0 else UNDEFINED
        self._memo[key] = value
        return value


def explains(assembled: Assembled, function: str, examples: Sequence[tuple[Row, int]]) -> list[tuple[Row, int]] | None:
    """The examples that depend on clauses without a body; None if one of the others is not explained."""
    open_: list[tuple[Row, int]] = []
    for arguments, target in examples:
        try:
            if assembled(function, arguments) != target:
                return None
        except Unassigned:
            open_.append((arguments, target))
    return open_
