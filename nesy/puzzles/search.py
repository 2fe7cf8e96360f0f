"""Depth-first search over any engine of propagation, on its own stack and within a budget.

The variable with the fewest values left is assigned first; of several, the one that was in most of the rules that
failed lately (Boussemart et al. 2004). Until there is a first solution, search starts again now and then with what it
has learned about failures, from the second time on every other time with more propagation.

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

_PATIENCE = 50
"""Dead ends until the first restart; from one to the next half as many more."""
_FRESH = 1.02
"""How much more each failure counts than the one before."""
_LARGE = 1e100


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


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Propagation found that there is no solution; `scope`: the variables of a rule that cannot be kept."""

    scope: Sequence[int]


class Engine(Protocol[State]):
    """Propagation of one model. A state is never changed once it was returned."""

    def start(self, domains: Sequence[int]) -> State | Contradiction:
        """What propagation leaves of the domains, which are masks over each variable's own values."""

    def assign(self, state: State, variable: int, position: int) -> State | Contradiction:
        """The state after a variable takes a value and propagation."""

    def thorough(self) -> Engine[State]:
        """An engine of the same states that propagates more, at a higher price, where there is more to do."""

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
    failures = _Failures()
    nodes = fails = 0
    patience, restart = _PATIENCE, _PATIENCE
    plain, restarts = engine, 0
    state = engine.start(domains)
    while True:
        if not isinstance(state, Contradiction):
            choices = engine.choices(state)
            if not choices:
                solutions.append(engine.solution(state))
                if len(solutions) >= limit:
                    return Search(tuple(solutions), nodes, fails, complete=False)
            elif preferences is None:
                variable = failures.first(choices)
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
        if isinstance(state, Contradiction):
            fails += 1
            failures.add(state.scope)
            if fails >= restart and not solutions and preferences is None:
                restarts += 1
                engine = plain if restarts % 2 else plain.thorough()
                state = engine.start(domains)
                stack.clear()
                patience += patience // 2
                restart = fails + patience


class _Failures:
    """How often variables were in a rule that failed; what is long ago counts less."""

    def __init__(self) -> None:
        self._weights: dict[int, float] = {}
        self._next = 1.0

    def add(self, scope: Sequence[int]) -> None:
        for variable in scope:
            self._weights[variable] = self._weights.get(variable, 0.0) + self._next
        self._next *= _FRESH
        if self._next > _LARGE:
            self._weights = {variable: weight / _LARGE for variable, weight in self._weights.items()}
            self._next /= _LARGE

    def first(self, choices: list[int]) -> int:
        """The choice with the largest weight; the first of them if there are several."""
        if not self._weights:
            return choices[0]
        weights = self._weights
        return max(choices, key=lambda variable: weights.get(variable, 0.0))


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
