"""What a layer learns from: the graph as it sees it, examples on the graph, and a loss of its output at these."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor

from graphs.checks import check_classes, check_edge_index, check_features
from graphs.forward.features import Features


@dataclass(frozen=True, eq=False)
class Problem:
    """A graph of n nodes with m examples of k nodes each.

    Attributes:
        x: (n, c) the layer's input that does not change.
        edge_index: (2, e).
        items: (m, k) the nodes that each example is about.
        target: (m,) classes, or 1 and 0.
        anchors: (a,) nodes that every example is compared with.
        columns: (n, c') the rest of the input, drawn anew in every update or found by the layers below; None: none.
    """

    x: Features
    edge_index: Tensor
    items: Tensor
    target: Tensor
    anchors: Tensor
    columns: Tensor | None = None

    def above(self, h: Tensor) -> Problem:
        """The same for the layer above, which sees (n, c) outputs of this one."""
        return replace(self, x=Features(None, h.relu()), columns=None)


class Strategy(Protocol):
    """A loss for every layer, and the answers of the layers together.

    Shapes: b examples of k nodes, a anchors, d channels of a layer's output.
    """

    measure: str
    """Name of the quality of answers."""

    def classes(self, data: Any) -> int:
        """How many classes there are to tell apart; 0: the question is another one. Checks what is trained on."""

    def learn(self, data: Any, classes: int, seed: int) -> Problem:
        """What to train on."""

    def ask(self, data: Any, classes: int, seed: int) -> Problem:
        """What to answer: all examples of the data."""

    def vary(self, problem: Problem, layer: int, layers: int) -> Problem:
        """The problem as it is in one update; random numbers are PyTorch's."""

    def loss(self, h: Tensor, anchors: Tensor, target: Tensor) -> Tensor:
        """Of outputs, (b, k, d), at the examples and, (a, d), at the anchors: the mean."""

    def evidence(self, h: Tensor, anchors: Tensor) -> Tensor:
        """(b, classes) or (b,): what one layer says; the answer is the sum over the layers."""

    def advance(self, problem: Problem, h: Tensor, layer: int, layers: int) -> Problem:
        """The problem for the layer above; (n, d) outputs of this one at all nodes."""

    def quality(self, evidence: Tensor, target: Tensor) -> float:
        """Of answers; high is good."""


class Chain:
    """What most strategies share: the same problem in every update, outputs handed upwards, a class for each node."""

    measure = "accuracy"

    def classes(self, data: Any) -> int:
        """See `Strategy`; the graph, ``data.y`` and ``data.train_mask`` are checked."""
        check_graph(data)
        return check_classes(data.y, mask(data, "train_mask"), data.x.size(0), name="data.y")

    def vary(self, problem: Problem, layer: int, layers: int) -> Problem:
        """See `Strategy`."""
        return problem

    def advance(self, problem: Problem, h: Tensor, layer: int, layers: int) -> Problem:
        """See `Strategy`."""
        return problem.above(h)

    def quality(self, evidence: Tensor, target: Tensor) -> float:
        """Share of the right classes."""
        return float((evidence.argmax(1) == target).float().mean())


def check_graph(data: Any) -> None:
    """Check features and edges.

    Raises:
        ValueError: see `graphs.checks`.
    """
    check_features(data.x, name="data.x")
    check_edge_index(data.edge_index, data.x.size(0), name="data.edge_index")


def mask(data: Any, name: str) -> Tensor:
    """(n,) bool.

    Raises:
        ValueError: the data has no such mask.
    """
    found, n = getattr(data, name, None), data.x.size(0)
    if not isinstance(found, Tensor) or found.dtype != torch.bool or found.shape != (n,):
        had = f"shape {tuple(found.shape)}, {found.dtype}" if isinstance(found, Tensor) else found
        raise ValueError(f"data.{name}: {had}, expected ({n},) torch.bool")
    return found


def known(data: Any) -> Tensor:
    """The nodes whose classes are given, none if the data has no ``train_mask``."""
    if getattr(data, "train_mask", None) is None:
        return torch.zeros(0, dtype=torch.int64, device=data.x.device)
    return mask(data, "train_mask").nonzero()[:, 0]
