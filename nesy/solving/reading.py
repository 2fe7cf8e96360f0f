"""The most probable reading of a puzzle that was seen: of all readings that keep every rule, the likeliest. Exact."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nesy.puzzles.answer import Answer, Status
from nesy.puzzles.conflict import conflict
from nesy.puzzles.exact import values as values_at
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import Model, Rule, Value
from nesy.solving.best_first import PROOF, BestFirst, Spent


@dataclass(frozen=True, slots=True)
class Conflict:
    """Values of some variables that no solution has together, not one of which can be left out.

    Attributes:
        values: variable -> value.
        rules: a minimal set of rules that they break.
    """

    values: Mapping[int, Value]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A symbol that was read otherwise than it looks.

    Attributes:
        variable: its number.
        read: the most probable value of the symbol by itself.
        corrected: the value in the reading of the whole.
        cost: how much log-probability the correction costs.
        conflict: what would contradict the rest of the reading if this symbol were as it was read; None: nothing
            would, but there would be more than one solution.
    """

    variable: int
    read: Value
    corrected: Value
    cost: float
    conflict: Conflict | None


@dataclass(frozen=True, eq=False)
class Reading:
    """The most probable consistent reading.

    Attributes:
        answer: the instance that was read, and its solution; its status is ``unsatisfiable`` where no reading of
            positive probability has a solution (a proof), ``unknown`` where the budget was spent: then the instance is
            what was given beforehand.
        values: observed variable -> value; empty where there is none.
        changes: what differs from the symbols by themselves, the dearest first.
        log_probability: of the reading; minus infinity where there is none.
        looked_at: how many readings were.
        seconds: wall-clock time.
    """

    answer: Answer
    values: Mapping[int, Value]
    changes: tuple[Change, ...]
    log_probability: float
    looked_at: int
    seconds: float

    @property
    def status(self) -> Status:
        """``solved``, ``unsatisfiable`` or ``unknown``."""
        return self.answer.status


def most_probable(
    puzzle: Model | Instance,
    log_probabilities: Mapping[int, Sequence[float]],
    *,
    unique: bool = False,
    max_readings: int | None = None,
    max_seconds: float | None = None,
) -> Reading:
    """The most probable reading of the observed variables that has a solution.

    Args:
        puzzle: the rules, with or without what is known beforehand.
        log_probabilities: observed variable -> a log-probability for each value of its domain, in its order. What a
            recogniser says of each symbol by itself; a variable that was not observed is left out.
        unique: only readings that have exactly one solution.
        max_readings, max_seconds: the budget; status ``unknown`` where it is spent.

    Raises:
        InputError: log-probabilities of another length than the domain, or that are no numbers.
    """
    instance = puzzle if isinstance(puzzle, Instance) else Instance(puzzle, puzzle.full)
    search = BestFirst(instance, log_probabilities, unique, max_readings, max_seconds)
    try:
        found = search.best()
    except Spent:
        return _without(search, "unknown")
    return _without(search, "unsatisfiable") if found is None else _found(search, *found)


def _found(search: BestFirst, ranks: Sequence[int], positions: Sequence[int]) -> Reading:
    """The reading of these ranks, of which there is one in each place, and its solution."""
    seconds, search.end = search.seconds, math.inf  # explanations are beyond the budget
    instance = replace(search.instance, domains=search.domains(enumerate(ranks)))
    values = values_at(instance.model, positions)
    changes = [_change(search, ranks, place) for place, rank in enumerate(ranks) if rank]
    return Reading(
        answer=Answer(instance, "solved", values, unique=search.unique or None, seconds=seconds),
        values={variable: values[variable] for variable in search.variables},
        changes=tuple(sorted(changes, key=lambda change: -change.cost)),
        log_probability=sum(search.ranked[place][rank][2] for place, rank in enumerate(ranks)),
        looked_at=search.looked_at,
        seconds=seconds,
    )


def _without(search: BestFirst, status: Status) -> Reading:
    """What is told where there is no reading."""
    answer = Answer(search.instance, status, seconds=search.seconds)
    return Reading(answer, {}, (), -math.inf, search.looked_at, search.seconds)


def _change(search: BestFirst, ranks: Sequence[int], place: int) -> Change:
    return Change(
        variable=search.variables[place],
        read=search.value(place, 0),
        corrected=search.value(place, ranks[place]),
        cost=search.ranked[place][ranks[place]][0],
        conflict=_conflict(search, [*ranks[:place], 0, *ranks[place + 1 :]]),
    )


def _conflict(search: BestFirst, ranks: Sequence[int]) -> Conflict | None:
    """Why ranks have no solution; None if they have one."""
    symbols = list(enumerate(ranks))
    if search.solvable(symbols):
        return None
    kept = search.minimal(symbols)
    values = {search.variables[place]: search.value(place, rank) for place, rank in sorted(kept)}
    for rule, pair in search.equal(ranks):
        if pair == kept:
            return Conflict(values, (rule,))
    return Conflict(values, conflict(replace(search.instance, domains=search.domains(kept)), max_fails=PROOF))
