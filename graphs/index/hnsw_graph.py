"""The graph of hnswlib over the points of a store: built from them, never a second truth beside them.

Hierarchical navigable small worlds: Malkov, Yashunin, TPAMI 2018, arXiv 1603.09320. hnswlib checks nothing: what it is
given here has been checked, what it reads from files has been checked link by link, and nothing is deleted or replaced
but marked. Point i has label i; since threads insert side by side, its place in hnswlib's memory can be another.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphs.index.links import Links
from graphs.index.metrics import Metric
from graphs.index.store import Bools, Floats, Ints

_CHUNK = 4096


@cache
def library() -> ModuleType | None:
    """hnswlib, or None if it is not installed, with one warning."""
    try:
        import hnswlib
    except ImportError:
        warnings.warn(
            "hnswlib is not installed, so searches are exact: right, but slower in large sets; "
            "pip install hnswlib (it needs a C++ compiler)",
            stacklevel=2,
        )
        return None
    return hnswlib


@dataclass(frozen=True)
class GraphSettings:
    """How a graph is made and searched; see `HNSWIndex`.

    Raises:
        ValueError: one is out of range.
    """

    degree: int
    ef_construction: int
    ef: int
    deterministic: bool
    seed: int

    def __post_init__(self) -> None:
        _check("degree", self.degree, 2, 256)
        _check("ef_construction", self.ef_construction, 1, 2**20)
        _check("ef", self.ef, 1, 2**31 - 1)
        _check("seed", self.seed, 0, 2**31)
        if type(self.deterministic) is not bool:
            raise ValueError(f"deterministic: {self.deterministic!r}, expected True or False")


def _check(name: str, value: object, lowest: int, highest: int) -> None:
    if type(value) is not int or not lowest <= value <= highest:
        raise ValueError(f"{name}: {value!r}, expected a whole number from {lowest} to {highest}")


class HNSWGraph:
    """A graph over points, one after another.

    Attributes:
        count: how many points it has.
    """

    def __init__(self, dim: int, metric: Metric, settings: GraphSettings) -> None:
        self._dim, self._space = dim, "l2" if metric == "l2" else "ip"  # directions are normalised already
        self._settings = settings
        self._native = self._empty(1)
        self._room, self.count = 1, 0
        self._marked, self._num_marked = np.zeros(0, bool), 0

    def _empty(self, room: int) -> Any:
        hnswlib = library()
        assert hnswlib is not None
        native = hnswlib.Index(self._space, self._dim)
        settings = self._settings
        native.init_index(room, settings.degree, settings.ef_construction, settings.seed)
        return native

    def extend(self, points: Floats, progress: Callable[[int, int], object] | None = None) -> None:
        """Insert the points that are not in it.

        Args:
            points: (m, c) those that are in it first.
            progress: told how many points of how many are in it, now and then.
        """
        total, threads = len(points), 1 if self._settings.deterministic else torch.get_num_threads()
        if total > self._room:
            self._room = max(total, self._room + self._room // 2)
            self._native.resize_index(self._room)
        while self.count < total:
            some = points[self.count : self.count + _CHUNK]
            self._native.add_items(some, np.arange(self.count, self.count + len(some)), num_threads=threads)
            self.count += len(some)
            if progress is not None:
                progress(self.count, total)
        self._marked = np.pad(self._marked, (0, total - len(self._marked)))

    def mark(self, dead: Bools) -> None:
        """Leave out these points, and only these."""
        for label in np.flatnonzero(dead & ~self._marked).tolist():
            self._native.mark_deleted(label)
        for label in np.flatnonzero(~dead & self._marked).tolist():
            self._native.unmark_deleted(label)
        self._marked, self._num_marked = dead, int(dead.sum())

    @property
    def live(self) -> int:
        """How many points are not marked."""
        return self.count - self._num_marked

    def search(self, queries: Floats, k: int, ef: int) -> tuple[Ints, Floats] | None:
        """(b, k) points and distances, nearest first; None: the graph does not reach k from everywhere."""
        threads = 1 if len(queries) == 1 else torch.get_num_threads()
        self._native.set_ef(ef)
        try:
            labels, apart = self._native.knn_query(queries, k, num_threads=threads)
        except RuntimeError:
            return None
        return labels.view(np.int64), apart

    def tensors(self) -> dict[str, Tensor]:
        """The graph without its vectors, for `restored`."""
        return self._links().tensors()

    @classmethod
    def restored(
        cls, dim: int, metric: Metric, settings: GraphSettings, tensors: Mapping[str, Tensor], points: Floats
    ) -> HNSWGraph | None:
        """The graph that `tensors` gave, over its points (m, c); None if it is none."""
        links = Links.of(tensors, len(points), settings.degree)
        if links is None:
            return None
        graph = cls(dim, metric, settings)
        graph._follow(links, points)
        return graph

    def _links(self) -> Links:
        state = self._native.__getstate__()[0]
        nodes = state["data_level0"].view(self._node())
        lowest = nodes["links"].copy()
        lowest[:, 0] &= 0xFFFF  # the rest of this word marks what is deleted
        lowest[:, 1:][np.arange(lowest.shape[1] - 1) >= lowest[:, :1]] = 0
        return Links(
            nodes["label"].astype(np.int32),
            state["element_levels"][: self.count].astype(np.int32),
            lowest,
            state["link_lists"].view(np.int32).reshape(-1, 1 + state["M"]).copy(),
            np.array([state["enterpoint_node"]], np.int32),
        )

    def _node(self) -> np.dtype[np.void]:
        """What hnswlib keeps of a node on the lowest level."""
        links = 1 + 2 * self._settings.degree
        return np.dtype([("links", np.int32, links), ("vector", np.float32, self._dim), ("label", np.uint64)])

    def _follow(self, links: Links, points: Floats) -> None:
        """Take up links, which must have been checked."""
        hnswlib, m = library(), len(points)
        assert hnswlib is not None
        nodes = np.empty(m, self._node())
        nodes["links"], nodes["label"] = links.lowest, links.labels
        for start in range(0, m, _CHUNK):
            some = slice(start, start + _CHUNK)
            nodes["vector"][some] = points[links.labels[some]]
        state = self._empty(m).__getstate__()[0] | {
            "cur_element_count": m,
            "ep_added": True,
            "max_level": int(links.levels.max()),
            "enterpoint_node": int(links.entry[0]),
            "label_lookup_external": nodes["label"].copy(),
            "label_lookup_internal": np.arange(m, dtype=np.uint32),
            "element_levels": links.levels,
            "data_level0": nodes.view(np.int8),
            "link_lists": np.ascontiguousarray(links.upper).reshape(-1).view(np.int8),
        }
        assert nodes.itemsize == state["size_data_per_element"]
        self._native = hnswlib.Index(state)
        self._room = self.count = m
        self._marked, self._num_marked = np.zeros(m, bool), 0
