"""Distances among the points of a set, a bounded block at a time, with a bound of their error.

A block is one product of matrices, |q|^2 + |p|^2 - 2 q.p, which is fast and rounds. What is near enough to matter is
measured again as |q - p|^2, and the bound says what matters. So results are those of the second formula at about the
price of the first. Shapes: n points of c numbers in groups; of g groups, q queries and m points of each in a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from graphs.checks import check_features
from graphs.index.folded import at_most
from graphs.rows import offsets_of

MEMORY = {"cpu": 2**23, "cuda": 2**29}
"""Bytes of a block of distances: on a CPU what fits its caches, on a GPU what keeps it busy."""
GATHERED = {"cpu": 2**17, "cuda": 2**25}
"""Numbers that are gathered at a time to measure distances anew."""


@dataclass(frozen=True, eq=False)
class Tile:
    """Some points as queries, and all points of their groups.

    Attributes:
        points: (n, c) all of them, divided by a power of two, so that no square overflows.
        ids: (g, m) the points of each group, ascending; -1 where a group has fewer.
        first: column of the first query: they are the columns from there on.
        scores: (g, q, m) squared distances less `own`, rounded; inf: the query itself, or no point on either side.
        own: (g, q) |q|^2.
        error: (g, q) what own + scores and the same measured anew differ by, at most.
    """

    points: Tensor
    ids: Tensor
    first: int
    scores: Tensor
    own: Tensor
    error: Tensor

    @property
    def queries(self) -> Tensor:
        """(g, q) their numbers; -1: none."""
        return self.ids[:, self.first : self.first + self.scores.size(1)]

    def pairs(self, asked: Tensor, limit: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """All others that may be near some queries.

        Args:
            asked: (g, q) bool, r of them True.
            limit: (r,) squared distances; what is nearer is among the pairs.

        Returns:
            Query of each pair as one of the r, other point, squared distance measured anew: (p,) each, the nearest of
            the first query first; of equally near ones, the first in the set.
        """
        group = asked.nonzero()[:, 0]
        highest = limit + self.error[asked] - self.own[asked]
        row, place = at_most(self.scores.flatten(0, 1) if bool(asked.all()) else self.scores[asked], highest)
        near = self.ids[group[row], place]
        distance = squared(self.points, self.queries[asked][row], near[:, None])[:, 0]
        nearest = distance.argsort(stable=True)
        order = nearest[row[nearest].argsort(stable=True)]
        return row[order], near[order], distance[order]


def squared(points: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """(r, s) squared distances of (r,) points from (r, s) others, as they are defined; a few rows at a time."""
    some = max(1, _by_device(GATHERED, points) // max(1, second.size(1) * points.size(1)))
    parts = zip(first.split(some), second.split(some), strict=True)
    return torch.cat([points[others].sub_(points[one][:, None]).square_().sum(-1) for one, others in parts])


def _by_device(numbers: dict[str, int], points: Tensor) -> int:
    return numbers.get(points.device.type, numbers["cpu"])


def rank_within(row: Tensor, rows: int) -> Tensor:
    """Of (p,) ascending numbers below `rows`, how many equal ones stand before each."""
    return torch.arange(len(row), device=row.device) - offsets_of(row.bincount(minlength=rows))[row]


def points_of(x: Tensor, *, cosine: bool) -> tuple[Tensor, float]:
    """Checked (n, c) points to compare, and the power of two by which they were divided.

    With `cosine` they have length 1, as |q - p|^2 = 2 - 2 cos(q, p). A vector of zeros has no direction: it is nearest
    to others of zeros, and farther than a right angle from none.
    """
    check_features(x)
    points = x.detach().to_dense() if x.layout != torch.strided else x.detach()
    points = points.double() if points.dtype == torch.float64 else points.float()
    if cosine:
        return _directions(points), 1.0
    highest = points.abs().amax() if points.numel() else points.new_zeros(())
    scale = 2.0 ** int(torch.frexp(highest).exponent)
    return points / scale, scale


def _directions(points: Tensor) -> Tensor:
    """(n, c + 1): of length 1; the last number is 1 where there is no direction."""
    largest = torch.cat([points.abs(), points.new_zeros(len(points), 1)], 1).amax(1, keepdim=True)
    directions = normalize(points / largest.where(largest > 0, 1.0))
    return torch.cat([directions, (largest == 0).to(points)], 1)


def tiles(points: Tensor, batch: Tensor | None, memory: int | None) -> Iterator[Tile]:
    """Blocks that have each of (n, c) points as a query once.

    Args:
        points: from `points_of`.
        batch: (n,) int64, the group of each, in any order; None: all are of one group.
        memory: bytes of the distances of a block; None: by device. The groups of a block are of like size.

    Raises:
        ValueError: a batch of another shape or type, or with negative numbers.
    """
    order, sizes = _groups(batch, len(points), points.device)
    entries = max(1, (memory or _by_device(MEMORY, points)) // points.element_size())
    starts = sizes.cumsum(0) - sizes
    by_size = sizes.argsort(descending=True, stable=True)
    widths = sizes[by_size].tolist()
    done = 0
    while done < len(widths):
        width = widths[done]
        chosen = by_size[done : done + max(1, entries // width**2)]
        done += len(chosen)
        column = torch.arange(width, device=points.device)
        there = column < sizes[chosen, None]
        ids = order[(starts[chosen, None] + column).clamp(max=len(order) - 1)].where(there, -1)
        yield from _group_tiles(points, ids, max(1, entries // (len(chosen) * width)))


def _groups(batch: Tensor | None, n: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """The points group by group, and how many there are of each."""
    if batch is None:
        return torch.arange(n, device=device), torch.tensor([n] if n else [], dtype=torch.int64, device=device)
    if batch.shape != (n,) or batch.dtype != torch.int64:
        raise ValueError(
            f"batch: shape {tuple(batch.shape)}, {batch.dtype}, expected ({n},) torch.int64, one per point"
        )
    batch = batch.to(device)
    if n and int(batch.min()) < 0:
        raise ValueError(f"batch: names group {int(batch.min())}, expected 0 or more")
    return batch.argsort(stable=True), batch.unique(return_counts=True)[1]


def _group_tiles(points: Tensor, ids: Tensor, rows: int) -> Iterator[Tile]:
    """Blocks of some groups as wide as the largest of them, some rows at a time."""
    there = ids >= 0
    ragged = not bool(there.all())
    mean = (points[ids] * there[..., None]).sum(1, keepdim=True) / there.sum(1)[:, None, None]
    centred = (points[ids] - mean) * there[..., None]  # far from the origin, rounding would be coarse
    norms = centred.square().sum(-1)
    bound = (4 * points.size(1) + 20) * _rounding(points) * (norms + norms.amax(1, keepdim=True))
    with_norms = torch.cat([centred, norms[..., None]], -1)
    doubled = torch.cat([-2 * centred, torch.ones_like(norms)[..., None]], -1)
    for first in range(0, ids.size(1), rows):
        scores = doubled[:, first : first + rows] @ with_norms.mT
        if ragged:
            scores.masked_fill_(~(there[:, None] & there[:, first : first + rows, None]), torch.inf)
        scores.diagonal(first, 1, 2).fill_(torch.inf)
        yield Tile(points, ids, first, scores, norms[:, first : first + rows], bound[:, first : first + rows])


def _rounding(points: Tensor) -> float:
    """How far a product of two numbers is rounded: coarsely, where torch may use short ones."""
    if points.dtype == torch.float32:
        return {"highest": 2.0**-24, "high": 2.0**-11}.get(torch.get_float32_matmul_precision(), 2.0**-8)
    return 2.0**-53
