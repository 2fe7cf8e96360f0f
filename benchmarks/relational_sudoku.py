"""The network on the cells of a sudoku (the paper's graph): 4x4 on a CPU, 9x9 where there is a GPU.

4x4: as in ``examples/relational_sudoku4.py``; up to symmetry there are two grids, one is trained on, the other tested.
On the same boards: what is saved when nodes that have settled are not updated any more, and what deltas per step do.

9x9: the published width, steps and rate (96, 32, 2e-4), boards with 17 to 34 givens; tested with 17 givens and 64 steps
on boards whose grids, up to symmetry, were not trained on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator

import nesy
from benchmarks.claims import DATA, RESULTS, Claim, Kept
from examples import relational_sudoku4 as four
from graphs import RecurrentRelationalNetwork, fit, settle
from graphs.relational.copies import copies
from nesy.puzzles.instance import Instance
from nesy.solving import cells

SEEDS = (0, 1, 2)
UPDATES, TESTED, STEPS = 400, 1024, 16
FILE = DATA / "sudoku/sudoku17_solved.csv.gz"


def claims(kept: Kept) -> Iterator[Claim]:
    runs = [kept.once(f"4x4 {seed}", partial(small, seed)) for seed in SEEDS]
    yield Claim(
        "relational_sudoku.4x4",
        f"{100 * min(run['boards'] for run in runs):.1f}%",
        bar=">= 95%",
        met=min(run["boards"] for run in runs) >= 0.95,
        detail=f"boards right, worst of seeds {SEEDS}; {TESTED} boards each, of the kind of grid that was not trained"
        f" on; {UPDATES} updates, at most {max(run['seconds'] for run in runs):.0f} CPU seconds",
    )
    run = runs[0]
    yield Claim(
        "relational_sudoku.halting",
        f"{100 * run['updates']:.0f}% of the updates, {run['halting seconds']:.2f} s",
        f"all, {run['plain seconds']:.2f} s",
        f"{run['plain seconds'] / run['halting seconds']:.2f}x",
        detail=f"{STEPS} steps; boards right {100 * run['halting boards']:.1f}% against {100 * run['boards']:.1f}%",
    )
    deltas = kept.once("deltas", partial(small, 0, rank=4))
    yield Claim(
        "relational_sudoku.deltas",
        f"{100 * deltas['boards']:.1f}%, loss {deltas['loss']:.4f}",
        f"{100 * run['boards']:.1f}%, loss {run['loss']:.4f} (one weight for all steps)",
        detail=f"rank 4, {deltas['seconds']:.0f} against {run['seconds']:.0f} CPU seconds",
    )
    if not torch.cuda.is_available() or not FILE.exists():
        missing = "a GPU" if FILE.exists() else FILE.name
        yield Claim("relational_sudoku.9x9", f"not measured: needs {missing}", "96.6% (published)")
        return
    large = kept.once("9x9", nine)
    detail = f"boards right; {large['tested']} boards, 17 givens, 64 steps; {large['seconds']:.0f} s of training"
    yield Claim("relational_sudoku.9x9", f"{100 * large['boards']:.1f}%", "96.6% (published)", detail=detail)


def small(seed: int, rank: int = 0) -> dict[str, Any]:
    """Train on 4x4 boards; boards right with and without halting, the last loss, and CPU seconds."""
    torch.set_num_threads(1)
    model = nesy.puzzle("sudoku", k=2).model()
    train, test = four.data(model)
    torch.manual_seed(seed)
    solver = four.Solver(model)
    if rank:
        solver.network = RecurrentRelationalNetwork(4, 48, 4, four.STEPS, rank=rank)
    start = time.process_time()
    fit(
        solver,
        train,
        four.loss,
        updates=UPDATES,
        rate=four.falling(UPDATES),
        clip=1.0,
        seed=seed,
        device="cpu",
        quiet=True,
    )
    seconds = time.process_time() - start
    dice = np.random.default_rng((seed, 1))
    boards = [test.draw(dice) for _ in range(TESTED)]
    solver.eval()
    with torch.no_grad():
        loss = float(four.loss(solver, boards, torch.device("cpu")))
        right, plain = timed(lambda: four.right(solver, boards, STEPS))
        halted, halting = timed(lambda: halt(solver, boards))
    return {
        "seconds": seconds,
        "loss": loss,
        "boards": share(right),
        "plain seconds": plain,
        "halting boards": share(halted["right"]),
        "halting seconds": halting,
        "updates": halted["updates"],
    }


def halt(solver: four.Solver, boards: Sequence[four.Board]) -> dict[str, Any]:
    """Which cells are right if settled ones rest, and the share of updates that were made."""
    instances, solutions = zip(*boards, strict=True)
    edge_index = copies(solver.edge_index, solver.cells, len(boards))
    found = settle(solver.network, cells.inputs(instances), edge_index, steps=STEPS)
    right = found.logits.argmax(1) == cells.targets(instances[0].model, solutions)
    return {"right": right.view(len(boards), -1), "updates": float(found.updates.float().mean()) / STEPS}


def timed(run: Any) -> tuple[Any, float]:
    """What it gives, and the best CPU time of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        found = run()
        times.append(time.process_time() - start)
    return found, min(times)


