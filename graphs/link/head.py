"""From the vectors of a pair's ends and of its common neighbours to a vector of the pair, and its logit."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from graphs.link.dropout import Dropout
from graphs.sparse import SparseMatrix


class Head(nn.Module):
    """``f(a g(s) + q(x_i x_j))`` with s the sum of ``x' = x + r(x)`` over common neighbours.

    A pair without common neighbours has no first term. Of a directed graph, each end goes through a linear map first.

    Args:
        channels: of all vectors.
        directed: whether (i, j) and (j, i) are different pairs.
        kinds: of links; each two have factors of their own for what goes along them.
        dropout: share of each hidden layer that is dropped in training.
        last_layers: hidden layers of f.
    """

    def __init__(
        self, channels: int, *, directed: bool = False, kinds: int = 1, dropout: float = 0.0, last_layers: int = 1
    ) -> None:
        super().__init__()
        self.directed = directed
        self.residual = layers(channels, 2, dropout)
        self.of_common = layers(channels, 2, dropout)
        self.of_ends = layers(channels, 1, dropout)
        self.ends = nn.ModuleList(nn.Linear(channels, channels) for _ in range(2 * directed))
        self.factors = nn.Parameter(torch.ones(kinds, kinds, channels)) if kinds > 1 else None
        self.weight = nn.Parameter(torch.ones(1))
        self.last = nn.Sequential(layers(channels, last_layers, dropout), nn.Linear(channels, 1))

    def carried(self, x: Tensor) -> Tensor:
        """(n, c): what nodes give to the pairs whose neighbours they are."""
        return x + self.residual(x)

    def along(self, carried: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """(m, c) times the factors of the (m,) kinds of link on both sides."""
        assert self.factors is not None
        factors = self.factors if self.directed else (self.factors + self.factors.transpose(0, 1)) / 2
        return carried * factors[first, second]

    def pair(self, source: Tensor, target: Tensor) -> Tensor:
        """(p, c) vectors of the ends -> (p, c)."""
        if self.directed:
            source, target = self.ends[0](source), self.ends[1](target)
        return self.of_ends(source * target)

    def common(self, entries: SparseMatrix, carried: Tensor) -> Tensor:
        """The term of pairs that have neighbours, (k, m) and their vectors, (m, c) -> (k, c)."""
        return self.weight * self.of_common(entries @ carried)

    def forward(self, pair: Tensor) -> Tensor:
        """(p, c) the sum of a pair's terms -> (p,) logits."""
        return self.last(pair).squeeze(1)


def layers(channels: int, count: int, dropout: float) -> nn.Sequential:
    """Linear, LayerNorm, dropout, ReLU, so many times."""
    made: list[nn.Module] = []
    for _ in range(count):
        made += [nn.Linear(channels, channels), nn.LayerNorm(channels), Dropout(dropout), nn.ReLU()]
    return nn.Sequential(*made)
