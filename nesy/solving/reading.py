"""The most probable reading of a puzzle that was seen: of all readings that keep every rule, the likeliest.

Conflict-directed best-first search (Williams & Ragno, "Conflict-directed A* and its role in model-based embedded
systems", Discrete Applied Mathematics 155, 2007). The reading of each symbol by itself comes first. Where readings
cannot stand together, one of them is wrong: the search branches on which, cheapest first, and learns that conflict for
all readings to come. Exact: what it returns is the most probable, by the proof that an exact solver gives.

Words: a *conflict* is a set of readings of single symbols that no solution has together. The *rank* of a value is its
place among those of its variable, the most probable first.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from nesy.errors import InputError
from nesy.puzzles.answer import Answer, Status
from nesy.puzzles.conflict import conflict
from nesy.puzzles.exact import Solver, solver
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import AllDifferent, Model, Rule, Value

PROOF = 20  # assignments that the proof of a smaller conflict may cost; if more are needed it stays as it is

Symbols: TypeAlias = frozenset[tuple[int, int]]
"""A conflict: pairs of an observed variable's place and a rank."""


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
    return _Search(instance, log_probabilities, unique, max_readings, max_seconds).run()


class _Spent(Exception):
    """The budget is spent."""


class _Search:
    """Nodes are sets of readings: per observed variable a mask of the ranks that are left."""

    def __init__(
        self,
        instance: Instance,
        log_probabilities: Mapping[int, Sequence[float]],
        unique: bool,
        max_readings: int | None,
        max_seconds: float | None,
    ) -> None:
        self.started = time.monotonic()
        self.instance, self.unique = instance, unique
        self.variables = sorted(log_probabilities)
        self.ranked = [ranked(instance, v, log_probabilities[v]) for v in self.variables]
        self.solver: Solver = solver(instance.model)
        self.different = list(_different(instance.model, self.variables))
        self.known: list[Symbols] = []
        self.looked_at = 0
        self.max_readings = math.inf if max_readings is None else max_readings
        self.end = math.inf if max_seconds is None else self.started + max_seconds

    def run(self) -> Reading:
        try:
            found = self._best()
        except _Spent:
            return self._nothing("unknown")
        return self._nothing("unsatisfiable") if found is None else self._reading(*found)

    def _best(self) -> tuple[list[int], Answer] | None:
        """The ranks of the best reading, and its answer; None: no reading has a solution."""
        if not all(self.ranked):
            return None
        order = itertools.count()
        masks = tuple((1 << len(values)) - 1 for values in self.ranked)
        heap = [(0.0, 0, masks)]
        while heap:
            bound, _, masks = heapq.heappop(heap)
            ranks = [lowest(mask) for mask in masks]
            conflicts = self._conflicts(ranks)
            if not conflicts:
                answer = self._answer(ranks)
                if answer is not None:
                    return ranks, answer
                conflicts = self._learn(ranks)
            better = self._bound(masks, ranks, conflicts)
            if better > bound:  # others may be cheaper by now
                if better < math.inf:
                    heapq.heappush(heap, (better, -next(order), masks))
                continue
            for child in self._children(masks, ranks, conflicts):
                least = self._bound(child, [lowest(mask) for mask in child], ())
                heapq.heappush(heap, (max(bound, least), -next(order), child))
        return None

    # What cannot stand together

    def _conflicts(self, ranks: Sequence[int]) -> list[Symbols]:
        """The conflicts within a reading that need no search: those known, and values that ought to be different."""
        self._count()
        found = {c for c in self.known if all(ranks[place] == rank for place, rank in c)}
        return list(found.union(pair for _, pair in self._equal(ranks)))

    def _equal(self, ranks: Sequence[int]) -> Iterator[tuple[Rule, Symbols]]:
        """Pairs of values that ought to be different, and the rule that says so."""
        for rule, members in self.different:
            seen: dict[Value, int] = {}
            for place, offset in members:
                value = self._value(place, ranks[place])
                value = value + offset if isinstance(value, int) else value
                if value in seen:
                    yield rule, frozenset(((seen[value], ranks[seen[value]]), (place, ranks[place])))
                seen[value] = place

    def _learn(self, ranks: Sequence[int]) -> list[Symbols]:
        """Minimal conflicts, no two with a symbol in common, of a reading that has no solution, or too many."""
        left = list(enumerate(ranks))
        found: list[Symbols] = []
        if self._solutions(left):
            found.append(frozenset(left))
        while not self._solutions(left):
            found.append(self._minimal(left))
            if not found[-1]:  # what is known beforehand has no solution
                break
            left = [symbol for symbol in left if symbol not in found[-1]]
        self.known += found
        return found

    def _minimal(self, symbols: list[tuple[int, int]]) -> Symbols:
        """A minimal conflict within symbols that have no solution; such as are cheap to change are left out first."""
        kept = sorted(symbols, key=lambda symbol: self._regret(*symbol))
        for symbol in list(kept):
            rest = [other for other in kept if other != symbol]
            found = self.solver.search(self._domains(rest), max_nodes=PROOF)
            if found.complete and not found.solutions:
                kept = rest
        return frozenset(kept)

    # What a set of readings costs at the least

    def _bound(self, masks: Sequence[int], ranks: Sequence[int], conflicts: Iterable[Symbols]) -> float:
        """The cost of the cheapest reading, and of the cheapest change of each of some conflicts that share nothing."""
        total = sum(self.ranked[place][rank][0] for place, rank in enumerate(ranks))
        touched: set[int] = set()
        for least, one in sorted(((self._least(masks, one), one) for one in conflicts), key=lambda p: -p[0]):
            if not any(place in touched for place, _ in one):
                touched.update(place for place, _ in one)
                total += least
        return total

    def _least(self, masks: Sequence[int], one: Symbols) -> float:
        return min((self._delta(masks, place) for place, _ in one), default=math.inf)

    def _delta(self, masks: Sequence[int], place: int) -> float:
        """How much dearer the next best value of a symbol is than the best that is left to it."""
        mask = masks[place]
        costs, rest = self.ranked[place], mask & (mask - 1)
        return costs[lowest(rest)][0] - costs[lowest(mask)][0] if rest else math.inf

    def _regret(self, place: int, rank: int) -> float:
        """The same for a symbol of which nothing was excluded yet."""
        costs = self.ranked[place]
        return costs[rank + 1][0] - costs[rank][0] if rank + 1 < len(costs) else math.inf

    def _children(
        self, masks: tuple[int, ...], ranks: Sequence[int], conflicts: Sequence[Symbols]
    ) -> Iterator[tuple[int, ...]]:
        """Disjoint parts of a set of readings; what is missing in them is just what has one of the conflicts."""
        one = max(conflicts, key=lambda c: (self._least(masks, c), -len(c)))
        left = list(masks)
        for place in sorted((place for place, _ in one), key=lambda place: -self._delta(masks, place)):
            bit = 1 << ranks[place]
            if left[place] != bit:
                yield (*left[:place], left[place] ^ bit, *left[place + 1 :])
            left[place] = bit

    # Asking the exact solver

    def _answer(self, ranks: Sequence[int]) -> Answer | None:
        """The answer to a reading, if it has a solution; with `unique`, if it has one only."""
        domains = self._domains(enumerate(ranks))
        found = self._searched(domains, 2 if self.unique else 1)
        if len(found) != 1:
            return None
        model = self.instance.model
        values = tuple(domain[position] for domain, position in zip(model.domains, found[0], strict=True))
        return Answer(replace(self.instance, domains=domains), "solved", values, unique=self.unique or None)

    def _solutions(self, symbols: Iterable[tuple[int, int]]) -> bool:
        return bool(self._searched(self._domains(symbols), 1))

    def _searched(self, domains: tuple[int, ...], limit: int) -> tuple[tuple[int, ...], ...]:
        left = self.end - time.monotonic()
        found = self.solver.search(domains, limit=limit, max_seconds=None if left == math.inf else max(left, 0.0))
        if not found.complete and len(found.solutions) < limit:
            raise _Spent
        return found.solutions

    def _domains(self, symbols: Iterable[tuple[int, int]]) -> tuple[int, ...]:
        domains = list(self.instance.domains)
        for place, rank in symbols:
            domains[self.variables[place]] = 1 << self.ranked[place][rank][1]
        return tuple(domains)

    def _value(self, place: int, rank: int) -> Value:
        return self.instance.model.domains[self.variables[place]][self.ranked[place][rank][1]]

    def _count(self) -> None:
        if self.looked_at >= self.max_readings or time.monotonic() > self.end:
            raise _Spent
        self.looked_at += 1

    # What is told

    def _reading(self, ranks: Sequence[int], answer: Answer) -> Reading:
        changed = [place for place, rank in enumerate(ranks) if rank]
        changes = [self._change(ranks, place) for place in changed]
        log_probability = sum(self.ranked[place][rank][2] for place, rank in enumerate(ranks))
        return Reading(
            replace(answer, seconds=time.monotonic() - self.started),
            {variable: self._value(place, ranks[place]) for place, variable in enumerate(self.variables)},
            tuple(sorted(changes, key=lambda change: -change.cost)),
            log_probability,
            self.looked_at,
            time.monotonic() - self.started,
        )

    def _change(self, ranks: Sequence[int], place: int) -> Change:
        as_read = [*ranks[:place], 0, *ranks[place + 1 :]]
        return Change(
            self.variables[place],
            self._value(place, 0),
            self._value(place, ranks[place]),
            self.ranked[place][ranks[place]][0],
            self._conflict(as_read),
        )

    def _conflict(self, ranks: Sequence[int]) -> Conflict | None:
        """Why a reading has no solution; None if it has one."""
        symbols = list(enumerate(ranks))
        if self._solutions(symbols):
            return None
        kept = self._minimal(symbols)
        values = {self.variables[place]: self._value(place, rank) for place, rank in sorted(kept)}
        one = next((rule for rule, pair in self._equal(ranks) if pair == kept), None)
        if one is not None:
            return Conflict(values, (one,))
        return Conflict(values, conflict(replace(self.instance, domains=self._domains(kept)), max_fails=PROOF))

    def _nothing(self, status: Status) -> Reading:
        seconds = time.monotonic() - self.started
        answer = Answer(self.instance, status, seconds=seconds)
        return Reading(answer, {}, (), -math.inf, self.looked_at, seconds)


