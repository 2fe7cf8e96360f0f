"""Binary operators that commute, to put two values of a multiset together."""

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

    It takes half the time of `Symmetric`. Which values of different channels stand together is not seen, unless one
    channel depends on both. Around a `torch.nn.GRUCell` the smaller value is the state and can be kept as it is: least
    and greatest values, and what is made of them, are found easily.

    Args:
        operator: f; (p, c), (p, c) -> (p, c).
    """

    def __init__(self, operator: nn.Module) -> None:
        super().__init__()
        self.operator = operator

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        """(p, c), (p, c) -> (p, c)."""
        return self.operator(torch.maximum(left, right), torch.minimum(left, right))
