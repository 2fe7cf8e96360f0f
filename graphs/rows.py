"""Rows of different lengths, kept one behind the other: row i is ``offsets[i]`` up to ``offsets[i + 1]``."""

from __future__ import annotations

import torch
from torch import Tensor


def offsets_of(counts: Tensor) -> Tensor:
    """(k,) lengths of rows -> (k + 1,): where each begins, and where the last ends."""
    return torch.cat([counts.new_zeros(1), counts.cumsum(0)])


def starts(sorted_keys: Tensor, count: int) -> Tensor:
    """(count + 1,): where each of the keys 0, 1, ... begins among sorted keys."""
    bounds = torch.arange(count + 1, device=sorted_keys.device)
    return torch.searchsorted(sorted_keys.contiguous(), bounds)


def ranges(first: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """(p,) runs of whole numbers, one after the other: (m,) which of them, and the number."""
    run = torch.arange(counts.numel(), device=counts.device).repeat_interleave(counts)
    return run, torch.arange(run.numel(), device=run.device) + (first - offsets_of(counts)[:-1])[run]


def members(offsets: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """What stands in some rows.

    Args:
        offsets: see above.
        rows: (k,), in any order, repeated or not.

    Returns:
        (m,) places in `rows`, and (m,) where that row's members stand, in order.
    """
    first = offsets[rows]
    return ranges(first, offsets[rows + 1] - first)
