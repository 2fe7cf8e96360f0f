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

    There is a copy of the graph for every class; in the k-th all nodes have class k. Each training node is right in one
    copy and wrong in all others. When asked, nodes whose class is known keep it in every copy, and the answer is the
    class with the greatest mean square, summed over the layers.

    In the published variants only training nodes are labelled while training, and class nodes listen to them. Then a
    node that is asked sees more labels, or weaker ones, than any that was learned from, and few known classes lead to
    one answer for all nodes.

    Args:
        label: ``"features"``: C more input channels, one of them 1 (the first layer has ``c + C`` in-channels);
            ``"nodes"``: an edge from the class's own node, whose features are random.
        threshold: of the goodness, above which a label is held to be right.
    """

    label: Literal["features", "nodes"] = "features"
    threshold: float = 2.0

    def learn(self, data: Any, classes: int, seed: int) -> Problem:
        """See `graphs.forward.strategy.Strategy`; the right one of an example's nodes is the first."""
        nodes, copies = known(data), torch.arange(classes, device=data.y.device)
        problem = self._copies(data, copies[:, None].repeat(1, data.x.size(0)), seed)
        right_first = (data.y[nodes, None] + copies) % classes
        return replace(problem, items=problem.items[nodes].gather(1, right_first), target=data.y[nodes])

    def ask(self, data: Any, classes: int, seed: int) -> Problem:
        """See `graphs.forward.strategy.Strategy`."""
        nodes, n = known(data), data.x.size(0)
        labels = torch.arange(classes, device=data.x.device)[:, None].repeat(1, n)
        if len(nodes):
            labels[:, nodes] = data.y[nodes]
        return self._copies(data, labels, seed)

    def _copies(self, data: Any, labels: Tensor, seed: int) -> Problem:
        """The graph once for each row of (C, n) labels."""
        check_graph(data)
        (classes, n), device = labels.shape, labels.device
        x = stacked(Features.of(data.x), classes)
        shift = n * torch.arange(classes, device=device)
        edges, columns = (data.edge_index[:, None] + shift[:, None]).flatten(1), None
        if self.label == "features":
            columns = one_hot(labels.flatten(), classes).to(x.dense)
        else:
            nodes = torch.randn(classes, data.x.size(1), generator=Generator().manual_seed(seed))
            x = x.over(nodes.to(x.dense))
            labelled = torch.arange(classes * n, device=device)
            edges = torch.cat([edges, torch.stack([classes * n + labels.flatten(), labelled])], 1)
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
