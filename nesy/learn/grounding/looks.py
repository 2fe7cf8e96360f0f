"""Images that look alike, grouped: k-means on pixels and on what a recogniser takes them for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import avg_pool2d

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

GROUPS, GROUP = 24, 15  # groups at most, and images in each
COMPONENTS = 16
ROUNDS = 25
LEAST = -12.0  # log-probabilities below say nothing more


def alike(pixels: Tensor, log_probs: Floats) -> Indices:
    """(n,) numbers of groups of n images that look alike.

    Args:
        pixels: uint8 (n, 1, h, w).
        log_probs: (n, v) of the symbols that the recogniser knows.
    """
    small = avg_pool2d(pixels.float(), 2).flatten(1).numpy().astype(np.float64)
    features = np.hstack([principal(small), principal(np.maximum(log_probs, LEAST))])
    return k_means(features, min(GROUPS, max(1, len(features) // GROUP)), np.random.default_rng(0))


def principal(features: Floats) -> Floats:
    """The first principal components, scaled to total variance 1."""
    left, sizes, _ = np.linalg.svd(features - features.mean(0), full_matrices=False)
    kept: Floats = (left * sizes)[:, :COMPONENTS]
    return kept / max(1e-9, float(np.sqrt((kept**2).sum(1).mean())))


def k_means(points: Floats, count: int, rng: np.random.Generator) -> Indices:
    """(n,) numbers of the nearest of `count` centres, which begin far apart (Arthur & Vassilvitskii 2007)."""
    centres = points[[int(rng.integers(len(points)))]]
    for _ in range(count - 1):
        far = distances(points, centres).min(1)
        if far.sum() < 1e-12:
            break
        centres = np.vstack([centres, points[rng.choice(len(points), p=far / far.sum())]])
    for _ in range(ROUNDS):
        nearest = distances(points, centres).argmin(1)
        for k in range(len(centres)):
            if (nearest == k).any():
                centres[k] = points[nearest == k].mean(0)
    found: Indices = distances(points, centres).argmin(1)
    return found


def distances(points: Floats, centres: Floats) -> Floats:
    """(n, centres) squared distances."""
    found: Floats = (points**2).sum(1)[:, None] - 2 * points @ centres.T + (centres**2).sum(1)
    return np.maximum(found, 0.0)