def share(right: torch.Tensor) -> float:
    """Of the boards that are right in every cell."""
    return float(right.all(1).float().mean())


class Nine:
    """Boards with 17 givens and some more of the solution.

    Args:
        held_out: whether of the grids for the test.
        more: how many more givens at most.
        batch: boards of an update.
    """

    def __init__(self, held_out: bool, more: int, batch: int) -> None:
        from nesy.solving.weights.permutation import read_boards

        self.model = nesy.puzzle("sudoku").model()
        self.boards = [board for board in read_boards(FILE) if board.held_out == held_out]
        self.more, self.batch = more, batch

    def __call__(self, update: int, generator: Generator) -> list[four.Board]:
        """A batch for `graphs.fit`; digits are renamed at random."""
        dice = np.random.default_rng(generator.initial_seed())
        return [self.draw(dice) for _ in range(self.batch)]

    def draw(self, dice: np.random.Generator) -> four.Board:
        """One board."""
        board = self.boards[dice.integers(len(self.boards))]
        name = dice.permutation(9)
        solution = name[np.array([int(digit) - 1 for digit in board.solution])]
        given = np.array([digit != "0" for digit in board.puzzle])
        given[dice.permutation(np.flatnonzero(~given))[: dice.integers(self.more + 1)]] = True
        domains = [1 << int(v) if known else 2**9 - 1 for v, known in zip(solution, given, strict=True)]
        return Instance(self.model, tuple(domains)), tuple((solution + 1).tolist())


def nine(
    updates: int = 20_000, batch: int = 256, tested: int = 1024, hidden: int = 96, folder: Path = RESULTS
) -> dict[str, float]:
    """Train on 9x9 boards, from a checkpoint if there is one; boards right at 17 givens and 64 steps."""
    train, test = Nine(False, 17, batch), Nine(True, 0, 64)
    torch.manual_seed(0)
    solver = four.Solver(train.model, hidden, steps=32)
    start = time.perf_counter()
    fit(
        solver,
        train,
        four.loss,
        updates=updates,
        rate=2e-4,
        clip=1.0,
        precision="bfloat16" if torch.cuda.is_available() else "float32",
        checkpoint=folder / "relational_sudoku.9x9.safetensors",
    )
    seconds = time.perf_counter() - start
    solver.eval()
    with torch.no_grad():
        parts = [test(i, Generator().manual_seed(i)) for i in range(-(-tested // test.batch))]
        right = torch.cat([four.right(solver, part, 64) for part in parts])
    return {"boards": share(right), "tested": len(right), "seconds": seconds}
