"""Puzzles in pictures: symbols that are told apart easily, read and solved; what cannot be read is refused."""

from functools import cache

import numpy as np
import pytest

import nesy
from nesy.errors import InputError
from nesy.images.show import png
from nesy.images.strokes import Hand, draw
from nesy.puzzles.model import Model
from nesy.solving.picture import PuzzleSight
from tests.images.test_grid import drawn

SIGNS = {"1": "+", "2": "o", "3": "/", "4": "N"}
SQUARES = nesy.puzzle("sudoku", k=2).model()
GIVEN = {(0, 0): 1, (1, 2): 2, (2, 3): 3, (3, 0): 4}


def written(digits, wrong=None) -> np.ndarray:
    """A picture of a 4 x 4 grid, signs in the place of digits."""
    rng, hand = np.random.default_rng(1), Hand.of(9)
    picture = drawn({}, 4, 4, 44, (4, 2))
    for (row, column), digit in {**digits, **(wrong or {})}.items():
        top, left = (7 + 4 + 6 + at * 46 for at in (row, column))
        picture[top : top + 32, left : left + 32] -= draw(SIGNS[str(digit)], hand, rng)
    return picture


@cache
def trained() -> PuzzleSight:
    """A recogniser of four signs."""
    rng = np.random.default_rng(0)
    labels = [digit for digit in SIGNS for _ in range(60)]
    images = [draw(SIGNS[label], Hand.of(k % 6), rng) for k, label in enumerate(labels)]
    return PuzzleSight.train(np.stack(images), labels, steps=40)


@pytest.fixture
def sight() -> PuzzleSight:
    return trained()


def test_a_picture_is_read_and_solved(sight, tmp_path):
    path = tmp_path / "board.png"
    path.write_bytes(png(written(GIVEN)))
    reading = sight.read(path, SQUARES, unique=True)
    assert reading.values == {4 * row + column: digit for (row, column), digit in GIVEN.items()}
    assert reading.changes == ()
    assert reading.answer.unique
    assert reading.answer.instance.verified(reading.answer.values)


def test_what_is_written_twice_is_read_otherwise(sight):
    reading = sight.read(written(GIVEN, {(0, 3): 1}), SQUARES)
    assert reading.status == "solved"
    (change,) = reading.changes
    assert change.read == 1
    assert change.corrected != 1
    assert change.conflict.values == {0: 1, 3: 1}


def test_saved_and_loaded(sight, tmp_path):
    path = tmp_path / "signs.safetensors"
    sight.save(path)
    there, here = PuzzleSight.load(path), sight.log_probabilities(written(GIVEN), SQUARES)
    assert there.words == sight.words
    for variable, row in there.log_probabilities(written(GIVEN), SQUARES).items():
        np.testing.assert_array_equal(row, here[variable])


def test_refused(sight):
    queens = "%puzzle\nvar a[i in 1..2, j in 1..2, k in 1..2] : 1..4\nrule r: a[1, 1, 1] != a[1, 1, 2]"
    with pytest.raises(InputError, match="a with 3 axes; expected one array with two axes"):
        sight.log_probabilities(written(GIVEN), nesy.puzzle(text=queens).model())
    colours = Model("colours", (("red", "blue"),) * 16, (), SQUARES.arrays)
    with pytest.raises(InputError, match=r"knows 1 2 3 4, which are no values of cell\[1, 1\]"):
        sight.log_probabilities(written(GIVEN), colours)
    with pytest.raises(InputError, match="no grid"):
        sight.log_probabilities(np.full((50, 50), 200, np.uint8), SQUARES)
    with pytest.raises(InputError, match=r"none\.png: cannot be read"):
        sight.read("none.png", SQUARES)
