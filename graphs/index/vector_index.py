"""The index that searches in the way that pays."""

from __future__ import annotations

from typing import Literal, get_args

import torch

from graphs.index.graph_index import GraphIndex
from graphs.index.hnsw_graph import GraphSettings
from graphs.index.metrics import Metric

Backend = Literal["auto", "exact", "hnsw"]

SMALL = 10_000
"""On a CPU, exact search of fewer rows is about as fast as a graph (measured: `benchmarks.index`)."""

PAYS = 30_000
"""After about so many queries a graph has won back what it took to build, at any size: both grow with the rows."""


class VectorIndex(GraphIndex):
    """Exact search, or a graph where that is faster (`HNSWIndex`); both answer from the same rows.

        index = VectorIndex(64)

    With ``backend="auto"``, search is exact on a GPU, in sets of fewer than 10,000, and until so many queries were
    asked, or are said to come, that a graph would have paid: about 30,000 queries for a whole graph, and less for the
    part that it lacks after a change. So vectors that change every epoch are searched exactly, and at most about twice
    the time of the better way is spent.

    Args:
        dim, metric, device: see `graphs.index.base.Index`.
        backend: ``"auto"``, ``"exact"`` or ``"hnsw"``.
        expected_queries: how many will be asked before the vectors change, if that is known.
        degree, ef_construction, ef, deterministic, seed: of the graph, see `HNSWIndex`.

    Raises:
        ValueError: an argument that is out of range.
    """

    def __init__(
        self,
        dim: int,
        metric: Metric = "l2",
        backend: Backend = "auto",
        *,
        expected_queries: int = 0,
        degree: int = 16,
        ef_construction: int = 100,
        ef: int = 64,
        deterministic: bool = False,
        seed: int = 0,
        device: torch.device | str | None = None,
    ) -> None:
        if backend not in get_args(Backend):
            raise ValueError(f"backend: {backend!r}, expected one of {', '.join(get_args(Backend))}")
        settings = GraphSettings(degree, ef_construction, ef, deterministic, seed)
        super().__init__(dim, metric, settings, device=device)
        self.backend, self.expected_queries = backend, expected_queries
        self._asked, self._asked_of = 0, (-1, -1)

    def _wants_graph(self, pending: int, queries: int) -> bool:
        if self.backend != "auto":
            return self.backend == "hnsw"
        total = len(self._store.points)
        if self._store.device.type != "cpu" or total < SMALL:
            return False
        version = self._store.generation, self._store.version
        if version != self._asked_of:
            self._asked, self._asked_of = 0, version
        self._asked += queries
        return max(self._asked, self.expected_queries) * total >= PAYS * pending
