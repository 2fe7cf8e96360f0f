"""Many pairs scored in bounded memory."""

from __future__ import annotations

import torch
from torch import Tensor

from graphs.link.model import Scorer


class Chunks:
    """Scores pairs a chunk at a time.

    Args:
        score: of pairs.
        edge_index: (2, e) the graph.
        num_nodes: n.
        chunk: the ends of the pairs of a chunk have about so many neighbours together.
    """

    def __init__(self, score: Scorer, edge_index: Tensor, num_nodes: int, chunk: int) -> None:
        self._score, self._chunk = score, chunk
        self._degrees = edge_index.flatten().bincount(minlength=num_nodes)

    def __call__(self, pairs: Tensor) -> Tensor:
        """(2, p) pairs, at least one -> (p,) scores.

        Raises:
            ValueError: a score is NaN or infinite.
        """
        neighbours = self._degrees[pairs].sum(0) + 1
        sizes = (neighbours.cumsum(0) // self._chunk).unique_consecutive(return_counts=True)[1]
        scores = torch.cat([self._score(some) for some in pairs.split(sizes.tolist(), dim=1)])
        if not scores.isfinite().all():
            bad = int((~scores.isfinite()).sum())
            raise ValueError(f"scores: {bad} of {scores.numel()} are NaN or infinite, expected none")
        return scores
