"""The three distances between a query q and a row x, all the smaller the nearer:

l2       |q - x|^2
ip       1 - <q, x>
cosine   1 - <q, x> / |q| |x|, and 1 where q or x is zero
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

Metric = Literal["l2", "ip", "cosine"]
METRICS: tuple[Metric, ...] = get_args(Metric)


def distances(q: Tensor, x: Tensor, metric: Metric) -> Tensor:
    """Distances along the last dimension, broadcast over the others; differentiable.

    ``distances(q[:, None], table[found.ids], metric)`` ranks what a search found with gradients to `table` as well.
    """
    if metric == "l2":
        return (q - x).square().sum(-1)
    return 1 - (directions(q, metric) * directions(x, metric)).sum(-1)


def directions(x: Tensor, metric: Metric) -> Tensor:
    """The vectors that are compared: of length 1 for the cosine (zero stays zero), otherwise as they are."""
    if metric != "cosine":
        return x
    largest = x.detach().abs().amax(-1, keepdim=True)  # so that no square over- or underflows
    scaled = x / torch.where(largest > 0, largest, 1)
    length = scaled.norm(dim=-1, keepdim=True)
    return scaled / torch.where(length > 0, length, 1)
