"""Links of a graph that is too big to be computed as a whole: batches of pairs with what surrounds them.

The part around a batch has all edges among the nodes that were found, so that neighbours that two ends share are seen
from both. What is trained or evaluated is the same model as on the whole graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from graphs.checks import check_edge_index, check_features
from graphs.link.model import LinkModel, Scorer
from graphs.link.split import LinkPart
from graphs.sampling.neighbours import NeighbourSampler, Subgraph


@dataclass(frozen=True, eq=False)
class LinkBatch:
    """Pairs, and the part of the graph around them.

    Attributes:
        nodes: (m,) numbers of the part's nodes in the whole graph.
        edge_index: (2, k) of the part; links that are asked about are left out.
        edge_label_index: (2, p) pairs, as places in `nodes`.
        edge_label: (p,) 1.0: a link, 0.0: none.
    """

    nodes: Tensor
    edge_index: Tensor
    edge_label_index: Tensor
    edge_label: Tensor

    def to(self, device: torch.device | str) -> Self:
        """The same on a device."""
        return type(self)(*(tensor.to(device) for tensor in vars(self).values()))


class LinkSampler:
    """Batches of a part's links, each with as many fresh negatives and with what surrounds them.

        for batch in sampler.epoch(torch.Generator().manual_seed(epoch)):
            logits = model(x[batch.nodes], batch.edge_index, batch.edge_label_index)

    Args:
        part: usually ``split.train``.
        num_nodes: n.
        fanouts: for each hop, at most how many neighbours of a node; -1: all. With all neighbours, a network of l
            layers that is read out at common neighbours needs l + 2 hops to compute what it would on the whole graph.
        batch: links at a time; the last batch of an epoch may have fewer.

    Raises:
        ValueError: bad edges, a part without links.
    """

    def __init__(self, part: LinkPart, num_nodes: int, *, fanouts: Sequence[int], batch: int = 1024) -> None:
        self._links, self._fresh, self._batch = part.positives.cpu(), part.fresh, batch
        if not self._links.numel() or batch < 1:
            raise ValueError(f"{self._links.size(1)} links in batches of {batch}: expected at least 1 of each")
        self._sampler = NeighbourSampler(part.edge_index, num_nodes, fanouts=fanouts, induced=True)

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return -(-self._links.size(1) // self._batch)

    def epoch(self, generator: torch.Generator) -> Iterator[LinkBatch]:
        """Every link once, in an order drawn with a generator of the CPU."""
        order = torch.randperm(self._links.size(1), generator=generator)
        for some in order.split(self._batch):
            links = self._links[:, some]
            negatives = self._fresh.draw(links.size(1), generator)
            part, pairs = _around(self._sampler, torch.cat([links, negatives], 1), generator)
            asked = _keys(pairs[:, : links.size(1)], part.nodes.numel())
            hidden = torch.isin(_keys(part.edge_index, part.nodes.numel()), asked)
            label = (torch.arange(pairs.size(1)) < links.size(1)).float()
            yield LinkBatch(part.nodes, part.edge_index[:, ~hidden], pairs, label)


class Sampled(nn.Module):
    """A link model that computes the surroundings of the pairs alone; called like the model.

    Args:
        model: what scores.
        fanouts: for each hop, at most how many neighbours of a node; -1: all.
        batch: pairs at a time.
        seed: of the neighbours that are drawn.
    """

    def __init__(self, model: LinkModel, *, fanouts: Sequence[int], batch: int = 1024, seed: int = 0) -> None:
        super().__init__()
        self.model = model
        self._fanouts, self._batch, self._seed = tuple(fanouts), batch, seed

    def forward(self, x: Tensor | None, edge_index: Tensor, edge_label_index: Tensor) -> Tensor:
        """(2, p) pairs -> (p,) scores; see `graphs.link.model.LinkModel`."""
        return self.scorer(x, edge_index)(edge_label_index)

    def scorer(self, x: Tensor | None, edge_index: Tensor) -> Scorer:
        """What needs the graph only, done once."""
        if x is not None:
            check_features(x)
        num_nodes = _known_nodes(edge_index) if x is None else x.size(0)
        sampler = NeighbourSampler(edge_index, num_nodes, fanouts=self._fanouts, induced=True)

        def score(pairs: Tensor) -> Tensor:
            generator = torch.Generator().manual_seed(self._seed)
            scores = []
            known = pairs if x is not None else pairs.clamp(max=num_nodes - 1)
            for some in known.cpu().split(self._batch, dim=1):
                part, places = _around(sampler, some, generator)
                around = part.to(pairs.device)
                features = None if x is None else x.index_select(0, around.nodes)
                scores.append(self.model(features, around.edge_index, places.to(pairs.device)))
            return torch.cat(scores) if scores else torch.zeros(0, device=pairs.device)

        return score


def _known_nodes(edge_index: Tensor) -> int:
    """Of a graph without features; the last stands for all nodes without a link."""
    return 1 + (check_edge_index(edge_index) if edge_index.numel() else 0)


def _around(sampler: NeighbourSampler, pairs: Tensor, generator: torch.Generator) -> tuple[Subgraph, Tensor]:
    """The part around (2, p) pairs, and the pairs as places in it."""
    seeds, places = pairs.unique(return_inverse=True)
    return sampler.sample(seeds, generator), places


def _keys(pairs: Tensor, num_nodes: int) -> Tensor:
    """(2, p) -> (p,), the same in both directions."""
    low, high = pairs.aminmax(dim=0)
    return low * num_nodes + high
