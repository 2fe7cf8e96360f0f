"""A sudoku of handwritten digits: read from its picture, misread digits corrected by reasoning, solved.

    python examples/sudoku_from_picture.py [PICTURE.png] [--images 150] [--seed 0]

Without a picture one is drawn, with digits of other writers than the recogniser learns from. The digits are those of
scikit-learn (``pip install nesy[digits]``); fewer images make a worse recogniser, and more work for the rules.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import nesy
from nesy.demos.sudoku.picture import drawn, training, writers
from nesy.images.show import png
from nesy.puzzles.generate import generate
from nesy.puzzles.show import show
from nesy.solving.account import account
from nesy.solving.picture import PuzzleSight


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("picture", nargs="?", help="a PNG or JPEG of a 9 x 9 grid")
    parser.add_argument("--images", type=int, default=150, help="labelled images to learn digits from")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    model = nesy.puzzle("sudoku").model()
    if options.picture is None:
        options.picture = "sudoku.png"
        givens = generate(model, seed=options.seed, holes=51, unique=True).givens
        grid = [[int(givens.get(9 * row + column, 0)) for column in range(9)] for row in range(9)]
        Path(options.picture).write_bytes(png(drawn(grid, writers(), np.random.default_rng(options.seed))))
        print(f"drawn: {options.picture}")

    sight = PuzzleSight.train(*training(options.images), seed=options.seed)
    reading = sight.read(options.picture, model, unique=True)
    print(f"{len(reading.values)} digits, {len(reading.changes)} of them corrected:")
    for line in account(reading):
        print(f"  {line}")
    print(f"{reading.status}; {reading.looked_at} readings looked at")
    print(show(reading.answer))


if __name__ == "__main__":
    main()
