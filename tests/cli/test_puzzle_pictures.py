"""Puzzles in pictures on the command line."""

import pytest

from nesy.images.show import png
from tests.solving.test_picture import GIVEN, trained, written


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory):
    path = tmp_path_factory.mktemp("signs") / "signs.safetensors"
    trained().save(path)
    return str(path)


def test_a_picture_is_read_and_solved(nesy, recogniser):
    (nesy.folder / "board.png").write_bytes(png(written(GIVEN)))
    done = nesy("solve", "sudoku", "board.png", "--set", "k=2", "--recogniser", recogniser)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "board.png:\n1 . | . .\n. . | 2 .\n----+----\n. . | . 3\n4 . | . .\n\n0 symbols corrected\n" in done.stdout
    assert "solved: the only solution" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--set", "k=2"), 2, "board.png: a picture without --recogniser; expected --recogniser FILE"),
        (("--set", "k=3", "--recogniser", "{}"), 2, "board.png: 5 lines where 9 rows or columns are expected"),
        (("--set", "k=2", "--recogniser", "none"), 2, "none: cannot be read"),
        (("--set", "k=2", "--recogniser", "{}", "--seconds", "0.000001"), 1, ""),
    ],
)
def test_refused(nesy, recogniser, arguments, code, message):
    (nesy.folder / "board.png").write_bytes(png(written(GIVEN)))
    done = nesy("solve", "sudoku", "board.png", *(argument.format(recogniser) for argument in arguments))
    assert done.returncode == code, done.stdout + done.stderr
    assert message in done.stderr
    assert code == 2 or "unknown: the budget of 1e-06 s was spent" in done.stdout
