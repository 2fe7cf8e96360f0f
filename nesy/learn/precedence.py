"""Precedence and associativity as latent variables.

Every open sense has a level and every slot a threshold: a phrase may stand in a slot iff its
level reaches the threshold. That is a stratified grammar, one rule
per level. The table is fitted so that of every sentence's readings exactly right ones survive,
with as few levels and irregular slots as possible.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from nesy.learn.chart import Edge, Edges
from nesy.learn.lexicon import SLOT, Lexicon, Sense

LEVEL_COST = 0.6
IRREGULAR_COST = 0.5


@dataclass(frozen=True)
class Precedence:
    """Levels of senses (0 binds loosest) and thresholds of their slots."""

    level: dict[Sense, int] = field(default_factory=dict)
    threshold: dict[tuple[Sense, int], int] = field(default_factory=dict)

    def forbids(self, parent: Sense, slot: int, child: Sense) -> bool:
        return self.level[child] < self.threshold[parent, slot]

    def edges(self) -> frozenset[Edge]:
        """All edges that are forbidden."""
        return frozenset(
            (parent, slot, child)
            for (parent, slot) in self.threshold
            for child in self.level
            if self.forbids(parent, slot, child)
        )


@dataclass(frozen=True)
class Evidence:
    """One sentence's readings as edge sets: `right` give its output, `wrong` do not."""

    right: tuple[int, ...]
    wrong: tuple[int, ...]


def evidence(readings: Iterable[tuple[int, bool]]) -> Evidence | None:
    """Minimal edge sets of the right and wrong readings; None if they decide nothing."""
    readings = list(readings)
    right = _minimal({mask for mask, good in readings if good})
    wrong = _minimal({mask for mask, good in readings if not good})
    if not right or (0 in right and not wrong):
        return None
    if 0 in right and 0 in wrong:
        return None
    return Evidence(tuple(sorted(right)), tuple(sorted(wrong)))


def _minimal(masks: set[int]) -> set[int]:
    ordered = sorted(masks, key=lambda m: m.bit_count())
    kept: list[int] = []
    for mask in ordered:
        if not any(k & mask == k for k in kept):
            kept.append(mask)
    return set(kept)


