"""Several graphs side by side over the points of one store, built in processes of their own.

Run as ``python -m graphs.index.shards FILE``, it puts the graph of the points in a file in their place.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from graphs.checkpoint import load_checkpoint, save_checkpoint
from graphs.index.hnsw_graph import GraphSettings, HNSWGraph
from graphs.index.metrics import Metric
from graphs.index.store import Bools, Floats, Ints

KIND = "part of a vector index"

WORTH = 20_000
"""From so many new points on, a graph is built faster in a process of its own, which takes seconds to start."""


class Shards:
    """Graphs of which the i-th has the points i, i + n, i + 2 n, ...; see `HNSWGraph`.

    Args:
        number: n, how many.
        processes: how many graphs are built at a time.
    """

    def __init__(self, dim: int, metric: Metric, settings: GraphSettings, number: int, processes: int) -> None:
        self._made_of = dim, metric, settings
        self._graphs = [HNSWGraph(dim, metric, settings) for _ in range(number)]
        self._processes = processes

    @property
    def count(self) -> int:
        """How many points they have."""
        return sum(graph.count for graph in self._graphs)

    def extend(self, points: Floats, progress: Callable[[int, int], object] | None = None) -> None:
        """Insert the points (m, c) that are not in them."""
        number = len(self._graphs)
        parts = [np.ascontiguousarray(points[i::number]) for i in range(number)]
        if not self.count and len(points) >= WORTH and self._processes > 1:
            self._graphs = self._built(parts)
        for graph, part in zip(self._graphs, parts, strict=True):
            graph.extend(part)
            if progress is not None:
                progress(self.count, len(points))

    def mark(self, dead: Bools) -> None:
        """Leave out these points, and only these."""
        for i, graph in enumerate(self._graphs):
            graph.mark(dead[i :: len(self._graphs)])

    def search(self, queries: Floats, k: int, ef: int) -> tuple[Ints, Floats] | None:
        """(b, k) points and distances, nearest first; None: the graphs do not reach k from everywhere."""
        number, labels, apart = len(self._graphs), [], []
        for i, graph in enumerate(self._graphs):
            if not graph.live:
                continue
            found = graph.search(queries, min(k, graph.live), ef)
            if found is None:
                return None
            labels.append(found[0] * number + i)
            apart.append(found[1])
        every, distances = np.concatenate(labels, 1), np.concatenate(apart, 1)
        order = distances.argsort(axis=1, kind="stable")[:, :k]
        return np.take_along_axis(every, order, 1), np.take_along_axis(distances, order, 1)

    def tensors(self) -> dict[str, Tensor]:
        """The graphs without their vectors, for `restored`."""
        return {f"shard{i}.{n}": t for i, graph in enumerate(self._graphs) for n, t in graph.tensors().items()}

    @classmethod
    def restored(
        cls,
        dim: int,
        metric: Metric,
        settings: GraphSettings,
        number: int,
        processes: int,
        tensors: Mapping[str, Tensor],
        points: Floats,
    ) -> Shards | None:
        """The graphs that `tensors` gave, over their points (m, c); None if they are none."""
        shards = cls(dim, metric, settings, number, processes)
        for i in range(number):
            own = {n.removeprefix(f"shard{i}."): t for n, t in tensors.items() if n.startswith(f"shard{i}.")}
            part = np.ascontiguousarray(points[i::number])
            graph = HNSWGraph.restored(dim, metric, settings, own, part)
            if graph is None:
                return None
            shards._graphs[i] = graph
        return shards

    def _built(self, parts: list[Floats]) -> list[HNSWGraph]:
        """A graph of each part, `processes` of them at a time."""
        dim, metric, settings = self._made_of
        header = {"metric": metric, "settings": asdict(settings)}
        threads = str(max(1, torch.get_num_threads() // self._processes))
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(self._processes) as pool:

            def built(i: int) -> HNSWGraph:
                path = Path(folder, str(i))
                save_checkpoint(path, KIND, header, {"points": torch.from_numpy(parts[i])})
                run = subprocess.run(
                    [sys.executable, "-m", "graphs.index.shards", str(path)],
                    env={**os.environ, "OMP_NUM_THREADS": threads},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                )
                if run.returncode:
                    raise RuntimeError(
                        f"shard {i}: its process ended with {run.returncode}; processes=1 builds it in this one\n"
                        f"{run.stderr[-2000:]}"
                    )
                _, tensors = load_checkpoint(path, KIND)
                graph = HNSWGraph.restored(dim, metric, settings, tensors, parts[i])
                assert graph is not None
                return graph

            return list(pool.map(built, range(len(parts))))


def _build(path: str) -> None:
    """Put the graph of the points in a file in their place."""
    header, tensors = load_checkpoint(path, KIND)
    points = tensors["points"].numpy()
    graph = HNSWGraph(points.shape[1], header["metric"], GraphSettings(**header["settings"]))
    graph.extend(points)
    save_checkpoint(path, KIND, header, graph.tensors())


if __name__ == "__main__":
    _build(sys.argv[1])
