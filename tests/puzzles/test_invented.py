"""Puzzles that nobody thought of when the language was made, written as a user would."""

from pathlib import Path

import pytest

import nesy
from nesy.puzzles.exact import count_solutions, solve

FOLDER = Path(__file__).parent / "invented"


def load(name, **parameters):
    return nesy.puzzle(FOLDER / f"{name}.nesy", **parameters)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.nesy")), ids=lambda path: path.stem)
def test_they_are_in_order(path):
    report = nesy.puzzle(path).check()
    assert report.ok
    assert not report.warnings


def test_magic_squares():
    assert count_solutions(load("magic_square").instance(), 100) == 8
    assert solve(load("magic_square", n=2).instance()).status == "unsatisfiable"


def test_send_more_money():
    answer = solve(load("send_more_money").instance(), unique=True)
    assert answer.unique
    assert answer.grid() == "95671082"


def test_the_zebra():
    answer = solve(load("zebra").instance(), unique=True)
    assert answer.unique
    assert (answer["house[Zebra]"], answer["house[Japanese]"], answer["house[Water]"]) == (5, 5, 1)


def test_killer_sudoku():
    killer = load("killer_sudoku")
    solution = "1234341221434321"
    cells = [(r, c) for r in range(1, 5) for c in range(1, 5)]
    value = dict(zip(cells, map(int, solution), strict=True))
    cages = [cells[0:2], cells[2:4] + cells[6:7], cells[4:6], *(cells[i : i + 2] for i in range(8, 16, 2))]
    given = {(sum(value[cell] for cell in cage), tuple(cage)) for cage in cages}
    instance = killer.instance(cages=given)
    assert count_solutions(instance, 100) >= 1
    assert instance.verified([int(digit) for digit in solution])
    assert {"Linear"} <= set(instance.model.kinds())


def test_seats_at_a_table():
    answer = solve(load("seating").instance(), unique=True)
    assert answer.unique
    assert [answer[f"seat[{guest}]"] for guest in ("Ann", "Bob", "Cid", "Dan", "Eve", "Fay")] == [1, 6, 4, 5, 3, 2]


SEQUENCES = {4: {(1, 2, 1, 0), (2, 0, 2, 0)}, 5: {(2, 1, 2, 0, 0)}, 7: {(3, 2, 1, 1, 0, 0, 0)}}


@pytest.mark.parametrize(("n", "sequences"), SEQUENCES.items())
def test_magic_sequences(n, sequences):
    """Rules that need helpers: a count that is compared with a variable."""
    puzzle = load("magic_sequence", n=n)
    assert count_solutions(puzzle.instance(), 10) == len(sequences)
    answer = solve(puzzle.instance())
    assert tuple(map(int, answer.grid())) in sequences


def test_jobs():
    answer = solve(load("jobs").instance())
    assert answer["start[Cut]"] < answer["start[Drill]"] < answer["start[Paint]"] < answer["start[Pack]"]


def test_helpers_have_the_names_of_what_they_stand_for():
    model = load("magic_sequence", n=7).model()
    helpers = [array.name for array in model.arrays if array.hidden]
    assert helpers[:2] == ["count(x[0] = 0)", "count(x[1] = 0)"], helpers[:3]
    assert len(model.domains) == 7 + len(helpers)
    assert "count(x[1] = 0)" not in solve(load("magic_sequence", n=4).instance()).grid()
