"""What indexes with a graph do; when they search in it is theirs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from graphs.checkpoint import CheckpointError
from graphs.index.base import Index
from graphs.index.hnsw_graph import GraphSettings, HNSWGraph, library
from graphs.index.metrics import Metric
from graphs.index.nearest import nearest
from graphs.index.points import nearest_points
from graphs.index.selection import Selection
from graphs.index.store import Bools, Floats, Ints, Store
from graphs.index.vectors import Vectors

_EXACT = 100
"""So many points are compared with a query as fast as one of `ef` candidates is followed in the graph."""

_MORE = 1.2
"""How many more points are fetched than a filter lets through on average."""

_PROBES = 16


class Graph(Protocol):
    """What finds points, made of them one after another: see `HNSWGraph`."""

    @property
    def count(self) -> int: ...

    def extend(self, points: Floats, progress: Callable[[int, int], object] | None = None) -> None: ...

    def mark(self, dead: Bools) -> None: ...

    def search(self, queries: Floats, k: int, ef: int) -> tuple[Ints, Floats] | None: ...

    def tensors(self) -> dict[str, Tensor]: ...


class GraphIndex(Index):
    """An index with a graph that is made of its vectors when it is first needed and follows their changes.

    Masks, ids and exclusions are resolved outside of the graph: what is left is searched exactly if it is little,
    otherwise more neighbours are fetched. Queries that the graph leaves with fewer rows than there are get them by
    exact search. Arguments: see `HNSWIndex`.
    """

    def __init__(self, dim: int, metric: Metric, settings: GraphSettings, *, device: torch.device | str | None) -> None:
        super().__init__(dim, metric, device=device)
        self._settings = settings
        self._graph: Graph | None = None
        self._seen = (-1, -1)  # generation and version of the store that the graph has seen

    def _new_graph(self) -> Graph:
        """A graph without points."""
        return HNSWGraph(self.dim, self.metric, self._settings)

    def _restored_graph(self, tensors: Mapping[str, Tensor], points: Floats) -> Graph | None:
        """The graph of a file, or None."""
        return HNSWGraph.restored(self.dim, self.metric, self._settings, tensors, points)

    @abstractmethod
    def _wants_graph(self, pending: int, queries: int) -> bool:
        """Whether queries that are about to be asked are for the graph, which lacks so many points."""

    @property
    def ef(self) -> int:
        """Candidates that are looked at in a search."""
        return self._settings.ef

    @ef.setter
    def ef(self, ef: int) -> None:
        with self._lock.writing:
            self._settings = replace(self._settings, ef=ef)

    def build(self, progress: Callable[[int, int], object] | None = None) -> None:
        """Make the graph now, not when the next search needs it.

        Args:
            progress: told how many points of how many are in the graph, now and then; it must not use the index.
        """
        with self._lock.writing:
            self._follow(progress)

    def calibrate(
        self, target_recall: float, k: int = 10, *, queries: Vectors | None = None, sample: int = 200, seed: int = 0
    ) -> int:
        """Set `ef` to the least with which `recall` reaches a share of the k nearest; returns it.

        Args:
            queries, sample, seed: see `recall`.

        Raises:
            ValueError: no such share, an empty index, or the graph does not reach it with any ef; `ef` is as it was.
        """
        if not 0 < target_recall <= 1:
            raise ValueError(f"target_recall: {target_recall!r}, expected a share above 0, up to 1")

        def reached(ef: int) -> bool:
            self.ef = ef
            return self.recall(k, queries=queries, sample=sample, seed=seed) >= target_recall

        before, low, high, most = self.ef, k - 1, k, max(k, len(self))
        try:
            while not reached(high):
                if high == most:
                    raise ValueError(
                        f"target_recall: {target_recall} is not reached with any ef; a higher degree helps"
                    )
                low, high = high, min(2 * high, most)
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if reached(middle) else (middle, high)
        except BaseException:
            self.ef = before
            raise
        self.ef = high
        return high

    @contextmanager
    def _reading(self, queries: int) -> Iterator[None]:
        while True:
            with self._lock.reading:
                if self._is_current() or library() is None or not self._wants_graph(self._pending(), queries):
                    yield
                    return
            self.build()

    def _is_current(self) -> bool:
        return self._seen == (self._store.generation, self._store.version)

    def _pending(self) -> int:
        known = self._graph.count if self._graph is not None and self._seen[0] == self._store.generation else 0
        return len(self._store.points) - known

    def _follow(self, progress: Callable[[int, int], object] | None = None) -> None:
        """Bring the graph up to date with the store."""
        store = self._store
        if library() is None:
            return
        graph = self._graph
        known = self._seen[0]
        self._graph, self._seen = None, (-1, -1)  # until all went well
        if graph is None or known != store.generation:
            graph = self._new_graph()
        graph.extend(store.points.cpu().numpy(), progress)
        if not store.plain:
            graph.mark(~store.uses.used)
        self._graph, self._seen = graph, (store.generation, store.version)

    def _nearest(self, queries: Tensor, k: int, selection: Selection | None) -> tuple[Ints, Floats]:
        current = self._graph is not None and self._is_current() and self._graph.count and self._wants_graph(0, 0)
        found = self._followed(queries, k, selection) if current else None
        return nearest_points(self._store, self.metric, queries, k, selection) if found is None else found

    def _followed(self, queries: Tensor, k: int, selection: Selection | None) -> tuple[Ints, Floats] | None:
        """What the graph finds; None: exact search is the better way."""
        assert self._graph is not None
        asked = queries.cpu().numpy()
        if selection is None:
            return self._graph.search(asked, min(k, self._graph.count), self.ef)
        barred = np.bincount(selection.barred[0], minlength=queries.size(0))
        wanted, live = selection.num_points, self._store.live
        fetch = k + selection.spare + int(barred.max(initial=0))
        if wanted < live:
            fetch = int(fetch * _MORE * live / max(1, wanted))
        if wanted <= _EXACT * max(fetch, self.ef):
            return None
        found = self._graph.search(asked, min(fetch, live), self.ef)
        if found is None:
            return None
        points, apart = selection.points_of(*found)
        points, apart = points[:, : k + selection.spare], apart[:, : k + selection.spare]
        short = np.flatnonzero((points >= 0).sum(1) < np.minimum(k + selection.spare, wanted - barred))
        if short.size:
            some = selection.of_queries(short)
            again, further = nearest_points(self._store, self.metric, queries[torch.from_numpy(short)], k, some)
            width = min(again.shape[1], points.shape[1])
            points[short, :width], apart[short, :width] = again[:, :width], further[:, :width]
        return points, apart

    def _searcher(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        graph, store, settings = self._graph, self._store, {"hnsw": asdict(self._settings)}
        if graph is None or self._seen[0] != store.generation or not graph.count == len(store.points) > 0:
            return settings, {}
        return settings, graph.tensors()

    def _restore(self, settings: object, tensors: Mapping[str, Tensor]) -> None:
        if not isinstance(settings, dict) or "hnsw" not in settings:
            return
        try:
            self._settings = GraphSettings(**settings["hnsw"])
        except (TypeError, ValueError) as error:
            raise CheckpointError(f"holds settings of a graph that are none: {error}") from None
        store = self._store
        if library() is None or not len(store.points):
            return
        graph = self._restored_graph(tensors, store.points.cpu().numpy())
        if graph is None or not _leads_somewhere(graph, store, self.metric):
            return
        if not store.plain:
            graph.mark(~store.uses.used)
        self._graph, self._seen = graph, (store.generation, store.version)


def check_cpu(device: torch.device | str | None) -> None:
    """That vectors are to be where hnswlib searches, or a ValueError."""
    if device is not None and torch.device(device).type != "cpu":
        raise ValueError(f"device: {device}, expected the CPU; on a GPU, exact search is fast: ExactIndex")


def _leads_somewhere(graph: Graph, store: Store, metric: Metric) -> bool:
    """Whether some points find their nearest: well-formed links can nevertheless lead round in circles."""
    order = torch.randperm(len(store.points), generator=torch.Generator().manual_seed(0))
    some = store.points[order[:_PROBES].to(store.device)]
    found = graph.search(some.cpu().numpy(), 1, 64)
    truth, _ = nearest(some, store.points, 1, metric, squares=store.squares)
    return found is not None and float((found[0] == truth.cpu().numpy()).mean()) > 0.5
