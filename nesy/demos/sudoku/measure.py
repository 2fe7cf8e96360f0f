"""How well pictures of boards are read: symbol by symbol, and all symbols together."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nesy.demos.sudoku.picture import drawn
from nesy.images.picture import Image
from nesy.puzzles.answer import Answer
from nesy.puzzles.exact import solve
from nesy.puzzles.generate import generate
from nesy.puzzles.model import Model
from nesy.solving.picture import PuzzleSight
from nesy.solving.reading import Reading, most_probable


@dataclass(frozen=True, eq=False)
class Sample:
    """A board with one solution, solved, and a picture of it."""

    answer: Answer
    picture: Image


@dataclass(frozen=True)
class Read:
    """How one picture was read.

    Attributes:
        digits: how many are written; misread: how many of them by themselves.
        reading: of the whole.
        right: whether each of its values is what was written.
        solved: whether its solution is that of the board.
        seconds: CPU time of the reasoning, without perception.
    """

    digits: int
    misread: int
    reading: Reading
    right: bool
    solved: bool
    seconds: float


@dataclass(frozen=True)
class Score:
    """Of many pictures."""

    boards: int
    digits: int
    misread: int
    alone: int
    together: int
    refused: int
    seconds: float
    slowest: float

    @classmethod
    def of(cls, found: Sequence[Read]) -> Score:
        return cls(
            boards=len(found),
            digits=sum(read.digits for read in found),
            misread=sum(read.misread for read in found),
            alone=sum(not read.misread for read in found),
            together=sum(read.right and read.solved for read in found),
            refused=sum(read.reading.status != "solved" for read in found),
            seconds=float(np.mean([read.seconds for read in found])),
            slowest=max(read.seconds for read in found),
        )

    @property
    def wrong(self) -> int:
        """Boards with a reading that is not what was written."""
        return self.boards - self.together - self.refused


def samples(model: Model, count: int, givens: int, digits: Mapping[int, Image], seed: int) -> Iterator[Sample]:
    """Boards with one solution, each drawn with images of digits."""
    rng = np.random.default_rng(seed)
    (array,) = model.arrays
    holes = len(array.variables) - givens
    for number in range(count):
        instance = generate(model, seed=seed * 100_000 + number, holes=holes, unique=True)
        grid = np.zeros([len(axis) for axis in array.axes], int)
        for variable, value in instance.givens.items():
            grid.flat[variable] = value
        yield Sample(solve(instance, unique=True), drawn(grid.tolist(), digits, rng))


def read(sight: PuzzleSight, model: Model, sample: Sample) -> Read:
    """Read a picture, and compare with what was written."""
    seen = sight.log_probabilities(sample.picture, model)
    written = sample.answer.instance.givens
    alone = {variable: model.domains[variable][int(np.argmax(row))] for variable, row in seen.items()}
    misread = sum(alone.get(variable) != written.get(variable) for variable in alone.keys() | written.keys())
    begin = time.process_time()
    reading = most_probable(model, seen, unique=True, max_seconds=30.0)
    seconds = time.process_time() - begin
    right = dict(reading.values) == written
    return Read(len(written), misread, reading, right, reading.answer.values == sample.answer.values, seconds)
