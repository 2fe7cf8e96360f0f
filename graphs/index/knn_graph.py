"""The graph of nearest neighbours."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import pad

from graphs.index.folded import smallest
from graphs.index.hnsw import HNSWIndex
from graphs.index.tiles import Tile, points_of, rank_within, squared, tiles

Flow: TypeAlias = Literal["source_to_target", "target_to_source"]
CROSSOVER = 10_000
"""So many points on a CPU are searched through faster in a graph than exactly; measured, see `benchmarks.knn_graph`."""
DEGREE, EF_CONSTRUCTION, EF = 12, 60, 40
"""Of that graph: with as many queries as points, building it counts as much as searching in it."""
SPARE = 4
"""More neighbours than asked for are looked at, so that rounding rarely leaves a doubt."""


@torch.no_grad()
def knn_graph(
    x: Tensor,
    k: int,
    batch: Tensor | None = None,
    loop: bool = False,
    flow: Flow = "source_to_target",
    cosine: bool = False,
    *,
    mutual: bool = False,
    approximate: bool = False,
    memory: int | None = None,
) -> Tensor:
    """Edges from the k nearest points to every point, as of `torch_geometric.nn.knn_graph`, which needs more packages.

    Exact: the neighbours are those by ``(x[i] - x[j]).square().sum()``; of equally near ones, the first in the set.
    That formula over ``edge_index`` gives weights, with gradients.

    Args:
        x: (n, c) points.
        k: how many neighbours of each, the point itself among them if `loop`.
        batch: (n,) int64, the graph of each point, in any order; None: all are in one. Edges stay within a graph.
        loop: every point is its own first neighbour.
        flow: ``"source_to_target"``: row 0 holds neighbours and row 1 centres; ``"target_to_source"``: the reverse.
        cosine: by the angle, not the distance; a vector of zeros is near to others of zeros only.
        mutual: only edges whose reverse is one too.
        approximate: some neighbours may be missed. From `CROSSOVER` points on, on a CPU and without `batch`, hnswlib's
            graph is searched, which misses about one in a hundred; otherwise distances are not measured a second time,
            so that those among the nearest which differ by no more than rounding may be others.
        memory: bytes of the distances that are held at a time; None: as suits the device.

    Returns:
        (2, e) int64, e = n * k unless a graph has too few points or `mutual`; centres ascend, the nearest come first.

    Raises:
        ValueError: points or batch of a bad shape or type, NaN or infinity, k below 1, another flow.
    """
    if k < 1:
        raise ValueError(f"k: {k}, expected 1 neighbour or more")
    check_flow(flow)
    points, _ = points_of(x, cosine=cosine)
    others = min(k - loop, max(0, len(points) - 1))
    near = torch.full((len(points), others + loop), -1, device=points.device)
    if loop:
        near[:, 0] = torch.arange(len(points), device=points.device)
    nearest = _nearest_by_score if approximate else _nearest
    if others and approximate and batch is None and len(points) >= CROSSOVER and points.device.type == "cpu":
        near[:, loop:] = _approximately_nearest(points, others)
    elif others:
        for tile in tiles(points, batch, memory):
            asked = tile.queries >= 0
            near[tile.queries[asked], loop:] = nearest(tile, others)[asked]
    return edges(near, flow, mutual=mutual)


def _nearest(tile: Tile, k: int) -> Tensor:
    """(g, q, k) the nearest others of each query, the nearest first; -1: there are not so many."""
    width = tile.ids.size(1)
    count = min(k + SPARE, width)
    scores, place = smallest(tile.scores, count)
    place = place.sort(-1).values  # so that of equally near ones the first in the set comes first
    ids = tile.ids[:, None].expand_as(tile.scores).gather(2, place)
    distance = squared(tile.points, tile.queries.flatten(), ids.flatten(0, 1)).view_as(ids)
    distance.masked_fill_(tile.scores.gather(2, place).isinf(), torch.inf)
    distance, order = distance.sort(stable=True, dim=-1)
    ids = ids.gather(2, order).masked_fill_(distance.isinf(), -1)
    if count < width:
        reached = scores.amax(-1) + tile.own - tile.error  # nobody else is nearer
        doubt = (distance[..., k - 1] >= reached) & reached.isfinite()
        if doubt.any():
            ids[doubt] = pad(_all_measured(tile, doubt, distance[..., k - 1][doubt], k), (0, count - k), value=-1)
    return pad(ids, (0, max(0, k - count)), value=-1)[..., :k]


def _nearest_by_score(tile: Tile, k: int) -> Tensor:
    """The same but for what rounding did to the scores."""
    scores, place = smallest(tile.scores, min(k, tile.ids.size(1)))
    scores, order = scores.sort(-1)
    ids = tile.ids[:, None].expand_as(tile.scores).gather(2, place.gather(2, order)).masked_fill_(scores.isinf(), -1)
    return pad(ids, (0, k - ids.size(-1)), value=-1)


def _all_measured(tile: Tile, asked: Tensor, limit: Tensor, k: int) -> Tensor:
    """(r, k) the nearest others of r queries, whatever rounding did to their scores."""
    row, near, _ = tile.pairs(asked, limit)
    rank = rank_within(row, len(limit))
    found = near.new_full((len(limit), k), -1)
    found[row[rank < k], rank[rank < k]] = near[rank < k]
    return found


def _approximately_nearest(points: Tensor, k: int) -> Tensor:
    """(n, k) near others of each of (n, c) points."""
    index = HNSWIndex(points.size(1), degree=DEGREE, ef_construction=EF_CONSTRUCTION, ef=max(EF, 2 * k))
    index.add(points)
    found = index.search(points, k + 1).ids
    itself = found == torch.arange(len(points))[:, None]
    return found.gather(1, itself.byte().argsort(dim=1, stable=True))[:, :k]


def edges(near: Tensor, flow: Flow, *, mutual: bool) -> Tensor:
    """(n, k) neighbours of each point, -1: none, as edges."""
    centre, place = (near >= 0).nonzero(as_tuple=True)
    neighbour = near[centre, place]
    if mutual:
        there, back = centre * len(near) + neighbour, neighbour * len(near) + centre
        kept = torch.isin(there, back)
        centre, neighbour = centre[kept], neighbour[kept]
    return torch.stack([neighbour, centre] if flow == "source_to_target" else [centre, neighbour])


def check_flow(flow: str) -> None:
    """One of PyG's two, or a ValueError."""
    if flow not in ("source_to_target", "target_to_source"):
        raise ValueError(f"flow: {flow!r}, expected 'source_to_target' or 'target_to_source'")
