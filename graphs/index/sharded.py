"""The index whose graph is built in parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from graphs.checkpoint import CheckpointError
from graphs.index.graph_index import Graph, GraphIndex, check_cpu
from graphs.index.hnsw_graph import GraphSettings
from graphs.index.metrics import Metric
from graphs.index.shards import Shards
from graphs.index.store import Floats


class ShardedIndex(GraphIndex):
    """An `HNSWIndex` with several graphs, each of a share of the vectors, built in processes of their own.

        index = ShardedIndex(64, shards=4)

    Graphs are built side by side, where there are cores for it. Every query asks every graph and the nearest of all are
    kept: the recall at equal `ef` is higher, a query takes longer. So shards are for the time that building takes,
    never for that of a query. The rows are one store, in memory: what is added, removed, hidden and saved is as in any
    index.

    Args:
        shards: how many.
        processes: how many are built at a time; 1: one after another, in this process.
        dim, metric, degree, ef_construction, ef, deterministic, seed, device: see `HNSWIndex`.

    Raises:
        ValueError: an argument that is out of range.
    """

    def __init__(
        self,
        dim: int,
        metric: Metric = "l2",
        *,
        shards: int = 2,
        processes: int | None = None,
        degree: int = 16,
        ef_construction: int = 100,
        ef: int = 64,
        deterministic: bool = False,
        seed: int = 0,
        device: torch.device | str | None = None,
    ) -> None:
        check_cpu(device)
        super().__init__(dim, metric, GraphSettings(degree, ef_construction, ef, deterministic, seed), device="cpu")
        self.shards = _checked("shards", shards)
        self.processes = shards if processes is None else _checked("processes", processes)

    def _wants_graph(self, pending: int, queries: int) -> bool:
        return True

    def _new_graph(self) -> Graph:
        return Shards(self.dim, self.metric, self._settings, self.shards, self.processes)

    def _restored_graph(self, tensors: Mapping[str, Tensor], points: Floats) -> Graph | None:
        made_of = self.dim, self.metric, self._settings, self.shards, self.processes
        return Shards.restored(*made_of, tensors, points) if len(points) >= self.shards else None

    def _searcher(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        settings, tensors = super()._searcher()
        return {**settings, "shards": self.shards}, tensors

    def _restore(self, settings: object, tensors: Mapping[str, Tensor]) -> None:
        if isinstance(settings, dict) and "shards" in settings:
            try:
                self.shards = self.processes = _checked("shards", settings["shards"])
            except ValueError as error:
                raise CheckpointError(f"holds {error}") from None
        super()._restore(settings, tensors)


def _checked(name: str, value: object) -> int:
    if type(value) is not int or not 1 <= value <= 1024:
        raise ValueError(f"{name}: {value!r}, expected a whole number from 1 to 1024")
    return value
