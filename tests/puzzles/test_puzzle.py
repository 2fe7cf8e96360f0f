"""Puzzles as a user has them: loading, parameters, instances in every form, text of answers."""

import json
import pickle
import random

import networkx
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nesy
from nesy.errors import InputError
from nesy.lang.shipped import shipped
from nesy.puzzles.boards import grid_text, show_values
from nesy.puzzles.exact import count_solutions, solve
from nesy.puzzles.model import AllDifferent, Count, Linear, Product, Table
from nesy.puzzles.show import show, show_instance

EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
DONE = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
SMALL = "1... .... ...2 3.1."
CAGES = """\
n = 3
cages = {("-", 1, {(1, 1), (1, 2)}), ("=", 3, {(1, 3)}), ("+", 6, {(2, 1), (3, 1), (3, 2)}),
         ("*", 3, {(2, 2), (2, 3)}), ("=", 2, {(3, 3)})}
"""


@pytest.fixture(scope="module")
def sudoku():
    return nesy.puzzle("sudoku")


@pytest.fixture(scope="module")
def small():
    return nesy.puzzle("sudoku", k=2)


def test_the_sudoku_of_the_design(sudoku, small):
    model = sudoku.model()
    assert model.kinds() == {"AllDifferent": 27}
    assert [rule.label for rule in model.rules][::9] == ["row[1]", "col[1]", "box[0, 0]"]
    assert all(len(set(rule.constraint.scope)) == 9 for rule in model.rules)
    answer = nesy.solve(sudoku.instance(EASY), unique=True)
    assert (answer.status, answer.unique, answer.grid()) == ("solved", True, DONE)
    assert answer["cell[1, 3]"] == 4
    assert (len(small.model().domains), len(small.model().rules)) == (16, 12)
    assert nesy.puzzle("sudoku", k=5).model().kinds() == {"AllDifferent": 75}


@pytest.mark.parametrize(
    "form", ["words", "nested", "array", "cells", "indices", "named", "json", "rows", "lines", "singly"]
)
def test_every_form_of_the_givens_is_the_same_instance(small, form):
    rows = [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2], [3, 0, 1, 0]]
    cells = {(r + 1, c + 1): value for r, row in enumerate(rows) for c, value in enumerate(row) if value}
    forms = {
        "singly": "\n".join(f"cell[{r}, {c}] = {value}" for (r, c), value in cells.items()),
        "words": "1 . . .\n. . _ .\n. ? . 2\n3 0 1 .",
        "nested": rows,
        "array": numpy.array(rows),
        "cells": {f"cell[{r}, {c}]": value for (r, c), value in cells.items()},
        "indices": cells,
        "named": {"cell": cells},
        "json": json.dumps({"cell": rows}),
        "rows": ["1...", "....", "...2", "3.1."],
        "lines": "+--+--+\n|1.|..|\n|..|..|\n+--+--+\n|..|.2|\n|3.|1.|\n+--+--+\n",
    }
    assert small.instance(forms[form]).domains == small.instance(SMALL).domains


def test_many_instances_in_every_form(small, tmp_path):
    boards = [SMALL, "2...............", "................"]
    packed = [board.replace(" ", "") for board in boards]
    texts = {
        "one a line": "# three\n" + "\n".join(packed),
        "words a line": "\n".join(" ".join(board) for board in packed),
        "blank lines": "\n\n".join("\n".join(board[i : i + 4] for i in (0, 4, 8, 12)) for board in packed),
        "columns": "name,puzzle\n" + "".join(f"x,{board}\n" for board in packed),
        "json": json.dumps(packed),
        "objects": json.dumps([{"cell": board} for board in packed]),
        "object a line": "\n".join(json.dumps({"cell": board}) for board in packed),
        "assignments": "\n---\n".join(f"cell = {board}" for board in packed),
    }
    wanted = [small.instance(board).domains for board in boards]
    for name, text in texts.items():
        path = tmp_path / "boards"
        path.write_text(text + "\n", encoding="utf-8")
        assert [instance.domains for instance in small.instances(text)] == wanted, name
        found = list(small.instances(path))
        assert [instance.domains for instance in found] == wanted, name
        assert all(instance.source.startswith(str(path)) for instance in found), name


@given(st.data())
def test_a_board_that_is_shown_is_read_again(data):
    """Of answers and of instances, for domains of one and of several characters."""
    n = data.draw(st.integers(1, 4))
    names = data.draw(st.sampled_from(["1..n", "0..n", "8..n + 12", "{Red, Green, B1, X}", "{-1, 0, A}"]))
    text = f"%puzzle\nlet n = {n}\nvar x[r in 1..n, c in 1..n] : {names}\nrule r: all_different(x[1, c] for c in 1..n)"
    puzzle = nesy.puzzle(text=text)
    model = puzzle.model()
    values = [data.draw(st.sampled_from(domain)) for domain in model.domains]
    instance = puzzle.instance({"x": dict(zip(model.arrays[0].variables, values, strict=True))})
    for shown in (show_values(model, values), grid_text(model, values)):
        again = puzzle.instance({"x": shown})
        # a 0 that is a value is a value, and so the masks agree
        assert again.domains == instance.domains
    hidden = data.draw(st.sets(st.integers(0, n * n - 1)))
    part = {index: values[v] for index, v in model.arrays[0].variables.items() if v not in hidden}
    instance = puzzle.instance({"x": part})
    assert puzzle.instance({"x": show_instance(instance)}).domains == instance.domains


