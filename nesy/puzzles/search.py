"""Depth-first search over any engine of propagation, on its own stack and within a budget.

The variable with the fewest values left is assigned first; of several, the one whose assignments failed most often so
far. Until there is a first solution, search starts again now and then with what it has learned about failures.

Preferences, if there are any, order the values and choose between variables that have equally few; they never choose
otherwise, so that a bad adviser costs little.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

State = TypeVar("State")
Preferences: TypeAlias = Sequence[Sequence[float]]
"""Per variable a number for each of its values, in the order of its domain; higher: to be tried first."""

_PATIENCE = 200
"""Dead ends until the first restart; from one to the next half as many more."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found.

    Attributes:
        solutions: each as the positions of the variables' values in ``model.domains``.
        nodes: assignments tried.
        fails: assignments that propagation refuted at once.
        complete: there are no other solutions.
    """

    solutions: tuple[tuple[int, ...], ...]
    nodes: int
    fails: int
    complete: bool


class Engine(Protocol[State]):
    """Propagation of one model. A state is never changed once it was returned."""

    def start(self, domains: Sequence[int]) -> State | None:
        """What propagation leaves of the domains (masks over each variable's own values); None: a contradiction."""

    def assign(self, state: State, variable: int, position: int) -> State | None:
        """The state after a variable takes a value and propagation; None: a contradiction."""

    def choices(self, state: State) -> list[int]:
        """The variables with the fewest values, at least two, in their order; none: all are fixed."""

    def values(self, state: State, variable: int) -> list[int]:
        """The positions of the values that a variable has left, in their order."""

    def solution(self, state: State) -> tuple[int, ...]:
        """Per variable the position of its only value."""


def search(
    engine: Engine[State],
    domains: Sequence[int],
    *,
    limit: int = 1,
    max_nodes: int | None = None,
    max_fails: int | None = None,
    max_seconds: float | None = None,
    preferences: Preferences | None = None,
) -> Search:
    """Search for solutions until there are `limit` of them, no more of them, or the budget is spent."""
    end = None if max_seconds is None else time.monotonic() + max_seconds
    solutions: list[tuple[int, ...]] = []
    stack: list[tuple[State, int, list[int]]] = []
    failed = _Failed()
    nodes = fails = 0
    patience, restart = _PATIENCE, _PATIENCE
    state = root = engine.start(domains)
    while True:
        if state is not None:
            choices = engine.choices(state)
            if not choices:
                solutions.append(engine.solution(state))
                if len(solutions) >= limit:
                    return Search(tuple(solutions), nodes, fails, complete=False)
            elif preferences is None:
                variable = failed.first(choices)
                stack.append((state, variable, engine.values(state, variable)[::-1]))
            else:
                ties = {variable: engine.values(state, variable) for variable in choices}
                stack.append((state, *_preferred(ties, preferences)))
        while stack and not stack[-1][2]:
            stack.pop()
        if not stack:
            return Search(tuple(solutions), nodes, fails, complete=True)
        if (
            nodes == max_nodes
            or (max_fails is not None and fails >= max_fails)
            or (end is not None and time.monotonic() > end)
        ):
            return Search(tuple(solutions), nodes, fails, complete=False)
        before, variable, left = stack[-1]
        nodes += 1
        state = engine.assign(before, variable, left.pop())
        if state is None:
            fails += 1
            failed.add(variable)
            if fails >= restart and not solutions and preferences is None:
                state = root
                stack.clear()
                patience += patience // 2
                restart = fails + patience


class _Failed:
    """Variables whose assignments failed, those that failed most often first."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._order: list[int] = []

    def add(self, variable: int) -> None:
        if variable not in self._counts:
            self._counts[variable] = 0
            self._order.append(variable)
        self._counts[variable] += 1
        self._order.sort(key=self._counts.__getitem__, reverse=True)

    def first(self, choices: list[int]) -> int:
        """The choice that failed most often; the first one if none did."""
        among = set(choices) if self._order else ()
        return next((variable for variable in self._order if variable in among), choices[0])


def _preferred(ties: Mapping[int, Sequence[int]], preferences: Preferences) -> tuple[int, list[int]]:
    """The variable whose best value stands out most, and its values, the best one last.

    Args:
        ties: variables with equally many values, at least two: the positions of the values.
        preferences: as in `search`.
    """
    chosen, order, widest = -1, [], -1.0
    for variable, positions in ties.items():
        liking = preferences[variable]
        ranked = sorted(positions, key=lambda position: (liking[position], -position))
        lead = liking[ranked[-1]] - liking[ranked[-2]]
        if chosen < 0 or lead > widest:
            chosen, order, widest = variable, ranked, lead
    return chosen, order
