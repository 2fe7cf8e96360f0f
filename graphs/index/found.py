"""What a search returns."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Array = TypeVar("Array", Tensor, NDArray[Any])


@dataclass(frozen=True, eq=False)
class Found(Generic[Array]):
    """The nearest rows of every query, nearest first; tensors on the query's device, or numpy arrays for numpy ones.

    Where there are fewer than k, the rest is padded. Shapes: (b, k), or (k,) for a single query.

    Attributes:
        ids: int64, -1 where there is none.
        distances: float32, infinity where there is none.
        valid: bool, whether there is one.
        keys: the same as `ids` in an index with keys, as (nested) lists with None where there is none; otherwise None.
    """

    ids: Array
    distances: Array
    valid: Array
    keys: list[Any] | None = None


@dataclass(frozen=True, eq=False)
class Within(Generic[Array]):
    """All rows within a radius: p pairs of a query and a row, by query, the nearest first.

    Attributes:
        queries: (p,) int64 numbers of queries.
        ids: (p,) int64.
        distances: (p,) float32.
        keys: the same as `ids` in an index with keys; otherwise None.
    """

    queries: Array
    ids: Array
    distances: Array
    keys: list[Hashable] | None = None


def padded(values: NDArray[Any], k: int, missing: float) -> NDArray[Any]:
    """(b, f) -> (b, k)."""
    return np.pad(values, ((0, 0), (0, k - values.shape[1])), constant_values=missing)