def test_blocks_are_seen_in_the_rules(sudoku, small):
    assert show(solve(small.instance(SMALL))) == "1 4 | 2 3\n2 3 | 4 1\n----+----\n4 1 | 3 2\n3 2 | 1 4"
    assert show(solve(nesy.puzzle("latin_square", n=2).instance({(1, 1): 1}))) == "1 2\n2 1"
    assert show_instance(sudoku.instance(EASY)).splitlines()[3] == "------+-------+------"


def test_letters_go_on_after_nine():
    large = nesy.puzzle("sudoku", k=4)
    board = "".join(random.Random(0).choice("....123456789ABCDEFG") for _ in range(256))
    givens = large.instance(board).givens
    assert {cell: "." if sign == "." else int(sign, 36) for cell, sign in enumerate(board) if sign != "."} == givens


def test_graphs_of_networkx():
    graph = networkx.petersen_graph()
    graph.add_node("alone")
    colouring = nesy.puzzle("graph_colouring")
    answer = solve(colouring.instance(edges=graph))
    assert answer.status == "solved"
    assert len(answer.values) == 11
    assert all(answer[f"colour[{a}]"] != answer[f"colour[{b}]"] for a, b in graph.edges)
    two = colouring.set(colours={"Red", "Green"}).instance(edges=graph)
    assert solve(two).status == "unsatisfiable"
    grid = networkx.grid_2d_graph(2, 2)
    assert solve(colouring.instance(edges=grid))["colour[0, 1]"] in ("Red", "Green", "Blue")


def test_edge_lists():
    colouring = nesy.puzzle("graph_colouring")
    (instance,) = colouring.instances("1 2 {'weight': 3}\n2 3\n7\n")
    assert instance.model.names == ("colour[1]", "colour[2]", "colour[3]", "colour[7]")
    assert [rule.label for rule in instance.model.rules] == ["edge[1, 2]", "edge[2, 3]"]


@pytest.mark.parametrize(("n", "count"), [(4, 2), (5, 10), (6, 4), (7, 40), (8, 92)])
def test_queens(n, count):
    assert count_solutions(nesy.puzzle("queens", n=n).instance(), 1000) == count


def test_the_other_shipped_puzzles():
    kenken = solve(nesy.puzzle("kenken").instance(CAGES), unique=True)
    assert (kenken.unique, kenken.grid()) == (True, "123231312")
    kinds = kenken.instance.model.kinds()
    assert kinds["Linear"] == 1
    assert kinds["Table"] == 4
    division = {"n": 4, "cages": [["/", 2, [[1, 1], [1, 2]]], ["*", 24, [[2, 1], [2, 2], [2, 3]]]]}
    model = nesy.puzzle("kenken").instance(division).model
    assert {len(rule.constraint.rows) for rule in model.rules if isinstance(rule.constraint, Table)} == {4}
    assert [rule.constraint.bound for rule in model.rules if isinstance(rule.constraint, Product)] == [24]
    source = nesy.puzzle("futoshiki").source
    lines = [line.removeprefix("#     ") for line in source.splitlines() if line.startswith("#     ")]
    futoshiki = solve(nesy.puzzle("futoshiki").instance("\n".join(lines)), unique=True)
    assert (futoshiki.unique, futoshiki.grid()) == (True, "4312123421433421")
    timetable = solve(nesy.puzzle("timetable").instance())
    assert timetable["room[Logic]"] == "Hall"
    assert timetable["time[Algebra]"] not in ("Mon1", timetable["time[Logic]"])


@pytest.mark.parametrize("name", shipped("puzzles"))
def test_shipped_puzzles_are_in_order(name):
    report = nesy.puzzle(name).check()
    assert report.ok
    assert not report.warnings


