"""Which rows a search may find: masks, sets of ids and exclusions for single queries, in terms of points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from graphs.index.names import Names, is_mask, read_names, read_numbers
from graphs.index.store import Bools, Floats, Ints, Store, Uses

Exclude: TypeAlias = Tensor | NDArray[np.generic] | Sequence[Names]


@dataclass(frozen=True)
class Selection:
    """The rows that are wanted, without those hidden from a query.

    Attributes:
        store: what is searched.
        wanted: (r,) rows in order, all present.
        hidden: (2, p) query and row, both wanted, by query and row, each pair once.
    """

    store: Store
    wanted: Ints
    hidden: Ints

    @cached_property
    def _uses(self) -> Uses:
        if self._whole:
            return self.store.uses
        return Uses.of(self.store.point, len(self.store.points), self.wanted)

    @property
    def _whole(self) -> bool:
        return self.wanted.size == len(self.store)

    @cached_property
    def points(self) -> Bools:
        """(m,): which points have a row that is wanted."""
        if self._whole:
            return np.ones(len(self.store.points), bool) if self.store.plain else self.store.uses.used
        mask = np.zeros(len(self.store.points), bool)
        mask[self.store.point[self.wanted]] = True
        return mask

    @cached_property
    def num_points(self) -> int:
        """How many those are."""
        return self.store.live if self._whole else int(self.points.sum())

    @cached_property
    def barred(self) -> Ints:
        """(2, p) query and point of which all rows are hidden, by query."""
        if self.store.plain or not self.hidden.size:
            return self.hidden
        return np.stack(np.divmod(self._hidden_points[0][self._all_hidden], len(self.points)))

    @cached_property
    def spare(self) -> int:
        """How many hidden rows a query has at most of points that have others, too."""
        if self.store.plain or not self.hidden.size:
            return 0
        pairs, counts = self._hidden_points
        query = pairs // len(self.points)
        return int(np.bincount(query, np.where(self._all_hidden, 0, counts)).max())

    @cached_property
    def _hidden_points(self) -> tuple[Ints, Ints]:
        """Query and point, as one number, and how many of the point's rows are hidden."""
        query, row = self.hidden
        return np.unique(query * len(self.points) + self.store.point[row], return_counts=True)

    @cached_property
    def _all_hidden(self) -> Bools:
        pairs, counts = self._hidden_points
        return counts == self._uses.counts[pairs % len(self.points)]

    def of_queries(self, queries: Ints) -> Selection:
        """For some of the queries, in order."""
        place = np.searchsorted(queries, self.hidden[0])
        kept = np.append(queries, -1)[place] == self.hidden[0]
        return Selection(self.store, self.wanted, np.stack([place[kept], self.hidden[1, kept]]))

    def points_of(self, points: Ints, distances: Floats) -> tuple[Ints, Floats]:
        """(b, f) live points that a search found, in order, without those not wanted or barred: -1 at the end."""
        if self._whole and not self.hidden.size:
            return points, distances
        total = len(self.points)
        asked = np.arange(len(points))[:, None] * total + points
        kept = self.points[points] & ~np.isin(asked, self.barred[0] * total + self.barred[1])
        order = (~kept).argsort(axis=1, kind="stable")
        kept = np.take_along_axis(kept, order, 1)
        points = np.where(kept, np.take_along_axis(points, order, 1), -1)
        return points, np.where(kept, np.take_along_axis(distances, order, 1), np.float32(np.inf))

    def rows(self, points: Ints, distances: Floats, k: int) -> tuple[Ints, Floats]:
        """The rows of points that a search has found, nearest first.

        Args:
            points: (b, f) none of them barred, -1 where there is none; all there are if f is less than k + `spare`.
            distances: (b, f) of the points.
            k: how many rows.

        Returns:
            (b, k or fewer) rows, -1 where there is none, and their distances.
        """
        if self.store.plain:
            return points[:, :k], distances[:, :k]
        if not points.size:
            return points, distances
        if self._uses.single and not self.hidden.size:
            row = self._uses.members[np.where(points < 0, 0, self._uses.starts[points])] if self.wanted.size else points
            return np.where(points < 0, -1, row)[:, :k], distances[:, :k]
        counts = np.where(points < 0, 0, self._uses.counts[points])
        ends = counts.cumsum(1)
        rank = np.arange(k + self.spare)
        place = _ranked(ends, rank)  # of the point whose row has this rank
        missing = place == points.shape[1]
        place[missing] = 0
        first = np.take_along_axis(ends - counts, place, 1)
        member = self._uses.starts[np.take_along_axis(points, place, 1)] + rank - first
        row = self._uses.members[np.where(missing, 0, member)]
        missing |= self._is_hidden(np.arange(len(points))[:, None], row)
        row[missing] = -1
        apart = np.where(missing, np.float32(np.inf), np.take_along_axis(distances, place, 1))
        order = missing.argsort(axis=1, kind="stable")[:, :k]
        return np.take_along_axis(row, order, 1), np.take_along_axis(apart, order, 1)

    def pairs(self, queries: Ints, points: Ints, distances: Floats) -> tuple[Ints, Ints, Floats]:
        """The same for (p,) pairs of a query and a point: queries, rows and distances."""
        if self.store.plain:
            place, row = np.arange(points.size), points
        else:
            counts = self._uses.counts[points]
            place = np.repeat(np.arange(points.size), counts)
            rank = np.arange(place.size) - np.repeat(counts.cumsum() - counts, counts)
            row = self._uses.members[self._uses.starts[points][place] + rank]
        shown = ~self._is_hidden(queries[place], row)
        return queries[place][shown], row[shown], distances[place][shown]

    def _is_hidden(self, queries: Ints, rows: Ints) -> Bools:
        total = len(self.store.ids)
        return np.isin(queries * total + rows, self.hidden[0] * total + self.hidden[1])


