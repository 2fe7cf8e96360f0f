"""Missing links from near pairs, beside all pairs scored by the same network.

Cora, a split 70/10/20 as in `benchmarks.links`; NCNC as published; pairs are near by the network's own vectors. `K` was
chosen on seed 100.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from benchmarks.claims import DATA, Claim, Kept
from benchmarks.links import PUBLISHED, graph
from graphs import NCNC, candidate_links, fit_links, likely_links, split_links
from graphs.link.adjacency import Adjacency
from graphs.link.model import LinkModel
from graphs.link.ncnc import Calibration
from graphs.link.split import LinkSplit

NAME, SEED, K = "cora", 0, 50
BEST = (1000, 10_000)
"""How many pairs are taken for links."""


def measured(seed: int = SEED, k: int = K) -> dict[str, Any]:
    """Way -> pairs scored, processor seconds, share of the hidden links among the best pairs."""
    torch.set_num_threads(1)
    x, edge_index, n = graph(NAME)
    split = split_links(edge_index, n, seed=seed)
    torch.manual_seed(seed)
    assert x is not None
    model = NCNC(x.size(1), 256, calibration=Calibration(4.3, 2.8, 0.75, 1.0), **PUBLISHED)
    fit_links(model, x, split, epochs=60, batch=1152, seed=seed, metric="hits@50", quiet=True, device="cpu")
    model.eval()
    seen = split.test.edge_index
    start = time.process_time()
    with torch.no_grad():
        vectors = model.ncn.encode(x, seen).x
    near = candidate_links(vectors, seen, k)
    found = {"near": chosen(model, x, split, near, start)}
    start = time.process_time()
    every = torch.triu_indices(n, n, 1)
    every = every[:, ~Adjacency.of(seen, n).linked(*every)]
    return found | {"all": chosen(model, x, split, every, start)}


def chosen(model: LinkModel, x: Tensor | None, split: LinkSplit, pairs: Tensor, start: float) -> dict[str, Any]:
    """What comes of scoring these pairs; `start`: processor seconds when the work began."""
    best, _ = likely_links(model, x, split.test.edge_index, pairs, max(BEST))
    seconds = time.process_time() - start
    low, high = split.test.positives.aminmax(dim=0)
    hidden = low * split.num_nodes + high
    shares = {str(count): float(torch.isin(hidden, numbers(best[:, :count], split)).float().mean()) for count in BEST}
    covered = float(torch.isin(hidden, numbers(pairs, split)).float().mean())
    return {"pairs": pairs.size(1), "seconds": seconds, "covered": covered, "found": shares}


def numbers(pairs: Tensor, split: LinkSplit) -> Tensor:
    """(p,) of pairs, the lower node first."""
    return pairs[0] * split.num_nodes + pairs[1]


def claims(kept: Kept) -> Iterator[Claim]:
    """The table."""
    if not (DATA / f"graphs/planetoid/{NAME}.npz").exists():
        yield Claim("candidate_links", "skipped: no NESY_DATA")
        return
    runs = kept.once(f"{NAME}.{SEED}.{K}", measured)
    near, every = runs["near"], runs["all"]
    for count in map(str, BEST):
        ours, theirs = near["found"][count], every["found"][count]
        yield Claim(
            f"candidate_links.best_{count}",
            f"{100 * ours:.1f}% of the hidden links",
            f"{100 * theirs:.1f}% (all pairs)",
            f"{ours / theirs:.2f}",
            detail=f"among the {int(count):,} best pairs; {near['pairs']:,} of {every['pairs']:,} pairs scored; "
            f"{100 * near['covered']:.1f}% of the hidden links are among these",
        )
    yield Claim(
        "candidate_links.time",
        f"{near['seconds']:.1f} s",
        f"{every['seconds']:.1f} s (all pairs)",
        f"1/{every['seconds'] / near['seconds']:.0f}",
        detail="processor time of one thread: encoding, search and scores; training is not in it",
    )
