"""One layer before its problem: its loss is a function of its own parameters and of nothing else that is learned."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from graphs.forward.propagation import propagation
from graphs.forward.strategy import Problem, Strategy


class Local(nn.Module):
    """A layer that is trained alone; its parameters are those of this module.

    Args:
        conv: the layer.
        problem: what to learn.
        strategy: how.
        layer: number of the layer.
        layers: how many there are.
    """

    def __init__(self, conv: nn.Module, problem: Problem, strategy: Strategy, layer: int, layers: int) -> None:
        super().__init__()
        self.conv, self._problem, self._strategy, self._place = conv, problem, strategy, (layer, layers)
        _check_width(conv, problem, layer)
        nodes = torch.cat([problem.items.flatten(), problem.anchors]).unique()
        everywhere = propagation(conv, problem.x.unit(), problem.edge_index)
        self._everywhere, self._needed = everywhere, everywhere.at(nodes)
        self._row = torch.zeros(problem.x.shape[0], dtype=torch.int64, device=nodes.device)
        self._row[nodes] = torch.arange(len(nodes), device=nodes.device)

    def forward(self, batch: Tensor) -> Tensor:
        """Mean loss over (b,) examples."""
        problem = self._strategy.vary(self._problem, *self._place)
        h, anchors = self._outputs(problem, batch)
        return self._strategy.loss(h, anchors, problem.target[batch])

    def __len__(self) -> int:
        return len(self._problem.items)

    def quality(self, evidence: Tensor) -> float:
        """Of answers to all examples."""
        return self._strategy.quality(evidence, self._problem.target)

    def anchors(self) -> Tensor:
        """(a, d) outputs at the anchors."""
        return self._everywhere.batch(self._problem.anchors)(self._problem.columns)

    def evidence(self, anchors: Tensor) -> Tensor:
        """(m, classes) or (m,): what this layer says of every example, compared with these anchors."""
        h = self._needed(self._problem.columns)
        return self._strategy.evidence(_rows(h, self._row[self._problem.items]), anchors)

    def advance(self) -> Problem:
        """The problem for the layer above."""
        return self._strategy.advance(self._problem, self._everywhere(self._problem.columns), *self._place)

    def _outputs(self, problem: Problem, batch: Tensor) -> tuple[Tensor, Tensor]:
        """(b, k, d) and (a, d)."""
        items = problem.items[batch]
        if len(batch) == len(problem.items):
            h, row = self._needed(problem.columns), self._row
            return _rows(h, row[items]), h[row[problem.anchors]]
        nodes = torch.cat([items.flatten(), problem.anchors]).unique()
        h = self._everywhere.batch(nodes)(problem.columns)
        return _rows(h, torch.searchsorted(nodes, items)), h[torch.searchsorted(nodes, problem.anchors)]


def _rows(h: Tensor, index: Tensor) -> Tensor:
    """``h[index]`` with a quicker gradient."""
    return h.index_select(0, index.flatten()).view(*index.shape, -1)


def _check_width(conv: Any, problem: Problem, layer: int) -> None:
    """Where a layer says how many channels it takes."""
    width = problem.x.shape[1] + (0 if problem.columns is None else problem.columns.size(1))
    if isinstance(getattr(conv, "in_channels", None), int) and conv.in_channels != width:
        raise ValueError(f"layer {layer}: {conv.in_channels} in-channels, expected {width}")