def test_a_rule_takes_the_kind_that_says_it():
    text = """%puzzle
var x[i in 1..5] : 0..4
rule a: all_different(x[i] + i for i in 1..5)
rule b: x[1] != x[2]
rule c: 2 * x[1] + x[2] - x[3] < 4
rule d: x[1] * x[2] * x[3] = 12
rule e: at_most(2, x[i] in {1, 2} for i in 1..5)
rule f: x[1] = 3 or x[2] = 3 or x[3] = 3
rule g: x[x[1] + 1] = x[5]
rule h: (x[1], x[2]) not in {(1, 2), (2, 1)}
rule i: |x[1] - x[2]| = 1
rule j: x[1] < 4 and x[2] > 0
"""
    found = {}
    for rule in nesy.puzzle(text=text).model().rules:
        found.setdefault(rule.label, []).append(rule.constraint)
    assert found["a"] == [AllDifferent((0, 1, 2, 3, 4), (1, 2, 3, 4, 5))]
    assert found["b"] == [AllDifferent((0, 1))]
    assert found["c"] == [Linear((0, 1, 2), (2, 1, -1), "<=", 3)]
    assert found["d"] == [Product((0, 1, 2), "=", 12)]
    assert found["e"] == [Count((0, 1, 2, 3, 4), frozenset({1, 2}), "<=", 2)]
    assert found["f"] == [Count((0, 1, 2), frozenset({3}), ">=", 1)]
    assert found["h"] == [Table((0, 1), frozenset({(1, 2), (2, 1)}), negated=True)]
    assert len(found["i"][0].rows) == 8
    assert [type(constraint).__name__ for constraint in found["j"]] == ["Table", "Table"]
    elements = nesy.puzzle(text="%puzzle\nvar x[i in 1..3] : 1..3\nvar i : 1..3\nvar v : 1..3\nrule r: x[i] = v")
    assert elements.model().kinds() == {"Element": 1}


def test_parameters():
    puzzle = nesy.puzzle(text="%puzzle\nlet k = 2\nlet n = k * k\nvar x[i in 1..n] : 1..n\nrule r: all_different(x)")
    assert puzzle.parameters == {"k": 2, "n": 4}
    assert puzzle.set(k=3).parameters == {"k": 3, "n": 9}
    assert puzzle.set(n=5).parameters == {"k": 2, "n": 5}
    assert pickle.loads(pickle.dumps(puzzle.set(k=3))).parameters == {"k": 3, "n": 9}
    assert puzzle.model() is puzzle.model()
    with pytest.raises(InputError, match="there is no parameter m; expected one of k, n"):
        puzzle.set(m=2)
    with pytest.raises(InputError, match=r"k holds a float: 2\.5"):
        puzzle.set(k=2.5)


GIVENS = [
    ("12", "2 cells; expected the 16 of cell .4 rows of 4."),
    ("1...\n...\n....\n....", "row 2 has 3 cells; expected 4"),
    ("1..x............", r"cell\[1, 4\] is x; expected 1..4, or . for a blank"),
    ({"cell[5, 1]": 1}, r"there is no cell\[5, 1\]; expected 1..4 and 1..4"),
    ({(1, 1): 7}, r"cell\[1, 1\] is 7; expected 1..4"),
    ({"cel": 3}, "there is no cel; expected cell; did you mean cell"),
    ({"cell[1, 1]": 1, (1, 1): 2}, r"cell\[1, 1\] is given twice"),
    ({(1, 1): 1.5}, "a cell holds a float"),
    ({(1, 1): [1]}, r"a cell holds \(1\)"),
    ([[1, 2], [3]], "3 cells; expected the 16"),
    (7, "givens that are a int"),
    ("", "no instance"),
    ("{", "no JSON"),
    ("cell = 1\ncell = 2", "cell is assigned twice"),
    (" ".join(["10", *"." * 80]), "81 cells;.* such a board has k=3: set that"),
    ("." * 81, "81 cells; expected the 16 of cell .4 rows of 4.; such a board has k=3: set that"),
]


@pytest.mark.parametrize(("givens", "message"), GIVENS, ids=[str(row[0])[:20] for row in GIVENS])
def test_bad_givens(small, givens, message):
    with pytest.raises(InputError, match=message):
        small.instance(givens)


def test_bad_givens_of_a_file_have_a_place(small, tmp_path):
    path = tmp_path / "boards.txt"
    path.write_text("# boards\n................\n\n1 . . .\n. . . .\n. . 9 .\n. . . .\n", encoding="utf-8")
    first, second = small.drafts(path)
    small.instance(first.given)
    with pytest.raises(InputError) as caught:
        small.instance(second.given, source=second.source)
    assert (caught.value.file, caught.value.line, caught.value.column) == (str(path), 6, 5)
    with pytest.raises(InputError, match="cages is not given"):
        nesy.puzzle("kenken").instance("n = 3\ncell = 123231312")


def test_the_check_of_a_puzzle():
    text = """%puzzle
let unused = 3
var x[i in 1..3] : {Red, Green}
var y : 1..2
rule r[i in 1..3, j in 1..2]: x[i] != Rde
rule none[i in 1..3 where i > 5]: x[i] = Red
rule bad: x[1] != x[2] and x[2] != x[3] and x[1] != x[3]
"""
    report = nesy.puzzle("f.nesy", text=text).check()
    said = str(report)
    assert not report.ok
    for line in (
        "f.nesy:2: warning: unused is not used",
        "f.nesy:4: warning: y is not used",
        "f.nesy:5: warning: the rule r does not use its index j",
        "f.nesy:5: warning: Rde is neither a value nor an index of any variable",
        "f.nesy:6: warning: the rule none says nothing here",
        "warning: 1 variable without a rule: y",
        "error: no assignment keeps to all rules",
        "note: 4 variables with 8 values",
        "note: 3 rules: 3 all different",
    ):
        assert line in said
