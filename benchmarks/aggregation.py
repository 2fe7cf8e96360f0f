"""Learnable commutative monoids: speed beside PyG's `LCMAggregation`.

Speed: forward and backward pass at 64 channels, single precision, one thread, the two taking turns; what is compared is
CPU time. Our plan is made in the first pass and kept, as in training on a graph; what making it costs is said. Degrees:
15 or 16; those of a Barabasi-Albert graph, which fall by a power law; Cora's.

What aggregations learn: `benchmarks.multisets`.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import networkx as nx
import numpy as np
import torch
from torch import Tensor
from torch_geometric.nn import LCMAggregation as PyGAggregation
from torch_geometric.nn.aggr import Aggregation

from benchmarks.claims import DATA, Claim, Kept
from graphs import LCMAggregation
from graphs.aggregate.plan import TreePlan

CHANNELS = 64
BARS = {"uniform": 0.9, "power_law": 40.0, "cora": 80.0}
ROUNDS = {"uniform": 10, "power_law": 3, "cora": 3}
OURS_PER_ROUND = 5


def degrees(name: str) -> np.ndarray:
    """How many elements each segment has."""
    if name == "uniform":
        return np.random.default_rng(0).integers(15, 17, 2048)
    if name == "power_law":
        return np.array([degree for _, degree in nx.barabasi_albert_graph(2000, 3, seed=0).degree()])
    with np.load(DATA / "graphs/planetoid/cora.npz") as cora:
        return np.bincount(cora["edge_index"][1], minlength=len(cora["y"]))


def pair() -> tuple[PyGAggregation, LCMAggregation]:
    """PyG's aggregation and ours with the same weights."""
    torch.manual_seed(0)
    theirs, ours = PyGAggregation(CHANNELS, CHANNELS), LCMAggregation(CHANNELS, CHANNELS)
    ours.operator.operator.load_state_dict(theirs.gru_cell.state_dict())  # type: ignore[union-attr]
    assert ours.lin is not None
    ours.lin.load_state_dict(theirs.lin.state_dict())
    return theirs, ours


def speed(name: str) -> dict[str, Any]:
    """CPU seconds of the passes over one distribution of degrees, and bytes kept for the backward pass."""
    torch.set_num_threads(1)
    sizes = torch.from_numpy(degrees(name))
    index = torch.arange(len(sizes)).repeat_interleave(sizes)
    x = torch.randn(len(index), CHANNELS, requires_grad=True)
    theirs, ours = pair()
    plan = cpu_seconds(lambda: TreePlan.build(index, len(sizes)))
    ours(x, index, dim_size=len(sizes))

    def train(aggregation: Aggregation) -> None:
        aggregation(x, index, dim_size=len(sizes)).sum().backward()

    times: dict[str, list[float]] = {"pyg": [], "ours": []}
    for _ in range(ROUNDS[name]):
        times["pyg"].append(cpu_seconds(lambda: train(theirs)))
        times["ours"] += [cpu_seconds(lambda: train(ours)) for _ in range(OURS_PER_ROUND)]
    return {
        **{who: {"best": min(found), "median": statistics.median(found)} for who, found in times.items()},
        "plan": plan,
        "padded": len(sizes) * int(sizes.max()) / len(index),
        "kept": {
            who: kept_for_backward(lambda one=one: one(x, index, dim_size=len(sizes)))  # type: ignore[misc]
            for who, one in (("pyg", theirs), ("ours", ours))
        },
    }


def cpu_seconds(run: Callable[[], object]) -> float:
    """Of this process."""
    start = time.process_time()
    run()
    return time.process_time() - start


def kept_for_backward(forward: Callable[[], Tensor]) -> int:
    """Bytes of the tensors that autograd keeps; what shares memory counts once."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> None:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda nothing: nothing):
        result = forward()
    del result
    return sum(kept.values())


def moved_by_company(aggregation: Aggregation) -> float:
    """How far, at most, the result of 3 elements moves when a segment of 1 to 40 elements stands beside them."""
    torch.manual_seed(0)
    x = torch.randn(43, CHANNELS)
    alone = aggregation(x[:3], torch.zeros(3, dtype=torch.int64), dim_size=1)[0]
    found = [aggregation(x[: 3 + n], torch.tensor([0] * 3 + [1] * n), dim_size=2)[0] - alone for n in range(1, 41)]
    return float(torch.stack(found).abs().max().detach())


def claims(kept: Kept) -> Iterator[Claim]:
    """The table."""
    for name in BARS:
        if name == "cora" and not (DATA / "graphs/planetoid/cora.npz").exists():
            yield Claim(f"aggregation.{name}", "skipped: no NESY_DATA", bar=f">= {BARS[name]:g}")
        else:
            yield faster(name, kept.once(f"speed.{name}", lambda name=name: speed(name)))
    theirs, ours = (moved_by_company(one) for one in pair())
    yield Claim("aggregation.company", f"{ours:.1g}", f"{theirs:.1g} (PyG)", "", "<= 1e-6", ours <= 1e-6, "a result")


def faster(name: str, found: dict[str, Any]) -> Claim:
    """CPU time against PyG's; the worse of best and median counts."""
    ratio = min(found["pyg"][which] / found["ours"][which] for which in ("best", "median"))
    memory = found["kept"]["pyg"] / found["kept"]["ours"]
    return Claim(
        f"aggregation.{name}",
        f"{1000 * found['ours']['best']:.0f} ms",
        f"{1000 * found['pyg']['best']:.0f} ms (PyG)",
        f"{ratio:.2f}x",
        f">= {BARS[name]:g}x",
        ratio >= BARS[name],
        f"plan {1000 * found['plan']:.1f} ms, once; {found['kept']['ours'] / 2**20:.0f} MB kept for the backward pass, "
        f"{memory:.1f} times less than PyG's; padded to {found['padded']:.1f} times the elements",
    )
