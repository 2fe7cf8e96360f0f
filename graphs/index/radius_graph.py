"""The graph of all points within a distance."""

from __future__ import annotations

import torch
from torch import Tensor

from graphs.index.knn_graph import Flow, check_flow
from graphs.index.tiles import points_of, rank_within, tiles


@torch.no_grad()
def radius_graph(
    x: Tensor,
    r: float,
    batch: Tensor | None = None,
    loop: bool = False,
    max_num_neighbors: int | None = 32,
    flow: Flow = "source_to_target",
    *,
    memory: int | None = None,
) -> Tensor:
    """Edges between points closer than r, as of `torch_geometric.nn.radius_graph`, which needs more packages.

    Where a point has more than `max_num_neighbors`, the nearest are kept; PyG keeps any of them.

    Args:
        x: (n, c) points.
        r: radius; a point at a distance of r exactly is too far, as in PyG.
        batch: (n,) int64, the graph of each point, in any order; None: all are in one. Edges stay within a graph.
        loop: every point is its own first neighbour.
        max_num_neighbors: of one point, itself among them if `loop`; None: any number.
        flow: ``"source_to_target"``: row 0 holds neighbours and row 1 centres; ``"target_to_source"``: the reverse.
        memory: bytes of the distances that are held at a time; None: as suits the device.

    Returns:
        (2, e) int64; centres ascend, the nearest come first.

    Raises:
        ValueError: points or batch of a bad shape or type, NaN or infinity, a radius not above 0, no neighbours
            allowed, another flow.
    """
    if not r > 0:
        raise ValueError(f"r: {r}, expected a radius above 0")
    if max_num_neighbors is not None and max_num_neighbors < 1:
        raise ValueError(f"max_num_neighbors: {max_num_neighbors}, expected 1 or more, or None for any number")
    check_flow(flow)
    points, scale = points_of(x, cosine=False)
    limit = min((r / scale) ** 2, 8.0 * max(1, points.size(1)))  # no two points are so far apart
    most = len(points) if max_num_neighbors is None else max_num_neighbors - loop
    itself = torch.arange(len(points) if loop else 0, device=points.device)
    centres, neighbours = [itself], [itself]
    for tile in tiles(points, batch, memory):
        asked = tile.queries >= 0
        queries = tile.queries[asked]
        row, near, distance = tile.pairs(asked, points.new_full((len(queries),), limit))
        kept = (distance < limit) & (rank_within(row, len(queries)) < most)
        centres.append(queries[row[kept]])
        neighbours.append(near[kept])
    centre, neighbour = torch.cat(centres), torch.cat(neighbours)
    order = centre.argsort(stable=True)
    edge_index = torch.stack([neighbour, centre] if flow == "source_to_target" else [centre, neighbour])
    return edge_index[:, order]
