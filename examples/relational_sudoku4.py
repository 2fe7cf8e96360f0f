"""A recurrent relational network learns 4x4 sudoku, on one kind of grid, and is tested on the other.

    python examples/relational_sudoku4.py [--updates 400] [--seed 0] [--checkpoint run.safetensors]

The cells are the nodes, edges join cells that share a rule; nothing else is said about the rules. Up to symmetry (rows,
columns, boxes, transposition, digits) there are two 4x4 grids, which stand for 192 and for 96: boards of the first kind
are trained on, boards of the second are the test. Less than a minute of one core; `--checkpoint` lets a run go on.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import networkx as nx
import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

import nesy
from graphs import RecurrentRelationalNetwork, fit
from graphs.relational.copies import copies
from nesy.puzzles.exact import solver
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import Model
from nesy.solving import cells

STEPS, BATCH, RATE = 8, 32, 2e-3
Board = tuple[Instance, tuple[int, ...]]
"""A puzzle with one solution, and that solution."""


class Boards:
    """Random boards over some grids.

    Args:
        model: of the puzzle.
        grids: (g, n) positions of the values of all its solutions.
        chosen: rows of `grids` that boards are made of.
        givens: how many a board has at least (drawn from here; more where it would have two solutions), and at most.
    """

    def __init__(
        self, model: Model, grids: np.ndarray, chosen: Sequence[int], givens: tuple[int, int] = (4, 10)
    ) -> None:
        self.model, self.grids, self.chosen, self.givens = model, grids, chosen, givens

    def draw(self, dice: np.random.Generator) -> Board:
        """Take cells away in random order as long as the solution stays the only one."""
        grid = self.grids[dice.choice(self.chosen)]
        given, wanted = np.ones(len(grid), bool), dice.integers(*self.givens, endpoint=True)
        for cell in dice.permutation(len(grid)):
            if given.sum() > wanted:
                given[cell] = False
                given[cell] = (self.grids[:, given] == grid[given]).all(1).sum() > 1
        domains = tuple(
            1 << int(value) if known else full for value, known, full in zip(grid, given, self.model.full, strict=True)
        )
        values = tuple(domain[i] for domain, i in zip(self.model.domains, grid, strict=True))
        return Instance(self.model, domains), values

    def __call__(self, update: int, generator: Generator) -> list[Board]:
        """A batch for `graphs.fit`."""
        dice = np.random.default_rng(generator.initial_seed())
        return [self.draw(dice) for _ in range(BATCH)]


def kinds(grids: np.ndarray) -> list[list[int]]:
    """The 4x4 grids in classes that rows, columns, boxes, transposition and digits cannot tell apart; largest first."""
    square, digits = grids.reshape(-1, 4, 4), np.array([1, 0, 2, 3])
    moves = [
        square[:, [1, 0, 2, 3]],
        square[:, [2, 3, 0, 1]],
        square.transpose(0, 2, 1),
        digits[square],
        (square + 1) % 4,
    ]
    number = {tuple(grid): i for i, grid in enumerate(grids.tolist())}
    same = nx.Graph()
    for move in moves:
        same.add_edges_from((i, number[tuple(grid)]) for i, grid in enumerate(move.reshape(-1, 16).tolist()))
    return sorted(map(sorted, nx.connected_components(same)), key=len, reverse=True)


class Solver(nn.Module):
    """The network with its graph: boards in, logits of every cell after every step out."""

    def __init__(self, model: Model, hidden_channels: int = 48, steps: int = STEPS) -> None:
        super().__init__()
        self.cells, values = len(model.domains), max(map(len, model.domains))
        self.edge_index, _ = cells.graph(model)
        self.network = RecurrentRelationalNetwork(values, hidden_channels, values, steps)

    def forward(self, x: Tensor, steps: int | None = None) -> Tensor:
        """(b * n, values) -> (steps, b * n, values)."""
        return self.network(x, copies(self.edge_index.to(x.device), self.cells, len(x) // self.cells), steps=steps)


def loss(solver: nn.Module, boards: Sequence[Board], device: torch.device) -> Tensor:
    """Mean over cells and steps."""
    instances, solutions = zip(*boards, strict=True)
    logits = solver(cells.inputs(instances).to(device))
    wanted = cells.targets(instances[0].model, solutions).to(device)
    return cross_entropy(logits.flatten(0, 1), wanted.repeat(len(logits)))


def right(solver: Solver, boards: Sequence[Board], steps: int = 2 * STEPS) -> Tensor:
    """(b, n): which cells hold their value after the last step."""
    instances, solutions = zip(*boards, strict=True)
    device = next(solver.parameters()).device
    found = solver(cells.inputs(instances).to(device), steps)[-1].argmax(1).cpu()
    return (found == cells.targets(instances[0].model, solutions)).view(len(boards), -1)


def falling(updates: int) -> Callable[[int], float]:
    """The learning rate: up over 30 updates, then down by a cosine."""
    return lambda update: (
        RATE * min(1, (update + 1) / 30) * (0.03 + 0.97 * (1 + math.cos(math.pi * update / updates)) / 2)
    )


def data(model: Model) -> tuple[Boards, Boards]:
    """For training and for the test: boards of the one kind and of the other."""
    grids = np.array(solver(model).search(model.full, limit=1000).solutions)
    train, test = kinds(grids)
    return Boards(model, grids, train), Boards(model, grids, test)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train on one kind of 4x4 sudoku, test on the other.")
    parser.add_argument("--updates", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path)
    chosen = parser.parse_args(arguments)
    model = nesy.puzzle("sudoku", k=2).model()
    train, test = data(model)
    dice = np.random.default_rng((chosen.seed, 1))
    held_out = [test.draw(dice) for _ in range(256)]

    def evaluate(solver: nn.Module) -> dict[str, float]:
        found = right(solver, held_out)
        return {"cells": float(found.float().mean()), "boards": float(found.all(1).float().mean())}

    torch.manual_seed(chosen.seed)
    network = Solver(model)
    fit(
        network,
        train,
        loss,
        updates=chosen.updates,
        rate=falling(chosen.updates),
        clip=1.0,
        seed=chosen.seed,
        evaluate=evaluate,
        every=25,
        checkpoint=chosen.checkpoint,
    )
    print(f"trained on {len(train.chosen)} grids, tested on boards of {len(test.chosen)} others")
    print(f"boards right: {100 * evaluate(network.eval())['boards']:.1f}% of {len(held_out)}")


if __name__ == "__main__":
    main()
