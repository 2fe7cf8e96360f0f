"""The network that nesy brings, as a guide."""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch

import nesy
from graphs.checkpoint import load_checkpoint
from graphs.relational.slots import Settings
from graphs.relational.values import KIND
from nesy.errors import InputError
from nesy.solving.weights.permutation import Board, Curriculum, grid_class, train

HARD = "000000000000000001000002030000003020001040000005000060030000004070080009620007000"
SOLUTION = "953168742862734951417952836746893125281645397395271468138529674574386219629417583"


@pytest.fixture(scope="module")
def guide():
    return nesy.NetworkGuide.load()


def test_the_network_solves_a_board_alone_and_as_a_guide(guide):
    sudoku = nesy.puzzle("sudoku")
    instance = sudoku.instance("".join(digit if place % 2 else "0" for place, digit in enumerate(SOLUTION)))
    assert instance.verified(guide.propose([instance])[0])
    answer = nesy.solve(sudoku.instance(HARD), guide=guide)
    assert "".join(map(str, answer.values)) == SOLUTION
    assert 8 <= answer.neural_steps <= guide.steps


def test_other_puzzles_of_the_same_kind_of_rule(guide):
    square = nesy.puzzle("sudoku", k=2).instance({"cell[1, 1]": 3, "cell[2, 3]": 3})
    answer = nesy.solve(square, guide=guide)
    assert answer.status == "solved"
    assert all(abs(sum(map(math.exp, p)) - 1) < 1e-4 for p in guide([square])[0].preferences)


def test_the_course_goes_where_the_guide_does(guide):
    instance = nesy.puzzle("sudoku").instance(HARD)
    advice, course = guide([instance])[0], guide.course(instance)
    assert course.shape == (guide.steps, 729)
    last = torch.tensor([p for row in advice.preferences for p in row]).exp()
    assert torch.allclose(course[advice.steps - 1], last, atol=1e-5)


def test_several_models_in_one_call(guide):
    squares = [nesy.puzzle("sudoku", k=k).instance({}) for k in (2, 3, 2)]
    assert [len(advice.preferences) for advice in guide(squares)] == [16, 81, 16]
    assert [answer.status for answer in nesy.solve(squares, guide=guide)] == ["solved"] * 3


def test_rules_that_the_network_does_not_know(guide):
    puzzle = nesy.puzzle(text="%puzzle\nvar x[i in 1..3] : 1..5\nrule total: sum(x[i] for i in 1..3) = 7\n")
    with pytest.raises(InputError, match="the network knows permutation only, and the puzzle"):
        nesy.solve(puzzle.instance({}), guide=guide)


def test_files_that_hold_no_network(tmp_path):
    (tmp_path / "w").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="is no checkpoint"):
        nesy.NetworkGuide.load(tmp_path / "w")
    with pytest.raises(InputError, match="No such file"):
        nesy.NetworkGuide.load(tmp_path / "absent")


def transposed(solution: str) -> str:
    return "".join(solution[9 * r + c] for c in range(9) for r in range(9))


def test_symmetric_grids_are_of_one_class_and_others_are_not():
    renamed = SOLUTION.translate(str.maketrans("123456789", "714293865"))
    bands = SOLUTION[27:54] + SOLUTION[54:81] + SOLUTION[:27]
    lines = SOLUTION[9:18] + SOLUTION[:9] + SOLUTION[18:]
    for same in (renamed, bands, lines, transposed(SOLUTION), transposed(lines)):
        assert grid_class(same) == grid_class(SOLUTION)
    cyclic = "".join(str((3 * r + r // 3 + c) % 9 + 1) for r in range(9) for c in range(9))
    assert grid_class(cyclic) != grid_class(SOLUTION)


def test_the_script_trains_and_goes_on(tmp_path, capsys):
    boards = {SOLUTION.translate(str.maketrans("123456789", "123456789"[i:] + "123456789"[:i])) for i in range(3)}
    if all(Board(solution, solution).held_out for solution in boards):
        boards = {transposed(solution) for solution in boards}
    lines = ["puzzle,solution", *(f"{solution[:40]}{'0' * 41},{solution}" for solution in sorted(boards))]
    (tmp_path / "boards.csv").write_text("\n".join(lines), encoding="utf-8")
    threads = torch.get_num_threads()
    run = partial(train, str(tmp_path / "boards.csv"), Settings(2), Curriculum(2), every=1)
    made = run(tmp_path)
    first = made.read_bytes()
    assert "2/2 updates" in capsys.readouterr().out
    assert run(tmp_path).read_bytes() == first  # the run was over
    (tmp_path / "on").mkdir()
    on = run(tmp_path / "on", start=made, channels=36)
    torch.set_num_threads(threads)
    assert [nesy.NetworkGuide.load(path).network.hidden_channels for path in (made, on)] == [32, 36]
    runs = load_checkpoint(on, KIND)[0]["about"]["runs"]
    assert [run["hidden_channels"] for run in runs] == [32, 36]