def _ranked(ends: Ints, ranks: Ints) -> Ints:
    """(b, r): how many of a row's ends are no higher than a rank; ends do not fall along a row."""
    step = max(int(ends.max()), int(ranks.max())) + 1
    start = np.arange(len(ends))[:, None]
    found = np.searchsorted((ends + start * step).ravel(), ranks + start * step, side="right")
    return found - start * ends.shape[1]


def select(store: Store, where: Names | None, exclude: Exclude | None, queries: int) -> Selection | None:
    """What a search may find; None: everything, and row i is point i.

    Args:
        where: a mask of the rows that are present, or names.
        exclude: for each query, names.
        queries: how many.

    Raises:
        ValueError: a mask of another length, another number of queries.
    """
    if where is None and exclude is None and store.plain:
        return None
    wanted = store.rows if where is None else _wanted(store, where)
    if exclude is None:
        return Selection(store, wanted, np.empty((2, 0), np.int64))
    if len(exclude) != queries:
        raise ValueError(f"exclude: {len(exclude)} sets of ids, expected {queries}, one for each query")
    if isinstance(exclude, Tensor | np.ndarray):
        numbers = read_numbers(exclude, name="exclude", lowest=-1)
        query, names = np.nonzero(numbers >= 0)[0], numbers[numbers >= 0].tolist()
    else:
        sets = [read_names(some, name="exclude") for some in exclude]
        query = np.repeat(np.arange(queries), [len(some) for some in sets])
        names = [name for some in sets for name in some]
    row = store.rows_of(names)
    known, total = row >= 0, len(store.ids)
    if where is not None:
        mask = np.zeros(total, bool)
        mask[wanted] = True
        known[known] = mask[row[known]]
    pairs = np.unique((query * total + row)[known])
    return Selection(store, wanted, np.stack(np.divmod(pairs, max(1, total))))


def _wanted(store: Store, where: Names) -> Ints:
    if not is_mask(where):
        names = read_names(where, name="where")
        if names and all(type(name) is bool for name in names):
            raise ValueError("where: a list of truth values, expected a mask as a tensor or an array, or names")
        rows = np.unique(store.rows_of(names))
        return rows[rows >= 0]
    mask = where.detach().cpu().numpy() if isinstance(where, Tensor) else np.asarray(where)
    if mask.shape != store.rows.shape:
        raise ValueError(f"where: a mask of shape {mask.shape}, expected {store.rows.shape}, in the order of index.ids")
    return store.rows[mask]
