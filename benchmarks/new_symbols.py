"""Symbols that a recogniser was not trained on: are they said to be unknown, and known after five examples?

Handwritten digits of scikit-learn: two digits are left out, a network is trained on images 0 to 899 of the others, and
`Prototypes` are calibrated on images 900 to 1199 and tested on the rest, which are of other writers. What a symbol is
known by was chosen with (8, 9), (3, 6) and (0, 4) left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec

import numpy as np
import torch
from torch import Tensor

from benchmarks.claims import Claim, Kept
from nesy.demos.digits import handwritten_digits
from nesy.neural.prototypes import Prototypes
from nesy.neural.recogniser import ConvolutionalRecogniser, Training, as_pixels

LEFT_OUT = [(1, 2), (5, 7)]
SHOTS, EPOCHS = 5, 12
TRAINED, CALIBRATED = 900, 1200


def measured(left_out: Sequence[int], epochs: int = EPOCHS) -> dict[str, float]:
    """Shares of the test images that are read right or called unknown, before and after the new symbols are added."""
    torch.set_num_threads(1)
    images, digits = handwritten_digits()
    number, old = np.arange(len(digits)), ~np.isin(digits, left_out)
    names = [digit for digit in range(10) if digit not in left_out]
    train = np.flatnonzero(old & (number < TRAINED))
    torch.manual_seed(0)
    model = ConvolutionalRecogniser(len(names), *images.shape[1:])
    training = Training(model, seed=0, batch=64)
    labels = torch.eye(len(names))[[names.index(digit) for digit in digits[train]]]
    for _ in range(epochs):
        training.epoch(as_pixels(images[train], model.size), labels, rate=(3e-3, 1e-3))

    def pictures(chosen: np.ndarray) -> Tensor:
        return as_pixels(images[chosen], model.size).float() / 255

    known = Prototypes(training.average.features)
    for digit in names:
        known.add(str(digit), pictures(train[digits[train] == digit]))
    held = np.flatnonzero(old & (number >= TRAINED) & (number < CALIBRATED))
    known.calibrate(pictures(held), [str(digit) for digit in digits[held]])

    test = np.flatnonzero(number >= CALIBRATED)
    truth, new = digits[test], ~old[test]

    def right(said: list[str | None], which: np.ndarray) -> float:
        return float(np.mean([a == str(b) for a, b in zip(said, truth, strict=True)], where=which))

    before = known.read(pictures(test))
    found = {"known": right(before, ~new), "unknown": float(np.mean([a is None for a in before], where=new))}
    for digit in left_out:
        known.add(str(digit), pictures(np.flatnonzero((digits == digit) & (number < TRAINED))[:SHOTS]))
    after = known.read(pictures(test))
    likeliest = [known.symbols[k] for k in known(pictures(test)).argmax(1).tolist()]
    return found | {"known_after": right(after, ~new), "new": right(after, new), "new_likeliest": right(likeliest, new)}


def claims(kept: Kept) -> Iterator[Claim]:
    """The table."""
    for pair in LEFT_OUT:
        name = f"new_symbols.{pair[0]}_{pair[1]}"
        if find_spec("sklearn") is None:
            yield Claim(name, "skipped: no scikit-learn")
            continue
        found = kept.once(name, partial(measured, pair))
        share = {key: f"{100 * value:.1f}%" for key, value in found.items()}
        yield Claim(
            name,
            f"{share['new_likeliest']} of their images read right after {SHOTS} examples of each",
            "0% before",
            detail=f"{share['new']} if some may be called unknown; before, {share['unknown']} are called unknown; "
            f"other digits, 95% of which are to be known: {share['known']} right before, {share['known_after']} after",
        )
