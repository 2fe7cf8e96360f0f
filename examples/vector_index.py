"""The nearest of many vectors: build an index, ask it, filter, save it and load it again.

    python examples/vector_index.py                       vectors made up here
    python examples/vector_index.py --data vectors.npy    (n, c) floats; the last 100 are the queries
    python examples/vector_index.py --save my.index

`graphs.VectorIndex` decides by itself between exact search and a graph; `graphs.HNSWIndex` is always a graph.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from torch import Tensor

from graphs import ExactIndex, HNSWIndex

QUERIES, BATCH = 100, 2000


def vectors_of(options: argparse.Namespace) -> Tensor:
    """(n, c) floats."""
    if options.data:
        return torch.from_numpy(np.load(options.data, allow_pickle=False)).float()
    generator = torch.Generator().manual_seed(options.seed)
    centres = torch.randn(options.count // 100 + 1, 32, generator=generator)
    return centres.repeat(100, 1)[: options.count] + 0.4 * torch.randn(options.count, 32, generator=generator)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a file of numpy, (n, c) floats")
    parser.add_argument("--count", type=int, default=50_000, help="how many vectors are made up (default 50000)")
    parser.add_argument("--save", type=Path, help="where the index goes (default: nowhere)")
    parser.add_argument("-k", type=int, default=5, help="neighbours of each query (default 5)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    every = vectors_of(options)
    vectors, queries = every[:-QUERIES], every[-QUERIES:]
    index = HNSWIndex(vectors.size(1))
    start = time.perf_counter()
    for first in track(range(0, len(vectors), BATCH), "building", transient=True, disable=not sys.stderr.isatty()):
        index.add(vectors[first : first + BATCH])
        index.build()
    print(f"{len(index):,} vectors of {index.dim} numbers, built in {time.perf_counter() - start:.1f} s")

    print(f"ef {index.calibrate(0.95, options.k, queries=queries)} finds 95% of the {options.k} nearest")
    found = index.search(queries, options.k)
    print(f"nearest to the first query: {found.ids[0].tolist()}, squared distances {rounded(found.distances[0])}")
    even = index.search(queries, options.k, where=index.ids % 2 == 0)
    print(f"with even numbers only:     {even.ids[0].tolist()}, squared distances {rounded(even.distances[0])}")

    exact = ExactIndex(index.dim)
    exact.add(vectors)
    share = (found.ids[:, :, None] == exact.search(queries, options.k).ids[:, None]).any(2).float().mean()
    print(f"found of the nearest by exact search: {share:.1%}")

    with tempfile.TemporaryDirectory() as folder:
        path = options.save or Path(folder) / "vectors.index"
        index.save(path)
        same = torch.equal(HNSWIndex.load(path).search(queries, options.k).ids, found.ids)
        size = path.stat().st_size / 2**20
        print(f"saved, {size:.1f} MB, and loaded: the answers are {'the same' if same else 'NOT THE SAME'}")


def rounded(distances: Tensor) -> list[float]:
    """For people."""
    return [round(distance, 2) for distance in distances.tolist()]


if __name__ == "__main__":
    main()
