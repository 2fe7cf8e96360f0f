"""Conflict-directed best-first search for the most probable values of symbols that were seen.

Williams & Ragno, "Conflict-directed A* and its role in model-based embedded systems", Discrete Applied Mathematics 155,
2007. The likeliest value of each symbol comes first. Where values cannot stand together, one of them is wrong: the
search branches on which, cheapest first, and learns that conflict for everything to come. How much any set of readings
costs at the least is told by the conflicts within its best one: each that shares no symbol with another asks for a
change of its own.

Words: a *place* is that of a symbol among those that were seen. The *rank* of a value is its place among those of its
variable, the likeliest first. A *conflict* is a set of ranks at places that no solution has together.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from nesy.errors import InputError
from nesy.puzzles.exact import Solver, solver
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import AllDifferent, Model, Rule, Value

PROOF = 20  # assignments that the proof of a smaller conflict may cost; if more are needed it stays as it is

Symbols: TypeAlias = frozenset[tuple[int, int]]
"""A conflict: pairs of a place and a rank."""


class Spent(Exception):
    """The budget is spent."""


class BestFirst:
    """The search over one instance and what was seen of it. Its nodes are sets: per place a mask of the ranks left.

    Args:
        instance: the rules, and what is known beforehand.
        log_probabilities: variable that was seen -> a log-probability for each value of its domain.
        unique: only values with exactly one solution.
        max_readings, max_seconds: the budget.

    Raises:
        InputError: log-probabilities of another length than the domain, or that are no numbers.
    """

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

    @property
    def seconds(self) -> float:
        """Wall-clock time since the beginning."""
        return time.monotonic() - self.started

    def best(self) -> tuple[list[int], tuple[int, ...]] | None:
        """The likeliest ranks that have a solution, and the positions of its values; None: there are none.

        Raises:
            Spent: the budget is.
        """
        if not all(self.ranked):
            return None
        order = itertools.count()
        masks = tuple((1 << len(values)) - 1 for values in self.ranked)
        heap = [(0.0, 0, masks)]
        while heap:
            bound, _, masks = heapq.heappop(heap)
            self._count()
            ranks = [lowest(mask) for mask in masks]
            conflicts = self._conflicts(ranks)
            if not conflicts:
                solutions = self._solutions(enumerate(ranks), 2 if self.unique else 1)
                if len(solutions) == 1:
                    return ranks, solutions[0]
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
        found = {c for c in self.known if all(ranks[place] == rank for place, rank in c)}
        return list(found.union(pair for _, pair in self.equal(ranks)))

    def equal(self, ranks: Sequence[int]) -> Iterator[tuple[Rule, Symbols]]:
        """Pairs of values that ought to be different, and the rule that says so."""
        for rule, members in self.different:
            seen: dict[Value, int] = {}
            for place, offset in members:
                value = self.value(place, ranks[place])
                value = value + offset if isinstance(value, int) else value
                if value in seen:
                    yield rule, frozenset(((seen[value], ranks[seen[value]]), (place, ranks[place])))
                seen[value] = place

    def _learn(self, ranks: Sequence[int]) -> list[Symbols]:
        """Minimal conflicts, no two with a symbol in common, of a reading that has no solution, or too many."""
        left = list(enumerate(ranks))
        found: list[Symbols] = []
        if self.solvable(left):
            found.append(frozenset(left))
        while not self.solvable(left):
            found.append(self.minimal(left))
            if not found[-1]:  # what is known beforehand has no solution
                break
            left = [symbol for symbol in left if symbol not in found[-1]]
        self.known += found
        return found

    def minimal(self, symbols: list[tuple[int, int]]) -> Symbols:
        """A minimal conflict within symbols that have no solution; such as are cheap to change are left out first."""
        kept = sorted(symbols, key=lambda symbol: self._regret(*symbol))
        for symbol in list(kept):
            rest = [other for other in kept if other != symbol]
            found = self.solver.search(self.domains(rest), max_nodes=PROOF)
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

    def solvable(self, symbols: Iterable[tuple[int, int]]) -> bool:
        """Whether ranks at some places have a solution together; raises as `best`."""
        return bool(self._solutions(symbols, 1))

    def _solutions(self, symbols: Iterable[tuple[int, int]], limit: int) -> tuple[tuple[int, ...], ...]:
        left = self.end - time.monotonic()
        found = self.solver.search(
            self.domains(symbols), limit=limit, max_seconds=None if left == math.inf else max(left, 0.0)
        )
        if not found.complete and len(found.solutions) < limit:
            raise Spent
        return found.solutions

    def domains(self, symbols: Iterable[tuple[int, int]]) -> tuple[int, ...]:
        """The instance's domains with ranks at some places given."""
        domains = list(self.instance.domains)
        for place, rank in symbols:
            domains[self.variables[place]] = 1 << self.ranked[place][rank][1]
        return tuple(domains)

    def value(self, place: int, rank: int) -> Value:
        """What a rank at a place stands for."""
        return self.instance.model.domains[self.variables[place]][self.ranked[place][rank][1]]

    def _count(self) -> None:
        if self.looked_at >= self.max_readings or time.monotonic() > self.end:
            raise Spent
        self.looked_at += 1


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
