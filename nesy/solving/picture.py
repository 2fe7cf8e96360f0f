"""Puzzles in pictures: a grid is cut into cells, each symbol is recognised, and all of them are read together."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nesy.errors import InputError
from nesy.images.frame import Frame
from nesy.images.grid import cells
from nesy.images.picture import Image, read_picture
from nesy.neural.recogniser import ConvolutionalRecogniser, Training, as_pixels, log_probs, working_size
from nesy.neural.recogniser_file import load_recogniser, save_recogniser
from nesy.neural.threads import torch_threads
from nesy.puzzles.model import Array, Model
from nesy.solving.reading import Reading, most_probable

VIEWS = 4  # distorted views of a symbol that are averaged when it is read
STEPS = 400  # of training
SMOOTHED = 0.1  # of each label is spread over all symbols, so that a reader does not get too sure of itself
CHANNELS, HIDDEN = (16, 32, 64), 96
BATCH = 64


@dataclass(frozen=True, eq=False)
class PuzzleSight:
    """Reads pictures of puzzles whose variables are the cells of one grid.

    Attributes:
        words: per symbol of the recogniser the value that it stands for, as text; None: none.
        recogniser: (b, 1, h, w) in 0..1 to (b, V) logits.
        frame: how a symbol sits in its image.
    """

    words: tuple[str | None, ...]
    recogniser: nn.Module
    frame: Frame

    @classmethod
    def train(
        cls, images: Image, labels: Sequence[str], *, frame: Frame | None = None, seed: int = 0, steps: int = STEPS
    ) -> PuzzleSight:
        """Learn symbols from labelled images.

        Args:
            images: (n, h, w), one symbol each, light ink on 0.
            labels: of each image the value that it shows, as text.
            frame: how symbols are to sit in their images.
            steps: of training; a few seconds for small images.
        """
        frame = frame or Frame(20, 20)
        words = tuple(sorted(set(labels)))
        recogniser = ConvolutionalRecogniser.seeded(
            seed, len(words), frame.height, frame.width, channels=CHANNELS, hidden=HIDDEN
        )
        training = Training(recogniser, seed=seed, batch=BATCH)
        pixels = _pixels([frame.place(image) for image in images], frame)
        known = torch.eye(len(words))[[words.index(label) for label in labels]]
        targets = (1 - SMOOTHED) * known + SMOOTHED / len(words)
        epochs = max(1, round(steps * BATCH / len(images)))
        with torch_threads(1):  # such small layers: more only wait for each other
            for epoch in range(epochs):
                rates = (3e-3 * (1 - (epoch + done) / epochs) + 1e-4 for done in (0, 1))
                training.epoch(pixels, targets, rate=(next(rates), next(rates)))
        return cls(words, training.average.eval(), frame)

    def read(
        self, picture: Image | str | os.PathLike[str], model: Model, *, unique: bool = False, max_seconds: float = 60.0
    ) -> Reading:
        """The most probable reading of a picture that keeps every rule, and its solution.

        Args:
            picture: (h, w) grey values, or the name of a file.
            model: its variables are one array with two axes, or with one; empty cells are the ones to solve.
            unique: only readings that have exactly one solution.
            max_seconds: the budget.

        Raises:
            InputError: no picture, no grid of that size in it, symbols that are no values, or a model of another form.
        """
        return most_probable(model, self.log_probabilities(picture, model), unique=unique, max_seconds=max_seconds)

    def log_probabilities(self, picture: Image | str | os.PathLike[str], model: Model) -> dict[int, list[float]]:
        """Variable -> the log-probability of each value of its domain, for the cells in which something is written.

        Raises:
            InputError: as `read`.
        """
        array = _grid(model)
        file = None if isinstance(picture, np.ndarray) else os.fspath(picture)
        grey = picture if isinstance(picture, np.ndarray) else read_picture(picture)
        rows, columns = (1, *map(len, array.axes))[-2:]
        inked = [ink for row in cells(grey, rows, columns, file=file) for ink in row]
        seen = {v: ink for v, ink in zip(array.variables.values(), inked, strict=True) if ink is not None}
        found = self.symbols([self.frame.place(ink) for ink in seen.values()])
        return {v: self._values(model, v, row) for v, row in zip(seen, found, strict=True)}

    def symbols(self, images: Sequence[Image]) -> NDArray[np.float64]:
        """(k, V) log-probabilities of the recogniser's symbols, of images as the frame has them."""
        if not images:
            return np.zeros((0, len(self.words)))
        device = next((tensor.device for tensor in self.recogniser.parameters()), None)
        with torch_threads(1):
            return log_probs(self.recogniser, _pixels(images, self.frame), device, views=VIEWS)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the recogniser.

        Raises:
            InputError: the file cannot be written.
            TypeError: the recogniser is a module of the user's own, which no file can hold.
        """
        save_recogniser(path, self.words, self.recogniser, self.frame)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PuzzleSight:
        """Load what `save` wrote; safe for files of strangers.

        Raises:
            InputError: with the file: it is missing or damaged.
        """
        return cls(*load_recogniser(path))

    def _values(self, model: Model, variable: int, row: NDArray[np.float64]) -> list[float]:
        """From log-probabilities of symbols to those of a variable's values."""
        known: Mapping[str | None, int] = {word: place for place, word in enumerate(self.words)}
        places = [known.get(str(value)) for value in model.domains[variable]]
        if not any(place is not None for place in places):
            raise InputError(
                f"the recogniser knows {' '.join(filter(None, self.words))}, which are no values of "
                f"{model.names[variable]}"
            )
        return [-math.inf if place is None else float(row[place]) for place in places]


def _grid(model: Model) -> Array:
    """The only declared array of a model.

    Raises:
        InputError: there are others, or it is no grid.
    """
    arrays = [array for array in model.arrays if not array.hidden]
    if len(arrays) == 1 and len(arrays[0].axes) in (1, 2):
        return arrays[0]
    forms = ", ".join(f"{array.name} with {len(array.axes)} axes" for array in arrays)
    raise InputError(f"the puzzle {model.name} has {forms}", expected="one array with two axes, the cells of a grid")


def _pixels(images: Sequence[Image], frame: Frame) -> torch.Tensor:
    return as_pixels(np.stack(images), working_size(frame.height, frame.width))
