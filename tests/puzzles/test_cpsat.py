"""Two solvers that share nothing agree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from nesy.puzzles.exact import solve
from nesy.puzzles.generate import generate
from tests.puzzles.models import brute_force, fixed, queens, sudoku
from tests.puzzles.test_exact import instances

pytest.importorskip("ortools", reason="CP-SAT is not installed (the extra cpsat)")

from nesy.puzzles import cpsat


@given(instances())
@settings(max_examples=100)
def test_the_same_solutions(of):
    found = cpsat.search(of, limit=10**6)
    assert found.complete
    assert set(found.solutions) == brute_force(of)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_answers(seed):
    of = generate(sudoku(3), seed=seed, holes=54)
    ours, theirs = solve(of, unique=True), cpsat.solve(of, unique=True)
    assert theirs.status == "solved"
    assert ours.unique == theirs.unique
    assert cpsat.solve(fixed(queens(3), {})).status == "unsatisfiable"
