"""Deductions follow from what stands before them, and lead to the solution."""

from __future__ import annotations

from hypothesis import given

from nesy.puzzles.deduce import deductions
from nesy.puzzles.exact import solve
from nesy.puzzles.model import AllDifferent, Linear
from tests.puzzles.models import brute_force, fixed, grid, model, sudoku
from tests.puzzles.test_exact import instances

EASY = "530070000600195000098000060800060003400803001700020006060000280000419005000080079"
HARD = "400030000000600800000000001000050090080000600070200000000102700503000040900000000"


def replay(of, solutions):
    """Follow the steps; each has to agree with every solution that its suppositions leave. Gives what is left."""
    levels = [set(solutions)]
    for step in deductions(of):
        domains = of.model.domains
        while len(levels) > step.depth + 1:
            levels.pop()
        if step.kind == "contradiction":
            assert not levels[-1], step.text
            continue
        kept = {
            row
            for row in levels[-1]
            if (step.assigned is None or domains[step.assigned[0]][row[step.assigned[0]]] == step.assigned[1])
            and all(domains[variable][row[variable]] != value for variable, value in step.removed)
        }
        if step.kind == "supposition":
            levels.append(kept)
        else:
            assert kept == levels[-1], step.text
    return levels[-1]


@given(instances())
def test_they_replay_to_a_solution(of):
    solutions = brute_force(of)
    assert len(replay(of, solutions)) == (1 if solutions else 0)


def test_sudokus():
    for text in (EASY, HARD):
        of = grid(sudoku(3), text)
        answer = solve(of)
        positions = tuple(domain.index(v) for domain, v in zip(of.model.domains, answer.values, strict=True))
        assert replay(of, {positions}) == {positions}
    steps = [step.text for step in deductions(grid(sudoku(3), EASY))]
    assert steps[0] == "cell[3, 7] = 5: the only place for 5 in row[2]"
    steps = [step.text for step in deductions(grid(sudoku(3), HARD))]
    assert "suppose cell[4, 4] = 3" in steps
    assert "so cell[4, 4] is not 3" in steps


def test_other_rules():
    x = model(
        [(1, 2, 3)] * 3, [AllDifferent((0, 1, 2)), Linear((0, 1), (1, -1), "<=", -1), Linear((1, 2), (1, -1), "<=", -1)]
    )
    assert [step.text for step in deductions(fixed(x, {}))] == [
        "x[0] is not 3: r[1] excludes 3",
        "x[1] is not 1: r[1] excludes 1",
        "x[1] = 2: r[2] excludes 3",
        "x[2] = 3: the only place for 3 in r[0]",
        "x[0] = 1: the only place for 1 in r[0]",
    ]


def test_a_contradiction_is_the_last_step():
    steps = list(deductions(grid(sudoku(2), "11" + "0" * 14)))
    assert [step.text for step in steps] == ["contradiction: cell[1, 1] and cell[1, 2] cannot be 1 in row[0]"]
