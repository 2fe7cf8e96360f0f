"""From features and graph to a vector for every node: a linear map and graph convolutions without weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from graphs.link.adjacency import Adjacency
from graphs.link.dropout import Dropout
from graphs.sparse import SparseMatrix, quickest


class Encoder(nn.Module):
    """``h <- P h`` per layer with ``P = (D + 1)^-1/2 (A + 1) (D + 1)^-1/2``, LayerNorm and ReLU between two layers.

    The result is a weighted sum of all layers, with learned weights.

    Args:
        in_channels: of the features. 0: there are none, and a node is known by its degree.
        hidden_channels: of the result.
        num_nodes: give it to learn a vector for every node besides.
        layers: convolutions.
        kinds: of links; each has factors of its own for what goes along it.
        feature_dropout: share of the input's entries that are dropped in training.
        dropout: the same of what goes into every convolution.
        last_dropout: the same of the result.
        edge_dropout: share of the entries of A that are dropped in every layer.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        *,
        num_nodes: int | None = None,
        layers: int = 1,
        kinds: int = 1,
        feature_dropout: float = 0.0,
        dropout: float = 0.0,
        last_dropout: float = 0.0,
        edge_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.feature_dropout, self.edge_dropout = Dropout(feature_dropout), edge_dropout
        self.linear = nn.Linear(in_channels or 1, hidden_channels)
        self.table = None if num_nodes is None else nn.Embedding(num_nodes, hidden_channels)
        self.norms = nn.ModuleList(nn.LayerNorm(hidden_channels) for _ in range(layers - 1))
        self.factors = nn.Parameter(torch.ones(kinds, hidden_channels)) if kinds > 1 else None
        self.layer_weights = nn.Parameter(torch.ones(layers))
        self.dropout, self.last_dropout = Dropout(dropout), Dropout(last_dropout)

    def forward(self, x: Tensor | SparseMatrix | None, adjacency: Adjacency) -> Tensor:
        """(n, in_channels), None without features -> (n, hidden_channels)."""
        h = self._input(adjacency.degrees.to(self.linear.weight.dtype).log1p()[:, None] if x is None else x)
        found = []
        for k in range(self.layer_weights.numel()):
            h = self._convolve(self.dropout(self.norms[k - 1](h).relu() if k else h), adjacency)
            found.append(self.layer_weights[k] * h)
        return self.last_dropout(torch.stack(found).sum(0))

    def _input(self, x: Tensor | SparseMatrix) -> Tensor:
        if isinstance(x, SparseMatrix):
            entries = x.drop(self.feature_dropout.share if self.training else 0.0)  # a zero stays what it is
            h = entries @ self.linear.weight.t().contiguous() + self.linear.bias
        else:
            h = self.linear(self.feature_dropout(x) if self.in_channels else x)
        return h if self.table is None else h + self.feature_dropout(self.table.weight)

    def _convolve(self, h: Tensor, adjacency: Adjacency) -> Tensor:
        share = self.edge_dropout if self.training else 0.0
        scale = (adjacency.degrees + 1).to(h.dtype).rsqrt()[:, None]
        h = scale * h
        received = h
        for kind in range(adjacency.kinds):
            heard = adjacency.of_kind(kind).drop(share) @ h
            received = received + (heard if self.factors is None else self.factors[kind] * heard)
        return scale * received


def features(x: Tensor | SparseMatrix | None) -> Tensor | SparseMatrix | None:
    """Features in the form in which they are multiplied quickest."""
    return quickest(x) if isinstance(x, Tensor) else x
