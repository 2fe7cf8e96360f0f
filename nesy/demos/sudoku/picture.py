"""Sudokus as a hand fills them in: lines of a grid, and scikit-learn's digits in its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nesy.demos.digits import handwritten_digits
from nesy.images.picture import Image
from nesy.images.show import enlarged

OTHERS = 1000
"""Images before this place are for learning, the later ones, by other writers, for pictures."""


def training(count: int = OTHERS) -> tuple[Image, list[str]]:
    """The first images of digits 1 to 9, four times as large, (n, 32, 32), and what they show.

    Raises:
        InputError: scikit-learn is not installed.
    """
    images, shown = handwritten_digits()
    places = [place for place in range(OTHERS) if shown[place]][:count]
    return np.stack([enlarged(images[place], 4) for place in places]), [str(shown[place]) for place in places]


def writers() -> Mapping[int, Image]:
    """Digit -> images (n, 8, 8) that are not for learning.

    Raises:
        InputError: scikit-learn is not installed.
    """
    images, shown = handwritten_digits()
    return {digit: images[OTHERS:][shown[OTHERS:] == digit] for digit in range(1, 10)}


def drawn(
    grid: Sequence[Sequence[int]],
    digits: Mapping[int, Image],
    rng: np.random.Generator,
    *,
    side: int = 48,
    thin: int = 1,
    thick: int = 4,
    block: int = 3,
) -> Image:
    """A picture of a grid, dark ink on white paper: (h, w).

    Args:
        grid: the digits, 0 where nothing is written.
        digits: images to choose from.
        side: of a cell, in pixels.
        thin, thick: pixels of the lines between cells and around blocks.
        block: cells along a block's side.
    """
    count, border = len(grid), side // 3
    starts = [border + thick]
    for number in range(1, count + 1):
        starts.append(starts[-1] + side + (thick if number % block == 0 else thin))
    ink = np.zeros((starts[-1] + border, starts[-1] + border), np.uint8)
    for number, start in enumerate(starts):
        width = thick if number % block == 0 else thin
        ink[start - width : start, border : starts[-1]] = 200
        ink[border : starts[-1], start - width : start] = 200
    for top, row in zip(starts[:-1], grid, strict=True):
        for left, digit in zip(starts[:-1], row, strict=True):
            if digit:
                _write(ink[top : top + side, left : left + side], digits[digit], rng)
    return 255 - ink


def _write(cell: Image, images: Image, rng: np.random.Generator) -> None:
    """Put one of the images somewhere near the middle of a cell."""
    size = len(cell) * 3 // 4 // 8
    image = enlarged(images[rng.integers(len(images))], size)
    room = len(cell) - len(image)
    top, left = rng.integers(room // 4, room - room // 4 + 1, 2)
    cell[top : top + len(image), left : left + len(image)] = image
