"""The most probable reading: on the grammar alone, or among those of a given value.

Without an answer no values are carried: the best well-formed reading is found first and then evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from nesy.forest.cells import Floats
from nesy.forest.inside import Batch, Inside
from nesy.forest.rules import NOTHING, Rule, Rules
from nesy.forest.values import EMPTY, UNDEFINED

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


@dataclass(eq=False)
class WellFormed:
    """The log-probability of the best derivation of every state and span; values are left aside."""

    rules: Rules
    batch: Batch
    charts: dict[tuple[int, int], Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with np.errstate(divide="ignore"):
            self.logs = np.log(self.batch.weights)
        leaves = {leaf.state: leaf for leaf in self.rules.leaves}
        for length in range(int(self.batch.lengths.max(initial=0)) + 1):
            for state in self.rules.order:
                best = np.full(self.batch.rows, -np.inf)
                if length == 1 and state in leaves and leaves[state].symbols:
                    best = self.logs[:, leaves[state].symbols].max(axis=1)
                for rule in self.rules.rules[state]:
                    for some in self._sums(rule, length):
                        np.maximum(best[: len(some)], some, out=best[: len(some)])
                if best.max(initial=-np.inf) > -np.inf:
                    self.charts[state, length] = best

    def _sums(self, rule: Rule, length: int) -> Iterator[Floats]:
        if rule.left == NOTHING:
            if length == 0:
                yield np.zeros(self.batch.rows)
        elif rule.right == NOTHING:
            if (rule.left, length) in self.charts:
                yield self.charts[rule.left, length]
        else:
            for cut in range(length + 1):
                left, right = self.charts.get((rule.left, cut)), self.charts.get((rule.right, length - cut))
                if left is not None and right is not None:
                    yield left[: len(left) - cut] + right[cut:]

    def _at(self, state: int, row: int, length: int) -> float:
        chart = self.charts.get((state, length))
        return -np.inf if chart is None else float(chart[row])

    def root(self, sequence: int) -> float:
        """The log-weight of the best reading of a sequence."""
        length, row = int(self.batch.lengths[sequence]), int(self.batch.start[sequence])
        return self._at(self.rules.root, row, length)

    def step(self, goal: Goal) -> Step:
        """The best step to a goal."""
        row, length = goal.row, goal.length
        best, chosen = -np.inf, Step(-1, None, ())
        for leaf in self.rules.leaves if length == 1 else ():
            if leaf.state == goal.state:
                for symbol, value in zip(leaf.symbols, leaf.values, strict=True):
                    if self.logs[row, symbol] > best:
                        best, chosen = self.logs[row, symbol], Step(symbol, None, (Goal(-1, row, 1, value),))
        for rule in self.rules.rules[goal.state]:
            for parts in _divided(rule, row, length):
                score = sum(self._at(part.state, part.row, part.length) for part in parts)
                if score > best:
                    best, chosen = score, Step(-1, rule, parts)
        return chosen


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
        empty = np.full(len(one), EMPTY)
        left = ids[0][one] if rule.keeps[0] else empty
        right = ids[1][other] if rule.keeps[1] else empty
        made = (left if rule.keeps[0] else right) if rule.table is None else rule.table(left, right)
        weight = np.ones(len(one))
        for index, here in zip((one, other), weights, strict=False):
            weight = weight * here[index]
        weight[made != goal.value] = 0
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


def _divided(rule: Rule, row: int, length: int) -> Iterator[tuple[Goal, ...]]:
    """The parts of a rule over a span, for every way to cut it."""
    if rule.left == NOTHING:
        if length == 0:
            yield ()
    elif rule.right == NOTHING:
        yield (Goal(rule.left, row, length),)
    else:
        for cut in range(length + 1):
            yield Goal(rule.left, row, cut), Goal(rule.right, row + cut, length - cut)


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
        value = node.step.parts[0].value if rule is None else _value(rule, *node.packs)
        if value == UNDEFINED:
            break
        if node.above is not None:
            node.above.packs[node.part] = value
    return tuple(node.step.symbol for node in nodes if node.step.rule is None), value


def _value(rule: Rule, left: int, right: int) -> int:
    left, right = (pack if kept else EMPTY for pack, kept in zip((left, right), rule.keeps, strict=True))
    if rule.table is None:
        return left if rule.keeps[0] else right
    return int(rule.table(np.array([left]), np.array([right]))[0])
