"""Sudokus: every one of order 2 by brute force, and samples of published sets."""

from __future__ import annotations

import csv
import gzip
import os
import random
from itertools import permutations
from pathlib import Path

import pytest

from nesy.puzzles.exact import count_solutions, solve, solver
from tests.puzzles.models import fixed, grid, sudoku

DATA = Path(os.environ.get("NESY_DATA", Path(__file__).parents[3] / "shared" / "data")) / "sudoku"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"needs the sudokus of {DATA}")


def rows(name: str, step: int):
    with gzip.open(DATA / name, "rt") as lines:
        return list(csv.reader(lines))[1::step]


def all_grids():
    """Every filled grid of order 2, by trying rows."""
    found = [()]
    for row in range(4):
        found = [
            (*grid, *line)
            for grid in found
            for line in permutations(range(1, 5))
            if all(line[c] != grid[4 * r + c] for r in range(row) for c in range(4))
            and (
                row % 2 == 0 or all({line[c], line[c + 1]}.isdisjoint(grid[-4 + c : len(grid) - 2 + c]) for c in (0, 2))
            )
        ]
    return found


def test_order_two_by_brute_force():
    grids = all_grids()
    assert len(grids) == 288  # published
    of = sudoku(2)
    chance = random.Random(0)
    for _ in range(200):
        givens = {cell: chance.randint(1, 4) for cell in chance.sample(range(16), chance.randint(0, 8))}
        expected = {filled for filled in grids if all(filled[cell] == value for cell, value in givens.items())}
        for propagation in ("full", "weak"):
            found = solver(of, propagation).search(fixed(of, givens).domains, limit=300)
            assert found.complete
            assert {tuple(place + 1 for place in row) for row in found.solutions} == expected


@needs_data
def test_seventeen_givens():
    of = sudoku(3)
    for puzzle, solution in rows("sudoku17_solved.csv.gz", 200):
        answer = solve(grid(of, puzzle), unique=True)
        assert answer.status == "solved"
        assert answer.unique
        assert "".join(map(str, answer.values)) == solution


@needs_data
def test_numbers_of_solutions():
    small = [(puzzle, int(count)) for puzzle, count in rows("multi_solution_10k.csv.gz", 200) if int(count) < 200]
    assert len(small) > 10
    for puzzle, count in small:
        of = grid(sudoku(3), puzzle)
        assert count_solutions(of, 1000) == count
        answer = solve(of, unique=True)
        assert answer.unique is False
        assert answer.other != answer.values


def test_budgets():
    of = grid(sudoku(3), "." * 81)
    assert solve(of, max_nodes=0).status == "unknown"
    assert solve(of, max_seconds=0).status == "unknown"
    assert solver(of.model).search(of.domains, limit=50, max_nodes=100).nodes <= 100
    assert not solver(of.model, "weak").search(of.domains, max_fails=1).complete
