"""Search that trusts a guide only so far: it and plain search take turns, with twice the patience each round.

Plain search as a whole repeats at most as much as its last turn, and the guide gets as much as plain search does, so a
bad guide costs a constant factor.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from nesy.puzzles.search import Preferences, Search
from nesy.puzzles.solver import Solver

PATIENCE = 32
"""Dead ends of the first turn."""


def guided_search(
    solver: Solver,
    domains: Sequence[int],
    preferences: Preferences,
    *,
    limit: int = 1,
    max_nodes: int | None = None,
    max_seconds: float | None = None,
    patience: int = PATIENCE,
) -> Search:
    """At most `limit` different solutions, or the proof that there are no more; nodes and dead ends of all turns.

    Args:
        solver, domains, preferences, limit: as in `Solver.search`.
        max_nodes, max_seconds: the budget of all turns.
        patience: dead ends of the first turn.
    """
    end = None if max_seconds is None else time.monotonic() + max_seconds
    nodes = fails = turn = 0
    solutions: dict[tuple[int, ...], None] = {}
    while True:
        found = solver.search(
            domains,
            limit=limit,
            max_nodes=None if max_nodes is None else max_nodes - nodes,
            max_fails=patience << turn // 2,
            max_seconds=None if end is None else end - time.monotonic(),
            preferences=None if turn % 2 else preferences,
        )
        nodes, fails, turn = nodes + found.nodes, fails + found.fails, turn + 1
        solutions.update(dict.fromkeys(found.solutions))
        spent = (max_nodes is not None and nodes >= max_nodes) or (end is not None and time.monotonic() >= end)
        if len(solutions) >= limit or found.complete or spent:
            return Search(tuple(solutions)[:limit], nodes, fails, found.complete)
