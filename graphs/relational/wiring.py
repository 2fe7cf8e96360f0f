"""The edges of a graph in the order in which messages are summed: made once, used at every step.

Shapes: n nodes, e edges. An edge goes from its source to its target; row 0 of an `edge_index` holds the
sources, row 1 the targets (PyG's convention).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from graphs.relational.incoming import Incoming, offsets_of


@dataclass(frozen=True, eq=False)
class Wiring:
    """Edges sorted by target.

    Attributes:
        incoming: all edges; every node receives, if only nothing.
        order: (e,) position in the `edge_index` of each sorted edge.
    """

    incoming: Incoming
    order: Tensor

    @classmethod
    def of(cls, edge_index: Tensor, num_nodes: int) -> Wiring:
        """Sort the edges of a graph.

        Args:
            edge_index: (2, e) int64.

        Raises:
            ValueError: it is of another shape or type, or names a node that does not exist.
        """
        if edge_index.dim() != 2 or edge_index.size(0) != 2 or edge_index.dtype != torch.int64:
            raise ValueError(f"edge_index: {tuple(edge_index.shape)} {edge_index.dtype}, expected (2, e) torch.int64")
        low, high = (int(edge_index.min()), int(edge_index.max())) if edge_index.numel() else (0, -1)
        if low < 0 or high >= num_nodes:
            raise ValueError(f"edge_index names nodes {low} to {high}, expected 0 to {num_nodes - 1}")
        target, order = edge_index[1].sort(stable=True)
        degrees = target.bincount(minlength=num_nodes)
        regular = num_nodes > 0 and bool((degrees == degrees[0]).all())
        degree = int(degrees[0]) if regular else None
        return cls(Incoming(edge_index[0, order], target, offsets_of(degrees), degree), order)

    @property
    def num_nodes(self) -> int:
        """How many nodes there are."""
        return self.incoming.offsets.numel() - 1

    @property
    def num_edges(self) -> int:
        """How many edges there are."""
        return self.incoming.source.numel()
