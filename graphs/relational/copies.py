"""One graph several times side by side, as a batch of problems that share it."""

from __future__ import annotations

import torch
from torch import Tensor


def copies(edge_index: Tensor, num_nodes: int, count: int) -> Tensor:
    """(2, e) -> (2, count * e): node i of copy k is ``k * num_nodes + i``."""
    shift = num_nodes * torch.arange(count, device=edge_index.device)  # (count,)
    return (edge_index[:, None] + shift[:, None]).flatten(1)
