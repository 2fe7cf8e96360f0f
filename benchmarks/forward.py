"""Layers that learn alone beside tuned backpropagation: accuracy, time of an epoch, memory by depth.

    python -m benchmarks.forward cora_ml 0 [--epochs 1000]      one split, both ways

The five official splits (64% training, 16% validation, 20% test) of CoraML and CiteSeer, all features set to 1 as in
the published runs, and Amazon-Photo; GCN layers of width 128, published schedule (Adam 1e-3, weight decay 5e-4, at most
1,000 epochs for each layer, validation every 2). Backpropagation has the usual two layers, features of length one, and
on each split the best of four settings by validation accuracy.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch_geometric.data import Data
from torch_geometric.nn import GCNConv

from benchmarks.claims import DATA, Claim, Kept
from benchmarks.relational import peak
from graphs import ForwardTrainer, Schedule, SingleForward
from graphs.forward.features import unit_rows
from graphs.forward.local import Local
from graphs.forward.propagation import sums
from graphs.sparse import SparseMatrix, quickest

WIDTH, SPLITS = 128, 5
PUBLISHED = {
    "cora_ml": ("CoraML", 87.95, "86.84"),
    "citeseer_full": ("CiteSeer", 94.18, "94.28"),
    "amazon_photo": ("Amazon-Photo", 93.73, "64.88"),
}
"""Name, accuracy of single-forward and of backpropagation in percent, GCN, 2 layers (arXiv 2403.11004)."""
EDGES = {"both": "class nodes as published", "up": "class nodes that only listen"}
SETTINGS = (3e-3, 0.0), (1e-2, 0.0), (3e-2, 0.0), (1e-2, 0.5)
"""Rate and dropout of backpropagation."""
DEPTHS = (1, 2, 4, 8, 16)
ROUNDS = 15


def graph(name: str, split: int) -> Data:
    """One of the three graphs, with the masks of a split."""
    found = np.load(DATA / "graphs" / "node" / f"{name}.npz", allow_pickle=False)
    parts = np.load(DATA / "graphs" / "forwardgnn_node_splits" / f"{name}.npz", allow_pickle=False)
    n = len(found["y"])
    rows = np.repeat(np.arange(n), np.diff(found["x_indptr"]))
    x = torch.zeros(n, int(max(found["x_indices"])) + 1)
    x[rows, found["x_indices"].astype("i8")] = 1.0
    data = Data(
        x=x,
        edge_index=torch.from_numpy(found["edge_index"].astype("i8")),
        y=torch.from_numpy(found["y"].astype("i8")),
    )
    for mask, part in (("train_mask", "train"), ("val_mask", "val"), ("test_mask", "test")):
        data[mask] = torch.zeros(n, dtype=torch.bool)
        data[mask][torch.from_numpy(parts[f"{part}{split}"].astype("i8"))] = True
    return data


def layers(data: Data, depth: int = 2, seed: int = 0) -> list[GCNConv]:
    """New ones."""
    torch.manual_seed(seed)
    return [GCNConv(a, b) for a, b in pairwise([data.x.size(1), *[WIDTH] * depth])]


def accuracy(classes: Tensor, data: Data, mask: Tensor) -> float:
    """Percent."""
    return 100 * float((classes == data.y)[mask].float().mean())


def forward(name: str, split: int, edges: str = "both", epochs: int = 1000) -> dict[str, float]:
    """Layers that learn alone."""
    data = graph(name, split)
    start = time.process_time()
    trainer = ForwardTrainer(layers(data, seed=split), SingleForward(edges=edges), schedule=Schedule(epochs=epochs))
    classes = trainer.fit(data, seed=split, device="cpu", quiet=True).predict(data)
    return {
        "validation": accuracy(classes, data, data.val_mask),
        "test": accuracy(classes, data, data.test_mask),
        "seconds": time.process_time() - start,
    }


class Backpropagation(nn.Module):
    """The usual network of the same convolutions, the last of them to the classes.

    What does not change is kept: the matrix of the convolution, and sparse features as such.
    """

    def __init__(self, data: Data, depth: int, share: float, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        widths = [data.x.size(1), *[WIDTH] * (depth - 1), int(data.y.max()) + 1]
        self.layers = nn.ModuleList(GCNConv(a, b) for a, b in pairwise(widths))
        self.share = share
        self._x = quickest(unit_rows(data.x))
        matrices = sums(self.layers[0], data.edge_index, len(data.x))
        assert matrices, "a GCN layer is a sum"
        self._sum = matrices[0]

    def forward(self) -> Tensor:
        """(n, classes)."""
        first, *others = self.layers
        h = self._sum @ (self._drop(self._x) @ first.lin.weight.t()) + first.bias
        for layer in others:
            h = self._sum @ (self._drop(h.relu()) @ layer.lin.weight.t()) + layer.bias
        return h

    def _drop(self, x: SparseMatrix | Tensor) -> SparseMatrix | Tensor:
        if not self.training or not self.share:
            return x
        if isinstance(x, SparseMatrix):
            return x.drop(self.share)
        return x * (torch.rand_like(x) >= self.share) / (1 - self.share)  # half the time of PyTorch's own


def backward(name: str, split: int, rate: float, share: float, epochs: int = 1000) -> dict[str, float]:
    """One setting of backpropagation: the weights of the best validation, every 2 epochs, 100 of them of patience."""
    data = graph(name, split)
    start, model = time.process_time(), Backpropagation(data, 2, share, split)
    optimise = torch.optim.Adam(model.parameters(), rate, weight_decay=5e-4)
    best, best_epoch = (0.0, 0.0), 0
    for epoch in range(epochs):
        model.train()
        optimise.zero_grad()
        cross_entropy(model()[data.train_mask], data.y[data.train_mask]).backward()
        optimise.step()
        if epoch % 2:
            continue
        model.eval()
        with torch.no_grad():
            classes = model().argmax(1)
        found = accuracy(classes, data, data.val_mask)
        if found > best[0]:
            best, best_epoch = (found, accuracy(classes, data, data.test_mask)), epoch
        if epoch >= best_epoch + 100:
            break
    return {"validation": best[0], "test": best[1], "epochs": epoch + 1, "seconds": time.process_time() - start}


class Epochs:
    """An epoch of each of two layers with a validation every second time: as published, and ours."""

    def __init__(self, name: str) -> None:
        torch.manual_seed(0)
        data = graph(name, 0)
        strategy = SingleForward()
        classes = strategy.classes(data)
        self.problem, self.asked = strategy.learn(data, classes, 0), strategy.ask(data, classes, 0)
        self.judged = replace(
            self.asked, items=self.asked.items[data.val_mask], target=self.asked.target[data.val_mask]
        )
        self.strategy, self.layers = strategy, layers(data)
        with torch.no_grad():
            self.h = self.layers[0](unit_rows(self.problem.x.to_dense()), self.problem.edge_index).relu()

    def published(self) -> Callable[[], None]:
        """The convolution on all nodes and dense features, validation through the whole network."""
        problem, x = self.problem, unit_rows(self.problem.x.to_dense())
        h = unit_rows(self.h)
        step = [torch.optim.Adam(layer.parameters(), 1e-3, weight_decay=5e-4) for layer in self.layers]

        def loss(layer: nn.Module, x: Tensor) -> Tensor:
            out = layer(x, problem.edge_index)
            return self.strategy.loss(out[problem.items], out[problem.anchors], problem.target)

        def validate(depth: int) -> None:
            with torch.no_grad():
                out = x
                for layer in self.layers[:depth]:
                    out = layer(unit_rows(out), problem.edge_index).relu()
                    self.strategy.evidence(out[self.judged.items], out[problem.anchors])

        def run() -> None:
            for number, (layer, seen) in enumerate(zip(self.layers, (x, h), strict=True)):
                for _ in range(2):
                    step[number].zero_grad()
                    loss(layer, seen).backward()
                    step[number].step()
                validate(number + 1)

        return run

    def ours(self) -> Callable[[], None]:
        """What `ForwardTrainer` does."""
        above = self.problem.above(self.h), self.judged.above(self.h)
        pairs = [
            (Local(layer, seen, self.strategy, number, 2), Local(layer, judged, self.strategy, number, 2))
            for number, (layer, (seen, judged)) in enumerate(
                zip(self.layers, ((self.problem, self.judged), above), strict=True)
            )
        ]
        batch = torch.arange(len(self.problem.items))
        step = [torch.optim.Adam(layer.parameters(), 1e-3, weight_decay=5e-4) for layer in self.layers]

        def run() -> None:
            for (local, judge), optimise in zip(pairs, step, strict=True):
                for _ in range(2):
                    optimise.zero_grad()
                    local(batch).backward()
                    optimise.step()
                with torch.no_grad():
                    judge.evidence(local.anchors())

        return run


def epochs(name: str, rounds: int = ROUNDS) -> dict[str, float]:
    """Median CPU seconds of two epochs of both layers, in turns."""
    torch.set_num_threads(1)
    task = Epochs(name)
    runs = {"published": task.published(), "ours": task.ours()}
    times: dict[str, list[float]] = {way: [] for way in runs}
    for round_ in range(rounds + 1):
        for way, run in runs.items():
            start = time.process_time()
            run()
            if round_:
                times[way].append(time.process_time() - start)
    return {way: statistics.median(found) for way, found in times.items()}


def train_briefly(way: str, depth: int) -> None:
    """Two epochs of a network of some depth on Amazon-Photo."""
    data = graph("amazon_photo", 0)
    if way == "ours":
        ForwardTrainer(layers(data, depth), schedule=Schedule(epochs=2)).fit(data, device="cpu", quiet=True)
        return
    model = Backpropagation(data, depth, 0.0)
    optimise = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(2):
        optimise.zero_grad()
        cross_entropy(model()[data.train_mask], data.y[data.train_mask]).backward()
        optimise.step()


def growth(way: str, depth: int) -> int:
    """Bytes by which training makes a fresh process grow."""
    command = [sys.executable, "-m", "benchmarks.forward", "memory", way, str(depth)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    return int(run.stdout)


def claims(kept: Kept) -> Iterator[Claim]:
    """The table."""
    if not (DATA / "graphs" / "node").is_dir():
        yield Claim("forward", f"not measured: no {DATA}/graphs")
        return
    for name in PUBLISHED:
        found = kept.once(f"epochs {name}", lambda name=name: epochs(name))
        ratio = found["published"] / found["ours"]
        yield Claim(
            f"forward.epoch_{name}",
            f"{500 * found['ours']:.1f} ms",
            f"{500 * found['published']:.1f} ms (published formulation)",
            f"{ratio:.1f}x",
            ">= 2x",
            ratio >= 2,
            "an epoch of both layers with its share of a validation every 2; one thread, CPU time, median",
        )
    memory = {
        way: [
            kept.once(f"memory {way} {depth}", lambda way=way, depth=depth: growth(way, depth)) / 2**20
            for depth in DEPTHS
        ]
        for way in ("ours", "backpropagation")
    }
    flat = memory["ours"][-1] / memory["ours"][0]
    yield Claim(
        "forward.memory",
        ", ".join(f"{found:.0f}" for found in memory["ours"]) + " MB",
        ", ".join(f"{found:.0f}" for found in memory["backpropagation"]) + " MB (backpropagation)",
        f"{flat:.2f}x from 1 layer to 16",
        "<= 1.05x",
        flat <= 1.05,
        f"peak growth of the process, Amazon-Photo, layers: {', '.join(map(str, DEPTHS))}",
    )
    for edges, (name, known) in product(EDGES, PUBLISHED.items()):
        yield quality(kept, name, edges, *known)


def quality(kept: Kept, name: str, edges: str, title: str, published: float, theirs: str) -> Claim:
    """Accuracy on the five splits, both ways."""
    ours = [
        kept.once(f"{name} {split} {edges}", lambda s=split: forward(name, s, edges))["test"] for split in range(SPLITS)
    ]
    best = []
    for split in range(SPLITS):
        runs = [
            kept.once(
                f"{name} {split} backward {rate} {share}",
                lambda s=split, r=rate, d=share: backward(name, s, r, d),
            )
            for rate, share in SETTINGS
        ]
        best.append(max(runs, key=lambda run: run["validation"])["test"])
    mean, error = statistics.mean(ours), standard_error(ours)
    return Claim(
        f"forward.{name}_{edges}",
        f"{mean:.2f} ± {error:.2f}%",
        f"{statistics.mean(best):.2f} ± {standard_error(best):.2f}% (tuned backpropagation)",
        f"published {published}, its backpropagation {theirs}",
        f">= {published} - a standard error",
        mean >= published - error,
        f"{title}, {SPLITS} official splits, 2 GCN layers of width {WIDTH}, {EDGES[edges]}; mean and standard error",
    )


def standard_error(values: list[float]) -> float:
    """Of the mean."""
    return statistics.stdev(values) / len(values) ** 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description="One split, both ways.")
    parser.add_argument("what", choices=[*PUBLISHED, "memory"])
    parser.add_argument("which", help="split; or for memory: ours or backpropagation, and the depth", nargs="+")
    parser.add_argument("--epochs", type=int, default=1000)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.what == "memory":
        before = peak()
        train_briefly(chosen.which[0], int(chosen.which[1]))
        print(peak() - before)
        return
    split = int(chosen.which[0])
    for edges, title in EDGES.items():
        print(f"{title}:", forward(chosen.what, split, edges, chosen.epochs))
    for rate, share in SETTINGS:
        print(
            f"backpropagation, rate {rate}, dropout {share}:", backward(chosen.what, split, rate, share, chosen.epochs)
        )


if __name__ == "__main__":
    main()