def ranked(instance: Instance, variable: int, row: Sequence[float]) -> list[tuple[float, int, float]]:
    """What a variable may be, the likeliest first: (cost against the first, position of the value, log-probability).

    Raises:
        InputError: not one number for each value.
    """
    model = instance.model
    if not 0 <= variable < len(model.domains):
        raise InputError(f"log-probabilities of variable {variable}", expected=f"0 to {len(model.domains) - 1}")
    name, domain = model.names[variable], model.domains[variable]
    if len(row) != len(domain):
        raise InputError(f"{name}: {len(row)} log-probabilities", expected=f"{len(domain)}, one for each value")
    if any(math.isnan(value) or value == math.inf for value in row):
        raise InputError(f"{name}: log-probabilities that are no numbers", expected="numbers, or minus infinity")
    mask = instance.domains[variable]
    left = sorted((-float(value), position) for position, value in enumerate(row) if mask >> position & 1)
    return [(cost - left[0][0], position, -cost) for cost, position in left if cost < math.inf]


def lowest(mask: int) -> int:
    """The place of the lowest bit."""
    return (mask & -mask).bit_length() - 1


def _different(model: Model, variables: Sequence[int]) -> Iterator[tuple[Rule, list[tuple[int, int]]]]:
    """Rules that want different values: places of observed variables, and what is added to their values."""
    places = {variable: place for place, variable in enumerate(variables)}
    for rule in model.rules:
        if isinstance(rule.constraint, AllDifferent):
            scope = rule.constraint.scope
            offsets = rule.constraint.offsets or (0,) * len(scope)
            yield rule, [(places[v], offset) for v, offset in zip(scope, offsets, strict=True) if v in places]
