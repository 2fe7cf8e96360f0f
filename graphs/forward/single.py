"""Single-forward with virtual class nodes (Park et al., arXiv 2403.11004, section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from graphs.forward.features import Features
from graphs.forward.strategy import Chain, Problem, check_graph, known


@dataclass(frozen=True)
class SingleForward(Chain):
    """A node of its own for every class, linked with the training nodes of the class.

    With h the rectified output of a layer, its loss is the cross-entropy of ``softmax(h_v . h_class / temperature)``;
    the answer is the sum of these over the layers. There are no negative examples. Class nodes have random features.

    Args:
        temperature: of the softmax.
        edges: ``"both"`` ways between a node and that of its class, as published; ``"up"``: class nodes only listen, so
            that training nodes are treated as all others.
    """

    temperature: float = 1.0
    edges: Literal["both", "up"] = "both"

    def learn(self, data: Any, classes: int, seed: int) -> Problem:
        """See `graphs.forward.strategy.Strategy`."""
        problem, nodes = self.ask(data, classes, seed), known(data)
        return replace(problem, items=nodes[:, None], target=data.y[nodes])

    def ask(self, data: Any, classes: int, seed: int) -> Problem:
        """All nodes; those that are no training nodes are linked with no class."""
        check_graph(data)
        n, nodes = data.x.size(0), known(data)
        up = torch.stack([nodes, n + data.y[nodes]]) if len(nodes) else nodes.new_zeros(2, 0)
        down = up.flip(0) if self.edges == "both" else up[:, :0]
        features = torch.randn(classes, data.x.size(1), generator=Generator().manual_seed(seed))
        return Problem(
            Features.of(data.x).over(features.to(data.x)),
            torch.cat([data.edge_index, up, down], 1),
            torch.arange(n, device=data.x.device)[:, None],
            data.y if "y" in data else nodes.new_zeros(n),
            torch.arange(n, n + classes, device=data.x.device),
        )

    def loss(self, h: Tensor, anchors: Tensor, target: Tensor) -> Tensor:
        """See `graphs.forward.strategy.Strategy`."""
        return cross_entropy(self._logits(h, anchors), target)

    def evidence(self, h: Tensor, anchors: Tensor) -> Tensor:
        """See `graphs.forward.strategy.Strategy`."""
        return self._logits(h, anchors).softmax(1)

    def _logits(self, h: Tensor, anchors: Tensor) -> Tensor:
        return h[:, 0].relu() @ anchors.relu().t() / self.temperature
