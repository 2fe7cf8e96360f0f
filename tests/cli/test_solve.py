"""`nesy solve` and `nesy check` on puzzles, as a user runs them."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.cli.conftest import ROOT

EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
DONE = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
TWO = "let k = 3\nvar x : 1..2\nvar y : 1..2\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["sudoku", EASY], 0, "5 3 4 | 6 7 8 | 9 1 2\n", ),
        (["sudoku", EASY], 0, "solved: the only solution ("),
        (["sudoku", EASY, "--unique"], 0, "the only solution"),
        (["sudoku", *[EASY[i : i + 9] for i in range(0, 81, 9)]], 0, "the only solution"),
        (["sudoku", "1...............", "--set", "k=2"], 0, "solved, but not the only solution: another one has cell["),
        (["sudoku", "1...............", "--set", "k=2", "--unique"], 1, "solved, but not the only solution"),
        (["sudoku", "11..............", "--set", "k=2"], 1, "unsatisfiable"),
        (["sudoku", "11..............", "--set", "k=2", "--why"], 1, "  given: cell[1, 1] = 1, cell[1, 2] = 1\n"),
        (["sudoku", "1......4..2.....", "--set", "k=2", "--steps"], 0, "  1. cell["),
        (["sudoku", "--count", "1...............", "--set", "k=2"], 0, "72 solutions\n"),
        (["sudoku", "1...............", "--set", "k=2", "--count", "10"], 0, "at least 10 solutions\n"),
        (["sudoku", "11..............", "--set", "k=2", "--count"], 1, "0 solutions\n"),
        (["sudoku", "--guide", EASY], 0, " steps of the network, "),
        (["queens", "--set", "n=6", "--count"], 0, "4 solutions\n"),
        (["queens", "--set", "n=3", "--why"], 1, "rising: queen[1] + 1, queen[2] + 2, queen[3] + 3 are all different"),
        (["queens", "--set", "n=40", "--nodes", "1"], 1, "unknown: the budget of 1 nodes or 60 s was spent"),
        (["graph_colouring", "--set", "edges={(A, B), (B, C)}"], 0, "A = Red\nB = Green\nC = Red\n"),
    ],
)  # fmt: skip
def test_one_instance(nesy, arguments, code, said):
    done = nesy("solve", *arguments)
    assert (done.returncode, done.stderr) == (code, "")
    assert said in done.stdout


def test_a_guide_that_does_not_know_the_rules(nesy):
    done = nesy("solve", "graph_colouring", "--guide", "--set", "edges={(A, B), (B, C)}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the network knows permutation only" in done.stderr


@pytest.mark.parametrize("source", ["boards.txt", "-", "boards.json"])
def test_many_instances(nesy, source):
    boards = [EASY, "." * 81, "11" + "." * 79]
    text = "\n".join(boards) if source != "boards.json" else json.dumps(boards)
    (nesy.folder / "boards.txt").write_text(text)
    (nesy.folder / "boards.json").write_text(text)
    done = nesy("solve", "sudoku", source, stdin=text.encode())
    first, second, third, total = done.stdout.splitlines()
    assert done.returncode == 1
    assert first.endswith(f": solved: {DONE}")
    assert first.startswith("<stdin>:1" if source == "-" else source)
    assert ": solved, not unique: " in second
    assert third.endswith(": unsatisfiable")
    assert total.startswith("3 instances: 1 solved, 1 solved, not unique, 1 unsatisfiable; ")


def test_an_instance_that_is_wrong_does_not_stop_the_others(nesy):
    (nesy.folder / "boards.txt").write_text(f"{EASY}\n{EASY[:-1]}x\n{EASY}\n")
    done = nesy("solve", "sudoku", "boards.txt")
    assert done.returncode == 2
    assert done.stdout.count(": solved: ") == 2
    assert "boards.txt:2:81: cell[9, 9] is x; expected 1..9, or . for a blank" in done.stderr


# contents of in.nesy, arguments, part of the message
TABLE = [
    ("var x : 1..2\nrule r: y = 1", ("solve", "in.nesy"), "in.nesy:3:9: y is not declared"),
    ("var x : {}\nrule r: x = 1", ("solve", "in.nesy"), "in.nesy:2:9: the domain of x is empty"),
    ("var x[i in 1..500] : 1..900", ("solve", "in.nesy"), "in.nesy: in is too large: more than"),
    ("rule r 1 = 1", ("check", "in.nesy"), "in.nesy:2:8: found '1'"),
    (TWO, ("solve", "in.nesy", "1"), "several declarations: x, y; expected which of them is given; write x = before"),
    (TWO, ("solve", "in.nesy", "x = 3"), "x is 3; expected 1, 2"),
    (TWO, ("solve", "in.nesy", "z = 3"), "there is no z; expected x or y"),
    (TWO, ("solve", "in.nesy", "x = {"), "found the end"),
    (TWO, ("solve", "in.nesy", "--set", "m=3"), "there is no parameter m; expected one of k"),
    (TWO, ("solve", "in.nesy", "--set", "k"), "--set k; expected --set NAME=VALUE"),
    (TWO, ("solve", "in.nesy", "--set", "k=1 +"), "--set k:1:4: found the end"),
    (TWO, ("solve", "in.nesy", "--set", "k=red"), '"red"'),
    (TWO, ("run", "in.nesy", "x"), "in.nesy: a puzzle; nesy solve in.nesy solves it"),
    ("", ("solve", "sudoku", EASY[1:]), "80 cells; expected the 81 of cell (9 rows of 9)"),
    ("", ("solve", "sudoku", "." * 16), "such a board has k=2: set that"),
    ("", ("solve", "sudoku", "x" + EASY[1:]), "cell[1, 1] is x; expected 1..9, or . for a blank"),
    ("", ("solve", "sudoku", "no.txt"), "no.txt: no such file"),
    ("", ("solve", "sudoku", "."), ".: cannot be read: Is a directory"),
    ("", ("solve", "sudoku", "empty"), "empty: no instance"),
    ("", ("solve", "sudoku", "binary"), "binary:1: a NUL byte"),
    ("", ("solve", "sudokus"), "no file and no puzzle named 'sudokus'; expected a path, or one of "),
    ("", ("solve", "kenken"), "cages is not given"),
    ("", ("solve", "twice.nesy"), "twice.nesy:1: the sections %grammar, %semantics; expected a puzzle"),
    ("", ("solve", "sudoku", "--seconds", "0"), "expected a positive number of seconds"),
]


@pytest.mark.parametrize(("contents", "arguments", "message"), TABLE, ids=[" ".join(row[1])[:50] for row in TABLE])
def test_bad_input(nesy, contents, arguments, message):
    (nesy.folder / "in.nesy").write_text(f"%puzzle\n{contents}\n")
    (nesy.folder / "empty").write_text("# nothing\n")
    (nesy.folder / "binary").write_bytes(b"\0" * 81)
    done = nesy(*arguments)
    assert done.returncode == 2, done.stdout
    assert message in done.stderr


def test_check(nesy):
    done = nesy("check", "sudoku")
    assert done.returncode == 0
    assert "sudoku.nesy: note: 27 rules: 27 all different\n" in done.stdout
    (nesy.folder / "in.nesy").write_text("%puzzle\nvar x : 1..2\nrule r: x = 1 and x = 2\n")
    done = nesy("check", "in.nesy")
    assert done.returncode == 1
    assert "error: no assignment keeps to all rules" in done.stdout


def test_an_interruption_keeps_what_was_found(tmp_path):
    board = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..\n"
    (tmp_path / "boards").write_text((EASY + "\n") * 3 + board * 100_000)
    command = [sys.executable, "-u", "-m", "nesy", "solve", "sudoku", str(tmp_path / "boards")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    ) as run:
        lines = [run.stdout.readline() for _ in range(4)]
        run.send_signal(signal.SIGINT)
        rest, errors = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert all(": solved: " in line for line in lines)
    assert " instances: " in rest.splitlines()[-1]
