"""Sequences so short that every sequence of symbols is listed once, with its values; a batch is then a few products.

Exact, and much faster than a chart where the alternatives are few: two digits are 100 sequences.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nesy.forest.cells import Floats, Ints
from nesy.forest.inside import Inside, batch
from nesy.forest.rules import Rules
from nesy.forest.values import UNDEFINED

MOST_SEQUENCES = 4_096
MOST_ENTRIES = 1 << 22


@dataclass(frozen=True, eq=False)
class Listed:
    """Every sequence of one length over V symbols; a sequence is a number to the base V.

    Attributes:
        counts: (values, V ** length) how many derivations give each value.
        row: the row of each value's id.
        total: (V ** length,) how many derivations have a value.
    """

    length: int
    symbols: int
    counts: Floats
    row: dict[int, int]
    total: Floats

    def posterior(self, weights: Floats, targets: Ints) -> tuple[Floats, Floats, Floats]:
        """Probability of each target, of any value, and of each symbol given the target.

        Args:
            weights: (m, length, V) probabilities of the symbols.
            targets: (m,) ids of values.
        """
        many = len(weights)
        joint = weights[:, 0] if self.length else np.ones((many, 1))
        for position in range(1, self.length):
            joint = (joint[:, :, None] * weights[:, position, None]).reshape(many, -1)
        rows = np.array([self.row.get(target, -1) for target in targets.tolist()], dtype=np.int64)
        mine = joint * self.counts[rows]
        mine[rows < 0] = 0
        some = mine.sum(axis=1)
        share = mine / np.where(some > 0, some, 1.0)[:, None]
        shape = (many, *[self.symbols] * self.length)
        axes = range(1, self.length + 1)
        each = [share.reshape(shape).sum(axis=tuple(a for a in axes if a != axis)) for axis in axes]
        symbols = np.stack(each, axis=1) if each else np.zeros((many, 0, self.symbols))
        return some, joint @ self.total, symbols


def listed(rules: Rules, symbols: int, length: int) -> Listed | None:
    """The list of a length; None where it would be too long."""
    many = symbols**length
    if many > MOST_SEQUENCES:
        return None
    codes = np.arange(many)
    digits = codes[:, None] // symbols ** np.arange(length - 1, -1, -1) % symbols
    certain = np.log(np.eye(symbols) + 1e-300)
    found: dict[int, list[tuple[int, float]]] = {}
    for first in range(0, many, 256):
        part = range(first, min(many, first + 256))
        inside = Inside(rules, batch([certain[digits[code]] for code in part], symbols, 0.5)).run()
        for sequence, code in enumerate(part):
            ids, scores = inside.root(sequence)
            for identity, count in zip(ids.tolist(), np.exp(scores).round().tolist(), strict=True):
                found.setdefault(identity, []).append((code, count))
    if len(found) * many > MOST_ENTRIES:
        return None
    counts = np.zeros((len(found) + 1, many))
    for row, entries in enumerate(found.values()):
        for code, count in entries:
            counts[row, code] = count
    rows = {identity: row for row, identity in enumerate(found) if identity != UNDEFINED}
    return Listed(length, symbols, counts, rows, counts.sum(axis=0))
