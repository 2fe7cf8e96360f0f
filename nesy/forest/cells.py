"""Cells: what a state may be worth, and how likely, for every start of a span of one length in a batch of sequences.

A *row* is a position in the batch: sequence after sequence, each with one row more than it has symbols.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_DENSE = 1 << 20
"""A larger table of rows and values is searched, not laid out."""


@dataclass(eq=False)
class Cell:
    """Sparse weights of (row, value), sorted, each pair once.

    Attributes:
        key: (row << 32) | value.
        row, value, weight: of each entry.
        first: per row the index of its first entry, and the number of entries at the end.
    """

    key: Ints
    row: Ints
    value: Ints
    weight: Floats
    first: Ints

    def __len__(self) -> int:
        return len(self.weight)


def gather(keys: list[Ints], weights: list[Floats], rows: int, size: int, *, best: bool = False) -> Cell | None:
    """The cell of contributions, those to the same row and value added (or the best of them); None if it is empty.

    Args:
        keys: row * size + value; contributions to the value 0 (UNDEFINED) are dropped.
    """
    key = keys[0] if len(keys) == 1 else np.concatenate(keys)
    weight = weights[0] if len(weights) == 1 else np.concatenate(weights)
    if not best and rows * size <= max(4 * len(key), 4096):
        dense: Floats = np.bincount(key, weight, minlength=rows * size).astype(np.float64, copy=False)
        dense[::size] = 0
        key = np.flatnonzero(dense)
        weight = dense[key]
        row, value = np.divmod(key, size)
    else:
        order = np.argsort(key, kind="stable")
        key, weight = key[order], weight[order]
        new = np.flatnonzero(np.diff(key, prepend=-1))
        if len(key):
            weight = np.maximum.reduceat(weight, new) if best else np.add.reduceat(weight, new)
        row, value = np.divmod(key[new], size)
        some = (weight > 0) & (value > 0)
        if not some.all():
            row, value, weight = row[some], value[some], weight[some]
    if not len(row):
        return None
    return Cell(row << 32 | value, row, value, weight, np.searchsorted(row, np.arange(rows + 1)))


class Lookup:
    """Numbers of the entries of a cell by the key row * size + value; 0 for what the cell does not have."""

    def __init__(self, cell: Cell, numbers: Floats, rows: int, size: int) -> None:
        self.key, self.numbers, self.size = cell.row * size + cell.value, numbers, size
        self.dense = np.zeros(rows * size) if rows * size <= MOST_DENSE else None
        if self.dense is not None:
            self.dense[self.key] = numbers

    def __call__(self, key: Ints) -> Floats:
        if self.dense is not None:
            return self.dense[key]
        place = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        return np.where(self.key[place] == key, self.numbers[place], 0.0)


def strongest(cell: Cell, cap: int) -> tuple[Cell, Ints]:
    """The cell with at most `cap` values per row, the most probable ones, and the rows that lost some."""
    count = np.diff(cell.first)
    full = np.flatnonzero(count > cap)
    if not len(full):
        return cell, full
    order = np.lexsort((-cell.weight, cell.row))
    rank = np.arange(len(order)) - cell.first[cell.row[order]]
    kept = np.sort(order[rank < cap])
    row = cell.row[kept]
    first = np.searchsorted(row, np.arange(len(cell.first)))
    return Cell(cell.key[kept], row, cell.value[kept], cell.weight[kept], first), full


def pairs(left: Cell, right: Cell, step: int, rows: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Indices of the entries of two adjacent cells that belong together: the right span starts `step` rows later.

    Args:
        rows: which rows count.
    """
    chosen = np.flatnonzero(rows[left.row])
    meet = left.row[chosen] + step
    begin = right.first[meet]
    count = right.first[meet + 1] - begin
    if len(count) and count.max() <= 1:
        one = np.flatnonzero(count)
        return chosen[one], begin[one]
    total = int(count.sum())
    one = np.repeat(chosen, count)
    other = np.arange(total) + np.repeat(begin - np.cumsum(count) + count, count)
    return one, other
