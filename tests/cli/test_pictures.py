"""The verbs on pictures."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest

from nesy.cli import main
from nesy.images import ImagePairs
from nesy.images.show import png, strip
from nesy.learn import image_learner
from nesy.learn.grounding import Report
from tests.cli.conftest import ROOT
from tests.learn.grounding.glyphs import sentences
from tests.learn.grounding.test_grounding import made
from tests.learn.seen import SOURCE, Known, images, sight


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with a language that sees and some pictures."""
    sight().save(tmp_path / "twos.nesy")
    (tmp_path / "three.png").write_bytes(png(strip(images("/+o"), scale=2)))
    (tmp_path / "six.png").write_bytes(png(255 - strip(images("o+o+o", seed=3))))
    (tmp_path / "none.png").write_bytes(png(strip(images("//"))))
    (tmp_path / "empty.png").write_bytes(png(np.zeros((20, 40), np.uint8)))
    (tmp_path / "bare.nesy").write_text(SOURCE)
    ImagePairs.of([(images("/+o"), 3), (images("o"), 2), (images("/+/"), 7)]).save(tmp_path / "pairs.npz")
    ImagePairs.of([(np.zeros((1, 9, 9), np.uint8), 3)]).save(tmp_path / "small.npz")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "out", "error"),
    [
        (["run", "twos.nesy", "three.png"], 0, "3\n", ""),
        (["run", "twos.nesy", "three.png", "six.png"], 0, "3\n6\n", ""),
        (["run", "twos.nesy", "pairs.npz"], 0, "3\n2\n2\n", ""),
        (["run", "twos.nesy", "one p two"], 0, "3\n", ""),
        (["score", "twos.nesy", "pairs.npz"], 0, "2/3 66.66%\n", ""),
        (["run", "twos.nesy", "none.png", "six.png"], 2, "\n6\n", "none.png: no reading of the 2 symbols"),
        (["run", "twos.nesy", "empty.png"], 2, "", "empty.png: nothing is written in the picture"),
        (["run", "twos.nesy", "small.npz"], 2, "", "small.npz: images of 9 x 9 pixels; expected 12 x 12"),
        (["run", "bare.nesy", "six.png"], 2, "", "bare.safetensors: is not there"),
        (["explain", "twos.nesy", "none.png"], 2, "", "none.png: no reading of the 2 images"),
        (["explain", "bare.nesy", "six.png"], 2, "", "bare.safetensors: is not there"),
        (["score", "twos.nesy", "small.npz"], 2, "", "small.npz: images of 9 x 9 pixels"),
        (["score", "bare.nesy", "pairs.npz"], 2, "", "bare.safetensors: is not there"),
        (["score", "twos.nesy", "no.npz"], 2, "", "no.npz: cannot be read: No such file"),
        (["score", "twos.nesy", "."], 2, "", ".: a folder without pairs.tsv"),
        (["solve", "sudoku", "three.png"], 2, "", "three.png: a picture without --recogniser"),
        (["solve", "sudoku", "three.png", "--count"], 2, "", "three.png: --count with a picture; expected a board"),
        (["solve", "sudoku", "three.png", "--why"], 2, "", "three.png: --why with a picture; expected a board"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("folder")
def test_verbs(capsys, arguments, code, out, error):
    assert main(arguments) == code
    found = capsys.readouterr()
    assert found.out == out
    assert error in found.err


@pytest.mark.usefixtures("folder")
def test_score_shows_what_is_wrong(capsys):
    main(["score", "twos.nesy", "pairs.npz", "--errors", "5"])
    assert capsys.readouterr().out == "pairs.npz: 2: one p one\n  expected: 7\n  got:      2\n2/3 66.66%\n"


def test_explain_draws_what_was_seen(folder, capsys):
    assert main(["explain", "twos.nesy", "six.png", "--html", "why.html"]) == 0
    assert capsys.readouterr().out.startswith("plus  “two p two p two” = 6\n")
    page = (folder / "why.html").read_text()
    assert page.count("<img") == 5
    assert page.count("<image") == 5
    assert "http" not in page.replace("http://www.w3.org", "")


def test_abduction_on_what_was_seen(folder, capsys):
    assert main(["explain", "twos.nesy", "three.png", "--abduce", "4", "--html", "why.html"]) == 0
    found = capsys.readouterr().out
    assert found.startswith("read:      one p two\ncomputed:  3\nanswer:    4\n")
    assert "symbol, word 1: “one” is read as “two”" in found
    assert (folder / "why.html").read_text().count("<img") == 3


LEARN = ["learn", "pairs.npz", "--symbols", "4", "--out", "out.nesy"]


@pytest.fixture
def known(monkeypatch):
    """Learning is replaced by what it would find."""

    class Own(Known):
        pass

    monkeypatch.setattr(image_learner, "Grounding", Own)
    return Own


@pytest.mark.usefixtures("known")
def test_learn(folder, capsys):
    assert main(LEARN) == 0
    found = capsys.readouterr()
    assert "plus(a, b) = a + b" in found.out
    assert 'pairs.npz:2: "one p one" gives "2" by what was learned, but "7" in the file' in found.out
    assert "written: out.nesy and out.safetensors" in found.out
    assert "words: 8/10 pairs explained  _ p _" in found.err
    assert main(["run", "out.nesy", "six.png"]) == 0
    assert capsys.readouterr().out == "6\n"
    assert (folder / "out.safetensors").exists()


def test_nothing_reliable_is_not_written(folder, known, capsys):
    known.report_as = Report(estimate=0.4, heldout=10, refused=["too few"])
    before = set(folder.iterdir())
    assert main(LEARN) == 1
    assert "refused: too few" in capsys.readouterr().err
    assert set(folder.iterdir()) == before
    assert main([*LEARN, "--keep"]) == 1
    assert "the partial result is in out.nesy" in capsys.readouterr().err


def test_an_interrupt(folder, known, capsys):
    known.interrupts = True
    assert main(LEARN) == 130
    assert not (folder / "out.nesy").exists()
    assert main([*LEARN, "--keep"]) == 130
    assert "what was found so far is in out.nesy" in capsys.readouterr().err
    assert main(["run", "out.nesy", "six.png"]) == 0


BAD = [
    (["learn", "pairs.npz", "--out", "o.nesy"], "pairs.npz: image sequences without --symbols"),
    (["learn", "damaged.npz", "--symbols", "4", "--out", "o.nesy"], "damaged.npz: no readable .npz"),
    (["learn", "pairs.npz", "--symbols", "0", "--out", "o.nesy"], "pairs.npz: 0 symbols"),
    (["learn", "pairs.npz", "--symbols", "-1", "--out", "o.nesy"], "argument --symbols"),
    (["learn", "pairs.npz", "--symbols", "4", "--out", "no/o.nesy"], "no/o.nesy: cannot be written"),
    (["learn", "pairs.npz", "--symbols", "4", "--out", "o.safetensors"], "o.safetensors: the name of the recogniser"),
    (["learn", "pairs.npz", "--symbols", "4", "--out", "pairs.npz"], "pairs.npz: named twice"),
    (["learn", "words.npz", "--symbols", "4", "--out", "o.nesy", "--primitives", "peano"], "words.npz: pair 0: "),
    (["learn", "pairs.tsv", "--symbols", "4", "--out", "o.nesy"], "pairs.tsv: --symbols with text"),
    (["learn", "pairs.npz", "--symbols", "4", "--out", "o.nesy", "--state", "s", "--resume"], "s: cannot be read"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_input_of_learn(folder, capsys, arguments, message):
    (folder / "damaged.npz").write_bytes((folder / "pairs.npz").read_bytes()[:300])
    (folder / "pairs.tsv").write_text("dax\tRED\n")
    ImagePairs.of([(images("o"), "A B")]).save(folder / "words.npz")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    try:
        code = main(arguments)
    except SystemExit as stop:  # argparse
        code = stop.code
    assert code == 2
    assert message in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.slow
def test_learning_goes_on_after_it_was_killed(nesy):
    """From a file of image sequences to a language on the disk, through the command line, killed in the middle."""
    language, signs, sequences, answers = made("postfix", 600)
    ImagePairs.of(list(zip(sequences, answers, strict=True))).save(nesy.folder / "pairs.npz")
    line = [sys.executable, "-m", "nesy", "learn", "pairs.npz", "--symbols", str(len(signs.shapes) + 1)]
    line += ["--out", "learned.nesy", "--state", "work.state"]
    state = nesy.folder / "work.state"
    with subprocess.Popen(
        line, cwd=nesy.folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL
    ) as run:
        while run.poll() is None and not state.exists():
            time.sleep(0.05)
        run.kill()
    assert state.exists()
    assert not (nesy.folder / "learned.nesy").exists()
    done = nesy(*line[3:], "--resume")
    assert done.returncode == 0, done.stderr
    words = next(words for words, _ in sentences(language, 9, (7,), seed=5))
    ImagePairs.of([(signs.write(words), 0)]).save(nesy.folder / "new.npz")
    assert nesy("run", "learned.nesy", "new.npz").stdout == f"{language.run(words)}\n"
