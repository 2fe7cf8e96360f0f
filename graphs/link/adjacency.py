"""The neighbours of every node, sorted, so that pairs are looked up and links hidden without building anything anew.

Shapes: n nodes, e entries (a link is two of them, one at each end), p pairs, m neighbours found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from graphs.rows import members, offsets_of
from graphs.sparse import SparseMatrix


@dataclass(frozen=True, eq=False)
class Adjacency:
    """A graph without loops; several links between two nodes are of different kinds.

    The kind of an entry is that of the link as the entry's row sees it: of an undirected graph the type of the edge, of
    a directed one twice the type for an edge that leaves and one more for an edge that arrives.

    Attributes:
        matrix: (n, n) of ones.
        keys: (e,) ascending: (row * n + column) * kinds + kind of every entry.
        kinds: how many there are.
        whole: the graph before links were hidden; None: none are.
    """

    matrix: SparseMatrix
    keys: Tensor
    kinds: int = 1
    whole: Adjacency | None = None

    @classmethod
    def of(
        cls,
        edge_index: Tensor,
        num_nodes: int,
        *,
        directed: bool = False,
        edge_type: Tensor | None = None,
        edge_types: int = 1,
    ) -> Self:
        """From (2, e) edges, those of an undirected graph in one direction or both, and (e,) their types."""
        source, target = edge_index
        kind = torch.zeros_like(source) if edge_type is None else edge_type
        kinds, there, back = (2 * edge_types, 2 * kind, 2 * kind + 1) if directed else (edge_types, kind, kind)
        both = torch.cat([(source * num_nodes + target) * kinds + there, (target * num_nodes + source) * kinds + back])
        keys = both[(source != target).repeat(2)].unique()
        rows, columns = keys // kinds // num_nodes, keys // kinds % num_nodes
        matrix = SparseMatrix(offsets_of(rows.bincount(minlength=num_nodes)), columns, None, num_nodes)
        return cls(matrix.indexed(), keys, kinds)

    @property
    def num_nodes(self) -> int:
        """How many nodes there are."""
        return self.matrix.num_columns

    @property
    def degrees(self) -> Tensor:
        """(n,) how many links every node has."""
        return self.matrix.offsets.diff()

    def without(self, pairs: Tensor) -> Self:
        """The graph with the links between (2, p) pairs hidden: of every kind, in either direction."""
        source, target = pairs
        hidden = torch.cat([source * self.num_nodes + target, target * self.num_nodes + source])
        return self.select(torch.isin(self.keys // self.kinds, hidden, invert=True))

    def select(self, kept: Tensor) -> Self:
        """The graph with the entries hidden that are False in (e,) `kept`."""
        whole = self if self.whole is None else self.whole
        return type(self)(self.matrix.select(kept), self.keys[kept], self.kinds, whole)

    def of_kind(self, kind: int) -> SparseMatrix:
        """(n, n) of ones where there is a link of this kind."""
        return self.matrix if self.kinds == 1 else self.matrix.select(self.keys % self.kinds == kind)

    def between(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """For (p,) pairs: the first entry of the one's row at the other's column, and how many there are."""
        key = (source * self.num_nodes + target) * self.kinds
        first = torch.searchsorted(self.keys, key)
        if self.kinds == 1:
            there = self.keys[first.clamp(max=self.keys.numel() - 1)] == key if self.keys.numel() else first < 0
            return first, there.long()
        return first, torch.searchsorted(self.keys, key + self.kinds) - first

    def linked(self, source: Tensor, target: Tensor) -> Tensor:
        """(p,) bool: which pairs have a link of any kind."""
        return self.between(source, target)[1] > 0

    def entries(self, nodes: Tensor) -> tuple[Tensor, Tensor]:
        """For (p,) nodes, all entries of their rows: (m,) which of the nodes, ascending, and the entry."""
        return members(self.matrix.offsets, nodes)
