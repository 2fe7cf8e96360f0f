"""The index that misses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from graphs.index.base import Index
from graphs.index.points import nearest_points
from graphs.index.selection import Selection
from graphs.index.store import Floats, Ints


class ExactIndex(Index):
    """Exact search on any device: distances to all rows, as a product of matrices.

        index = ExactIndex(64)
        index.add(x)                            # (n, 64): ids 0 to n - 1
        found = index.search(q, k=10)           # found.ids, found.distances, found.valid: (b, 10)

    On a CPU it is faster than a graph for up to some 10,000 rows, and for more if there are few queries.
    Arguments: see `graphs.index.base.Index`.
    """

    def _nearest(self, queries: Tensor, k: int, selection: Selection | None) -> tuple[Ints, Floats]:
        return nearest_points(self._store, self.metric, queries, k, selection)

    def _searcher(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        return {}, {}

    def _restore(self, settings: object, tensors: Mapping[str, Tensor]) -> None:
        pass
