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
    max_nodes: int | None = None,
    max_seconds: float | None = None,
    patience: int = PATIENCE,
) -> Search:
    """One solution, or the proof that there is none; nodes and dead ends of all turns together.

    Args:
        solver, domains, preferences: as in `Solver.search`.
        max_nodes, max_seconds: the budget of all turns.
        patience: dead ends of the first turn.
    """
    end = None if max_seconds is None else time.monotonic() + max_seconds
    nodes = fails = turn = 0
    while True:
        found = solver.search(
            domains,
            max_nodes=None if max_nodes is None else max_nodes - nodes,
            max_fails=patience << turn // 2,
            max_seconds=None if end is None else end - time.monotonic(),
            preferences=None if turn % 2 else preferences,
        )
        nodes, fails, turn = nodes + found.nodes, fails + found.fails, turn + 1
        spent = (max_nodes is not None and nodes >= max_nodes) or (end is not None and time.monotonic() >= end)
        if found.solutions or found.complete or spent:
            return Search(found.solutions, nodes, fails, found.complete)