class _Table:
    """Mutable levels and slot offsets, with a fast score."""

    def __init__(self, senses: Sequence[Sense], edges: Edges, weighed: dict[Evidence, float]) -> None:
        self.senses = list(senses)
        index = {sense: n for n, sense in enumerate(self.senses)}
        self.slots = [(n, slot) for n, s in enumerate(self.senses) for slot in range(s.slots)]
        where = {key: n for n, key in enumerate(self.slots)}
        known = [(e, b) for e, b in edges.bits.items() if e[0] in index and e[2] in index]
        self.edge_slot = np.array([where[index[p], slot] for (p, slot, _), _ in known], dtype=np.int64)
        self.edge_child = np.array([index[c] for (_, _, c), _ in known], dtype=np.int64)
        self.slot_sense = np.array([n for n, _ in self.slots], dtype=np.int64)
        bits = [b for _, b in known]
        rows, owners, goods = [], [], []
        self.weights = np.array(list(weighed.values()))
        for owner, item in enumerate(weighed):
            for mask in item.right + item.wrong:
                rows.append([bool(mask & b) for b in bits])
                owners.append(owner)
                goods.append(mask in item.right)
        self.uses = np.array(rows, dtype=np.float32).reshape(len(rows), len(bits))
        self.owner, self.good = np.array(owners, dtype=np.int64), np.array(goods, dtype=bool)
        self.level = np.zeros(len(self.senses), dtype=np.int64)
        self.usual = [default_offsets(s) for s in self.senses]
        self.offset = np.array([self.usual[n][slot] for n, slot in self.slots], dtype=np.int64)
        self.regular = self.offset.copy()

    def thresholds(self) -> np.ndarray:
        floor = np.where(self.offset < 0, 0, self.level[self.slot_sense] + self.offset)
        return np.where(self.offset >= ATOMS, 1 + self.level.max(initial=0), floor)

    def score(self) -> float:
        shut = (self.level[self.edge_child] < self.thresholds()[self.edge_slot]).astype(np.float32)
        alive = self.uses @ shut == 0
        n = len(self.weights)
        right = np.bincount(self.owner[alive & self.good], minlength=n) > 0
        wrong = np.bincount(self.owner[alive & ~self.good], minlength=n) > 0
        explained = float(self.weights @ (right & ~wrong)) + 0.2 * float(self.weights @ (right & wrong))
        return explained - self.cost()

    def cost(self) -> float:
        irregular = int((self.offset != self.regular).sum())
        return LEVEL_COST * len(np.unique(self.level)) + IRREGULAR_COST * irregular

    def climb(self, rng: random.Random, best: float) -> float:
        """Best single changes until none improves."""
        improved = True
        while improved:
            improved = False
            for n in rng.sample(range(len(self.senses)), len(self.senses)):
                best, moved = self._move_level(n, best)
                improved |= moved
            for k in rng.sample(range(len(self.slots)), len(self.slots)):
                best, moved = self._move_offset(k, best)
                improved |= moved
            for level in range(int(self.level.max(initial=0))):
                best, moved = self._merge(level, best)
                improved |= moved
            for n in range(len(self.senses)):
                for m in range(len(self.senses)):
                    best, moved = self._join(n, m, best)
                    improved |= moved
        return best

    def _move_level(self, n: int, best: float) -> tuple[float, bool]:
        """Put a sense on every existing level and between levels (positions doubled), infix ones of either
        associativity.
        """
        before = (self.level.copy(), self.offset.copy(), self.regular.copy())
        doubled = 2 * np.unique(self.level, return_inverse=True)[1] + 1
        choice = None
        for turned in (False, True):
            if turned and not self._turn(n):
                break
            for level in range(int(doubled.max(initial=0)) + 2):
                self.level = doubled.copy()
                self.level[n] = level
                self.level = np.unique(self.level, return_inverse=True)[1].astype(np.int64)
                score = self.score()
                if score > best + 1e-9:
                    best, choice = score, (self.level.copy(), self.offset.copy(), self.regular.copy())
        self.level, self.offset, self.regular = before if choice is None else choice
        return best, choice is not None

    def _turn(self, n: int) -> bool:
        """Left- to right-associative and back; a regular choice, so it costs nothing. False if not infix."""
        ends = self._ends(n)
        if ends is None:
            return False
        first, last = ends
        for array in (self.offset, self.regular):
            array[first], array[last] = array[last], array[first]
        return True

    def _merge(self, level: int, best: float) -> tuple[float, bool]:
        """Put all senses of a level and of the one above it on one level."""
        start = self.level.copy()
        self.level[self.level > level] -= 1
        score = self.score()
        if score > best + 1e-9:
            return score, True
        self.level = start
        return best, False

    def _move_offset(self, k: int, best: float) -> tuple[float, bool]:
        start, choice = int(self.offset[k]), None
        for offset in (0, 1, -1, ATOMS):
            self.offset[k] = offset
            score = self.score()
            if score > best + 1e-9:
                best, choice = score, offset
        self.offset[k] = start if choice is None else choice
        return best, choice is not None

    def _join(self, n: int, m: int, best: float) -> tuple[float, bool]:
        """Put two infix senses on one level with one associativity, left or right."""
        ends = [self._ends(n), self._ends(m)]
        if n == m or None in ends:
            return best, False
        before = (self.level.copy(), self.offset.copy(), self.regular.copy())
        choice = None
        for first, last in ((0, 1), (1, 0)):
            self.level[n] = self.level[m]
            self.level = np.unique(self.level, return_inverse=True)[1].astype(np.int64)
            for a, b in filter(None, ends):
                for array in (self.offset, self.regular):
                    array[a], array[b] = first, last
            score = self.score()
            if score > best + 1e-9:
                best, choice = score, (self.level.copy(), self.offset.copy(), self.regular.copy())
            self.level, self.offset, self.regular = (array.copy() for array in before)
        if choice is not None:
            self.level, self.offset, self.regular = choice
        return best, choice is not None

    def _ends(self, n: int) -> tuple[int, int] | None:
        """The first and the last slot of an infix sense."""
        mine = [k for k, (sense, _) in enumerate(self.slots) if sense == n]
        infix = self.senses[n].pattern[0] is SLOT and self.senses[n].pattern[-1] is SLOT
        return (mine[0], mine[-1]) if infix and len(mine) > 1 else None

    def precedence(self) -> Precedence:
        thresholds = self.thresholds()
        return Precedence(
            {sense: int(self.level[n]) for n, sense in enumerate(self.senses)},
            {(self.senses[n], slot): int(thresholds[k]) for k, (n, slot) in enumerate(self.slots)},
        )


ATOMS = 9


def default_offsets(sense: Sense) -> dict[int, int]:
    """Offsets from the sense's own level per slot: left-associative infix, fenced slots take
    anything, all else nests freely.
    """
    offsets = {slot: -1 if fenced else 0 for slot, fenced in enumerate(sense.fenced)}
    if sense.pattern[0] is SLOT and sense.pattern[-1] is SLOT:
        offsets[sense.slots - 1] = 1
    return offsets


def fit_precedence(
    lexicon: Lexicon, edges: Edges, weighed: dict[Evidence, float], rng: random.Random, starts: int = 6
) -> tuple[Precedence, float]:
    """The table that leaves right readings only; returns it with the share of evidence explained."""
    senses = [s for s in lexicon.senses if s.slots]
    table = _Table(senses, edges, weighed)
    best: tuple[float, Precedence] | None = None
    total = float(table.weights.sum()) or 1.0
    share = 1.0
    for attempt in range(starts):
        if attempt:
            spread = max(1, len(senses) // 2)
            table.level = np.array([rng.randrange(spread) for _ in senses], dtype=np.int64)
            table.offset = table.regular.copy()
        score = table.climb(rng, table.score())
        if best is None or score > best[0] + 1e-9:
            best = (score, table.precedence())
            share = (score + table.cost()) / total
        if share > 0.999 and attempt >= 1:
            break
    assert best is not None
    return best[1], share
