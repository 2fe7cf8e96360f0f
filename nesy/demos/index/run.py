"""The demonstration from beginning to end."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from torch import Tensor

from graphs import ExactIndex, HNSWIndex
from nesy.demos.index.measure import CHANNELS, Point, curve, made_up, timed
from nesy.demos.index.picture import picture
from nesy.demos.page import document, table
from nesy.files import check_writable, write_atomically

COUNT, ASKED, K = 100_000, 500, 10
EFS = (10, 20, 40, 80, 160)
YEARS = range(2000, 2020)
TARGET, KEEP = 0.95, 0.95


def run(folder: Path, *, seed: int = 0, scale: float = 1.0) -> int:
    """Build an index of vectors, search it in several ways, and draw recall against time.

    Args:
        folder: where the files go.
        scale: of the number of vectors; less is for tests.

    Returns:
        The exit code: 0, or 1 if what was loaded does not answer as what was saved.

    Raises:
        InputError: the folder cannot be written.
    """
    saved, drawn, page = (folder / name for name in ("vectors.index", "index.svg", "index.html"))
    for path in (saved, drawn, page):
        check_writable(path)
    count = max(200, round(scale * COUNT))
    vectors, queries = made_up(count, 2 * ASKED, seed)
    held, queries = queries[:ASKED], queries[ASKED:]
    year = torch.randint(YEARS.start, YEARS.stop, (count,), generator=torch.Generator().manual_seed(seed))
    print(
        f"{count:,} made-up vectors of {CHANNELS} numbers in clusters, each with a year from {YEARS[0]} to {YEARS[-1]}."
    )

    index, exact = HNSWIndex(CHANNELS), ExactIndex(CHANNELS)
    start = time.perf_counter()
    index.add(vectors, meta={"year": year})
    _build(index, count)
    print(f"The graph is built in {time.perf_counter() - start:.1f} s.\n")
    exact.add(vectors)

    found = _ask(index, queries, held)
    same = _keep(index, saved, queries, found)
    points, best = curve(index, exact, queries, EFS, K)
    for point in (*points, best):
        print(f"  {point.name:8} {point.recall:7.1%} of the nearest {_each(point.seconds * ASKED):>10} a query")
    title = f"{K} nearest of {count:,} vectors"
    write_atomically(drawn, picture(points, best, title))
    write_atomically(page, _page(points, best, title))
    print(f"\nthe index:   {saved}   (graphs.HNSWIndex.load)")
    print(f"the picture: {drawn}")
    print(f"the report:  {page}")
    print("next:        examples/vector_index.py, for vectors of your own")
    return 0 if same else 1


def _ask(index: HNSWIndex, queries: Tensor, held: Tensor) -> Tensor:
    """Searches of every kind; the ids that the plain one finds. Radii are calibrated on queries of their own."""
    index.calibrate(TARGET, K)
    found, spent = timed(lambda: index.search(queries, K).ids)
    print(f"calibrated: ef {index.ef} finds {TARGET:.0%} of the {K} nearest; {_each(spent)} a query, {ASKED} together")
    _, spent = timed(lambda: index.search(queries, K, where=index.meta["year"] < YEARS[2]).ids)
    print(f"filtered:   only years {YEARS[0]} and {YEARS[1]}, a tenth of all: {_each(spent)} a query")
    _, spent = timed(lambda: index.search(queries, K, exclude=found).ids)
    print(f"excluded:   for each query the {K} that it just found: {_each(spent)} a query")
    radius = index.calibrate_radius(held, KEEP)
    noise = queries.std() * torch.randn(queries.shape, generator=torch.Generator().manual_seed(0))
    like, unlike = (int(index.search(some, 1, radius=radius).valid.sum()) for some in (queries, noise))
    print(f"unknown:    {ASKED - like} of {ASKED} queries like the vectors, {ASKED - unlike} of {ASKED} random ones,")
    print(f"            beyond a radius that {KEEP:.0%} of other queries like the vectors are within")
    return found


def _keep(index: HNSWIndex, path: Path, queries: Tensor, found: Tensor) -> bool:
    """Save and load the index; whether it answers as before."""
    start = time.perf_counter()
    index.save(path)
    saved = time.perf_counter()
    again = HNSWIndex.load(path)
    loaded = time.perf_counter()
    same = torch.equal(again.search(queries, K).ids, found)
    print(
        f"saved:      {path.stat().st_size / 2**20:.0f} MB in {saved - start:.1f} s, loaded and checked in "
        f"{loaded - saved:.1f} s; the answers are {'the same' if same else 'NOT THE SAME'}\n"
    )
    return same


def _build(index: HNSWIndex, count: int) -> None:
    console = Console(stderr=True)
    if not sys.stderr.isatty():
        index.build()
        return
    with Progress(
        TextColumn("building"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task("", total=count)
        index.build(lambda done, total: bar.update(task, completed=done, total=total))


def _each(seconds: float) -> str:
    """Of `ASKED` queries, for one."""
    one = seconds / ASKED
    return f"{one * 1e6:.0f} µs" if one < 1e-3 else f"{one * 1e3:.1f} ms"


def _page(points: list[Point], exact: Point, title: str) -> str:
    rows = ([p.name, f"{p.recall:.1%}", _each(p.seconds * ASKED), f"{1 / p.seconds:,.0f}"] for p in (*points, exact))
    return document(
        title,
        [
            f"<h1>{title}</h1>",
            "<p>The more candidates (ef) a search in the graph looks at, the less it misses and the longer it takes. "
            "Exact search compares with every vector.</p>",
            picture(points, exact, title),
            table(["search", "found", "time of a query", "queries a second"], rows, range(1, 4)),
        ],
    )
