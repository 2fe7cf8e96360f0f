"""Why an instance has no solution: rules that cannot be kept together, none of which can be left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from nesy.puzzles.instance import Instance
from nesy.puzzles.model import Model, Rule, Value
from nesy.puzzles.solver import Solver

Part = TypeVar("Part")

FAILS = 1000
"""What is not refuted within so many dead ends counts as possible."""


def conflict(instance: Instance, *, max_fails: int = FAILS, max_seconds: float | None = None) -> tuple[Rule, ...]:
    """Rules that no assignment within the instance's givens keeps together, in the order of the model.

    Args:
        instance: one that has no solution; each test of some rules is a search.
        max_fails: a set of rules that is not refuted within so many dead ends is taken for one that can be kept, so
            what is returned is always a conflict, and a minimal one as far as the budget tells.
        max_seconds: stop making the conflict smaller after so much time.

    Returns:
        Empty where a variable has no values, or where the instance was not refuted at all.
    """
    model = instance.model

    def refuted(rules: Sequence[Rule]) -> bool:
        return _refuted(_with(model, rules), instance.domains, max_fails)

    return tuple(_minimal(model.rules, refuted, max_seconds))


def conflicting_givens(
    instance: Instance, rules: Sequence[Rule], *, max_fails: int = FAILS, max_seconds: float | None = None
) -> dict[int, Value]:
    """Givens that cannot be kept together with the rules of a conflict, none of which can be left out.

    Returns:
        Variable -> its value, as in `Instance.givens`.
    """
    model = _with(instance.model, rules)
    solver = Solver(model)

    def refuted(variables: Sequence[int]) -> bool:
        kept = set(variables)
        domains = [
            full if variable in givens and variable not in kept else mask
            for variable, (mask, full) in enumerate(zip(instance.domains, model.full, strict=True))
        ]
        return _refuted(solver, domains, max_fails)

    givens = instance.givens
    return {variable: givens[variable] for variable in _minimal(list(givens), refuted, max_seconds)}


def _with(model: Model, rules: Sequence[Rule]) -> Model:
    return replace(model, rules=tuple(rules))


def _refuted(of: Model | Solver, domains: Sequence[int], max_fails: int) -> bool:
    solver = of if isinstance(of, Solver) else Solver(of)
    found = solver.search(domains, max_fails=max_fails)
    return found.complete and not found.solutions


def _minimal(parts: Sequence[Part], refuted: Callable[[Sequence[Part]], bool], max_seconds: float | None) -> list[Part]:
    """Parts that are refuted together, none of which can be left out; large pieces are left out first.

    That none can be left out of some parts means that none can be left out of fewer: one pass over each size is
    enough.
    """
    end = None if max_seconds is None else time.monotonic() + max_seconds
    kept = list(parts)
    if not refuted(kept):
        return []
    size = len(kept)
    while size:
        start = 0
        while start < len(kept):
            if end is not None and time.monotonic() > end:
                return kept
            fewer = kept[:start] + kept[start + size :]
            if refuted(fewer):
                kept = fewer
            else:
                start += size
        size //= 2
    return kept
