"""Exact nearest points, on any device: one product of matrices, and proof that its rounding has hidden nothing.

    |q - x|^2 = |q|^2 + (|x|^2 - 2 <q, x>)

The term in brackets ranks the points and is a product of matrices; in single precision it is off by at most `_error`.
The distances of some more than k are then computed from the differences. If the k-th of them is nearer than all that
was left out can be, nothing was missed; the few queries for which that is not certain are ranked in double precision.

Shapes: b queries, m points, c channels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from graphs.index.folded import smallest
from graphs.index.metrics import Metric

BLOCK = {"cpu": 2**23, "cuda": 2**28}
"""How many scores are held at a time."""

COLUMNS = {"cpu": 2**16, "cuda": 2**20}
"""Of how many points at most: the fewer, the more queries at a time, which a product of matrices needs to be fast."""

SPARE = 6
"""How many more than k are looked at closely."""


def nearest(
    queries: Tensor,
    points: Tensor,
    k: int,
    metric: Metric,
    *,
    squares: Tensor | None = None,
    hidden: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The k nearest points of every query.

    Args:
        queries: (b, c) float32; of length 1 for the cosine.
        points: (m, c) float32; of length 1 for the cosine.
        k: how many; fewer if there are not so many.
        squares: (m,) squared lengths of the points, if they are known; infinite: the point is not to be found.
        hidden: (2, p) query and point that are not to be put together, sorted by query.

    Returns:
        (b, min(k, m)) int64 numbers of points, -1 where there is none, and their distances, infinite where there is
        none; nearest first, the lower number first among equals.
    """
    return _Search(points, metric, squares).nearest(queries, min(k, points.size(0)), hidden)


