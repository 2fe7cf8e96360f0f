"""The most probable reading: on the grammar alone, or among those of a given value.

Without an answer no values are carried: the best well-formed reading is found first and then evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nesy.forest.cells import Floats
from nesy.forest.inside import Batch, Inside
from nesy.forest.rules import NOTHING, Rule, Rules, results
from nesy.forest.values import EMPTY, UNDEFINED, Chosen

ANY = -1
"""In place of a value: whichever."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a state stands for: `length` symbols from a row on, worth `value`."""

    state: int
    row: int
    length: int
    value: int = ANY


@dataclass(frozen=True, slots=True)
class Step:
    """How a goal is reached: by a symbol, or by a rule from other goals."""

    symbol: int
    rule: Rule | None
    parts: tuple[Goal, ...]


class WellFormed:
    """The log-probability of the best derivation of every state and span; values are left aside.

    Attributes:
        begin: (states, lengths, rows) by the row where the span begins.
        end: the same by the row where it ends.
        rule, cut: the number of the best rule of a state, and the length of its left part; -1 for a symbol.
    """

    def __init__(self, rules: Rules, batch: Batch) -> None:
        self.rules, self.batch = rules, batch
        with np.errstate(divide="ignore"):
            self.logs = np.log(batch.weights)
        shape = (len(rules.names), int(batch.lengths.max(initial=0)) + 1, batch.rows)
        self.begin, self.end = np.full(shape, -np.inf), np.full(shape, -np.inf)
        self.rule, self.cut = np.full(shape, -1, dtype=np.int16), np.full(shape, -1, dtype=np.int16)
        self.leaves = {leaf.state: leaf for leaf in rules.leaves if leaf.symbols}
        for length in range(shape[1]):
            for state in rules.order:
                self._fill(state, length)

    def _fill(self, state: int, length: int) -> None:
        starts = self.batch.rows - length
        best = np.full(starts, -np.inf)
        if length == 1 and state in self.leaves:
            best = self.logs[:starts, self.leaves[state].symbols].max(axis=1)
        for number, rule in enumerate(self.rules.rules[state]):
            score, cut = self._scores(rule, length, starts)
            better = score > best
            if better.any():
                best[better] = score[better]
                self.rule[state, length, :starts][better] = number
                self.cut[state, length, :starts][better] = cut[better]
        self.begin[state, length, :starts] = best
        self.end[state, length, length:] = best

    def _scores(self, rule: Rule, length: int, starts: int) -> tuple[Floats, NDArray[np.int64]]:
        """The best score of a rule per row, and where it cuts."""
        cut = np.zeros(starts, dtype=np.int64)
        if rule.left == NOTHING:
            return np.full(starts, 0.0 if length == 0 else -np.inf), cut
        if rule.right == NOTHING:
            return self.begin[rule.left, length, :starts], cut
        both = self.begin[rule.left, : length + 1, :starts] + self.end[rule.right, length::-1, length:]
        cut = both.argmax(axis=0)
        return both[cut, np.arange(starts)], cut

    def root(self, sequence: int) -> float:
        """The log-weight of the best reading of a sequence."""
        length, row = int(self.batch.lengths[sequence]), int(self.batch.start[sequence])
        return float(self.begin[self.rules.root, length, row])

    def step(self, goal: Goal) -> Step:
        """The best step to a goal."""
        state, row, length = goal.state, goal.row, goal.length
        number = int(self.rule[state, length, row])
        if number >= 0:
            rule, cut = self.rules.rules[state][number], int(self.cut[state, length, row])
            return Step(-1, rule, _parts(rule, row, length, cut))
        leaf = self.leaves[state]
        best = int(self.logs[row, leaf.symbols].argmax())
        return Step(leaf.symbols[best], None, (Goal(-1, row, 1, leaf.values[best]),))


