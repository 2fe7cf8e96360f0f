"""Train the network for puzzles of all-different rules, ``permutation.safetensors``, on sudoku with few givens.

    python -m nesy.solving.weights.permutation --data sudoku17_solved.csv.gz --updates 13500 --out one
    python -m nesy.solving.weights.permutation --data ... --start one/permutation.safetensors --updates 6000 \
        --rate 0.0015 --extra 0.5 0.5 --again 0.6 --seed 7 --out two           # more of what is hard
    python -m nesy.solving.weights.permutation --data ... --start two/permutation.safetensors --channels 48 \
        --updates 11000 --rate 0.0015 --extra 1 0.5 --again 0.6 --decay 0.998 --seed 11 --out three      # wider
    python -m nesy.solving.weights.permutation --data ... --start three/permutation.safetensors --channels 48 \
        --updates 1300 --rate 0.001 --extra 0.5 0.5 --easy 0.25 --again 0.6 --decay 0.995 --seed 12 --out four
    torchrun --nproc-per-node 2 -m nesy.solving.weights.permutation ...        # either in two processes

The data: lines ``puzzle,solution`` of 81 digits, 0 for a blank. A tenth of the solution grids, up to symmetry, is held
out and never trained on. An interrupted run goes on where it was; with other ``--updates`` its learning rate falls to
the end sooner or later (the first run of the file here was begun with 20,000, interrupted at 10,200 and ended with
13,500).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Generator

from graphs.checkpoint import load_checkpoint
from graphs.relational.slots import Settings, SlotTrainer
from graphs.relational.values import KIND, ValueNetwork
from nesy.puzzles.instance import Instance
from nesy.puzzles.puzzle import Puzzle
from nesy.solving.training import Extra, SolvedInstances, trainer

EASY = 300
"""Updates over which the easy beginning ends."""

HELD_OUT = 10
"""One class of grids in so many is held out."""


@dataclass(frozen=True, slots=True)
class Board:
    """A puzzle and its solution, 81 digits each."""

    puzzle: str
    solution: str

    @property
    def held_out(self) -> bool:
        """Whether the class of its solution belongs to the test."""
        digest = hashlib.sha256(repr(grid_class(self.solution)).encode()).hexdigest()
        return int(digest[:8], 16) % HELD_OUT == 0


def read_boards(path: str | os.PathLike[str]) -> list[Board]:
    """The boards of a CSV file with the columns puzzle and solution, gzipped or not."""
    opener = gzip.open if os.fspath(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as stream:
        return [Board(row["puzzle"], row["solution"]) for row in csv.DictReader(stream)]


def grid_class(solution: str) -> tuple[object, ...]:
    """The same for all grids that symmetries (digits, lines in bands, bands, transposition) turn into each other.

    The cycle lengths of the permutations of digits that lead from line to line; grids of different classes may share
    it, grids of one class never differ.
    """
    rows = [[int(digit) - 1 for digit in solution[9 * r : 9 * r + 9]] for r in range(9)]
    return tuple(sorted(_side(lines) for lines in (rows, [list(column) for column in zip(*rows, strict=True)])))


def _side(lines: list[list[int]]) -> tuple[object, ...]:
    bands = [lines[0:3], lines[3:6], lines[6:9]]
    within = [tuple(sorted(_cycles(band[a], band[b]) for a, b in ((0, 1), (0, 2), (1, 2)))) for band in bands]
    pairs = ((0, 1), (0, 2), (1, 2))
    across = [tuple(sorted(_cycles(x, y) for x in bands[a] for y in bands[b])) for a, b in pairs]
    return tuple(sorted(within)), tuple(sorted(across))


def _cycles(one: list[int], other: list[int]) -> tuple[int, ...]:
    """The cycle lengths of the permutation that takes each digit of a line to the digit at its place in another."""
    leads = dict(zip(one, other, strict=True))
    lengths = []
    while leads:
        digit, _ = next(iter(leads.items()))
        length = 0
        while digit in leads:
            digit, length = leads.pop(digit), length + 1
        lengths.append(length)
    return tuple(sorted(lengths))


@dataclass(frozen=True, slots=True)
class Curriculum:
    """How many variables are given on top of a puzzle's own: many at first, then few, in the end hardly any.

    Attributes:
        updates: of the training.
        mean: of the exponential distribution, at the beginning and at the end.
        easy: updates over which the easy beginning ends.
        remain: share of easy problems afterwards, lest they be forgotten.
        own: givens of the puzzles.
    """

    updates: int
    mean: tuple[float, float] = (5.0, 2.0)
    easy: int = EASY
    remain: float = 0.0
    own: int = 17

    def __call__(self, update: int, generator: Generator) -> int:
        """A number of additional givens."""
        first, last = self.mean
        mean = first + (last - first) * update / self.updates
        easy = max(self.remain, 1 - update / self.easy) if self.easy else self.remain
        if float(torch.rand(1, generator=generator)) < easy:
            return int(torch.randint(22, 46, (1,), generator=generator)) - self.own
        return min(34 - self.own, int(torch.empty(1).exponential_(1 / mean, generator=generator)))


def problems(puzzle: Puzzle, boards: Iterable[Board], extra: Extra) -> SolvedInstances:
    """The boards as training problems."""
    instances: list[Instance] = []
    solutions: list[Sequence[int]] = []
    for board in boards:
        instances.append(puzzle.instance(board.puzzle))
        solutions.append([int(digit) for digit in board.solution])
    return SolvedInstances(instances, solutions, extra)


def result(run: SlotTrainer) -> ValueNetwork:
    """The averaged network of a run."""
    network = ValueNetwork(run.network.in_channels, run.network.hidden_channels, run.network.relations)
    network.load_state_dict(run.averaged)
    return network


def train(
    data: str,
    settings: Settings,
    extra: Extra,
    out: Path,
    start: Path | None = None,
    channels: int = 32,
    every: int = 200,
) -> Path:
    """Train, or go on; print a line and save every so often; write the network.

    Args:
        data: CSV of puzzle,solution.
        extra: how many cells are given beside a puzzle's own.
        out: folder of the run.
        start: a network to begin with.
        channels: of the network; one to begin with is widened to them.

    Returns:
        The network's file.
    """
    torch.set_num_threads(1)
    if "RANK" in os.environ and not dist.is_initialized():
        dist.init_process_group("gloo")
    boards = [board for board in read_boards(data) if not board.held_out]
    run = trainer(problems(Puzzle.load("sudoku"), boards, extra), settings, hidden_channels=channels)
    if start is not None:
        run.begin_with(ValueNetwork.load(start).widened(channels))
    state = out / "permutation.state"
    if state.exists():
        run.resume(state)
    begin, loss = time.monotonic(), 0.0
    for step in run.run():
        loss += step.loss / every
        if step.update % every == 0:
            run.save(state)
            if run.rank == 0:
                line = f"{step.update}/{settings.updates} updates, {step.problems} problems here, loss {loss:.4f}"
                print(f"{time.monotonic() - begin:7.0f} s  {line}", flush=True)
            loss = 0.0
    made = out / "permutation.safetensors"
    if run.rank == 0:
        this = {**asdict(settings), "hidden_channels": channels}
        result(run).save(made, data=os.path.basename(data), boards=len(boards), runs=[*_runs(start), this])
    return made


def _runs(start: Path | None) -> list[dict[str, object]]:
    """How the network to begin with came to be."""
    return [] if start is None else list(load_checkpoint(start, KIND)[0]["about"]["runs"])


def main() -> None:
    """The command line of this script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", required=True, help="CSV of puzzle,solution")
    parser.add_argument("--updates", type=int, default=13_500)
    parser.add_argument("--start", type=Path, help="a network to begin with, not chance")
    parser.add_argument("--channels", type=int, default=32, help="a network to begin with is widened to them")
    parser.add_argument("--decay", type=float, default=0.99, help="of the moving average of the weights")
    parser.add_argument("--extra", type=float, nargs=2, default=(5.0, 2.0), help="mean of givens added, first and last")
    parser.add_argument("--easy", type=float, default=0.0, help="share of easy puzzles to the end")
    parser.add_argument("--rate", type=float, default=3e-3, help="peak learning rate")
    parser.add_argument("--again", type=float, default=0.0, help="share of unsolved puzzles that are begun again")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("."))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    settings = Settings(options.updates, rate=options.rate, again=options.again, decay=options.decay, seed=options.seed)
    extra = Curriculum(options.updates, tuple(options.extra), EASY if options.start is None else 0, options.easy)
    train(options.data, settings, extra, options.out, options.start, options.channels)


if __name__ == "__main__":
    main()
