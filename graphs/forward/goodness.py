"""Forward-forward on graphs (Hinton, arXiv 2212.13345; Park et al., arXiv 2403.11004, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Generator, Tensor
from torch.nn.functional import one_hot, softplus

from graphs.forward.features import Features, stacked
from graphs.forward.strategy import Chain, Problem, check_graph, known


@dataclass(frozen=True)
class ForwardForward(Chain):
    """Layers learn to tell right labels from wrong ones by the size of their output, the goodness ``|h|^2``.

    There is a copy of the graph for every class. While training, the k-th copy labels every training node with its
    class plus k: so the first is right and all others are wrong. When asked, it gives class k to all nodes whose class
    is not known, and the answer is the class with the greatest mean square, summed over the layers.

    Args:
        label: ``"features"``: C more input channels, one of them 1, all of them 1/C where the class is not known (the
            first layer has ``c + C`` in-channels); ``"nodes"``: an edge each way to the class's own node.
        threshold: of the goodness, above which a label is held to be right.
    """

    label: Literal["features", "nodes"] = "features"
    threshold: float = 2.0

    def learn(self, data: Any, classes: int, seed: int) -> Problem:
        """See `graphs.forward.strategy.Strategy`."""
        nodes = known(data)
        labels = data.y.new_full((classes, data.x.size(0)), -1)
        labels[:, nodes] = (data.y[nodes] + torch.arange(classes, device=data.y.device)[:, None]) % classes
        problem = self._copies(data, labels, seed)
        return replace(problem, items=problem.items[nodes], target=data.y[nodes])

    def ask(self, data: Any, classes: int, seed: int) -> Problem:
        """See `graphs.forward.strategy.Strategy`."""
        nodes, n = known(data), data.x.size(0)
        labels = torch.arange(classes, device=data.x.device)[:, None].repeat(1, n)
        if len(nodes):
            labels[:, nodes] = data.y[nodes]
        return self._copies(data, labels, seed)

    def _copies(self, data: Any, labels: Tensor, seed: int) -> Problem:
        """The graph once for each row of (C, n) labels; -1: not known."""
        check_graph(data)
        (classes, n), device = labels.shape, labels.device
        x = stacked(Features.of(data.x), classes)
        shift = n * torch.arange(classes, device=device)
        edges = (data.edge_index[:, None] + shift[:, None]).flatten(1)
        columns = None
        if self.label == "features":
            columns = torch.full((classes * n, classes), 1 / classes, device=device, dtype=x.dense.dtype)
            given = labels.flatten() >= 0
            columns[given] = one_hot(labels.flatten()[given], classes).to(columns)
        else:
            nodes = torch.randn(classes, data.x.size(1), generator=Generator().manual_seed(seed)).to(data.x)
            x = x.over(nodes.repeat(classes, 1))
            copy, node = (labels >= 0).nonzero(as_tuple=True)
            links = torch.stack([copy * n + node, classes * n + copy * classes + labels[copy, node]])
            edges = torch.cat([edges, links, links.flip(0)], 1)
        items = torch.arange(n, device=device)[:, None] + shift
        target = data.y if "y" in data else items.new_zeros(n)
        return Problem(x, edges, items, target, items.new_zeros(0), columns)

    def loss(self, h: Tensor, anchors: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy of ``sigmoid(|h|^2 - threshold)``: of the right copy, and the mean of the wrong ones."""
        goodness = h.relu().square().sum(2) - self.threshold
        return (softplus(-goodness[:, 0]) + softplus(goodness[:, 1:]).mean(1)).mean()

    def evidence(self, h: Tensor, anchors: Tensor) -> Tensor:
        """See `graphs.forward.strategy.Strategy`."""
        return h.relu().square().mean(2)
