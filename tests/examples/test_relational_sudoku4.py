"""The example of 4x4 sudoku learns, and keeps its two kinds of grids apart."""

import numpy as np

import nesy
from examples import relational_sudoku4 as example
from nesy.puzzles.exact import count_solutions


def test_boards():
    train, test = example.data(nesy.puzzle("sudoku", k=2).model())
    assert (len(train.chosen), len(test.chosen)) == (192, 96)
    assert not set(train.chosen) & set(test.chosen)
    dice = np.random.default_rng(0)
    for instance, solution in (test.draw(dice) for _ in range(20)):
        assert count_solutions(instance, 2) == 1
        assert instance.verified(solution)
        assert 4 <= len(instance.givens) <= 11


def test_it_learns(capsys):
    example.main(["--updates", "100"])
    printed = capsys.readouterr()
    assert "trained on 192 grids, tested on boards of 96 others" in printed.out
    last = [line for line in printed.err.splitlines() if line.startswith("100/100")]
    assert float(last[0].split("cells")[1].split()[0]) > 0.7
