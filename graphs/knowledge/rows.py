"""Rows of different lengths, kept one behind the other: row i is ``start[i]`` up to ``start[i + 1]``."""

from __future__ import annotations

import torch
from torch import Tensor


def starts(sorted_keys: Tensor, count: int) -> Tensor:
    """(count + 1,): where each of the keys 0, 1, ... begins among sorted keys."""
    bounds = torch.arange(count + 1, device=sorted_keys.device)
    return torch.searchsorted(sorted_keys.contiguous(), bounds)


def members(start: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """What stands in some rows.

    Args:
        start: see `starts`.
        rows: (k,), in any order, repeated or not.

    Returns:
        (m,) places in `rows`, and (m,) where that row's members stand, in order.
    """
    first = start[rows]
    length = start[rows + 1] - first
    owner = torch.repeat_interleave(torch.arange(len(rows), device=rows.device), length)
    before = length.cumsum(0) - length
    return owner, torch.arange(len(owner), device=rows.device) - before[owner] + first[owner]
