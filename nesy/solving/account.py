"""Corrections of a reading in words."""

from __future__ import annotations

from math import exp

from nesy.puzzles.model import Model
from nesy.solving.reading import Change, Reading

NAMED = 6  # variables and rules of a conflict


def account(reading: Reading) -> list[str]:
    """One line for each change: ``cell[3, 5] is 1, not 7 (20 times likelier by itself): ...``."""
    model = reading.answer.instance.model
    return [
        f"{model.names[change.variable]} is {change.corrected}, not {change.read} "
        f"({_times(change.cost)} likelier by itself): {why(change, model)}"
        for change in reading.changes
    ]


def why(change: Change, model: Model) -> str:
    """What would be wrong if the symbol were what it looks like."""
    if change.conflict is None:
        return "otherwise there would be several solutions"
    values, rules = change.conflict.values, [rule.label for rule in change.conflict.rules]
    others = [f"{model.names[v]} = {value}" for v, value in values.items() if v != change.variable]
    broken = f"{_some(rules)} would be broken" if len(rules) == 1 else f"no way is left to keep {_some(rules)}"
    return f"beside {_some(others)}, {broken}" if others else broken


def _times(cost: float) -> str:
    ratio = exp(min(cost, 700.0))
    return "more than 1,000 times" if ratio > 1000 else f"{ratio:.1f} times"


def _some(names: list[str]) -> str:
    more = len(names) - NAMED
    shown = names if more <= 1 else [*names[:NAMED], f"{more} others"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
