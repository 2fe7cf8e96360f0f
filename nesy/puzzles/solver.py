"""A model compiled for search: once, for all its instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from nesy.puzzles.candidates import Candidates, fits
from nesy.puzzles.domains import Domains
from nesy.puzzles.model import Model
from nesy.puzzles.search import Engine, Preferences, Search, search

Propagation: TypeAlias = Literal["full", "weak"]


class Solver:
    """Exact search in one model.

    Args:
        model: the rules.
        propagation: ``weak``: rules act only once all but one of their variables are fixed, all-different whenever
            one is; for studies of what guides the search.
    """

    def __init__(self, model: Model, propagation: Propagation = "full") -> None:
        make = Candidates if fits(model) else Domains
        self._engine: Engine[Any] = make(model, weak=propagation == "weak")

    def search(
        self,
        domains: Sequence[int],
        *,
        limit: int = 1,
        max_nodes: int | None = None,
        max_fails: int | None = None,
        max_seconds: float | None = None,
        preferences: Preferences | None = None,
    ) -> Search:
        """Up to `limit` solutions within the domains, in a fixed order.

        Args:
            domains: per variable the mask of the values that it may take, as in `Instance`.
            limit: stop at so many solutions.
            max_nodes: stop after so many assignments.
            max_fails: stop after so many dead ends; a caller can then start again with other preferences.
            max_seconds: stop after so much time, looked at before each assignment.
            preferences: per variable a number for each value, in the order of its domain: the higher are tried
                first, and of the variables with the fewest values the one whose best value stands out most. They
                never change the set of solutions.
        """
        return search(
            self._engine,
            domains,
            limit=limit,
            max_nodes=max_nodes,
            max_fails=max_fails,
            max_seconds=max_seconds,
            preferences=preferences,
        )


def solver(model: Model, propagation: Propagation = "full") -> Solver:
    """The model's `Solver`, made at the first call; it goes when the model goes."""
    made: dict[Propagation, Solver] = vars(model).setdefault("solvers", {})
    if propagation not in made:
        made[propagation] = Solver(model, propagation)
    return made[propagation]
