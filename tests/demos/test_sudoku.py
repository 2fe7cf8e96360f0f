"""The demonstration of handwritten sudokus: boards, pictures, the page; little training."""

from xml.etree import ElementTree

import numpy as np
import pytest

import nesy
from nesy.demos.digits import handwritten_digits
from nesy.demos.sudoku.measure import samples
from nesy.demos.sudoku.picture import OTHERS, drawn, training, writers
from nesy.demos.sudoku.run import run
from nesy.images.grid import cells
from nesy.images.picture import read_picture
from nesy.solving.picture import PuzzleSight

pytest.importorskip("sklearn", reason="the handwritten digits come with scikit-learn")


def test_what_is_drawn_is_the_board():
    model = nesy.puzzle("sudoku").model()
    for sample in samples(model, 3, 28, writers(), seed=1):
        written = sample.answer.instance.givens
        assert len(written) >= 28
        assert sample.answer.unique
        inked = [ink is not None for row in cells(sample.picture, 9, 9) for ink in row]
        assert inked == [variable in written for variable in range(81)]


def test_digits_of_pictures_are_not_learned_from():
    images, labels = training()
    assert len(images) == len(labels) < OTHERS
    assert set(labels) == set("123456789")
    all_images, shown = handwritten_digits()
    for digit, pictures in writers().items():
        assert np.array_equal(
            pictures, [image for k, image in enumerate(all_images) if k >= OTHERS and shown[k] == digit]
        )
    grid = [[(r * c) % 5 for c in range(9)] for r in range(9)]
    found = cells(drawn(grid, writers(), np.random.default_rng(0), side=40, thin=2, thick=5), 9, 9)
    assert [[ink is not None for ink in row] for row in found] == [[digit > 0 for digit in row] for row in grid]


@pytest.mark.slow
def test_the_demonstration(tmp_path, capsys):
    assert run(tmp_path, "nesy", scale=0.15) in (0, 1)  # 1: with so little training it may be misread
    out = capsys.readouterr().out
    assert "boards right by themselves" in out
    assert "readings looked at" in out
    page = ElementTree.fromstring((tmp_path / "sudoku.html").read_text())
    boards = list(page.iter("{http://www.w3.org/2000/svg}svg"))
    assert len(boards) == 8
    assert len(list(boards[1].iter("{http://www.w3.org/2000/svg}text"))) == 81
    sources = [element.get("src") for element in page.iter("{http://www.w3.org/1999/xhtml}img")]
    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    model = nesy.puzzle("sudoku").model()
    reading = PuzzleSight.load(tmp_path / "digits.safetensors").read(tmp_path / "sudoku.png", model, unique=True)
    assert read_picture(tmp_path / "sudoku.png").shape[0] > 400
    assert reading.answer.instance.verified(reading.answer.values)
