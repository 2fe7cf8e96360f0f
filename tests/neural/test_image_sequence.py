"""The neural baseline on image sequences."""

import numpy as np
import pytest
import torch

from nesy.neural.image_sequence import ImageSequenceModel, ImageSequenceNet


def sequences(count, seed=0):
    """One to three bright or dark squares, and how many are bright, in letters."""
    rng = np.random.default_rng(seed)
    bright = [rng.random(rng.integers(1, 4)) < 0.5 for _ in range(count)]
    images = [np.stack([np.full((8, 8), 250 if b else 20, np.uint8) for b in row]) for row in bright]
    return images, ["a" * (1 + int(row.sum())) for row in bright]


def test_it_learns_to_count_and_is_the_same_for_a_seed():
    images, answers = sequences(200)
    fresh, expected = sequences(60, seed=1)
    model = ImageSequenceModel(hidden=16, channels=(4, 8)).fit(images, answers, steps=250)
    assert np.mean([a == b for a, b in zip(model.predict(fresh), expected, strict=True)]) > 0.8
    assert model.size == sum(weight.numel() for weight in model.net.parameters())
    one, two = (ImageSequenceModel(hidden=16, channels=(4, 8), seed=1).fit(images, answers, steps=5) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.net.parameters(), two.net.parameters(), strict=True))


def test_padding_changes_nothing():
    torch.manual_seed(0)
    net = ImageSequenceNet(8, 10, 10).eval()
    images = torch.rand(7, 1, 10, 10)
    memory, padding = net.encode_images(images, torch.tensor([2, 5]))
    alone, _ = net.encode_images(images[:2], torch.tensor([2]))
    assert padding.tolist() == [[False] * 2 + [True] * 3, [False] * 5]
    assert torch.allclose(memory[0, :2], alone[0], atol=1e-6)


def test_what_cannot_be_fitted():
    with pytest.raises(ValueError, match="fit needs sequences"):
        ImageSequenceModel().fit([], [], steps=1)
