"""A constraint problem as a graph of (variable, value) nodes that meet in pools, one pool per way a rule binds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

VARIABLE = "variable"
"""The relation among the values of one variable: exactly one holds. Every graph has it."""


@dataclass(frozen=True, eq=False)
class Pools:
    """The pools of one relation, ready for sums in both directions.

    Attributes:
        members: (e,) node of each membership, pool by pool.
        starts: (u,) where each pool begins in `members`.
        pool_of: (n, k) the pools of each node, padded with u where a node has fewer than k.
        slots: (e,) where each membership stands in the flattened `pool_of`.
        features: (e, f) of each membership, or None.
        num_pools: u.
    """

    members: Tensor
    starts: Tensor
    pool_of: Tensor
    slots: Tensor
    features: Tensor | None
    num_pools: int

    @classmethod
    def build(cls, members: Tensor, pool: Tensor, num_nodes: int, features: Tensor | None = None) -> Self:
        """Pools from memberships.

        Args:
            members: (e,) nodes.
            pool: (e,) the pool of each, 0 to u - 1, not decreasing, none empty.
            num_nodes: n.
            features: (e, f), or None.

        Raises:
            ValueError: there are none, shapes do not fit, pools are not sorted, a node is out of range.
        """
        if members.shape != pool.shape or members.dim() != 1:
            raise ValueError(f"members {tuple(members.shape)} and pool {tuple(pool.shape)}: expected (e,) and (e,)")
        if not len(members):
            raise ValueError("no memberships; expected at least one: leave a relation without pools out")
        if features is not None and (features.dim() != 2 or len(features) != len(members)):
            raise ValueError(f"features {tuple(features.shape)}: expected ({len(members)}, f)")
        if not 0 <= int(members.min()) <= int(members.max()) < num_nodes:
            raise ValueError(f"members {int(members.min())} to {int(members.max())}: expected 0 to {num_nodes - 1}")
        counts = torch.bincount(pool)
        if int(pool[0]) != 0 or bool((pool.diff() < 0).any()) or bool((counts == 0).any()):
            raise ValueError("pool: expected 0, 1, 2, ... in order, without gaps")
        starts = counts.cumsum(0) - counts
        degree = torch.bincount(members, minlength=num_nodes)
        order = members.argsort(stable=True)
        rank = torch.empty_like(members)  # which of its node's memberships each is
        rank[order] = torch.arange(len(members), device=members.device) - (degree.cumsum(0) - degree)[members[order]]
        width = int(degree.max())
        pool_of = members.new_full((num_nodes, width), len(counts))
        pool_of[members, rank] = pool
        return cls(members, starts, pool_of, members * width + rank, features, len(counts))

    def to(self, device: torch.device | str) -> Self:
        """The same on a device."""
        moved = {name: getattr(self, name).to(device) for name in ("members", "starts", "pool_of", "slots")}
        return replace(self, **moved, features=None if self.features is None else self.features.to(device))


@dataclass(frozen=True, eq=False)
class ConstraintGraph:
    """The values view of a constraint problem; instances of the same rules share it.

    Attributes:
        variable: (n,) the variable of each node, not decreasing.
        relations: name of a relation -> its pools; the name chooses the weights.
        num_variables: v.
    """

    variable: Tensor
    relations: Mapping[str, Pools]
    num_variables: int

    @property
    def num_nodes(self) -> int:
        """How many (variable, value) nodes there are: n."""
        return len(self.variable)

    def to(self, device: torch.device | str) -> Self:
        """The same on a device."""
        relations = {name: pools.to(device) for name, pools in self.relations.items()}
        return replace(self, variable=self.variable.to(device), relations=relations)
