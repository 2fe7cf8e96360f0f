"""``nesy trace``."""

import json

import pytest

ADD = """\
    1  add(S(O), O)  ->  S(add(O, O))                                add(S(n), m), line 8   n = O, m = O
    2  add(O, O)  ->  O                                              add(O, m), line 7   m = O
value: S(O)   (2 steps, innermost)
"""


def test_each_step_cites_its_clause(nesy):
    done = nesy("trace", "peano", "add(S(O), O)")
    assert (done.stdout, done.stderr, done.returncode) == (ADD, "", 0)


def test_rounds(nesy):
    done = nesy("trace", "tree", "inorder(Node(Leaf, 1, Leaf))", "--rounds", "1")
    assert done.stdout.splitlines()[-1] == "so far: inorder(Leaf) ++ [1] ++ inorder(Leaf)   (1 step, 1 round, parallel)"
    assert done.returncode == 0
    whole = nesy("trace", "tree", "inorder(Node(Leaf, 1, Leaf))", "--strategy", "parallel")
    assert whole.stdout.splitlines()[-1] == "value: [1]   (5 steps, 2 rounds, parallel)"


def test_json(nesy):
    done = nesy("trace", "peano", "add(S(O), O)", "--json", "--strategy", "outermost")
    first, second, last = map(json.loads, done.stdout.splitlines())
    assert (first["before"], first["after"], first["line"]) == ("add(S(O), O)", "S(add(O, O))", 8)
    assert (second["binding"], second["depth"]) == ({"m": "O"}, 1)
    assert last == {"value": "S(O)", "steps": 2, "strategy": "outermost", "rounds": 0}


def test_page(nesy):
    done = nesy("trace", "peano", "add(S(O), O)", "--html", "page.html")
    assert done.stdout == ADD + "page: page.html\n"
    assert "add(S(n), m) = S(add(n, m))" in (nesy.folder / "page.html").read_text()


def test_machine(nesy):
    done = nesy("trace", "peano", "add(S(O), O)", "--asm")
    assert "if mode = call and form = add and clause = 2 and match([S(n), m], arguments) = binding then" in done.stdout
    moves = [line for line in done.stdout.splitlines() if line[5:8] == " * "]
    assert [line.split("  ")[-1] for line in moves] == ["add, clause 2, line 8", "add, clause 1, line 7"]
    assert done.stdout.splitlines()[-1].split() == ["25", "halted", "S(O)", "end"]


@pytest.mark.parametrize("output", [[], ["--json"], ["--asm"], ["--html", "page.html"]])
def test_out_of_fuel(nesy, output):
    done = nesy("trace", "peano", "add(S(O), O)", "--steps", "1", *output)
    assert done.stderr == "no value after 1 step; allow more with --steps 10\n"
    assert done.returncode == 1
    assert "add(O, O)" in done.stdout
    if "--html" in output:
        assert "no value after 1 step" in (nesy.folder / "page.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["peano", "add(S(O), o)"], "the variable o is not defined"),
        (
            ["peano", "add(S(O))", "--strategy", "parallel", "--asm"],
            "--asm with another order; expected --strategy inn",
        ),
        (["peano", "add(O, O)", "--rounds", "1", "--strategy", "innermost"], "--rounds with --strategy innermost"),
        (["peanut", "add(O, O)"], "did you mean peano?"),
        (["twice.nesy", "dax"], "expected a program"),
        (["peano", "add(O, O)", "--html", "no/page.html"], "no/page.html: cannot be written"),
    ],
)
def test_bad_input(nesy, arguments, message):
    done = nesy("trace", *arguments)
    assert message in done.stderr
    assert (done.stdout, done.returncode) == ("", 2)
