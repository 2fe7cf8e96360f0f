"""The recurrent relational network: the published formula, PyG's message passing, and the same function faster.

The network of the paper's sudoku: 81 cells, 20 edges into each, hidden width 96. All variants have the same parameters
and give the same result. Batches of 16 boards, 8 steps, single precision, one thread; variants take turns, and what is
compared is CPU time. Memory: the tensors that autograd keeps for the backward pass, and the growth of the process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch_geometric.nn import MessagePassing

from benchmarks.claims import Claim, Kept
from graphs import RecurrentRelationalNetwork
from graphs.relational import network as forms
from graphs.relational.mlp import MLP
from graphs.relational.wiring import Wiring

BOARDS, STEPS, HIDDEN = 16, 8, 96
ROUNDS = 15
MODES = ("edges", "pyg", "fast", "lean")
NAMES = {"edges": "per edge", "pyg": "PyG MessagePassing"}


class Heard(MessagePassing):
    """The messages of one step as one writes them with PyG."""

    def __init__(self, f: MLP) -> None:
        super().__init__(aggr="add")
        self.f = f

    def forward(self, h: Tensor, edge_index: Tensor) -> Tensor:
        return self.propagate(edge_index, h=h)

    def message(self, h_i: Tensor, h_j: Tensor) -> Tensor:
        return self.f(torch.cat([h_j, h_i], 1))


def sudoku(boards: int) -> Tensor:
    """(2, 1620 * boards): cells that share a row, a column or a box."""
    cells = list(product(range(9), range(9)))
    edges = [
        (a, b)
        for (a, (r, c)), (b, (s, d)) in product(enumerate(cells), repeat=2)
        if a != b and (r == s or c == d or (r // 3, c // 3) == (s // 3, d // 3))
    ]
    board = torch.tensor(edges).T
    return torch.cat([board + 81 * i for i in range(boards)], 1)


class Task:
    """One network on one batch, in every mode."""

    def __init__(self, boards: int = BOARDS, dtype: torch.dtype = torch.float32) -> None:
        torch.manual_seed(0)
        self.edge_index = sudoku(boards)
        self.network = RecurrentRelationalNetwork(10, HIDDEN, 9, STEPS).to(dtype)
        self.x, self.y = torch.randn(81 * boards, 10, dtype=dtype), torch.randint(0, 9, (81 * boards,))
        passing = Heard(self.network.message)

        def with_pyg(_: MLP, h: Tensor, wiring: Wiring, __: Tensor | None) -> Tensor:
            return passing(h, self.edge_index)

        forms.FORMS["pyg"] = with_pyg

    def loss(self, mode: str) -> Tensor:
        """Mean over the steps."""
        self.network.mode = mode  # type: ignore[assignment]
        out = self.network(self.x, self.edge_index)
        return cross_entropy(out.flatten(0, 1), self.y.repeat(STEPS))

    def train(self, mode: str) -> None:
        """Forward and backward."""
        self.network.zero_grad()
        self.loss(mode).backward()

    def infer(self, mode: str) -> None:
        """Forward alone."""
        with torch.no_grad():
            self.loss(mode)


def speed(run: Callable[[str], None], rounds: int = ROUNDS) -> dict[str, dict[str, float]]:
    """Mode -> best and median CPU seconds."""
    for mode in MODES:
        run(mode)
    times: dict[str, list[float]] = {mode: [] for mode in MODES}
    for _ in range(rounds):
        for mode in MODES:
            start = time.process_time()
            run(mode)
            times[mode].append(time.process_time() - start)
    return {mode: {"best": min(found), "median": statistics.median(found)} for mode, found in times.items()}


def differences(task: Task) -> dict[str, float]:
    """Mode -> largest difference of a gradient from that of the formula, relative to the largest of its tensor.

    To be asked in double precision: in single precision, rounding puts a few values on the other side of a ReLU.
    """

    def gradients(mode: str) -> list[Tensor]:
        task.train(mode)
        return [p.grad.clone() for p in task.network.parameters() if p.grad is not None]

    wanted = gradients("edges")
    return {
        mode: max(float((a - b).abs().max() / b.abs().max()) for a, b in zip(gradients(mode), wanted, strict=True))
        for mode in MODES[1:]
    }


def kept_for_backward(task: Task, mode: str) -> int:
    """Bytes of the tensors that autograd keeps, the parameters left out; what shares memory counts once."""
    parameters = {p.untyped_storage().data_ptr() for p in task.network.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> None:  # nothing that the graph would hold: there is no backward pass
        kept[tensor.untyped_storage().data_ptr()] = tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda nothing: nothing):
        loss = task.loss(mode)
    del loss
    return sum(t.untyped_storage().nbytes() for pointer, t in kept.items() if pointer not in parameters)


def peak() -> int:
    """Bytes: the most that this process has held (Linux)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def growth(mode: str) -> int:
    """Bytes by which forward and backward make a fresh process grow."""
    command = [sys.executable, "-m", "benchmarks.relational", "growth", mode]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    return int(run.stdout)


def measure() -> dict[str, Any]:
    """All figures of this script."""
    torch.set_num_threads(1)
    task = Task()
    return {
        "train": speed(task.train),
        "infer": speed(task.infer),
        "kept": {mode: kept_for_backward(task, mode) for mode in MODES},
        "growth": {mode: growth(mode) for mode in MODES},
        "difference": differences(Task(2, torch.float64)),
    }


def claims(kept: Kept) -> Iterator[Claim]:
    """The table."""
    found = kept.once("relational", measure)
    for mode, bar in (("fast", 1.8), ("lean", 1.5)):
        for baseline in ("edges", "pyg"):
            yield faster(found["train"], f"{mode}_{baseline}", mode, baseline, bar)
    yield faster(found["infer"], "inference", "fast", "edges", None)
    for what, bar in (("kept", 6.0), ("growth", None)):
        ours, theirs = found[what]["lean"] / 2**20, found[what]["edges"] / 2**20
        yield Claim(
            f"relational.lean_{what}",
            f"{ours:.0f} MB",
            f"{theirs:.0f} MB (per edge)",
            f"1/{theirs / ours:.1f}",
            f"<= 1/{bar:g}" if bar else "",
            theirs / ours >= bar if bar else None,
            "for the backward pass" if what == "kept" else "peak of the process, forward and backward",
        )
    worst = max(found["difference"].values())
    yield Claim(
        "relational.same_function",
        f"{worst:.1e}",
        bar="<= 1e-9",
        met=worst <= 1e-9,
        detail="largest relative error of a gradient, all modes, double precision",
    )


def faster(times: dict[str, dict[str, float]], name: str, mode: str, baseline: str, bar: float | None) -> Claim:
    """CPU time of one mode against another's; the worse of best and median counts."""
    ratios = [times[baseline][which] / times[mode][which] for which in ("best", "median")]
    return Claim(
        f"relational.{name}",
        f"{1000 * times[mode]['best']:.0f} ms",
        f"{1000 * times[baseline]['best']:.0f} ms ({NAMES[baseline]})",
        f"{min(ratios):.2f}x",
        f">= {bar:g}x" if bar else "",
        min(ratios) >= bar if bar else None,
        f"{BOARDS} boards, {STEPS} steps, width {HIDDEN}, one thread; best {ratios[0]:.2f}x, median {ratios[1]:.2f}x",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["growth", "all"])
    parser.add_argument("mode", choices=MODES, nargs="?", default="edges")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.what == "growth":
        task = Task()
        before = peak()
        task.train(arguments.mode)
        print(peak() - before)
    else:
        print(json.dumps(measure(), indent=2))
