"""The inside pass, from words to sentences, and the outside pass, which is its derivative.

Weights of spans are scaled: the largest weight that starts at a row and has a given length is 1, and the logarithm of
the factor is kept aside, so nothing underflows however long a sequence is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nesy.forest.cells import Cell, Floats, Ints, Lookup, gather, pairs, strongest
from nesy.forest.rules import NOTHING, Leaf, Rule, Rules, results
from nesy.forest.values import EMPTY, UNDEFINED, Chosen

ALL = slice(None)

Place = tuple[int, int]
"""A state and the length of a span."""


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


@dataclass(frozen=True, eq=False, slots=True)
class Combination:
    """Entries of cells that a rule puts together.

    Attributes:
        places, cells: of the parts of the rule: none, one or two.
        one, other: indices of the entries of the first and of the second cell; rows where there is no part.
        factor: per row what the product of the weights is multiplied with; None for 1.
    """

    places: list[Place]
    cells: list[Cell]
    one: Ints
    other: Ints | None
    factor: Floats | None

    def keys(self, values: Ints, size: int) -> Ints:
        """For each result row * size + value; it overwrites the values."""
        values += (self.cells[0].row * size)[self.one] if self.cells else self.one * size
        return values

    def values(self, rule: Rule) -> Ints:
        """Ids of the results; UNDEFINED where there is none."""
        packs: list[Chosen | None] = [None, None]
        for part, (cell, entries) in enumerate(zip(self.cells, (self.one, self.other), strict=False)):
            if rule.keeps[part] and entries is not None:
                packs[part] = cell.value, entries
        made = results(rule, packs[0], packs[1])
        return np.full(len(self.one), made) if isinstance(made, int) else made

    def weights(self, chosen: slice | Ints = ALL) -> Floats:
        """The products of the weights."""
        one = self.one[chosen]
        if not self.cells:
            return np.ones(len(one))
        first = self.cells[0]
        weight = first.weight if self.factor is None else first.weight * self.factor[first.row]
        found = weight[one]
        if self.other is not None:
            found *= self.cells[1].weight[self.other[chosen]]
        return found


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
        self.leaves = {leaf.state: leaf for leaf in self.rules.leaves}
        self.needed = needed_rows(self.rules, self.batch)

    def run(self) -> Inside:
        """Fill the cells, short spans first."""
        longest = int(self.batch.lengths.max(initial=0))
        for length in range(longest + 1):
            self._length(length)
        return self

    def _length(self, length: int) -> None:
        self._prepare(length)
        for state in self.rules.order:
            if (state, length) in self.needed and not self._skipped(state, length):
                self._state(state, length)
        self._rescale(length)

    def _state(self, state: int, length: int) -> None:
        """Everything that a state may be over spans of a length."""
        made: list[tuple[Combination, Ints]] = []
        weights: list[Floats] = []
        if length == 1 and state in self.leaves:
            leaf = self.leaves[state]
            for symbol, value in zip(leaf.symbols, leaf.values, strict=True):
                row = np.flatnonzero(self.batch.weights[:, symbol])
                made.append((Combination([], [], row, None, None), np.full(len(row), EMPTY if self.forget else value)))
                weights.append(self.batch.weights[row, symbol])
        for rule in self.rules.rules[state]:
            for some in self.combinations(rule, length, self.needed[state, length]):
                made.append((some, np.full(len(some.one), EMPTY) if self.forget else some.values(rule)))
                weights.append(some.weights())
        if not made:
            return
        size = len(self.rules.values)
        keys = [some.keys(values, size) for some, values in made]
        if self.useful is not None and (state, length) in self.useful:
            useful = self.useful[state, length]
            wanted = [np.isin(key, (useful >> 32) * size + (useful & 0xFFFFFFFF)) for key in keys]
            keys = [key[some] for key, some in zip(keys, wanted, strict=True)]
            weights = [weight[some] for weight, some in zip(weights, wanted, strict=True)]
        self._store((state, length), gather(keys, weights, self.batch.rows, size, best=self.best))

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

    def combinations(self, rule: Rule, length: int, rows: NDArray[np.bool_]) -> Iterator[Combination]:
        """The entries that a rule puts together to spans of a length that begin at these rows."""
        if rule.left == NOTHING:
            if length == 0:
                yield Combination([], [], np.flatnonzero(rows), None, None)
        elif rule.right == NOTHING:
            cell = self.cells.get((rule.left, length))
            if cell is not None:
                yield Combination([(rule.left, length)], [cell], np.flatnonzero(rows[cell.row]), None, None)
        else:
            for cut in range(length + 1):
                places = [(rule.left, cut), (rule.right, length - cut)]
                first, second = self.cells.get(places[0]), self.cells.get(places[1])
                if first is not None and second is not None:
                    one, other = pairs(first, second, cut, rows)
                    if len(one):
                        yield Combination(places, [first, second], one, other, self.factors.get((cut, length)))

    def _store(self, place: Place, cell: Cell | None) -> None:
        if cell is None:
            return
        if self.crowd is not None and np.diff(cell.first).max() > self.crowd:
            self.crowded.add(place)
            return
        if self.cap is not None:
            cell, rows = strongest(cell, self.cap)
            self.capped = np.union1d(self.capped, rows)
        self.cells[place] = cell

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
        used = np.flatnonzero(adjoint)
        if not len(used):
            return
        if length == 1 and state in inside.leaves:
            self._leaf(inside.leaves[state], cell.key[used], adjoint[used])
        rows = np.zeros(inside.batch.rows, dtype=bool)
        rows[cell.row[used]] = True
        look = Lookup(cell, adjoint, inside.batch.rows, len(inside.rules.values))
        for rule in inside.rules.rules[state]:
            for some in inside.combinations(rule, length, rows):
                self._back(rule, some, look)

    def _leaf(self, leaf: Leaf, key: Ints, adjoint: Floats) -> None:
        divide = self.inside.divided[1]
        for symbol, value in zip(leaf.symbols, leaf.values, strict=True):
            mine = (key & 0xFFFFFFFF) == value
            row = key[mine] >> 32
            self.symbols[row, symbol] += adjoint[mine] / divide[row]

    def _back(self, rule: Rule, some: Combination, look: Lookup) -> None:
        wanted = look(some.keys(some.values(rule), look.size))
        hit = np.flatnonzero(wanted)
        if not len(hit):
            return
        flow = some.weights(hit) * wanted[hit]
        if rule.production >= 0:
            self.productions[rule.production] += flow.sum()
        for place, cell, entries in zip(some.places, some.cells, (some.one, some.other), strict=False):
            assert entries is not None
            self.adjoints[place] += np.bincount(entries[hit], flow, minlength=len(cell)) / cell.weight
