"""The inside pass, from words to sentences, and the outside pass, which is its derivative.

Weights of spans are scaled: the largest weight that starts at a row and has a given length is 1, and the logarithm of
the factor is kept aside, so nothing underflows however long a sequence is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nesy.forest.cells import Cell, Floats, Ints, gather, pairs, strongest
from nesy.forest.rules import NOTHING, Rule, Rules
from nesy.forest.values import EMPTY, UNDEFINED

Place = tuple[int, int]
"""A state and the length of a span."""

Source = list[tuple[Place, Ints]]
"""Per part of a rule its place and the indices of the entries that were combined."""


@dataclass(eq=False)
class Batch:
    """Sequences of symbol distributions, one below the other.

    Attributes:
        lengths: of the sequences.
        start: the row of each; `rows` at the end.
        weights: (rows, V) probabilities, divided by the largest of the position; the last row of a sequence is 0.
        scale: per sequence the logarithm of what was divided by.
    """

    lengths: Ints
    start: Ints
    weights: Floats
    scale: Floats

    @property
    def rows(self) -> int:
        return len(self.weights)


def batch(log_probs: Sequence[Floats], symbols: int, prune: float) -> Batch:
    """A batch of log-probabilities, without alternatives less probable than `prune` times the best of a position."""
    lengths = np.array([len(one) for one in log_probs], dtype=np.int64)
    start = np.concatenate(([0], np.cumsum(lengths + 1)))
    weights = np.zeros((int(start[-1]), symbols))
    scale = np.zeros(len(log_probs))
    for sequence, (one, row) in enumerate(zip(log_probs, start.tolist(), strict=False)):
        if len(one):
            largest = one.max(axis=1, keepdims=True)
            weights[row : row + len(one)] = np.exp(one - largest)
            scale[sequence] = largest.sum()
    if prune:
        weights[weights < prune] = 0
    return Batch(lengths, start, weights, scale)


def needed_rows(rules: Rules, batch: Batch) -> dict[Place, NDArray[np.bool_]]:
    """Per place the rows where a span of use may begin; places without any are left out."""
    lengths = batch.lengths.tolist()
    needed = {length: rules.needed(length) for length in sorted(set(lengths))}
    if len(needed) == 1:
        return {place: np.tile(mask, len(lengths)) for place, mask in needed[lengths[0]].items()}
    nowhere = {length: np.zeros(length + 1, dtype=bool) for length in needed}
    places = {place for masks in needed.values() for place in masks}
    return {
        place: np.concatenate([needed[length].get(place, nowhere[length]) for length in lengths]) for place in places
    }


@dataclass(eq=False)
class Inside:
    """Every reading of a batch, packed.

    Args:
        best: keep the most probable reading of each value instead of the sum over all.
        cap: how many values a state may have in a span; the most probable ones are kept.
        crowd: places where a row has more values than this are left out, and what is made of them.
        useful: per crowded place the keys that are of use (`nesy.forest.goals`); the others are left out.
        crowded: what an earlier pass left out, where `useful` is given.
        forget: all values count as one: what is well-formed, whatever it is worth.

    Attributes:
        cells: what each state may be worth per span.
        scale: per length and row the logarithm of the factor of the weights.
        factors: per cut and length of a span and row what the weights of two parts are multiplied with.
        divided: per length and row the last part of that factor.
        capped: rows that lost values.
        crowded: the places that were left out.
    """

    rules: Rules
    batch: Batch
    best: bool = False
    cap: int | None = None
    crowd: int | None = None
    useful: dict[Place, Ints] | None = None
    crowded: set[Place] = field(default_factory=set)
    forget: bool = False
    cells: dict[Place, Cell] = field(default_factory=dict)
    scale: list[Floats] = field(default_factory=list)
    factors: dict[tuple[int, int], Floats] = field(default_factory=dict)
    capped: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    divided: dict[int, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.needed = needed_rows(self.rules, self.batch)

    def run(self) -> Inside:
        longest = int(self.batch.lengths.max(initial=0))
        for length in range(longest + 1):
            self._length(length)
        return self

    def _length(self, length: int) -> None:
        self._prepare(length)
        leaves = {leaf.state: leaf for leaf in self.rules.leaves} if length == 1 else {}
        for state in self.rules.order:
            keys: list[Ints] = []
            weights: list[Floats] = []
            if (state, length) not in self.needed or self._skipped(state, length):
                continue
            if state in leaves:
                self._leaf(leaves[state].symbols, leaves[state].values, keys, weights)
            for rule in self.rules.rules[state]:
                for part in self.contributions(rule, length):
                    keys.append(part[0])
                    weights.append(part[1])
            if keys:
                self._store((state, length), keys, weights)
        self._rescale(length)

    def _skipped(self, state: int, length: int) -> bool:
        """Whether a place is crowded because one of its parts is, or of no use."""
        place = (state, length)
        if self.useful is not None:
            return place in self.crowded and state in self.rules.single and place not in self.useful
        if self.crowd is None or not self.crowded:
            return False
        for rule in self.rules.rules[state]:
            for cut in range(length + 1) if rule.right != NOTHING else [length]:
                parts = [(rule.left, cut), (rule.right, length - cut)][: 1 + (rule.right != NOTHING)]
                present = all(part in self.cells or part in self.crowded for part in parts)
                if present and any(part in self.crowded for part in parts):
                    self.crowded.add(place)
                    return True
        return False

    def _prepare(self, length: int) -> None:
        """The factor of each way to cut a span of this length in two, per row."""
        rows = self.batch.rows
        reference = np.full(rows, -np.inf)
        sums = {}
        for left in range(1, length):
            both = np.full(rows, -np.inf)
            both[: rows - left] = self.scale[left][: rows - left] + self.scale[length - left][left:]
            sums[left] = both
            np.maximum(reference, both, out=reference)
        if length <= 1:
            reference[:] = 0
        finite = np.where(np.isfinite(reference), reference, 0.0)
        for left, both in sums.items():
            self.factors[left, length] = np.exp(both - finite)
        self.scale.append(np.where(np.isfinite(reference), reference, -np.inf))

    def _leaf(self, symbols: tuple[int, ...], values: tuple[int, ...], keys: list[Ints], weights: list[Floats]) -> None:
        for symbol, value in zip(symbols, values, strict=True):
            row = np.flatnonzero(self.batch.weights[:, symbol])
            keys.append(row << 32 | (EMPTY if self.forget else value))
            weights.append(self.batch.weights[row, symbol])

    def contributions(self, rule: Rule, length: int) -> Iterator[tuple[Ints, Floats]]:
        """Keys and weights that a rule adds to the spans of a length; a key is (row << 32) | value."""
        for _, key, weight in self.joined(rule, length):
            yield key, weight

    def joined(self, rule: Rule, length: int) -> Iterator[tuple[Source, Ints, Floats]]:
        """As `contributions`, each with what it came from: cells, indices of entries, factors."""
        if rule.left == NOTHING:
            if length == 0:
                row = np.arange(self.batch.rows)
                one = np.full(len(row), EMPTY)
                yield from self._result(rule, [], one, one, row, np.ones(len(row)))
            return
        if rule.right == NOTHING:
            cell = self.cells.get((rule.left, length))
            if cell is not None:
                needed = self.needed[rule.result, length]
                one = np.flatnonzero(needed[cell.row])
                empty = np.full(len(one), EMPTY)
                left = cell.value[one] if rule.keeps[0] else empty
                source = [((rule.left, length), one)]
                yield from self._result(rule, source, left, empty, cell.row[one], cell.weight[one])
            return
        for cut in range(length + 1):
            one_place, other_place = (rule.left, cut), (rule.right, length - cut)
            first, second = self.cells.get(one_place), self.cells.get(other_place)
            if first is None or second is None:
                continue
            one, other = pairs(first, second, cut, self.needed[rule.result, length])
            if not len(one):
                continue
            row = first.row[one]
            weight = first.weight
            factor = self.factors.get((cut, length))
            if factor is not None:
                weight = weight * factor[first.row]
            weight = weight[one] * second.weight[other]
            left = first.value[one] if rule.keeps[0] else np.full(len(one), EMPTY)
            right = second.value[other] if rule.keeps[1] else np.full(len(one), EMPTY)
            yield from self._result(rule, [(one_place, one), (other_place, other)], left, right, row, weight)

    def _result(
        self, rule: Rule, source: Source, left: Ints, right: Ints, row: Ints, weight: Floats
    ) -> Iterator[tuple[Source, Ints, Floats]]:
        if self.forget:
            value = np.full(len(row), EMPTY)
        elif rule.table is None:
            value = left if rule.keeps[0] else right
        else:
            value = rule.table(left, right)
            defined = value != UNDEFINED
            if not defined.all():
                source = [(place, entries[defined]) for place, entries in source]
                value, row, weight = value[defined], row[defined], weight[defined]
        if len(row):
            yield source, row << 32 | value, weight

    def _store(self, place: Place, keys: list[Ints], weights: list[Floats]) -> None:
        size = len(self.rules.values)
        keys = [(key >> 32) * size + (key & 0xFFFFFFFF) for key in keys]
        if self.useful is not None and place in self.useful:
            keys, weights = self._of_use(self.useful[place], keys, weights, size)
        if not keys:
            return
        cell = gather(keys, weights, self.batch.rows, size, best=self.best)
        if cell is None:
            return
        cell.key = cell.row << 32 | cell.value
        if self.crowd is not None and np.diff(cell.first).max() > self.crowd:
            self.crowded.add(place)
            return
        if self.cap is not None:
            cell, rows = strongest(cell, self.cap)
            self.capped = np.union1d(self.capped, rows)
        self.cells[place] = cell

    def _of_use(
        self, useful: Ints, keys: list[Ints], weights: list[Floats], size: int
    ) -> tuple[list[Ints], list[Floats]]:
        useful = (useful >> 32) * size + (useful & 0xFFFFFFFF)
        some = [np.isin(key, useful) for key in keys]
        return (
            [key[one] for key, one in zip(keys, some, strict=True)],
            [weight[one] for weight, one in zip(weights, some, strict=True)],
        )

    def _rescale(self, length: int) -> None:
        """Divide what has this length by the largest weight of its row."""
        if length == 0:
            return
        largest = np.zeros(self.batch.rows)
        cells = [cell for (_, other), cell in self.cells.items() if other == length]
        for cell in cells:
            np.maximum.at(largest, cell.row, cell.weight)
        some = largest > 0
        divide = np.where(some, largest, 1.0)
        for cell in cells:
            cell.weight = cell.weight / divide[cell.row]
        for (_, other), factor in self.factors.items():
            if other == length:
                factor /= divide
        with np.errstate(divide="ignore"):
            self.scale[length] = np.where(some, self.scale[length] + np.log(divide), -np.inf)
        self.divided[length] = divide

    def root(self, sequence: int) -> tuple[Ints, Floats]:
        """Values of a whole sequence and their log-weights."""
        length, row = int(self.batch.lengths[sequence]), int(self.batch.start[sequence])
        cell = self.cells.get((self.rules.root, length))
        if cell is None:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        entries = slice(cell.first[row], cell.first[row + 1])
        scale = self.scale[length][row] + self.batch.scale[sequence]
        return cell.value[entries], np.log(cell.weight[entries]) + scale


class Outside:
    """Expected counts of what the readings with given values are made of.

    Args:
        inside: a finished pass.
        targets: per sequence the id of its value; UNDEFINED for a sequence that is left out.

    Attributes:
        symbols: (rows, V) probability that a symbol stands at a row.
        productions: (P,) expected number of uses, over all sequences.
    """

    def __init__(self, inside: Inside, targets: Ints) -> None:
        self.inside = inside
        self.adjoints = {place: np.zeros(len(cell)) for place, cell in inside.cells.items()}
        self.symbols = np.zeros_like(inside.batch.weights)
        self.productions = np.zeros(len(inside.rules.grammar.productions))
        self._seed(targets)
        for length in range(len(inside.scale) - 1, -1, -1):
            for state in reversed(inside.rules.order):
                if (state, length) in inside.cells:
                    self._state(state, length)
        self.symbols *= inside.batch.weights

    def _seed(self, targets: Ints) -> None:
        batch = self.inside.batch
        for sequence, target in enumerate(targets.tolist()):
            place = (self.inside.rules.root, int(batch.lengths[sequence]))
            cell = self.inside.cells.get(place)
            if cell is None or target == UNDEFINED:
                continue
            key = int(batch.start[sequence]) << 32 | target
            entry = int(np.searchsorted(cell.key, key))
            if entry < len(cell) and cell.key[entry] == key:
                self.adjoints[place][entry] = 1 / cell.weight[entry]

    def _state(self, state: int, length: int) -> None:
        inside, place = self.inside, (state, length)
        cell, adjoint = inside.cells[place], self.adjoints[place]
        used = adjoint > 0
        if not used.any():
            return
        key, adjoint = cell.key[used], adjoint[used]
        if length == 1:
            for leaf in inside.rules.leaves:
                if leaf.state == state:
                    self._leaf(leaf.symbols, leaf.values, key, adjoint)
        for rule in inside.rules.rules[state]:
            for source, made, weight in inside.joined(rule, length):
                self._back(rule, source, made, weight, key, adjoint, length)

    def _leaf(self, symbols: tuple[int, ...], values: tuple[int, ...], key: Ints, adjoint: Floats) -> None:
        divide = self.inside.divided[1]
        for symbol, value in zip(symbols, values, strict=True):
            mine = (key & 0xFFFFFFFF) == value
            row = key[mine] >> 32
            self.symbols[row, symbol] += adjoint[mine] / divide[row]

    def _back(
        self,
        rule: Rule,
        source: Source,
        made: Ints,
        weight: Floats,
        key: Ints,
        adjoint: Floats,
        length: int,
    ) -> None:
        place = np.minimum(np.searchsorted(key, made), len(key) - 1)
        hit = np.flatnonzero(key[place] == made)
        if not len(hit):
            return
        flow = weight[hit] * adjoint[place[hit]]
        if rule.production >= 0:
            self.productions[rule.production] += flow.sum()
        for where, entries in source:
            cell = self.inside.cells[where]
            self.adjoints[where] += np.bincount(entries[hit], flow, minlength=len(cell)) / cell.weight
