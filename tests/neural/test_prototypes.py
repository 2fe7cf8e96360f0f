"""Symbols that were never trained on: said to be unknown, and known after five examples."""

import numpy as np
import pytest
import torch

from nesy.neural.prototypes import Prototypes
from nesy.neural.recogniser import ConvolutionalRecogniser, Training, as_pixels

SYMBOLS, TRAINED = 8, 6


def drawn(label: int, count: int, seed: int) -> torch.Tensor:
    """(count, 1, 16, 16) of one of `SYMBOLS` random bitmaps, shifted and with noise."""
    bitmap = np.kron(np.random.default_rng([7, label]).permutation(16).reshape(4, 4) < 7, np.ones((3, 3)))
    rng = np.random.default_rng([seed, label])
    images = 0.15 * rng.random((count, 16, 16))
    for image, (y, x) in zip(images, rng.integers(0, 5, (count, 2)), strict=True):
        image[y : y + 12, x : x + 12] += 0.85 * bitmap
    return as_pixels((255 * images).astype(np.uint8)).float() / 255


@pytest.fixture(scope="module")
def known() -> Prototypes:
    images = torch.cat([drawn(label, 40, 0) for label in range(TRAINED)])
    torch.manual_seed(0)
    training = Training(ConvolutionalRecogniser(TRAINED, 16, 16), seed=0, batch=32)
    for _ in range(4):
        training.epoch((255 * images).byte(), torch.eye(TRAINED).repeat_interleave(40, 0))
    found = Prototypes(training.average.features)
    for label in range(TRAINED):
        found.add(str(label), drawn(label, 20, 1))
    names = [str(label) for label in range(TRAINED) for _ in range(20)]
    found.calibrate(torch.cat([drawn(int(label), 20, 2) for label in found.symbols]), names)
    return found


def right(known: Prototypes, label: int) -> float:
    return np.mean([name == str(label) for name in known.read(drawn(label, 50, 3))])


def test_unknown_until_it_is_added(known):
    before = [right(known, label) for label in range(TRAINED)]
    assert np.mean(before) > 0.9
    unknown = known.read(torch.cat([drawn(label, 50, 3) for label in range(TRAINED, SYMBOLS)]))
    assert np.mean([name is None for name in unknown]) > 0.8
    for label in range(TRAINED, SYMBOLS):
        known.add(str(label), drawn(label, 5, 1))
    assert np.mean([right(known, label) for label in range(TRAINED, SYMBOLS)]) > 0.7
    assert np.mean([right(known, label) for label in range(TRAINED)]) > np.mean(before) - 0.05
    images = drawn(SYMBOLS - 1, 20, 3)
    logits = known(images)
    assert logits.shape == (20, SYMBOLS)
    best = [known.symbols[k] for k in logits.argmax(1).tolist()]
    assert all(name in (None, own) for name, own in zip(known.read(images), best, strict=True))


def test_bad_input():
    empty = Prototypes(lambda images: images.flatten(1))
    image = torch.rand(3, 1, 4, 4)
    with pytest.raises(ValueError, match="no symbol is known yet"):
        empty.read(image)
    empty.add("a", image)
    with pytest.raises(ValueError, match="symbol: 'a' is known already"):
        empty.add("a", image)
    with pytest.raises(ValueError, match="images: none of 'b'"):
        empty.add("b", image[:0])
    with pytest.raises(ValueError, match=r"symbols: c not known, expected some of \['a'\]"):
        empty.calibrate(image, ["a", "c", "a"])
    with pytest.raises(ValueError, match="queries: 3, expected at least 19"):
        empty.calibrate(image, ["a", "a", "a"])
