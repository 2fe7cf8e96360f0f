"""The demonstration from beginning to end."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from nesy.demos.sudoku.measure import Read, Sample, Score, read, samples
from nesy.demos.sudoku.page import Course, Story, page
from nesy.demos.sudoku.picture import training, writers
from nesy.files import check_writable, write_atomically
from nesy.images.grid import cells
from nesy.images.picture import Image
from nesy.images.show import png
from nesy.puzzles.answer import Answer
from nesy.puzzles.boards import show_values
from nesy.puzzles.model import Model
from nesy.puzzles.puzzle import Puzzle
from nesy.puzzles.show import BLANK
from nesy.solving.account import account
from nesy.solving.network import NetworkGuide
from nesy.solving.picture import PuzzleSight
from nesy.solving.values import firsts

MANY, FEW = 1000, 150
"""Images that a good and a mediocre recogniser learn from."""
GIVENS, PICTURES = 30, 30
STEPS = 400  # of training
NETWORK_STEPS, SHOWN_STEPS = 32, (1, 2, 4, 8, 16, 32)
CERTAIN = 0.9


def run(folder: Path, command: str, *, seed: int = 0, scale: float = 1.0) -> int:
    """Learn digits, read pictures of boards, show one, and write it with a page about it.

    Args:
        folder: where the files go.
        command: how the user calls nesy.
        scale: of the amount of work; less is for tests.

    Returns:
        The exit code: 0 if the shown board was read and solved.

    Raises:
        InputError: scikit-learn is missing, or the folder cannot be written.
    """
    for name in ("sudoku.html", "sudoku.png", "digits.safetensors"):
        check_writable(folder / name)
    model = Puzzle.load("sudoku").model()
    drawn = list(samples(model, max(4, round(scale * PICTURES)), GIVENS, writers(), seed))
    print(f"{len(drawn)} sudokus of {GIVENS} givens, drawn with scikit-learn's handwritten digits.")
    print(
        "A recogniser learns digits of other writers, with their labels. By itself it reads each digit; together they"
    )
    print("are read so that every rule holds and there is one solution: the most probable such reading, exactly.\n")
    print(f"  {'learned from':14}{'digits right':>14}{'boards right by themselves':>29}{'together':>11}{'wrong':>8}")
    scores = {}
    for images in (MANY, FEW):
        sight = PuzzleSight.train(*training(images), seed=seed, steps=max(40, round(scale * STEPS)))
        found = [read(sight, model, sample) for sample in drawn]
        scores[images] = score = Score.of(found)
        right = f"{1 - score.misread / score.digits:.1%}"
        line = f"  {f'{images:,} images':14}{right:>14}{score.alone:29}{score.together:11}{score.wrong:8}"
        print(f"{line}   of {score.boards}", flush=True)
    sample, shown = _shown(drawn, found)
    story = Story(sample.picture, shown.reading, _ink(model, sample), FEW, scores)
    story.course = _course(shown.reading.answer)
    _tell(story)
    write_atomically(folder / "sudoku.html", page(story))
    write_atomically(folder / "sudoku.png", png(sample.picture))
    sight.save(folder / "digits.safetensors")
    print(f"\nthe picture:    {folder / 'sudoku.png'}")
    print(f"the recogniser: {folder / 'digits.safetensors'}   (learned from {FEW} digits)")
    print(f"the report:     {folder / 'sudoku.html'}")
    picture, recogniser = folder / "sudoku.png", folder / "digits.safetensors"
    print(f"next:           {command} solve sudoku {picture} --recogniser {recogniser}")
    return int(not shown.solved)


def _shown(drawn: list[Sample], found: list[Read]) -> tuple[Sample, Read]:
    """Of the boards that were read right, one with most corrections; any, if none was."""
    pairs = list(zip(drawn, found, strict=True))
    right = [pair for pair in pairs if pair[1].solved and pair[1].right] or pairs
    return max(right, key=lambda pair: len(pair[1].reading.changes))


def _ink(model: Model, sample: Sample) -> dict[int, Image]:
    """Variable -> what is written in its cell."""
    (array,) = model.arrays
    rows, columns = map(len, array.axes)
    inked = [ink for row in cells(sample.picture, rows, columns) for ink in row]
    return {v: ink for v, ink in zip(array.variables.values(), inked, strict=True) if ink is not None}


def _course(answer: Answer) -> Course | None:
    """How the network that nesy brings fills the board."""
    if answer.values is None:
        return None
    model = answer.instance.model
    steps = NetworkGuide.load(steps=NETWORK_STEPS).course(answer.instance).tolist()
    boards = []
    for chances in steps:
        parts = [chances[a:b] for a, b in pairwise(firsts(model))]
        boards.append(
            [(domain[part.index(max(part))], max(part)) for domain, part in zip(model.domains, parts, strict=True)]
        )
    return Course(
        certain=[sum(chance >= CERTAIN for _, chance in board) for board in boards],
        boards={step: boards[step - 1] for step in SHOWN_STEPS},
        agrees=sum(value == right for (value, _), right in zip(boards[-1], answer.values, strict=True)),
    )


def _tell(story: Story) -> None:
    """The shown board on the terminal."""
    reading = story.reading
    model = reading.answer.instance.model
    alone = dict(reading.values) | {change.variable: change.read for change in reading.changes}
    print(f"\nOne of them, as the recogniser of {story.shown} images reads it digit by digit:\n")
    print(_indented(show_values(model, [alone.get(v, BLANK) for v in range(len(model.domains))])))
    print(f"\nRead together, {len(reading.changes)} digits are others ({reading.looked_at} readings looked at):\n")
    for line in account(reading):
        print(f"  {line}")
    if reading.answer.values is not None:
        print(f"\nSolved; the only solution ({reading.seconds:.2f} s with the reading):\n")
        print(_indented(show_values(model, reading.answer.values)))
    if story.course is not None:
        settled = ", ".join(f"{story.course.certain[step - 1]} after {step}" for step in story.course.boards)
        count = len(model.domains)
        print(
            f"\nA network that nesy brings, on the same board: cells of which it is certain, of {count}, by its steps:"
        )
        print(f"  {settled}; {story.course.agrees} of {count} as proved")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
