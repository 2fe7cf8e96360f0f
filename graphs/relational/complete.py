"""Complete graphs side by side: every node hears every node of its own graph."""

from __future__ import annotations

import torch
from torch import Tensor


def complete_graphs(sizes: Tensor, *, loops: bool) -> Tensor:
    """Edges of graphs whose nodes stand one graph after the other.

    Args:
        sizes: (g,) how many nodes each graph has; 0 is allowed.
        loops: whether a node hears itself.

    Returns:
        (2, e) `edge_index`, sorted by target.
    """
    first = sizes.cumsum(0) - sizes  # (g,) the first node of each graph
    size, first = sizes.repeat_interleave(sizes), first.repeat_interleave(sizes)  # (n,)
    target = torch.arange(len(size), device=sizes.device).repeat_interleave(size)  # (e,)
    place = torch.arange(len(target), device=sizes.device) - (size.cumsum(0) - size)[target]
    edges = torch.stack([first[target] + place, target])
    return edges if loops else edges[:, edges[0] != edges[1]]