@dataclass(eq=False)
class Worth:
    """The best derivation of every state, span and value: an `Inside` that keeps the best."""

    inside: Inside

    def step(self, goal: Goal) -> Step:
        """The best step to a goal."""
        rules, batch = self.inside.rules, self.inside.batch
        best, chosen = 0.0, Step(-1, None, ())
        for leaf in rules.leaves if goal.length == 1 else ():
            if leaf.state == goal.state:
                for symbol, value in zip(leaf.symbols, leaf.values, strict=True):
                    weight = batch.weights[goal.row, symbol]
                    if value == goal.value and weight > best:
                        best, chosen = weight, Step(symbol, None, (Goal(-1, goal.row, 1, value),))
        if best and goal.length == 1:
            best /= self.inside.divided[1][goal.row]
        for rule in rules.rules[goal.state]:
            for parts in _divided(rule, goal.row, goal.length):
                found = self._best(rule, goal, parts)
                if found is not None and found[0] > best:
                    best, chosen = found[0], Step(-1, rule, found[1])
        return chosen

    def _best(self, rule: Rule, goal: Goal, parts: tuple[Goal, ...]) -> tuple[float, tuple[Goal, ...]] | None:
        ids, weights = [], []
        for part in parts:
            cell = self.inside.cells.get((part.state, part.length))
            if cell is None:
                return None
            entries = slice(cell.first[part.row], cell.first[part.row + 1])
            ids.append(cell.value[entries])
            weights.append(cell.weight[entries])
        size = [len(one) for one in ids] + [1] * (2 - len(ids))
        one, other = (part.ravel() for part in np.indices(size))
        packs: list[Chosen | None] = [None, None]
        for slot, (found, index) in enumerate(zip(ids, (one, other), strict=False)):
            if rule.keeps[slot]:
                packs[slot] = found, index
        made = results(rule, packs[0], packs[1])
        weight = np.ones(len(one))
        for index, here in zip((one, other), weights, strict=False):
            weight = weight * here[index]
        weight = weight * np.equal(made, goal.value)
        if not len(weight) or not weight.max():
            return None
        k = int(weight.argmax())
        factor = 1.0
        if len(parts) == 2 and (parts[0].length, goal.length) in self.inside.factors:
            factor = float(self.inside.factors[parts[0].length, goal.length][goal.row])
        chosen = tuple(
            Goal(part.state, part.row, part.length, int(found[index[k]]))
            for part, found, index in zip(parts, ids, (one, other), strict=False)
        )
        return factor * float(weight[k]), chosen


def _parts(rule: Rule, row: int, length: int, cut: int) -> tuple[Goal, ...]:
    """The parts of a rule over a span whose left part has the length `cut`."""
    if rule.left == NOTHING:
        return ()
    if rule.right == NOTHING:
        return (Goal(rule.left, row, length),)
    return Goal(rule.left, row, cut), Goal(rule.right, row + cut, length - cut)


def _divided(rule: Rule, row: int, length: int) -> Iterator[tuple[Goal, ...]]:
    """The parts of a rule over a span, for every way to cut it."""
    if rule.left == NOTHING and length:
        return
    for cut in range(length + 1 if rule.right != NOTHING else 1):
        yield _parts(rule, row, length, cut)


@dataclass(eq=False, slots=True)
class _Node:
    step: Step
    above: _Node | None
    part: int
    packs: list[int] = field(default_factory=lambda: [EMPTY, EMPTY])


def trace(chart: WellFormed | Worth, goal: Goal) -> tuple[tuple[int, ...], int]:
    """The symbols of the best reading of a goal, and its value; UNDEFINED if it has none."""
    nodes: list[_Node] = []
    stack: list[tuple[Goal, _Node | None, int]] = [(goal, None, 0)]
    while stack:
        here, above, part = stack.pop()
        node = _Node(chart.step(here), above, part)
        nodes.append(node)
        if node.step.rule is not None:
            stack += [(below, node, number) for number, below in reversed(list(enumerate(node.step.parts)))]
    value = UNDEFINED
    for node in reversed(nodes):
        rule = node.step.rule
        value = node.step.parts[0].value if rule is None else value_of(rule, *node.packs)
        if value == UNDEFINED:
            break
        if node.above is not None:
            node.above.packs[node.part] = value
    return tuple(node.step.symbol for node in nodes if node.step.rule is None), value


def value_of(rule: Rule, left: int, right: int) -> int:
    """The pack of a rule from those of its parts; UNDEFINED if it has none."""
    left, right = (pack if kept else EMPTY for pack, kept in zip((left, right), rule.keeps, strict=True))
    if rule.table is None:
        return left if rule.keeps[0] else right
    return int(rule.table(left, right))
