"""The multi-layer perceptron that the relational network uses throughout."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


class MLP(nn.Module):
    """Linear layers with a ReLU between each two of them; none after the last.

    Weights are drawn as by Glorot and Bengio (the published networks' start), biases are 0. With torch's own start each
    layer makes the signal 2.4 times smaller, and the depth of a recurrent network is steps times layers.

    Args:
        widths: channels of the input, of each hidden layer, of the output.
        dropout: share of the last layer's input that is dropped in training.
    """

    def __init__(self, *widths: int, dropout: float = 0.0) -> None:
        super().__init__()
        if len(widths) < 2 or min(widths) < 1:
            raise ValueError(f"widths {widths}: expected at least two positive numbers")
        self.layers: Sequence[nn.Linear]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))  # type: ignore[assignment]
        for layer in self.layers:
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(..., widths[0]) -> (..., widths[-1])."""
        *hidden, last = self.layers
        for layer in hidden:
            x = layer(x).relu()
        return last(self.dropout(x))


def keep_signals(module: nn.Module) -> None:
    """Start all MLPs of a module as He et al. (2015): a layer's outputs are as large as its inputs.

    The start of Glorot and Bengio halves their variance in every such layer; in networks whose depth is steps times
    layers little is left of the input, and training stays for long where it does not depend on it.
    """
    for one in module.modules():
        if isinstance(one, MLP):
            *hidden, last = one.layers
            for layer in hidden:
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            nn.init.kaiming_uniform_(last.weight, nonlinearity="linear")
