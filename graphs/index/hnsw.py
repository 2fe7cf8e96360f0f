"""The index that misses little and is fast in large sets."""

from __future__ import annotations

import torch

from graphs.index.graph_index import GraphIndex, check_cpu
from graphs.index.hnsw_graph import GraphSettings
from graphs.index.metrics import Metric


class HNSWIndex(GraphIndex):
    """Approximate search in a graph of neighbours, on the CPU, through hnswlib; exact without it, and then it says so.

        index = HNSWIndex(64)
        index.add(x)
        index.calibrate(0.95)                   # the least ef with this recall
        found = index.search(q, k=10)

    The graph is made of the vectors when it is first needed (`build`) and follows their changes. Masks, ids and
    exclusions are resolved outside of it: what is left is searched exactly if it is little, otherwise more neighbours
    are fetched. Queries that the graph leaves with fewer rows than there are get them by exact search.

    Args:
        dim, metric: see `graphs.index.base.Index`.
        degree: M of the paper, links of a node on the upper levels; half of those on the lowest.
        ef_construction: candidates that are looked at to link a new point.
        ef: candidates that are looked at in a search, at least k: the more, the slower and the less is missed.
        deterministic: build with one thread, so that the same vectors in the same order give the same graph.
        seed: of the levels of the points.
        device: the CPU.

    Raises:
        ValueError: an argument that is out of range.
    """

    def __init__(
        self,
        dim: int,
        metric: Metric = "l2",
        *,
        degree: int = 16,
        ef_construction: int = 100,
        ef: int = 64,
        deterministic: bool = False,
        seed: int = 0,
        device: torch.device | str | None = None,
    ) -> None:
        check_cpu(device)
        super().__init__(dim, metric, GraphSettings(degree, ef_construction, ef, deterministic, seed), device="cpu")

    def _wants_graph(self, pending: int, queries: int) -> bool:
        return True
