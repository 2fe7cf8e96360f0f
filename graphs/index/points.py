"""Exact search in a store."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from graphs.index.metrics import Metric
from graphs.index.nearest import nearest, within
from graphs.index.selection import Selection
from graphs.index.store import Floats, Ints, Store

_FEW = 0.25
"""Up to this share of the points is copied together before it is searched; more are searched among all."""


def nearest_points(
    store: Store, metric: Metric, queries: Tensor, k: int, selection: Selection | None
) -> tuple[Ints, Floats]:
    """As many points as k rows need, as `Selection.rows` takes them."""
    numbers, points, squares = _part(store, selection)
    hidden = None
    if selection is not None:
        k += selection.spare
        if selection.hidden.size:
            query, point = selection.barred
            place = point if numbers is None else np.searchsorted(numbers, point)
            hidden = torch.from_numpy(np.stack([query, place])).to(points.device)
    found, apart = nearest(queries, points, k, metric, squares=squares, hidden=hidden)
    place = found.cpu().numpy()
    return place if numbers is None else np.where(place < 0, -1, np.append(numbers, -1)[place]), apart.cpu().numpy()


def points_within(
    store: Store, metric: Metric, queries: Tensor, radius: float, selection: Selection | None
) -> tuple[Ints, Ints, Floats]:
    """Queries, points and distances of all pairs that are so near."""
    numbers, points, squares = _part(store, selection)
    who, found, apart = (one.cpu().numpy() for one in within(queries, points, radius, metric, squares=squares))
    return who, found if numbers is None else numbers[found], apart


def _part(store: Store, selection: Selection | None) -> tuple[Ints | None, Tensor, Tensor]:
    """Points to search: their numbers unless these are all, vectors, squared lengths (infinite: not to be found)."""
    if selection is None:
        return None, store.points, store.squares
    device = store.points.device
    if selection.num_points <= _FEW * len(store.points):
        numbers = np.flatnonzero(selection.points)
        place = torch.from_numpy(numbers).to(device)
        return numbers, store.points[place], store.squares[place]
    wanted = torch.from_numpy(selection.points).to(device)
    return None, store.points, torch.where(wanted, store.squares, torch.inf)
