"""Denoising block by block, without a pass through the others (Li, Teh, Pascanu, *NoProp*, arXiv 2503.24322)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import pi, sin
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn.functional import one_hot

from graphs.forward.features import Features
from graphs.forward.strategy import Chain, Problem, check_graph, known


@dataclass(frozen=True, eq=False, kw_only=True)
class _Noisy(Problem):
    """With what the noisy labels are made of.

    Attributes:
        label: (n, C) one-hot, 1/C where the class is not known.
        given: (n,) where it is known.
        noise: (n, C) of the answers.
    """

    label: Tensor
    given: Tensor
    noise: Tensor


@dataclass(frozen=True)
class Denoising(Chain):
    """Every layer sees the features and a noisy label, and says what the label is.

    The input of layer l of L is ``[x, z_l]`` with ``z_l = s u + sqrt(1 - s^2) e``, u the one-hot label of a node (1/C
    where it is not known), e noise and ``s = sin(pi/2 l/L)``: nothing but noise below the first layer, less and less
    of it above. A layer learns u, by the square of its error; no layer is needed to train another. When asked, u is
    what the layer below says.

    All layers have c + C in-channels and C out-channels; where one linear map is too little,
    `torch_geometric.nn.GINConv` takes a network.
    """

    def learn(self, data: Any, classes: int, seed: int) -> Problem:
        """See `graphs.forward.strategy.Strategy`."""
        problem, nodes = self.ask(data, classes, seed), known(data)
        return replace(problem, items=nodes[:, None], target=data.y[nodes])

    def ask(self, data: Any, classes: int, seed: int) -> Problem:
        """See `graphs.forward.strategy.Strategy`."""
        check_graph(data)
        n, device, nodes = data.x.size(0), data.x.device, known(data)
        label = data.x.new_full((n, classes), 1 / classes, layout=torch.strided)
        given = torch.zeros(n, dtype=torch.bool, device=device)
        given[nodes] = True
        target = data.y if "y" in data else torch.zeros(n, dtype=torch.int64, device=device)
        label[nodes] = one_hot(target[nodes], classes).to(label)
        noise = torch.randn(n, classes, generator=Generator().manual_seed(seed)).to(label)
        items = torch.arange(n, device=device)[:, None]
        return _Noisy(
            x=Features.of(data.x),
            edge_index=data.edge_index,
            items=items,
            target=target,
            anchors=items[:0, 0],
            columns=noise,
            label=label,
            given=given,
            noise=noise,
        )

    def vary(self, problem: Problem, layer: int, layers: int) -> Problem:
        """New noise on the labels."""
        assert isinstance(problem, _Noisy)
        return replace(problem, columns=_noisy(problem.label, torch.randn_like(problem.noise), layer, layers))

    def loss(self, h: Tensor, anchors: Tensor, target: Tensor) -> Tensor:
        """Square of the error, summed over the classes."""
        return (h[:, 0].softmax(1) - one_hot(target, h.size(2))).square().sum(1).mean()

    def evidence(self, h: Tensor, anchors: Tensor) -> Tensor:
        """See `graphs.forward.strategy.Strategy`."""
        return h[:, 0].softmax(1)

    def advance(self, problem: Problem, h: Tensor, layer: int, layers: int) -> Problem:
        """The same features, and less noise on the labels that this layer found."""
        assert isinstance(problem, _Noisy)
        if h.size(1) != problem.label.size(1):
            raise ValueError(f"layer {layer}: {h.size(1)} out-channels, expected a channel for each class")
        found = torch.where(problem.given[:, None], problem.label, h.softmax(1))
        return replace(problem, columns=_noisy(found, problem.noise, layer + 1, layers))


def _noisy(label: Tensor, noise: Tensor, layer: int, layers: int) -> Tensor:
    share = sin(pi / 2 * layer / layers)
    return share * label + (1 - share**2) ** 0.5 * noise
