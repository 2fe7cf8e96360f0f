"""`nesy learn` around the learner: what is printed and written, with a stand-in for the learner."""

import errno
import os
import sys
from types import ModuleType

import pytest

from nesy.cli import main
from nesy.errors import InputError
from nesy.files import write_atomically
from nesy.learn.learner import Progress, Report, SenseReport


def reported(**known):
    """What a learner reports that found one sense."""
    words = [("[fep]", [SenseReport("_ [fep]", "fep(x) = x ++ x", 2)])]
    return Report(**{"estimate": 1.0, "heldout": 10, "train_accuracy": 1.0, "words": words, "seconds": 0.5} | known)


class Learner:
    """A learner that finds what the test says."""

    reliable = True
    interrupted = False
    language = "a language"

    def __init__(self, *, seed, budget, primitives, given, progress):
        self.progress = progress
        self.report = type(self).outcome

    def fit(self, pairs, resume=None):
        type(self).seen = pairs, resume
        self.progress(Progress("words", 0, len(pairs), 0.0, "dax"))
        self.progress(Progress("words", 1, len(pairs), 0.1))
        self.progress(Progress("operators", 4, len(pairs), 0.2))
        if self.interrupted:
            raise KeyboardInterrupt
        return self

    def checkpoint(self):
        return b"the state"

    def save(self, path):
        write_atomically(path, "learned\n")


@pytest.fixture
def learn(tmp_path, monkeypatch):
    """Run ``nesy learn in.tsv --out out.nesy`` with a learner of the given attributes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.tsv").write_text("dax\tRED\nwif\tGREEN\ndax [fep]\tRED RED\nwif [fep]\tX\n")

    def run(*more, report=None, **attributes):
        module = ModuleType("nesy.learn")
        module.Progress = Progress
        module.Learner = type("Learner", (Learner,), {"outcome": report or reported(), **attributes})
        monkeypatch.setitem(sys.modules, "nesy.learn", module)
        run.learner = module.Learner
        return main(["learn", "in.tsv", "--out", "out.nesy", *more])

    run.folder = tmp_path
    return run


def crash(self, pairs, resume=None):
    self.progress(Progress("words", 0, len(pairs), 0.1))
    raise InputError("the power is gone")


def files(learn):
    return sorted(set(os.listdir(learn.folder)) - {"in.tsv"})


def test_success(learn, capsys):
    assert learn() == 0
    assert learn.learner.seen == (
        [("dax", "RED"), ("wif", "GREEN"), ("dax [fep]", "RED RED"), ("wif [fep]", "X")],
        None,
    )
    out, err = capsys.readouterr()
    assert "_ [fep]" in out
    assert "fep(x) = x ++ x" in out
    assert "100.00% of 10 held-out pairs predicted" in out
    assert out.splitlines()[-1] == "written: out.nesy"
    assert [line.split("s  ")[1] for line in err.splitlines()] == [
        "words: 0/4 pairs explained  dax",
        "operators: 4/4 pairs explained",
    ]
    assert files(learn) == ["out.nesy"]


def test_quiet(learn, capsys):
    assert learn("--quiet") == 0
    assert capsys.readouterr().err == ""


def test_nothing_reliable(learn, capsys):
    assert learn(reliable=False, report=reported(estimate=0.4321)) == 1
    assert (
        "not reliable: 43.2% of 10 held-out pairs predicted, 80% needed; nothing was written" in capsys.readouterr().err
    )
    assert files(learn) == []


def test_nothing_reliable_but_kept(learn, capsys):
    assert learn("--keep", reliable=False, report=reported(estimate=0.4)) == 1
    assert "the partial result is in out.nesy" in capsys.readouterr().err
    assert files(learn) == ["out.nesy"]


def test_nothing_at_all(learn):
    assert learn("--keep", reliable=False, language=None) == 1
    assert files(learn) == []


def test_contradictions_and_open_questions_are_listed(learn, capsys):
    found = [(3, "wif [fep]", "X", "GREEN GREEN")] * 25
    assert learn(report=reported(contradictions=found, undecided=[f"question {n}" for n in range(21)])) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    one = 'in.tsv:4: "wif [fep]" gives "GREEN GREEN" by what was learned, but "X" in the file'
    assert lines.count(one) == 20
    assert "... and 5 more pairs that contradict what was learned" in lines
    assert [line for line in lines if line.startswith("undecided:")][-1] == "undecided: question 4"
    assert "... and 16 more undecided" in lines
    assert "not all is explained: 25 of 4 pairs contradict what was learned" in err


def test_interruption_saves_the_state(learn, capsys):
    assert learn("--state", "work.state", interrupted=True) == 130
    assert (learn.folder / "work.state").read_bytes() == b"the state"
    assert files(learn) == ["work.state"]
    assert "go on with --resume" in capsys.readouterr().err
    assert learn("--state", "work.state", "--resume") == 0
    assert learn.learner.seen[1] == b"the state"


def test_the_state_is_saved_now_and_then(learn, monkeypatch):
    monkeypatch.setattr("nesy.cli.learn.SAVE_EVERY", 0.05)
    assert learn("--state", "work.state", fit=crash) == 2
    assert files(learn) == ["work.state"]


def test_interruption_keeps_the_best_on_request(learn):
    assert learn("--keep", interrupted=True) == 130
    assert files(learn) == ["out.nesy"]
    assert learn(interrupted=True) == 130


def test_a_full_disk(learn, monkeypatch, capsys):
    (learn.folder / "out.nesy").write_text("old")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert learn() == 2
    assert "out.nesy: cannot be written: No space left on device" in capsys.readouterr().err
    assert (learn.folder / "out.nesy").read_text() == "old"
    assert files(learn) == ["out.nesy"]


def test_the_prelude_is_printed(capsys):
    assert main(["learn", "--prelude"]) == 0
    out = capsys.readouterr().out
    assert "reverse(a): a backwards" in out
    assert "recursion:" in out
    assert main(["learn", "--prelude", "--primitives", "nonsense"]) == 2
