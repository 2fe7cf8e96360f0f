"""Train a network on a puzzle of your own, and let it guide exact search.

    python examples/train_guide.py              about a minute on one core

The puzzle: Latin squares in which both diagonals hold each number once too. Squares come from the exact solver itself.
The network learns which values look right; the solver tries these first, and proves what it answers.
"""

from __future__ import annotations

import sys
import time

import torch

import nesy
from graphs.relational.slots import Settings
from graphs.relational.values import ValueNetwork
from nesy.puzzles.generate import generate
from nesy.solving.network import NetworkGuide
from nesy.solving.training import SolvedInstances, trainer

PUZZLE = """%puzzle
let n = 8
var cell[r in 1..n, c in 1..n] : 1..n
rule row[r in 1..n]: all_different(cell[r, c] for c in 1..n)
rule col[c in 1..n]: all_different(cell[r, c] for r in 1..n)
rule falling: all_different(cell[i, i] for i in 1..n)
rule rising: all_different(cell[i, n + 1 - i] for i in 1..n)
"""
HOLES = 44


def main(updates: int = 300, boards: int = 150, tests: int = 50) -> None:
    model = nesy.puzzle(text=PUZZLE).model()
    train = [generate(model, seed=seed, holes=HOLES, unique=True) for seed in range(boards)]
    test = [generate(model, seed=-1 - seed, holes=HOLES, unique=True) for seed in range(tests)]
    solutions = [answer.values for answer in nesy.solve(train)]

    def easier(update: int, generator: torch.Generator) -> int:
        """How many cells are given beside the instance's own: fewer and fewer."""
        return int(torch.randint(max(1, 20 - 30 * update // updates), (1,), generator=generator))

    run = trainer(SolvedInstances(train, solutions, easier), Settings(updates), hidden_channels=16)
    begin = time.monotonic()
    for step in run.run():
        if step.update % 50 == 0:
            print(f"{time.monotonic() - begin:4.0f} s  update {step.update}: loss {step.loss:.3f}")
    network = ValueNetwork(run.network.in_channels, run.network.hidden_channels, run.network.relations)
    network.load_state_dict(run.averaged)

    for name, guide in (("plain search", None), ("guided", NetworkGuide(network))):
        answers = nesy.solve(test, guide=guide)
        solved = sum(answer.status == "solved" for answer in answers)
        nodes = sum(answer.nodes for answer in answers) / tests
        print(f"{name:12}  {solved}/{tests} solved and verified, {nodes:.1f} assignments on average")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
