"""Prediction of links, layer by layer (Park et al., arXiv 2403.11004, section 3.4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from graphs.checks import check_edge_index
from graphs.forward.features import Features
from graphs.forward.strategy import Chain, Problem, check_graph
from graphs.link.metrics import auc


@dataclass(frozen=True)
class LinkPrediction(Chain):
    """The score of a pair is ``z_u . z_v`` with z the output of a layer, before it is rectified; cross-entropy.

    The data have ``edge_label_index``, (2, p) pairs, and ``edge_label``, (p,): 1 for a link and 0 for none, as PyTorch
    Geometric's ``RandomLinkSplit`` and `graphs.split_links` give them. In every update the ends of the pairs that are
    no links are paired anew. The answer is the mean of the layers' probabilities.
    """

    measure = "auc"

    def classes(self, data: Any) -> int:
        """None."""
        return 0

    def learn(self, data: Any, classes: int, seed: int) -> Problem:
        """See `graphs.forward.strategy.Strategy`."""
        return self.ask(data, classes, seed)

    def ask(self, data: Any, classes: int, seed: int) -> Problem:
        """See `graphs.forward.strategy.Strategy`."""
        check_graph(data)
        pairs, n = data.edge_label_index, data.x.size(0)
        check_edge_index(pairs, n, name="data.edge_label_index")
        target = data.edge_label.to(data.x.dtype) if "edge_label" in data else data.x.new_zeros(pairs.size(1))
        return Problem(Features.of(data.x), data.edge_index, pairs.t(), target, pairs.new_zeros(0))

    def vary(self, problem: Problem, layer: int, layers: int) -> Problem:
        """The pairs that are no links exchange their second nodes, except where that would make a loop or a link."""
        (items, target), n = (problem.items, problem.target), problem.x.shape[0]
        none = items[target == 0]
        fresh = torch.stack([none[:, 0], none[torch.randperm(len(none)).to(none.device), 1]], 1)
        links = torch.cat([problem.edge_index.t(), items[target == 1]])
        links = torch.cat([links, links.flip(1)])
        wrong = torch.isin(fresh @ fresh.new_tensor([n, 1]), links @ links.new_tensor([n, 1]))
        wrong |= fresh[:, 0] == fresh[:, 1]
        items = items.clone()
        items[target == 0] = torch.where(wrong[:, None], none, fresh)
        return replace(problem, items=items)

    def loss(self, h: Tensor, anchors: Tensor, target: Tensor) -> Tensor:
        """See `graphs.forward.strategy.Strategy`."""
        return binary_cross_entropy_with_logits((h[:, 0] * h[:, 1]).sum(1), target)

    def evidence(self, h: Tensor, anchors: Tensor) -> Tensor:
        """See `graphs.forward.strategy.Strategy`."""
        return (h[:, 0] * h[:, 1]).sum(1).sigmoid()

    def quality(self, evidence: Tensor, target: Tensor) -> float:
        """Area under the ROC curve."""
        return auc(evidence[target == 1], evidence[target == 0])
