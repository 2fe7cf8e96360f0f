"""Sudokus of handwritten digits, read from their pictures: digit by digit, and all digits together by exact reasoning.

Boards of 30 givens with one solution, made by chance (`nesy.puzzles.generate`), drawn with images of scikit-learn's
``load_digits``. The recogniser learns from the first images of the data set; the boards show those from place 1000 on,
of other writers. Read together: the most probable reading that keeps every rule and has exactly one solution. A board
counts as right where every given was read as written and the solution is the board's. Reasoning: CPU seconds, without
perception.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

import torch

from benchmarks.claims import Claim, Kept

BOARDS, GIVENS, SEED = 200, 30, 11
LEARNED = (1000, 300, 150, 75)
"""Images that recognisers learn from; the first is the one that is promised."""


def claims(kept: Kept) -> Iterator[Claim]:
    try:
        import sklearn.datasets  # noqa: F401
    except ImportError:
        yield Claim("sudoku_pictures", "not measured: scikit-learn is not installed (the extra digits)")
        return
    for images in LEARNED:
        found = kept.once(f"{images} images", partial(measure, images))
        promised = images == LEARNED[0]
        boards = found["boards"]
        wrong = boards - found["together"] - found["refused"]
        yield Claim(
            f"sudoku_pictures.{images}_images",
            f"{found['together'] / boards:.1%} of boards read right together",
            f"{found['alone'] / boards:.1%} digit by digit",
            bar=">= 95%" if promised else "",
            met=found["together"] >= 0.95 * boards if promised else None,
            detail=f"{boards} boards of {GIVENS} givens; digits right {1 - found['misread'] / found['digits']:.1%}; "
            f"{wrong} boards wrong, {found['refused']} refused; reasoning "
            f"{found['seconds']:.3f} s a board, at most {found['slowest']:.2f} s",
        )


def measure(images: int, boards: int = BOARDS, steps: int | None = None) -> dict[str, Any]:
    """Train a recogniser on the first so many images, and read boards."""
    from nesy.demos.sudoku.measure import Score, read, samples
    from nesy.demos.sudoku.picture import training, writers
    from nesy.puzzles.puzzle import Puzzle
    from nesy.solving.picture import STEPS, PuzzleSight

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model = Puzzle.load("sudoku").model()
        sight = PuzzleSight.train(*training(images), steps=steps or STEPS)
        return asdict(Score.of([read(sight, model, one) for one in samples(model, boards, GIVENS, writers(), SEED)]))
    finally:
        torch.set_num_threads(threads)
