"""Scores without anything learned, called like a network: what a network has to beat.

The graph is taken as undirected, x is not looked at. Shapes: n nodes, e edges, p pairs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from graphs.checks import check_edge_index
from graphs.link.adjacency import Adjacency
from graphs.link.common import common_neighbours
from graphs.link.model import Scorer


class _Heuristic(ABC):
    """Knows the two ways to be called."""

    def __call__(self, x: Tensor | None, edge_index: Tensor, edge_label_index: Tensor) -> Tensor:
        """(2, p) pairs -> (p,) scores; see `graphs.link.model.LinkModel`."""
        return self.scorer(x, edge_index)(edge_label_index)

    def scorer(self, x: Tensor | None, edge_index: Tensor) -> Scorer:
        """What needs the graph only, done once."""
        named = 0 if not edge_index.numel() else int(edge_index.max()) + 1
        check_edge_index(edge_index, max(named, 1))
        graph = Adjacency.of(edge_index, named + 1)  # the last stands for all nodes without a link
        score = self._scorer(graph)
        return lambda pairs: score(pairs.clamp(max=named))

    @abstractmethod
    def _scorer(self, graph: Adjacency) -> Scorer: ...


class _OverCommonNeighbours(_Heuristic):
    """A sum over common neighbours of a weight that depends on their degree."""

    @abstractmethod
    def _weights(self, degrees: Tensor) -> Tensor:
        """(n,) degrees, at least 2 -> (n,) weights."""

    def _scorer(self, graph: Adjacency) -> Scorer:
        weights = self._weights(graph.degrees.clamp(min=2).to(torch.get_default_dtype()))

        def score(pairs: Tensor) -> Tensor:
            pair, node = common_neighbours(graph, pairs)
            return weights.new_zeros(pairs.size(1)).index_add_(0, pair, weights[node])

        return score


class CommonNeighbours(_OverCommonNeighbours):
    """How many neighbours two nodes share."""

    def _weights(self, degrees: Tensor) -> Tensor:
        return torch.ones_like(degrees)


class AdamicAdar(_OverCommonNeighbours):
    """Sum of 1 / log(degree) over common neighbours (Adamic and Adar, 2003)."""

    def _weights(self, degrees: Tensor) -> Tensor:
        return 1 / degrees.log()


class ResourceAllocation(_OverCommonNeighbours):
    """Sum of 1 / degree over common neighbours (Zhou, Lü and Zhang, 2009)."""

    def _weights(self, degrees: Tensor) -> Tensor:
        return 1 / degrees


class Katz(_Heuristic):
    """Sum over l of beta^l times the number of walks of length l between two nodes (Katz, 1953), up to a length.

    Args:
        beta: weight of a step; below 1 / the largest eigenvalue, the sum over all lengths exists.
        length: the longest walks that count.
        memory: bytes of the walks from some nodes to all others, about.

    Raises:
        ValueError: beta is not positive, length below 1.
    """

    def __init__(self, beta: float = 0.005, length: int = 5, *, memory: int = 2**28) -> None:
        if not (beta > 0 and length >= 1):
            raise ValueError(f"beta {beta}, length {length}: expected beta above 0 and length of at least 1")
        self._beta, self._length, self._memory = beta, length, memory

    def _scorer(self, graph: Adjacency) -> Scorer:
        columns = max(1, self._memory // (16 * graph.num_nodes))

        def score(pairs: Tensor) -> Tensor:
            scores = torch.zeros(pairs.size(1), device=pairs.device)
            targets, place = pairs[1].unique(return_inverse=True)
            for start in range(0, targets.numel(), columns):
                some = targets[start : start + columns]
                mine = ((place >= start) & (place < start + columns)).nonzero()[:, 0]
                scores[mine] = self._walks(graph, some)[pairs[0, mine], place[mine] - start]
            return scores

        return score

    def _walks(self, graph: Adjacency, targets: Tensor) -> Tensor:
        """(n, k): of every node to each target."""
        ones = torch.arange(targets.numel(), device=targets.device)
        step = torch.zeros(graph.num_nodes, targets.numel(), device=targets.device)
        step[targets, ones] = 1
        total = torch.zeros_like(step)
        for _ in range(self._length):
            step = self._beta * (graph.matrix @ step)
            total += step
        return total
