"""How much a search misses and how long it takes, by how hard it looks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from graphs import HNSWIndex
from graphs.index.base import Index

CHANNELS, INNER, CLUSTER = 64, 32, 100
"""Numbers of a vector, dimensions of the clusters, vectors in one on average."""


@dataclass(frozen=True)
class Point:
    """A way to search.

    Attributes:
        name: of the way.
        recall: share of the nearest that it finds.
        seconds: for a query.
    """

    name: str
    recall: float
    seconds: float


def made_up(count: int, asked: int, seed: int) -> tuple[Tensor, Tensor]:
    """(count, c) vectors in clusters and (asked, c) queries like them."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(max(2, count // CLUSTER), INNER, generator=generator)
    inner = centres[torch.randint(len(centres), (count + asked,), generator=generator)]
    inner = inner + 0.6 * torch.randn(count + asked, INNER, generator=generator)
    outer = torch.randn(INNER, CHANNELS, generator=generator)
    every = inner @ outer + 0.05 * torch.randn(count + asked, CHANNELS, generator=generator)
    return every[:count], every[count:]


def curve(index: HNSWIndex, exact: Index, queries: Tensor, efs: Sequence[int], k: int) -> tuple[list[Point], Point]:
    """A point for each ef, and exact search; the index has its former ef afterwards."""
    before, found = index.ef, []
    truth, seconds = timed(lambda: exact.search(queries, k).ids)
    for ef in efs:
        index.ef = ef
        ids, spent = timed(lambda: index.search(queries, k).ids)
        share = (ids[:, :, None] == truth[:, None]).any(2).float().mean()
        found.append(Point(f"ef {ef}", float(share), spent / len(queries)))
    index.ef = before
    return found, Point("exact", 1.0, seconds / len(queries))


def timed(work: Callable[[], Tensor]) -> tuple[Tensor, float]:
    """What it gives, and the seconds it takes: the second of two times."""
    work()
    start = time.perf_counter()
    found = work()
    return found, time.perf_counter() - start
