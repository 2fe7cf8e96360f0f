from __future__ import annotations

import numpy as np
import pytest
import torch

from nesy.neural.recogniser import ConvolutionalRecogniser, Training, as_pixels, distorted, log_probs, working_size


def glyphs(symbols: int, copies: int, seed: int = 0, size: tuple[int, int] = (14, 18)) -> tuple[np.ndarray, np.ndarray]:
    """Random blocks of ink with noise, and their labels."""
    rng = np.random.default_rng(seed)
    shapes = np.kron(rng.random((symbols, size[0] // 2, size[1] // 2)) < 0.4, np.ones((2, 2)))
    labels = np.tile(np.arange(symbols), copies)
    noisy = 0.8 * shapes[labels] + 0.2 * rng.random((len(labels), *size))
    return (255 * noisy).astype(np.uint8), labels


def trained(seed: int, targets: torch.Tensor, images: np.ndarray, epochs: int = 6) -> Training:
    torch.manual_seed(seed)
    model = ConvolutionalRecogniser(targets.shape[1], *images.shape[1:])
    training = Training(model, seed=seed, batch=32)
    pixels = as_pixels(images, model.size)
    for _ in range(epochs):
        training.epoch(pixels, targets)
    return training


def test_learns_from_soft_targets():
    images, labels = glyphs(4, 60)
    training = trained(0, 0.7 * torch.eye(4)[labels] + 0.3 / 4, images)
    fresh, wanted = glyphs(4, 20)
    found = training.log_probs(as_pixels(fresh))
    assert (found.argmax(1) == wanted).mean() > 0.95
    assert np.allclose(np.exp(found).sum(1), 1)
    assert abs(np.exp(found).max(1).mean() - 0.775) < 0.1


def test_same_seed_same_weights():
    images, labels = glyphs(3, 20)
    targets = torch.eye(3)[labels]
    first, second, other = (trained(seed, targets, images, 1).average.state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_weight_zero_is_as_good_as_absent():
    images, labels = glyphs(3, 40)
    wrong = torch.eye(3)[(labels + 1) % 3]
    targets = torch.cat([torch.eye(3)[labels], wrong])
    both = np.concatenate([images, images])
    torch.manual_seed(0)
    model = ConvolutionalRecogniser(3, *images.shape[1:])
    training = Training(model, batch=32)
    pixels = as_pixels(both, model.size)
    for _ in range(8):
        training.epoch(pixels, targets, torch.cat([torch.ones(len(images)), torch.zeros(len(images))]))
    assert (training.log_probs(pixels).argmax(1)[: len(images)] == labels).mean() > 0.95


@pytest.mark.parametrize("size", [(8, 8), (32, 32), (45, 20), (9, 40)])
def test_any_size_of_image(size):
    model = ConvolutionalRecogniser(5, *size)
    assert model.size == working_size(*size)
    assert model(torch.rand(3, 1, *size)).shape == (3, 5)
    images = np.random.default_rng(0).integers(0, 256, (3, *size)).astype(np.uint8)
    full, small = (log_probs(model, as_pixels(images, size)) for size in (None, model.size))
    assert np.allclose(full, small, atol=0.05)


def test_views_are_averaged_probabilities():
    images, labels = glyphs(3, 10)
    found = log_probs(trained(0, torch.eye(3)[labels], images).average, as_pixels(images), views=4)
    assert np.allclose(np.exp(found).sum(1), 1)


def test_without_strength_nothing_is_distorted():
    images = torch.rand(4, 1, 12, 10)
    assert torch.allclose(distorted(images, torch.Generator().manual_seed(0), 0.0), images, atol=1e-5)


def test_black_on_white_is_read_as_white_on_black():
    images = torch.rand(2, 1, 16, 16)
    torch.manual_seed(0)
    dark, bright = ConvolutionalRecogniser(4, 16, 16).eval(), ConvolutionalRecogniser(4, 16, 16, background=1).eval()
    bright.load_state_dict({**dark.state_dict(), "background": torch.tensor(1.0)})
    assert torch.allclose(dark(images), bright(1 - images), atol=1e-5)


def test_nothing_to_recognise():
    with pytest.raises(ValueError, match="at least one"):
        ConvolutionalRecogniser(0, 8, 8)
