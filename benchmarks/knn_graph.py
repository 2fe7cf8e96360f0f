"""The graph of nearest neighbours of a whole set: `graphs.knn_graph` beside plain exact search and hnswlib itself.

One thread, processor time, in turns; 64 channels in clusters, k = 10. The plain search is a product of matrices and
`topk`, without proof that rounding hid nothing. hnswlib is called as its documentation shows, with the same settings.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from benchmarks.claims import Claim, Kept
from graphs import knn_graph
from graphs.index.knn_graph import DEGREE, EF, EF_CONSTRUCTION

SIZES = {2_000: 9, 5_000: 7, 10_000: 5, 20_000: 3, 40_000: 1, 100_000: 1}
"""Points, and how many turns."""
CHANNELS, K = 64, 10
PLAIN = 20_000
"""Points up to which plain exact search is measured: there it takes twice as long as hnswlib, beyond it more."""
BAR = 1.1


def clustered(n: int, channels: int = CHANNELS, seed: int = 0) -> Tensor:
    """(n, channels) points in clusters of 100 on average, of 16 dimensions and some noise."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(max(10, n // 100), 16, generator=generator)
    inner = centres[torch.randint(len(centres), (n,), generator=generator)]
    inner = inner + 0.3 * torch.randn(n, 16, generator=generator)
    noise = 0.05 * torch.randn(n, channels, generator=generator)
    return inner @ torch.randn(16, channels, generator=generator) + noise


def plain(x: Tensor, k: int = K) -> Tensor:
    """(2, n * k) edges by exact search, rounding apart."""
    squares = x.square().sum(1)
    found = [torch.addmm(squares, some, x.T, alpha=-2).topk(k + 1, largest=False).indices for some in x.split(1024)]
    return edges(torch.cat(found))


def hnswlib_alone(x: Tensor, k: int = K) -> Tensor:
    """(2, n * k) edges by hnswlib."""
    import hnswlib

    index = hnswlib.Index("l2", x.size(1))
    index.init_index(len(x), M=DEGREE, ef_construction=EF_CONSTRUCTION)
    index.set_num_threads(1)
    index.add_items(x.numpy())
    index.set_ef(EF)
    return edges(torch.from_numpy(index.knn_query(x.numpy(), k + 1)[0].astype("int64")))


def edges(found: Tensor) -> Tensor:
    """The first is the point itself."""
    return torch.stack([found[:, 1:].flatten(), torch.arange(len(found)).repeat_interleave(found.size(1) - 1)])


def measured(n: int, rounds: int) -> dict[str, Any]:
    """Way -> processor seconds of each turn; share of the neighbours of `PLAIN` that ours finds."""
    torch.set_num_threads(1)
    x = clustered(n)
    ways: dict[str, Callable[[Tensor], Tensor]] = {"hnswlib": hnswlib_alone}
    if n <= PLAIN:
        ways["plain"] = plain
    ways["ours"] = partial(knn_graph, k=K, approximate=True)
    for way in ways.values():
        way(x[:500])
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.process_time()
            way(x)
            times[name].append(time.process_time() - start)
    return {"times": times, "recall": recall(x)}


def recall(x: Tensor, sample: int = 2000) -> float:
    """Share of the nearest neighbours of some points that the graph has, distances compared in double precision."""
    some = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))[:sample]
    distance = torch.cdist(x[some].double(), x.double())
    distance[torch.arange(len(some)), some] = torch.inf
    limit = distance.topk(K, largest=False).values[:, -1:]
    near = knn_graph(x, K, approximate=True)[0].view(-1, K)[some]
    return float((distance.gather(1, near) <= limit * (1 + 1e-6)).double().mean())


def claims(kept: Kept) -> Iterator[Claim]:
    """The table."""
    if find_spec("hnswlib") is None:
        yield Claim("knn_graph", "skipped: no hnswlib")
        return
    for n, rounds in SIZES.items():
        found = kept.once(str(n), partial(measured, n, rounds))
        median = {name: statistics.median(times) for name, times in found["times"].items()}
        ours = median.pop("ours")
        other, seconds = min(median.items(), key=lambda item: item[1])
        yield Claim(
            f"knn_graph.{n}",
            f"{ours:.3f} s",
            ", ".join(f"{value:.3f} s ({name})" for name, value in median.items()),
            f"{ours / seconds:.2f} of {other}",
            f"<= {BAR}",
            ours <= BAR * seconds,
            f"median of {rounds}, {CHANNELS} channels, k = {K}; {100 * found['recall']:.2f}% of the neighbours found",
        )
