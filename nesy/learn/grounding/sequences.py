"""Image sequences with their answers, checked, all images in one tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nesy.errors import InputError
from nesy.machine.values import Value
from nesy.neural.recogniser import as_pixels, working_size
from nesy.pairs import output_kinds, output_value

Images = NDArray[np.uint8]
PIXELS = "integers from 0 to 255, or real numbers from 0 to 1"


@dataclass(frozen=True, eq=False)
class Sequences:
    """m sequences, N images in all.

    Attributes:
        pixels: uint8 (N, 1, h, w), scaled to the working size of a recogniser.
        lengths: (m,) images per sequence.
        answers: (m,) values.
        kinds: of the answers.
        size: height and width of the images as they came.
        background: the pixel value of blank paper, 0 or 1.
    """

    pixels: Tensor
    lengths: NDArray[np.int64]
    answers: tuple[Value, ...]
    kinds: tuple[str, ...]
    size: tuple[int, int]
    background: float

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """(m + 1,) where the images of each sequence begin in `pixels`."""
        return np.concatenate([[0], np.cumsum(self.lengths)])

    def split(self, rows: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """(N, v) rows as one array per sequence."""
        return list(np.split(rows, self.starts[1:-1]))

    def positions(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of the images of the chosen sequences, one after the other."""
        parts = [np.arange(self.starts[i], self.starts[i + 1]) for i in chosen]
        return np.concatenate([*parts, np.zeros(0, np.int64)]).astype(np.int64)

    def block(self, rows: NDArray[np.float64], chosen: NDArray[np.int64], length: int) -> NDArray[np.float64]:
        """The rows of chosen sequences of one length: (chosen, length, v)."""
        found: NDArray[np.float64] = rows[self.starts[chosen][:, None] + np.arange(length)]
        return found


def read_sequences(images: Sequence[Images], answers: Sequence[str]) -> Sequences:
    """Check the images and the answers.

    Raises:
        InputError: no pairs, images without pixels, of different sizes or of no number type, NaN, an answer that is
            no canonical text.
    """
    if len(images) != len(answers):
        raise InputError(f"{len(images)} image sequences and {len(answers)} answers", expected="an answer for each")
    checked = checked_images(images)
    kinds = output_kinds(answers)
    pixels = np.concatenate(checked)
    size = pixels.shape[1:]
    return Sequences(
        as_pixels(pixels, working_size(*size)),
        np.array([len(one) for one in checked], dtype=np.int64),
        tuple(output_value(answer, kinds) for answer in answers),
        kinds,
        (int(size[0]), int(size[1])),
        float(np.median(pixels[:: 1 + len(pixels) // 2000]) > 127),
    )


def checked_images(images: Sequence[Images], size: tuple[int, int] | None = None) -> list[Images]:
    """Arrays (k, h, w) of one h and w, as bytes; floating-point pixels are in 0..1.

    Raises:
        InputError: as `read_sequences`; with `size`, also images of another h and w.
    """
    if not len(images):
        raise InputError("no image sequences", expected="at least one")
    made = []
    for number, one in enumerate(images):
        array = np.asarray(one)
        if array.ndim != 3 or not array.size:
            raise InputError(
                f"sequence {number}: shape {array.shape}", expected="(images, height, width), none of them 0"
            )
        if size is not None and array.shape[1:] != size:
            raise InputError(
                f"sequence {number}: images of {array.shape[1]} x {array.shape[2]} pixels",
                expected=f"{size[0]} x {size[1]}",
                mend="scale all images to one size",
            )
        size = (array.shape[1], array.shape[2])
        made.append(_bytes(array, number))
    return made


def _bytes(array: NDArray[np.generic], number: int) -> Images:
    if array.dtype == np.uint8:
        return array.astype(np.uint8, copy=False)
    if array.dtype.kind not in "fiub":
        raise InputError(f"sequence {number}: pixels of type {array.dtype}", expected=PIXELS)
    real = array.astype(np.float64)
    most = 255 if array.dtype.kind in "iu" else 1
    if not (np.isfinite(real).all() and real.min() >= 0 and real.max() <= most):
        raise InputError(f"sequence {number}: a pixel that is NaN or not in 0..{most}", expected=PIXELS)
    return np.round(255 / most * real).astype(np.uint8)
