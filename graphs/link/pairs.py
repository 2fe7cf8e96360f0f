"""The pairs of nodes that a link could join, numbered without gaps, so that one can draw among them exactly.

Nodes stand in an order. A pair belongs to the later of its two nodes, whose partners are the first `width` nodes; the
numbers of a node's pairs follow those of the nodes before it. Shapes: n nodes, p pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class PairSpace:
    """Unordered pairs of distinct nodes.

    Attributes:
        order: (m,) the nodes, at most n of them.
        place: (n,) where each stands; -1: nowhere.
        starts: (m + 1,) number of the first pair of each node in `order`.
    """

    order: Tensor
    place: Tensor
    starts: Tensor

    @classmethod
    def _of(cls, order: Tensor, widths: Tensor, num_nodes: int) -> Self:
        place = order.new_full((num_nodes,), -1)
        place[order] = torch.arange(order.numel())
        return cls(order, place, torch.cat([widths.new_zeros(1), widths.cumsum(0)]))

    @classmethod
    def all(cls, num_nodes: int) -> Self:
        """Every pair of n nodes."""
        nodes = torch.arange(num_nodes)
        return cls._of(nodes, nodes, num_nodes)

    @classmethod
    def between(cls, first: int, second: int) -> Self:
        """Pairs of one of the first `first` nodes with one of the `second` nodes after them."""
        nodes = torch.arange(first + second)
        return cls._of(nodes, torch.where(nodes < first, 0, first), first + second)

    @classmethod
    def touching(cls, new: Tensor, old: Tensor, num_nodes: int) -> Self:
        """Pairs among `new` and `old` nodes of which one at least is new."""
        places = torch.arange(old.numel() + new.numel())
        return cls._of(torch.cat([old, new]), torch.where(places < old.numel(), 0, places), num_nodes)

    @property
    def size(self) -> int:
        """How many pairs there are."""
        return int(self.starts[-1])

    def number(self, pairs: Tensor) -> Tensor:
        """(2, p) pairs in either direction -> (p,) their numbers, -1: not one of these."""
        early, late = self.place[pairs].aminmax(dim=0)
        inside = (early >= 0) & (early < self.starts.diff()[late])
        return torch.where(inside, self.starts[late] + early, -1)

    def pair(self, numbers: Tensor) -> Tensor:
        """(p,) numbers -> (2, p) pairs, the earlier node first."""
        late = torch.searchsorted(self.starts, numbers, right=True) - 1
        return torch.stack([self.order[numbers - self.starts[late]], self.order[late]])

    def draw(self, count: int, taken: Tensor, generator: torch.Generator) -> Tensor:
        """Distinct pairs, uniformly.

        Args:
            count: how many.
            taken: numbers of pairs that must not be drawn, ascending, each once.
            generator: of the CPU.

        Returns:
            (count,) their numbers.

        Raises:
            ValueError: there are not so many.
        """
        free = self.size - taken.numel()
        if count > free:
            raise ValueError(f"{count} pairs without a link wanted, but only {free} of {self.size} pairs are free")
        ranks = distinct(count, free, generator)
        free_before = taken - torch.arange(taken.numel())
        return ranks + torch.searchsorted(free_before, ranks, right=True)


def distinct(count: int, below: int, generator: torch.Generator) -> Tensor:
    """(count,) different whole numbers from 0 to below - 1, every set and order of them equally likely."""
    if below <= 4 * count:
        return torch.randperm(below, generator=generator)[:count]
    found = torch.empty(0, dtype=torch.int64)
    while found.numel() < count:
        more = torch.randint(below, (count + count // 2 + 8,), generator=generator)
        found = torch.cat([found, more]).unique()
    return found[torch.randperm(found.numel(), generator=generator)[:count]]
