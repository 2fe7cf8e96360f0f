"""Perceptrons: how signals fare through many layers at the start."""

import torch
from torch import nn

from graphs.relational.mlp import MLP, keep_signals


def strength(mlp: MLP) -> float:
    """Mean square of the outputs for inputs with mean square 1."""
    with torch.no_grad():
        return float(mlp(torch.randn(200, 256)).square().mean())


def test_signals_are_kept_through_many_layers():
    torch.manual_seed(0)
    deep = MLP(*[256] * 13)
    assert strength(deep) < 1e-2, "with the start of Glorot and Bengio every ReLU layer halves it"
    keep_signals(nn.ModuleList([deep]))
    assert 0.3 < strength(deep) < 3
