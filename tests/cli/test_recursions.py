"""`nesy learn --types`: calls and values in, a definition file out."""

import pytest

TYPES = "%recursion\ntype list(a) = Nil | Cons(a, list(a))\n"
CALLS = """\
snoc(Nil, 1)\tCons(1, Nil)
snoc(Cons(1, Nil), 2)\tCons(1, Cons(2, Nil))
snoc(Cons(5, Cons(1, Nil)), 3)\tCons(5, Cons(1, Cons(3, Nil)))
"""


@pytest.fixture
def learn(nesy):
    (nesy.folder / "list.nesy").write_text(TYPES, encoding="utf-8")

    def run(calls=CALLS, *more, signature="snoc : list(a), a -> list(a)"):
        (nesy.folder / "calls.tsv").write_text(calls, encoding="utf-8")
        return nesy("learn", "calls.tsv", "--types", "list.nesy", "--signature", signature, "--out", "g.nesy", *more)

    run.nesy = nesy
    return run


def test_the_program_is_written_and_runs(learn):
    done = learn()
    assert done.returncode == 0, done.stderr
    assert "snoc(Cons(x, xs), y) = Cons(x, snoc(xs, y))" in done.stdout
    assert done.stdout.endswith("explains 3/3 pairs; written: g.nesy\n")
    assert "up to cost 1" in done.stderr
    assert learn.nesy("check", "g.nesy").returncode == 0
    assert learn.nesy("run", "g.nesy", "snoc(Cons(1, Nil), 7)").stdout == "Cons(1, Cons(7, Nil))\n"


def test_nothing_found_is_exit_code_1(learn):
    done = learn(
        "".join(f"f({n})\t{n * n * 7919 % 31}\n" for n in range(15)), "--budget", "0.5", signature="f : int -> int"
    )
    assert done.returncode == 1
    assert "no program of f : int -> int was found" in done.stderr
    assert not (learn.nesy.folder / "g.nesy").exists()


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        ("", "calls.tsv: the file is empty"),
        (CALLS + "snoc(Nil, 1)\n", "calls.tsv:4: no tab in this line"),
        (CALLS + "snoc(Nil, 1)\tNil\t\n", "calls.tsv:4: 2 tabs in this line"),
        (CALLS + "snoc(Nil, 1)\tNil\n", "calls.tsv:4: another value than in line 1; expected Cons(1, Nil)"),
        (CALLS + "append(Nil, Nil)\tNil\n", "calls.tsv:4: found 'append(Nil, Nil)'; expected a call snoc(...)"),
        (CALLS + "snoc(Nil\tNil\n", "calls.tsv:4:"),
        (CALLS + "snoc(Nil, 1)\tCons(1\n", "calls.tsv:4:"),
        ("snoc(Nil)\tNil\n", "calls.tsv:1: snoc with 1 arguments; expected snoc : list(a), a -> list(a)"),
        ("snoc(Cons(1, 2), 2)\tNil\n", "calls.tsv:1: argument 1 holds 2; expected list(a)"),
    ],
)
def test_bad_calls(learn, calls, message):
    done = learn(calls)
    assert done.returncode == 2
    assert done.stderr.startswith(message)
    assert not (learn.nesy.folder / "g.nesy").exists()


def test_bad_options(learn):
    assert "the type lst is not defined; did you mean list?" in learn(signature="snoc : lst(a), a -> lst(a)").stderr
    assert "a name in front" in learn(signature="list(a) -> list(a)").stderr
    nesy = learn.nesy
    assert "--signature is missing" in nesy("learn", "calls.tsv", "--types", "list.nesy", "--out", "g.nesy").stderr
    assert "--types" in nesy("learn", "--help").stdout
