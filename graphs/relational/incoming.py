"""Edges sorted by the node that receives them, and sums over what each node receives.

Shapes: n nodes of the graph, k of them receive, m edges, c channels.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag


@dataclass(frozen=True, eq=False)
class Incoming:
    """The edges into k nodes: all of a graph, or a block of them.

    Attributes:
        source: (m,) nodes of the graph.
        target: (m,) positions among the receiving nodes, ascending.
        offsets: (k + 1,) node i receives the edges ``offsets[i]`` to ``offsets[i + 1] - 1``.
        degree: how many edges every node receives; None: not all nodes the same number.
    """

    source: Tensor
    target: Tensor
    offsets: Tensor
    degree: int | None

    @property
    def degrees(self) -> Tensor:
        """(k,) how many edges each node receives."""
        return self.offsets.diff()

    def blocks(self, most: int) -> Iterator[Block]:
        """Consecutive nodes with up to so many edges; one node's edges stay together."""
        first, k = 0, len(self.offsets) - 1
        offsets = range(0, k * self.degree + 1, self.degree) if self.degree else self.offsets.tolist()
        while first < k:
            last = max(first + 1, bisect_right(offsets, offsets[first] + most) - 1)
            edges = slice(offsets[first], offsets[last])
            part = Incoming(
                self.source[edges],
                self.target[edges] - first,
                self.offsets[first : last + 1] - edges.start,
                self.degree,
            )
            yield Block(slice(first, last), edges, part)
            first = last

    def select(self, nodes: Tensor) -> tuple[Tensor, Incoming]:
        """Which edges, (m,) bool, go into some of the receiving nodes, (k,) bool, and they alone."""
        edges = nodes[self.target]
        place = nodes.cumsum(0) - 1
        counts = self.degrees[nodes]
        return edges, Incoming(self.source[edges], place[self.target[edges]], offsets_of(counts), self.degree)

    def sum(self, x: Tensor) -> Tensor:
        """(m, c) -> (k, c): for each node the sum over its edges."""
        if self.degree:
            return x.view(-1, self.degree, x.size(1)).sum(1)
        rows = torch.arange(len(x), device=x.device)
        return embedding_bag(rows, x, self.offsets, mode="sum", include_last_offset=True)  # the quickest segment sum

    def spread(self, x: Tensor) -> Tensor:
        """(k, c) -> (m, c): for each edge the row of its target."""
        return x.index_select(0, self.target)

    def add_targets(self, x: Tensor, at_target: Tensor) -> Tensor:
        """``x += spread(at_target)``, in place, without a copy where all degrees are the same."""
        if self.degree:
            x.view(-1, self.degree, x.size(1)).add_(at_target[:, None])
        else:
            x += self.spread(at_target)
        return x


class Block(NamedTuple):
    """Some consecutive nodes, the edges into them, and how these fit together."""

    nodes: slice
    edges: slice
    incoming: Incoming


def offsets_of(counts: Tensor) -> Tensor:
    """(k,) -> (k + 1,): where each of the parts of these sizes begins, and where the last ends."""
    return torch.cat([counts.new_zeros(1), counts.cumsum(0)])
