"""``nesy explain --abduce`` told step by step. Golden files: ``NESY_GOLDEN=write pytest tests/cli/test_abduce.py``."""

import os
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"

CASES = {
    "attachment": ("calculator", "3 + 5 * 2", "16", 0),
    "symbols": ("calculator", "3 + + 2", "5", 0),
    "meaning": ("twice.nesy", "dax fep", "BLUE BLUE", 0),
    "unchanged": ("twice.nesy", "dax fep", "RED RED", 0),
    "impossible": ("calculator", "3 +", "7", 1),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(nesy, name):
    language, sentence, answer, code = CASES[name]
    done = nesy("explain", language, sentence, "--abduce", answer)
    assert (done.returncode, done.stderr) == (code, "")
    path = GOLDEN / f"abduce.{name}.txt"
    if os.environ.get("NESY_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(done.stdout, encoding="utf-8")
    assert done.stdout == path.read_text(encoding="utf-8")


def test_page_and_budget(nesy):
    done = nesy("explain", "calculator", "3 + 5 * 2", "--abduce", "16", "--html", "why.html")
    assert done.stdout.splitlines()[-1] == "page: why.html"
    assert "3 + 5 * 2" in (nesy.folder / "why.html").read_text(encoding="utf-8")
    poor = nesy("explain", "calculator", "3 + 5 * 2", "--abduce", "16", "--budget", "1")
    assert poor.returncode == 1
    assert poor.stdout.splitlines()[-1] == "no repair found before the budget was spent; 1 reading looked at"


def test_an_answer_of_another_kind(nesy):
    done = nesy("explain", "calculator", "3", "--abduce", "a b")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "the answer 'a b' is no value of the language; expected integers\n"
