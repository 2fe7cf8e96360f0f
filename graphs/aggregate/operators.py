"""Binary operators, and how to make them commute, to put two values of a multiset together."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Symmetric(nn.Module):
    """An operator made commutative: (f(x, y) + f(y, x)) / 2. It commutes exactly, in floating point too.

    Around a `torch.nn.GRUCell` (x is the input, y the state) it is the Binary-GRU of Ong, Velickovic, "Learnable
    commutative monoids for graph neural networks", LoG 2022, arXiv 2212.08541.

    Args:
        operator: f; (p, c), (p, c) -> (p, c).
    """

    def __init__(self, operator: nn.Module) -> None:
        super().__init__()
        self.operator = operator

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        """(p, c), (p, c) -> (p, c)."""
        return (self.operator(left, right) + self.operator(right, left)) / 2


class Sorted(nn.Module):
    """An operator made commutative: f(max(x, y), min(x, y)), channel by channel.

    It takes half the multiplications of `Symmetric`. Which values of different channels stand together is not seen,
    unless one channel depends on both. Around `Residual`, or a `torch.nn.GRUCell`, the smaller value can be kept as it
    is: least and greatest values, and what is made of them, are found easily.

    Args:
        operator: f; (p, c), (p, c) -> (p, c).
    """

    def __init__(self, operator: nn.Module) -> None:
        super().__init__()
        self.operator = operator

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        """(p, c), (p, c) -> (p, c)."""
        return self.operator(torch.maximum(left, right), torch.minimum(left, right))


class Residual(nn.Module):
    """y + W relu(V [x, y] + v) + w: the second value, and what a network of two layers adds to it.

    It is piecewise linear, and little is added to begin with: what need not change passes through a tree of any depth
    as it is. It does not commute; `Sorted` and `Symmetric` see to that.

    Args:
        channels: c.
        hidden: units between the two layers; None: 2c.
    """

    def __init__(self, channels: int, hidden: int | None = None) -> None:
        super().__init__()
        hidden = hidden or 2 * channels
        self.inner, self.outer = nn.Linear(2 * channels, hidden), nn.Linear(hidden, channels)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start again."""
        self.inner.reset_parameters()
        self.outer.reset_parameters()
        with torch.no_grad():
            self.outer.weight *= 0.1
            self.outer.bias.zero_()

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """(p, c), (p, c) -> (p, c)."""
        return y + self.outer(self.inner(torch.cat([x, y], 1)).relu())
