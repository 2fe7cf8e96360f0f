"""Readings of one sequence, the most probable first, each made when it is asked for.

Lazy enumeration over a chart of best scores (Huang and Chiang 2005, Better k-best parsing, algorithm 3). Phrases
without a value are left out where they arise.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from nesy.forest.best import WellFormed, value_of
from nesy.forest.rules import NOTHING, Rule
from nesy.forest.values import EMPTY, UNDEFINED

Key = tuple[int, int, int]
"""A state, the row where its span begins, and its length."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A derivation: its log-weight, its symbols and its pack."""

    score: float
    symbols: tuple[int, ...]
    pack: int


@dataclass(eq=False, slots=True)
class _Node:
    found: list[Hypothesis]
    waiting: list[tuple[float, int, int, int, int]]  # minus a bound, rule or -1 - symbol, cut, ranks of the parts
    seen: set[tuple[int, int, int, int]] = field(default_factory=set)


class Lazy:
    """The derivations of every state and span of one chart, best first.

    Args:
        budget: how many candidates may be looked at; then there are no more. None for all.
    """

    def __init__(self, chart: WellFormed, budget: int | None = None) -> None:
        self.chart, self.rules = chart, chart.rules
        self.left = float("inf") if budget is None else budget
        self.nodes: dict[Key, _Node] = {}

    def readings(self, sequence: int) -> Iterator[Hypothesis]:
        """The derivations of a whole sequence."""
        batch = self.chart.batch
        key = (self.rules.root, int(batch.start[sequence]), int(batch.lengths[sequence]))
        rank = 0
        while (found := self.find(key, rank)) is not None:
            yield found
            rank += 1

    def find(self, key: Key, rank: int) -> Hypothesis | None:
        """The derivation of this rank, counted from 0; None if there are fewer."""
        node = self.nodes.get(key)
        if node is None:
            node = self.nodes[key] = _Node([], self._candidates(key))
            heapq.heapify(node.waiting)
        while len(node.found) <= rank:
            if not node.waiting or self.left <= 0:
                return None
            self._advance(key, node)
        return node.found[rank]

    def _candidates(self, key: Key) -> list[tuple[float, int, int, int, int]]:
        state, row, length = key
        chart, found = self.chart, []
        if length == 1 and state in chart.leaves:
            leaf = chart.leaves[state]
            found += [
                (-float(chart.logs[row, symbol]), -1 - number, 0, 0, 0)
                for number, symbol in enumerate(leaf.symbols)
                if chart.logs[row, symbol] > -np.inf
            ]
        for number, rule in enumerate(self.rules.rules[state]):
            if rule.left == NOTHING:
                scores = np.zeros(1 if length == 0 else 0)
            elif rule.right == NOTHING:
                scores = chart.begin[rule.left, length, row : row + 1]
            else:
                scores = chart.begin[rule.left, : length + 1, row] + chart.end[rule.right, length::-1, row + length]
            found += [(-float(scores[cut]), number, cut, 0, 0) for cut in np.flatnonzero(scores > -np.inf).tolist()]
        return found

    def _advance(self, key: Key, node: _Node) -> None:
        """Take the most promising candidate: a derivation, or less promising than thought, or none."""
        self.left -= 1
        bound, number, cut, first, second = heapq.heappop(node.waiting)
        if number < 0:
            leaf = self.chart.leaves[key[0]]
            node.found.append(Hypothesis(-bound, (leaf.symbols[-1 - number],), leaf.values[-1 - number]))
            return
        rule = self.rules.rules[key[0]][number]
        parts = self._parts(rule, key, cut, (first, second))
        if parts is None:
            return
        score = sum(part.score for part in parts)
        if score < -bound - 1e-12:
            heapq.heappush(node.waiting, (-score, number, cut, first, second))
            return
        for ranks in ((first + 1, second), (first, second + 1))[: len(parts)]:
            if (number, cut, *ranks) not in node.seen:
                node.seen.add((number, cut, *ranks))
                heapq.heappush(node.waiting, (-score, number, cut, *ranks))
        packs = [part.pack for part in parts] + [EMPTY] * (2 - len(parts))
        pack = value_of(rule, *packs)
        if pack != UNDEFINED:
            node.found.append(Hypothesis(score, tuple(s for part in parts for s in part.symbols), pack))

    def _parts(self, rule: Rule, key: Key, cut: int, ranks: tuple[int, int]) -> list[Hypothesis] | None:
        _, row, length = key
        if rule.left == NOTHING:
            return []
        if rule.right == NOTHING:
            keys: list[Key] = [(rule.left, row, length)]
        else:
            keys = [(rule.left, row, cut), (rule.right, row + cut, length - cut)]
        found = []
        for part, rank in zip(keys, ranks, strict=False):
            hypothesis = self.find(part, rank)
            if hypothesis is None:
                return None
            found.append(hypothesis)
        return found
