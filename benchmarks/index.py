"""Indexes beside hnswlib as it is, and beside the machine's own product of matrices.

Clustered vectors of low rank; one thread; CPU seconds, the two sides taking turns, medians. "raw" is the same graph,
asked through hnswlib itself. k = 10, degree 16, ef_construction 100.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hnswlib
import torch
from torch import Tensor

from benchmarks.claims import Claim, Kept
from graphs import ExactIndex, HNSWIndex, ShardedIndex, VectorIndex
from graphs.index.hnsw_graph import HNSWGraph
from graphs.index.vector_index import PAYS, SMALL

SIZES = [(10_000, 64), (10_000, 128), (100_000, 64), (100_000, 128)]
EFS = [10, 40, 160]
SETS = [2_000, 5_000, 10_000, 20_000, 40_000]
FILTERED, EXACT, SHARDED = 50_000, 100_000, 40_000
RANK, CLUSTERS = 24, 200


def claims(kept: Kept) -> Iterator[Claim]:
    torch.set_num_threads(1)
    for n, dim in SIZES:
        yield curve(n, dim, kept.once(f"curve.{n}.{dim}", lambda n=n, dim=dim: measure_curve(n, dim)))
    one = kept.once("single", measure_single)
    for side, bar in (("torch", 60), ("numpy", 20)):
        yield Claim(
            f"index.single_{side}",
            f"{one[side]:.0f} microseconds",
            f"{one['raw']:.0f}",
            bar=f"at most {bar} more than raw",
            met=one[side] - one["raw"] <= bar,
            detail="10,000 x 64, ef 64, medians over 2,000 different queries",
        )
    files = kept.once("files", measure_files)
    for verb, bar in (("save", 4), ("load", 3)):
        ours, raw = files[verb], files[f"raw_{verb}"]
        yield Claim(
            f"index.{verb}",
            f"{ours:.2f} s",
            f"{raw:.2f} s",
            f"{ours / raw:.1f}",
            bar=f"at most {bar} times raw, both to the disk",
            met=ours <= bar * raw,
            detail="100,000 x 128, wall time; ours has checksums, is read back, and every link is checked",
        )
    filtered = kept.once("filter", measure_filter)
    yield Claim(
        "index.filter",
        f"{filtered['ours']:.0f} microseconds a query",
        f"{filtered['raw']:.0f} (callback for every node)",
        f"{filtered['raw'] / filtered['ours']:.0f}",
        bar="at least 20 times as fast",
        met=filtered["raw"] >= 20 * filtered["ours"],
        detail="50,000 x 16, a filter that passes 10%, 100 queries",
    )
    exact = kept.once("exact", measure_exact)
    share = exact["product"] / exact["search"]
    yield Claim(
        "index.exact",
        f"{exact['search'] * 1e6:.0f} microseconds a query",
        f"{exact['product'] * 1e6:.0f} (the product of matrices alone)",
        f"{share:.2f}",
        bar="at least 0.50 of the rate of the product",
        met=share >= 0.5,
        detail="100,000 x 128, 512 queries, k = 10; nearest proved, distances measured anew",
    )
    for n in SETS:
        yield whole_set(n, kept.once(f"set.{n}", lambda n=n: measure_set(n)))
    yield shards(kept.once("shards", measure_shards))
    for n, dim in SIZES:
        yield pays(n, dim, kept.once(f"pays.{n}.{dim}", lambda n=n, dim=dim: measure_pays(n, dim)))


def vectors(n: int, dim: int, seed: int = 0) -> Tensor:
    """Clusters in a space of few dimensions, with a little noise in all."""
    generator = torch.Generator().manual_seed(seed)
    basis = torch.randn(RANK, dim, generator=torch.Generator().manual_seed(9)) / RANK**0.5
    centres = 2 * torch.randn(CLUSTERS, RANK, generator=torch.Generator().manual_seed(8))
    inner = centres[torch.randint(CLUSTERS, (n,), generator=generator)] + torch.randn(n, RANK, generator=generator)
    return inner @ basis + 0.05 * torch.randn(n, dim, generator=generator)


def seconds(work: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> float:
    start = clock()
    work()
    return clock() - start


def in_turn(rounds: int, *sides: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> list[float]:
    """Median seconds of each."""
    for side in sides:
        side()
    times = [[seconds(side, clock) for side in sides] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times, strict=True)]


_BUILT: dict[tuple[int, int], tuple[HNSWIndex, float]] = {}


def built(n: int, dim: int) -> tuple[HNSWIndex, float]:
    """An index, and what it took to build: kept while the script runs."""
    if (n, dim) not in _BUILT:
        index = HNSWIndex(dim)
        index.add(vectors(n, dim))
        _BUILT[n, dim] = index, seconds(index.build)
    return _BUILT[n, dim]


def raw(index: HNSWIndex) -> Any:
    """The graph as hnswlib has it, without what is ours around it."""
    assert isinstance(index._graph, HNSWGraph)
    return index._graph._native


def measure_curve(n: int, dim: int) -> list[dict[str, float]]:
    index, _ = built(n, dim)
    bare, q = raw(index), vectors(1000, dim, seed=1)
    asked, rows = q.numpy(), []
    for ef in EFS:
        index.ef = ef
        bare.set_ef(ef)
        recall = index.recall(queries=q[:300])
        ours, theirs = in_turn(
            9 if n < 50_000 else 5, lambda: index.search(q, 10), lambda: bare.knn_query(asked, 10, num_threads=1)
        )
        rows.append({"ef": ef, "recall": recall, "ours": len(q) / ours, "raw": len(q) / theirs})
    return rows


def curve(n: int, dim: int, rows: list[dict[str, float]]) -> Claim:
    ratios = [row["ours"] / row["raw"] for row in rows]
    return Claim(
        f"index.curve_{n // 1000}k_{dim}",
        ", ".join(f"{row['ours']:.0f}/s at {row['recall']:.3f}" for row in rows),
        ", ".join(f"{row['raw']:.0f}/s" for row in rows),
        ", ".join(f"{ratio:.2f}" for ratio in ratios),
        bar="at least 0.95 of raw at equal ef",
        met=min(ratios) >= 0.95,
        detail=f"recall of 10 at ef {', '.join(map(str, EFS))}; batches of 1,000",
    )


def measure_single() -> dict[str, float]:
    index, _ = built(10_000, 64)
    index.ef = 64
    bare, times = raw(index), {}
    queries = {side: vectors(2000, 64, seed=seed) for side, seed in (("raw", 2), ("torch", 3), ("numpy", 4))}
    ask = {
        "raw": lambda q: bare.knn_query(q.numpy(), 10, num_threads=1),
        "torch": lambda q: index.search(q, 10),
        "numpy": lambda q: index.search(q.numpy(), 10),
    }
    for i in range(2000):
        for side, q in queries.items():
            times.setdefault(side, []).append(seconds(lambda side=side, q=q[i]: ask[side](q), time.perf_counter))
    return {side: statistics.median(column) * 1e6 for side, column in times.items()}


def measure_files() -> dict[str, float]:
    index, _ = built(EXACT, 128)
    bare = raw(index)
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder, "ours"), Path(folder, "raw")

        def save_raw() -> None:
            bare.save_index(str(theirs))
            with open(theirs, "rb") as stream:
                os.fsync(stream.fileno())

        save, raw_save = in_turn(3, lambda: index.save(ours), save_raw, clock=time.perf_counter)
        load, raw_load = in_turn(
            3,
            lambda: HNSWIndex.load(ours),
            lambda: hnswlib.Index("l2", 128).load_index(str(theirs)),
            clock=time.perf_counter,
        )
    return {"save": save, "raw_save": raw_save, "load": load, "raw_load": raw_load}


def measure_filter() -> dict[str, float]:
    index = HNSWIndex(16)
    index.add(vectors(FILTERED, 16))
    index.build()
    bare, q = raw(index), vectors(100, 16, seed=1)
    bare.set_ef(64)
    mask = torch.rand(FILTERED, generator=torch.Generator().manual_seed(0)) < 0.1
    passing = mask.tolist()
    ours, theirs = in_turn(
        3,
        lambda: index.search(q, 10, where=mask),
        lambda: bare.knn_query(q.numpy(), 10, num_threads=1, filter=lambda label: passing[label]),
    )
    return {"ours": ours / len(q) * 1e6, "raw": theirs / len(q) * 1e6}


def measure_exact() -> dict[str, float]:
    x, q = vectors(EXACT, 128), vectors(512, 128, seed=1)
    index = ExactIndex(128)
    index.add(x)
    out = torch.empty(256, len(x))
    search, product = in_turn(
        5, lambda: index.search(q, 10), lambda: [torch.mm(some, x.T, out=out) for some in q.split(256)]
    )
    return {"search": search / len(q), "product": product / len(q)}


def measure_set(n: int) -> dict[str, float]:
    """The 10 nearest of all rows of a set, with all that it takes to get there."""
    x = vectors(n, 64)
    asked = x.numpy()

    def search(index: Any) -> None:
        index.add(x)
        index.search(x, 11)

    def bare() -> None:
        index = hnswlib.Index("l2", 64)
        index.init_index(n, 16, 100)
        index.add_items(asked, num_threads=1)
        index.set_ef(64)
        index.knn_query(asked, 11, num_threads=1)

    rounds = 3 if n <= 10_000 else 1
    sides = [lambda: search(VectorIndex(64)), lambda: search(ExactIndex(64)), bare]
    if rounds > 1:
        auto, exact, raw_ = in_turn(rounds, *sides)
    else:
        auto, exact, raw_ = (seconds(side) for side in sides)
    return {"auto": auto, "exact": exact, "raw": raw_}


def whole_set(n: int, row: dict[str, float]) -> Claim:
    best = min(row["exact"], row["raw"])
    return Claim(
        f"index.set_{n // 1000}k",
        f"{row['auto']:.2f} s",
        f"exact {row['exact']:.2f} s, raw {row['raw']:.2f} s",
        f"{row['auto'] / best:.2f}",
        bar="at most 1.10 of the better",
        met=row["auto"] <= 1.1 * best,
        detail="VectorIndex, nearest 10 of all rows and themselves, 64 channels, building included",
    )


def measure_shards() -> dict[str, float]:
    """Two shards of 40,000 rows, built in two processes, beside one graph built by one thread."""
    x, q = vectors(SHARDED, 64), vectors(1000, 64, seed=1)
    whole, parts = HNSWIndex(64, ef=10), ShardedIndex(64, shards=2, ef=10)
    for index in (whole, parts):
        index.add(x)
    build, built_ = (seconds(index.build, time.perf_counter) for index in (whole, parts))
    one, two = in_turn(5, lambda: whole.search(q, 10), lambda: parts.search(q, 10))
    recall, higher = whole.recall(queries=q[:300]), parts.recall(queries=q[:300])
    return {"build": build, "shards": built_, "query": two / one, "recall": recall, "higher": higher}


def shards(row: dict[str, float]) -> Claim:
    return Claim(
        "index.shards",
        f"built in {row['shards']:.1f} s, recall {row['higher']:.3f} at ef 10",
        f"one graph: {row['build']:.1f} s, recall {row['recall']:.3f}",
        f"{row['build'] / row['shards']:.2f}",
        detail=f"40,000 x 64, 2 shards in 2 processes, wall time; a query takes {row['query']:.1f} times as long",
    )


def measure_pays(n: int, dim: int) -> dict[str, float]:
    index, build = built(n, dim)
    index.ef = 64
    exact, q = ExactIndex(dim), vectors(512, dim, seed=3)
    exact.add(index.vectors(index.ids))
    slow, fast = in_turn(3, lambda: exact.search(q, 10), lambda: index.search(q, 10))
    return {"build": build, "exact": slow / len(q), "graph": fast / len(q)}


def pays(n: int, dim: int, row: dict[str, float]) -> Claim:
    gain = row["exact"] - row["graph"]
    return Claim(
        f"index.pays_{n // 1000}k_{dim}",
        f"a graph pays after {row['build'] / gain:,.0f} queries" if gain > 0 else "a graph never pays",
        f"exact {row['exact'] * 1e6:.0f}, graph {row['graph'] * 1e6:.0f} microseconds a query",
        detail=f"built in {row['build']:.1f} s, ef 64; VectorIndex takes {PAYS:,} queries, and {SMALL:,} rows",
    )
