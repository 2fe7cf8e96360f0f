"""Depth-first search over any engine of propagation, on its own stack and within a budget.

The variable with the fewest values left is assigned first. Preferences order its values and choose between
variables that have equally few; they never choose otherwise, so that a bad adviser costs little.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

State = TypeVar("State")
Preferences: TypeAlias = Sequence[Sequence[float]]
"""Per variable a number for each of its values, in the order of its domain; higher: to be tried first."""


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

    def branch(self, state: State, preferences: Preferences | None) -> tuple[int, list[int]] | None:
        """The next variable and the positions of its values, the first to be tried last; None: all are fixed."""

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
    nodes = fails = 0
    state = engine.start(domains)
    while True:
        if state is not None:
            choice = engine.branch(state, preferences)
            if choice is not None:
                stack.append((state, *choice))
            else:
                solutions.append(engine.solution(state))
                if len(solutions) >= limit:
                    return Search(tuple(solutions), nodes, fails, complete=False)
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
        fails += state is None


def preferred(ties: Sequence[tuple[int, Sequence[int]]], preferences: Preferences) -> tuple[int, list[int]]:
    """Of variables with equally many values, the one whose best value stands out most, its values in order.

    Args:
        ties: variables and the positions of the values that they have left, at least two.
        preferences: as in `search`.
    """
    chosen, order, widest = -1, [], -1.0
    for variable, positions in ties:
        liking = preferences[variable]
        ranked = sorted(positions, key=lambda position: (liking[position], -position))
        lead = liking[ranked[-1]] - liking[ranked[-2]]
        if chosen < 0 or lead > widest:
            chosen, order, widest = variable, ranked, lead
    return chosen, order
