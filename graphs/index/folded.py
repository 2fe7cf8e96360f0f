"""Small numbers of long rows, found through the minima of folded rows: one fast pass, then little is left to look at.

A row of m numbers is laid in `fold` lines; a column that holds a small number has a small minimum.
"""

from __future__ import annotations

from math import isqrt

import torch
from torch import Tensor

LINES = 16


def smallest(values: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The `count` smallest numbers of each row (last dimension) and their places, in any order.

    They lie in the columns of the smallest minima, as many as are asked for.
    """
    size = values.size(-1)
    fold = isqrt(size // count)
    if fold < 2:
        return values.topk(count, largest=False, sorted=False)
    columns = size // fold
    minima = values[..., : fold * columns].unflatten(-1, (fold, columns)).amin(-2)
    best = minima.topk(count, largest=False, sorted=False).indices
    rest = torch.arange(fold * columns, size, device=values.device).expand(*best.shape[:-1], -1)
    place = (best[..., None, :] + columns * torch.arange(fold, device=values.device)[:, None]).flatten(-2)
    place = torch.cat([place, rest], -1)
    found, order = values.gather(-1, place).topk(count, largest=False, sorted=False)
    return found, place.gather(-1, order)


def at_most(values: Tensor, highest: Tensor) -> tuple[Tensor, Tensor]:
    """Row and place of all numbers of (r, m) `values` that are at most (r,) `highest`: (p,) each, both ascending."""
    size = values.size(1)
    columns = size // LINES
    folded = values[:, : LINES * columns].unflatten(1, (LINES, columns))
    row, column = (folded.amin(1) <= highest[:, None]).nonzero(as_tuple=True)
    found, line = (folded[row, :, column] <= highest[row, None]).nonzero(as_tuple=True)
    last_row, last = (values[:, LINES * columns :] <= highest[:, None]).nonzero(as_tuple=True)
    number = torch.cat([row[found] * size + line * columns + column[found], last_row * size + LINES * columns + last])
    number = number.sort().values
    return number // size, number % size
