"""Weights that differ from step to step by little: step t uses ``W + A_t B_t`` with A_t, B_t of low rank.

A_t starts at 0, so that all steps start with the same weights, as in the published network.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import register_parametrization


class StepDelta(nn.Module):
    """A weight's value in the step at hand, a torch parametrization.

    Args:
        weight: (out, in), which all steps share.
        steps: how many have a delta of their own; later ones use the last.
        rank: of each delta.

    Attributes:
        step: the one at hand, from 0.
    """

    def __init__(self, weight: Tensor, steps: int, rank: int) -> None:
        super().__init__()
        out, in_ = weight.shape
        self.left = nn.Parameter(torch.zeros(steps, out, rank))
        self.right = nn.Parameter(torch.randn(steps, rank, in_) / in_**0.5)
        self.step = 0

    def forward(self, weight: Tensor) -> Tensor:
        """(out, in) -> (out, in)."""
        t = min(self.step, len(self.left) - 1)
        return torch.addmm(weight, self.left[t], self.right[t])


def add_deltas(module: nn.Module, steps: int, rank: int) -> list[StepDelta]:
    """Give every matrix of a module its deltas."""
    matrices = [
        (part, name, parameter)
        for part in module.modules()
        for name, parameter in part.named_parameters(recurse=False)
        if parameter.dim() == 2
    ]
    deltas = []
    for part, name, weight in matrices:
        deltas.append(StepDelta(weight, steps, rank))
        register_parametrization(part, name, deltas[-1])
    return deltas
