"""Exact solving of instances: every answer is verified, every "unsatisfiable" is proved. No torch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from nesy.puzzles.answer import Answer
from nesy.puzzles.conflict import conflict
from nesy.puzzles.deduce import deductions
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import Model, Value
from nesy.puzzles.restarts import guided_search
from nesy.puzzles.search import Preferences, Search
from nesy.puzzles.solver import Solver, solver

__all__ = ["Search", "Solver", "conflict", "count_solutions", "deductions", "solve", "solver"]


def solve(
    instance: Instance,
    *,
    unique: bool = False,
    why: bool = False,
    max_nodes: int | None = None,
    max_seconds: float | None = None,
    preferences: Preferences | None = None,
) -> Answer:
    """Solve one instance.

    Args:
        instance: what is given.
        unique: look for a second solution too.
        why: where there is no solution, look for a minimal set of rules in conflict.
        max_nodes, max_seconds: the budget of the search; None: no limit.
        preferences: which values to try first, plain search takes turns with them, see `guided_search`.

    Returns:
        Its status is ``solved`` (and verified), ``unsatisfiable`` or, where the budget was spent, ``unknown``.
    """
    begin = time.perf_counter()
    model = instance.model
    if preferences is None:
        search = solver(model).search
    else:
        search = partial(guided_search, solver(model), preferences=preferences)
    found = search(instance.domains, limit=2 if unique else 1, max_nodes=max_nodes, max_seconds=max_seconds)
    answer = answered(instance, found, begin, unique=unique)
    if why and answer.status == "unsatisfiable":
        answer = replace(answer, conflict=conflict(instance, max_seconds=max_seconds))
    return answer


def answered(instance: Instance, found: Search, begin: float, *, unique: bool) -> Answer:
    """What a search says of an instance, its solutions verified.

    Args:
        instance: what was searched.
        found: what was found.
        begin: when the search began, by `time.perf_counter`.
        unique: whether a second solution was looked for.
    """
    solutions = [values(instance.model, positions) for positions in found.solutions]
    for one in solutions:
        if not instance.verified(one):
            raise AssertionError(f"{instance.model.name}: the search gave an assignment that breaks a rule")
    return Answer(
        instance,
        "solved" if solutions else "unsatisfiable" if found.complete else "unknown",
        solutions[0] if solutions else None,
        unique=_unique(found) if unique else None,
        other=solutions[1] if len(solutions) > 1 else None,
        nodes=found.nodes,
        fails=found.fails,
        seconds=time.perf_counter() - begin,
    )


def count_solutions(instance: Instance, limit: int) -> int:
    """The number of solutions, at most `limit`."""
    return len(solver(instance.model).search(instance.domains, limit=limit).solutions)


def values(model: Model, positions: Sequence[int]) -> tuple[Value, ...]:
    """The values at positions of the variables' domains."""
    return tuple(domain[position] for domain, position in zip(model.domains, positions, strict=True))


def _unique(found: Search) -> bool | None:
    if len(found.solutions) > 1:
        return False
    return True if found.solutions and found.complete else None
