"""Neural common neighbours with completion: neighbours of one end count by the probability of their missing link.

Wang, Yang and Zhang, ICLR 2024, arXiv 2302.00890, section 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

import torch
from torch import Tensor, nn

from graphs.link.adjacency import Adjacency
from graphs.link.common import only_neighbours
from graphs.link.model import Scorer
from graphs.link.ncn import NCN, Encoded, Options, Weighted
from graphs.sparse import SparseMatrix


@dataclass(frozen=True)
class Calibration:
    """From a logit to the probability that a link which is not in the graph exists.

    ``q = sigmoid(scale (logit - offset))`` answers for as many links as non-links; with the true share of links among
    the pairs asked about, the probability is ``strength * prior q / (prior q + 1 - q)``.

    Attributes:
        scale, offset: of the logits.
        prior: odds of a link among the pairs asked about, from 0 to 1.
        strength: from 0, no completion, to 1.
    """

    scale: float = 4.3
    offset: float = 2.8
    prior: float = 0.75
    strength: float = 1.0

    def probability(self, logits: Tensor) -> Tensor:
        """Of each logit."""
        q = torch.sigmoid(self.scale * (logits - self.offset))
        return self.strength * self.prior * q / (self.prior * q + 1 - q)


class NCNC(nn.Module):
    """`NCN` in which a neighbour u of i alone is a common one by the probability of a link between u and j.

    That probability is the network's own, without gradient. Of a bipartite graph no such link can exist: use `NCN`.

    Args:
        in_channels, hidden_channels, options: as of `NCN`.
        depth: how often completion is nested: at depth 2, the probabilities are those of a completed network.
        calibration: from logits to probabilities.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        *,
        depth: int = 1,
        calibration: Calibration | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__()
        if depth < 1:
            raise ValueError(f"depth {depth}, expected at least 1; without completion the model is NCN")
        self.ncn = NCN(in_channels, hidden_channels, **options)
        self.depth = depth
        self.calibration = calibration or Calibration()

    def forward(
        self,
        x: Tensor | SparseMatrix | None,
        edge_index: Tensor | Adjacency,
        edge_label_index: Tensor,
        edge_type: Tensor | None = None,
    ) -> Tensor:
        """Score pairs of nodes; see `NCN.forward`."""
        return self.scorer(x, edge_index, edge_type)(edge_label_index)

    def scorer(
        self, x: Tensor | SparseMatrix | None, edge_index: Tensor | Adjacency, edge_type: Tensor | None = None
    ) -> Scorer:
        """What needs the graph only, done once for many batches of pairs."""
        encoded = self.ncn.encode(x, edge_index, edge_type)
        return lambda pairs: self._logits(encoded, self.ncn.check_pairs(encoded, pairs), self.depth)

    def adjacency(
        self, x: Tensor | SparseMatrix | None, edge_index: Tensor, edge_type: Tensor | None = None
    ) -> Adjacency:
        """The graph as the model sees it; to be made once if it is used often."""
        return self.ncn.adjacency(x, edge_index, edge_type)

    def _logits(self, encoded: Encoded, pairs: Tensor, depth: int) -> Tensor:
        completed = self._completed(encoded, pairs, depth - 1) if depth else None
        return self.ncn.logits(encoded, pairs, completed)

    @torch.no_grad()
    def _completed(self, encoded: Encoded, pairs: Tensor, depth: int) -> Weighted:
        """The neighbours of one end alone, with the probability of the link to the other."""
        source, target = pairs
        pair, node = only_neighbours(encoded.adjacency, source, target)
        reverse_pair, reverse_node = only_neighbours(encoded.adjacency, target, source)
        asked = torch.cat([torch.stack([node, target[pair]]), torch.stack([source[reverse_pair], reverse_node])], 1)
        probability = self.calibration.probability(self._distinct_logits(encoded, asked, depth))
        return Weighted(torch.cat([pair, reverse_pair]), torch.cat([node, reverse_node]), probability)

    def _distinct_logits(self, encoded: Encoded, pairs: Tensor, depth: int) -> Tensor:
        """Scores of pairs among which many stand more than once."""
        ends = pairs if self.ncn.directed else pairs.sort(0).values
        distinct, place = (ends[0] * encoded.adjacency.num_nodes + ends[1]).unique(return_inverse=True)
        again = torch.stack([distinct // encoded.adjacency.num_nodes, distinct % encoded.adjacency.num_nodes])
        return self._logits(encoded, again, depth)[place]