def within(
    queries: Tensor, points: Tensor, radius: float, metric: Metric, *, squares: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """All pairs of a query and a point that are no further apart than a radius.

    Returns:
        Numbers of queries, of points, and their distances: (p,) each, by query and then by distance.
    """
    return _Search(points, metric, squares).within(queries, radius)


class _Search:
    def __init__(self, points: Tensor, metric: Metric, squares: Tensor | None) -> None:
        self.points, self.metric = points, metric
        self.squares = points.square().sum(1) if squares is None else squares
        present = self.squares.isfinite()
        self.all_present = bool(present.all())
        self.bias = self.squares if metric == "l2" else torch.where(present, 0.0, torch.inf)
        finite = self.squares if self.all_present else torch.where(present, self.squares, 0.0)
        self._room = points.new_empty(0)  # memory that is used again is fast
        block, columns = (some.get(points.device.type, some["cpu"]) for some in (BLOCK, COLUMNS))
        self._columns = _slices(points.size(0), columns)
        self._rows = max(1, block // max(1, min(columns, points.size(0))))
        self.longest = finite.max().double() if points.size(0) else torch.zeros((), dtype=torch.double)

    def nearest(self, queries: Tensor, k: int, hidden: Tensor | None) -> tuple[Tensor, Tensor]:
        found = queries.new_full((queries.size(0), k), -1, dtype=torch.int64)
        apart = queries.new_full((queries.size(0), k), torch.inf)
        if not k:
            return found, apart
        for rows in _slices(queries.size(0), self._rows):
            some = None if hidden is None else _rows_between(hidden, rows)
            found[rows], apart[rows], sure = self._best(queries[rows], k, some)
            doubtful = (~sure).nonzero()[:, 0]
            if doubtful.numel():
                again = doubtful + rows.start
                some = None if hidden is None else _rows_of(hidden, again)
                found[again], apart[again], _ = self._best(queries[again].double(), k, some)
        return found, apart

    def within(self, queries: Tensor, radius: float) -> tuple[Tensor, Tensor, Tensor]:
        pieces = []
        for rows in _slices(queries.size(0), self._rows):
            q = queries[rows]
            reach = self._as_score(q, torch.full((q.size(0),), radius, dtype=torch.double, device=q.device))
            highest = torch.nextafter((reach + self._error(q)).float(), torch.tensor(torch.inf, device=q.device))
            pairs = torch.cat([self._no_higher(q, highest, columns) for columns in self._columns])
            apart = torch.cat(
                [self._distances(q[i], self.points[j]) for i, j in (some.unbind(1) for some in pairs.split(2**18))]
                or [q.new_empty(0, dtype=torch.double)]
            )
            near = apart <= radius
            pieces.append((pairs[near, 0] + rows.start, pairs[near, 1], apart[near]))
        who, what, apart = (torch.cat(parts) for parts in zip(*pieces, strict=True))
        order = apart.argsort(stable=True)
        order = order[who[order].argsort(stable=True)]
        return who[order], what[order], apart[order].float()

    def _best(self, q: Tensor, k: int, hidden: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Points, distances, and of which queries they are certain."""
        bound, place = self._smallest(q, min(k + SPARE, self.points.size(0)), hidden)
        apart = self._distances(q[:, None], self.points[place]).masked_fill(bound.isinf(), torch.inf)
        apart, order = apart.sort(dim=1, stable=True)
        place = place.gather(1, order).masked_fill(apart.isinf(), -1)
        last = bound.amax(1).double()  # all that was left out scores no less
        certain = self._as_score(q, apart[:, k - 1]) <= last - self._error(q)
        sure = certain | last.isinf() | (bound.size(1) == self.points.size(0))
        return place[:, :k], apart[:, :k].float(), sure

    def _smallest(self, q: Tensor, count: int, hidden: Tensor | None) -> tuple[Tensor, Tensor]:
        """(b, count) the smallest scores and the points that have them, by number."""
        found: list[tuple[Tensor, Tensor]] = []
        for columns in self._columns:
            scores = self._scores(q, columns)
            if hidden is not None:
                query, point = hidden[:, (hidden[1] >= columns.start) & (hidden[1] < columns.stop)]
                scores[query, point - columns.start] = torch.inf
            values, place = smallest(scores, min(count, scores.size(1)))
            found.append((values, place + columns.start))
        values, places = (torch.cat(parts, 1) for parts in zip(*found, strict=True))
        values, order = values.topk(count, largest=False, sorted=False)
        places, order = places.gather(1, order).sort(dim=1)
        return values.gather(1, order), places

    def _no_higher(self, q: Tensor, highest: Tensor, columns: slice) -> Tensor:
        """(p, 2) query and point of scores that are no higher than (b,) `highest`."""
        pairs = (self._scores(q, columns) <= highest[:, None]).nonzero()
        pairs[:, 1] += columns.start
        return pairs

    def _scores(self, q: Tensor, columns: slice) -> Tensor:
        """(b, p): what ranks some points, in the precision of the queries; good until it is called again."""
        weight = -2 if self.metric == "l2" else -1
        points, bias = self.points[columns], self.bias[columns]
        if q.dtype != points.dtype:
            return self._wide(q, points.to(q.dtype), bias, weight)
        size = q.size(0) * points.size(0)
        if self._room.numel() < size:
            self._room = q.new_empty(size)
        return torch.addmm(bias, q, points.T, alpha=weight, out=self._room[:size].view(q.size(0), -1))

    def _wide(self, q: Tensor, points: Tensor, bias: Tensor, weight: int) -> Tensor:
        if self.metric == "l2":
            bias = torch.where(bias.isfinite(), points.square().sum(1), torch.inf)
        return torch.addmm(bias.to(q.dtype), q, points.T, alpha=weight)

    def _as_score(self, q: Tensor, apart: Tensor) -> Tensor:
        """(b,): the score of a point at a distance, in double precision."""
        return apart - q.double().square().sum(1) if self.metric == "l2" else apart - 1

    def _error(self, q: Tensor) -> Tensor:
        """(b,): how far a score may be off, from the bound on a sum of products of numbers of some precision."""
        exact = torch.get_float32_matmul_precision() == "highest" or q.dtype == torch.double
        unit = torch.finfo(q.dtype).eps if exact else 2**-7
        channels = q.size(1) + 4
        product = q.double().square().sum(1).sqrt() * self.longest.sqrt()
        largest = self.longest + 2 * product if self.metric == "l2" else product
        return channels * (unit * largest + torch.finfo(q.dtype).tiny)

    def _distances(self, q: Tensor, x: Tensor) -> Tensor:
        """Of pairs, in double precision."""
        if self.metric == "l2":
            return torch.linalg.vecdot(difference := x.double() - q, difference)
        return 1 - (x.double() * q).sum(-1)


def _slices(total: int, size: int) -> list[slice]:
    """At least one, of at most `size`."""
    return [slice(start, min(start + size, total)) for start in range(0, max(1, total), size)]


def _rows_between(hidden: Tensor, rows: slice) -> Tensor:
    """The pairs of some consecutive queries, with their place among these."""
    ends = torch.tensor([rows.start, rows.stop], device=hidden.device)
    low, high = torch.searchsorted(hidden[0].contiguous(), ends).tolist()
    return hidden[:, low:high] - hidden.new_tensor([[rows.start], [0]])


def _rows_of(hidden: Tensor, queries: Tensor) -> Tensor:
    """The pairs of some queries (sorted), with their place among these."""
    place = torch.searchsorted(queries, hidden[0]).clamp(max=queries.numel() - 1)
    kept = queries[place] == hidden[0]
    return torch.stack([place[kept], hidden[1, kept]])
