"""Generated instances have the solution that they were made from."""

from __future__ import annotations

import pytest

from nesy.errors import InputError
from nesy.puzzles.exact import solve
from nesy.puzzles.generate import generate
from tests.puzzles.models import queens, sudoku


@pytest.mark.parametrize("k", [2, 3])
def test_unique_ones_have_one_solution(k):
    for seed in range(3):
        of = generate(sudoku(k), seed=seed, holes=k**4, unique=True)
        assert solve(of, unique=True).unique
        assert of.domains == generate(sudoku(k), seed=seed, holes=k**4, unique=True).domains
        for variable in of.givens:  # nothing is given that the rest determines
            domains = list(of.domains)
            domains[variable] = of.model.full[variable]
            assert not solve(type(of)(of.model, tuple(domains)), unique=True).unique


def test_holes():
    of = generate(sudoku(4), seed=1, holes=128)
    assert len(of.givens) == 128
    assert solve(of).status == "solved"
    assert of.domains != generate(sudoku(4), seed=2, holes=128).domains


def test_what_cannot_be():
    with pytest.raises(InputError, match="no solution"):
        generate(queens(3), seed=0, holes=0)
    with pytest.raises(InputError, match="0 to 16"):
        generate(sudoku(2), seed=0, holes=17)
