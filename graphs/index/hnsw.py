"""The index that misses little and is fast in large sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphs.checkpoint import CheckpointError
from graphs.index.base import Index
from graphs.index.hnsw_graph import HNSWGraph, library
from graphs.index.links import Links
from graphs.index.metrics import Metric
from graphs.index.nearest import nearest
from graphs.index.points import nearest_points
from graphs.index.selection import Selection
from graphs.index.store import Floats, Ints, Store
from graphs.index.vectors import Vectors

_EXACT = 40
"""So many points are compared with a query as fast as one of `ef` candidates is followed in the graph."""

_MORE = 1.2
"""How many more points are fetched than a filter lets through on average."""

_PROBES = 64


class HNSWIndex(Index):
    """Approximate search in a graph of neighbours, on the CPU, through hnswlib; exact without it, and then it says so.

        index = HNSWIndex(64)
        index.add(x)
        index.calibrate(0.95)                   # the least ef with this recall
        found = index.search(q, k=10)

    The graph is made of the vectors when it is first needed (`build`) and follows their changes. Masks, ids and
    exclusions are resolved outside of it: what is left is searched exactly if it is little, otherwise more neighbours
    are fetched. Queries that the graph leaves with fewer rows than there are get them by exact search.

    Args:
        dim, metric, device: see `graphs.index.base.Index`; the device is the CPU.
        degree: M of the paper, links of a node on the upper levels; half of those on the lowest.
        ef_construction: candidates that are looked at to link a new point.
        ef: candidates that are looked at in a search, at least k: the more, the slower and the less is missed.
        deterministic: build with one thread, so that the same vectors in the same order give the same graph.
        seed: of the levels of the points.

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
        if device is not None and torch.device(device).type != "cpu":
            raise ValueError(f"device: {device}, expected the CPU; on a GPU, exact search is fast: ExactIndex")
        super().__init__(dim, metric, device="cpu")
        self._degree = _whole("degree", degree, 2, 256)
        self._ef_construction = _whole("ef_construction", ef_construction, 1, 2**20)
        self._seed = _whole("seed", seed, 0, 2**31)
        self._ef = _whole("ef", ef, 1, 2**31 - 1)
        self.deterministic = deterministic
        self._graph: HNSWGraph | None = None
        self._seen = (-1, -1)  # generation and version of the store that the graph has seen

    @property
    def ef(self) -> int:
        """Candidates that are looked at in a search."""
        return self._ef

    @ef.setter
    def ef(self, ef: int) -> None:
        with self._lock.writing:
            self._ef = _whole("ef", ef, 1, 2**31 - 1)

    def build(self, progress: Callable[[int, int], object] | None = None) -> None:
        """Make the graph now, not when the next search needs it.

        Args:
            progress: told how many points of how many are in the graph, now and then.
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
            ValueError: no such share, an empty index, or the graph does not reach it with any ef.
        """
        if not 0 < target_recall <= 1:
            raise ValueError(f"target_recall: {target_recall!r}, expected a share above 0, up to 1")

        def reached(ef: int) -> bool:
            self.ef = ef
            return self.recall(k, queries=queries, sample=sample, seed=seed) >= target_recall

        low, high, most = k - 1, k, max(k, len(self))
        while not reached(high):
            if high == most:
                raise ValueError(f"target_recall: {target_recall} is not reached with any ef; a higher degree helps")
            low, high = high, min(2 * high, most)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if reached(middle) else (middle, high)
        self.ef = high
        return high

    @contextmanager
    def _reading(self) -> Iterator[None]:
        while True:
            with self._lock.reading:
                if self._seen == (self._store.generation, self._store.version) or library() is None:
                    yield
                    return
            self.build()

    def _follow(self, progress: Callable[[int, int], object] | None = None) -> None:
        """Bring the graph up to date with the store."""
        store = self._store
        if library() is None:
            return
        graph = self._graph
        self._graph, generation = None, self._seen[0]  # until all went well
        if graph is None or generation != store.generation:
            graph = HNSWGraph(self.dim, self.metric, self._degree, self._ef_construction, self._seed)
        graph.extend(store.points.numpy(), 1 if self.deterministic else torch.get_num_threads(), progress)
        if not store.plain:
            graph.mark(store.uses.counts == 0)
        self._graph, self._seen = graph, (store.generation, store.version)

    def _nearest(self, queries: Tensor, k: int, selection: Selection | None) -> tuple[Ints, Floats]:
        found = None if self._graph is None else self._followed(queries, k, selection)
        return nearest_points(self._store, self.metric, queries, k, selection) if found is None else found

    def _followed(self, queries: Tensor, k: int, selection: Selection | None) -> tuple[Ints, Floats] | None:
        """What the graph finds; None: exact search is the better way."""
        assert self._graph is not None
        threads = 1 if queries.size(0) == 1 else torch.get_num_threads()
        if selection is None:
            return self._graph.search(queries.numpy(), min(k, self._graph.count), self._ef, threads)
        barred = np.bincount(selection.barred[0], minlength=queries.size(0))
        wanted, live = int(selection.points.sum()), int((self._store.uses.counts > 0).sum())
        fetch = k + selection.spare + int(barred.max(initial=0))
        if wanted < live:
            fetch = int(fetch * _MORE * live / max(1, wanted))
        if wanted <= _EXACT * max(fetch, self._ef):
            return None
        found = self._graph.search(queries.numpy(), min(fetch, live), self._ef, threads)
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
        settings = {
            "degree": self._degree,
            "ef_construction": self._ef_construction,
            "ef": self._ef,
            "seed": self._seed,
            "deterministic": self.deterministic,
        }
        graph, store = self._graph, self._store
        if graph is None or self._seen[0] != store.generation or not graph.count == len(store.points) > 0:
            return {"hnsw": settings}, {}
        return {"hnsw": settings}, graph.links().tensors()

    def _restore(self, settings: object, tensors: Mapping[str, Tensor]) -> None:
        if not isinstance(settings, dict) or "hnsw" not in settings:
            return
        try:
            told = HNSWIndex(self.dim, self.metric, **settings["hnsw"])
        except (TypeError, ValueError) as error:
            raise CheckpointError(f"holds settings of a graph that are none: {error}") from None
        self._degree, self._ef_construction, self._ef = told._degree, told._ef_construction, told._ef
        self._seed, self.deterministic = told._seed, told.deterministic
        store = self._store
        links = Links.of(tensors, len(store.points), self._degree)
        if links is None or library() is None:
            return
        graph = HNSWGraph(self.dim, self.metric, self._degree, self._ef_construction, self._seed)
        graph.restore(links, store.points.numpy())
        if not _leads_somewhere(graph, store, self.metric):
            return
        if not store.plain:
            graph.mark(store.uses.counts == 0)
        self._graph, self._seen = graph, (store.generation, store.version)


def _leads_somewhere(graph: HNSWGraph, store: Store, metric: Metric) -> bool:
    """Whether some points find their nearest: well-formed links can nevertheless lead round in circles."""
    some = store.points[torch.randperm(len(store.points))[:_PROBES]]
    found = graph.search(some.numpy(), 1, 64, 1)
    truth, _ = nearest(some, store.points, 1, metric, squares=store.squares)
    return found is not None and float((found[0] == truth.numpy()).mean()) > 0.5


def _whole(name: str, value: object, lowest: int, highest: int) -> int:
    if type(value) is not int or not lowest <= value <= highest:
        raise ValueError(f"{name}: {value!r}, expected a whole number from {lowest} to {highest}")
    return value
