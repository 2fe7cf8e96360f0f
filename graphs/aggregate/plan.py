"""A balanced binary tree over every segment of a ragged batch, with nothing padded.

A segment of n elements becomes a tree of depth ceil(log2 n) with n - 1 joins. The first level joins just so many pairs
that 2^k values are left, k = ceil(log2 n) - 1. From there on every tree is perfect, and all of them stand in one
tensor in such an order that each level is

    [ left children | right children | roots of finished trees ]

and the join of its first two parts is the next level: no index is needed between the first level and the roots.

Legend: e elements, n segments, k height of a segment's perfect tree, b number of a node among its 2^k lowest ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

Operator: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""(p, c), (p, c) -> (p, c): what each pair of rows joins to."""


class Level(NamedTuple):
    """The values on one level of all perfect trees."""

    left: Tensor
    right: Tensor
    roots: Tensor


@dataclass(frozen=True, eq=False)
class TreePlan:
    """Which elements are joined with which.

    Attributes:
        index: (e,) the segment of each element, as it was given.
        num_segments: how many there are, the empty ones too.
        left, right: elements that the first level joins.
        alone: elements that it passes on.
        order: the first level's results, then what it passed on -> the lowest level of the perfect trees.
        sizes: of left, right and roots on every level from there.
        place: (n,) each segment's row among all roots; one row further if it is empty.
    """

    index: Tensor
    num_segments: int
    left: Tensor
    right: Tensor
    alone: Tensor
    order: Tensor
    sizes: tuple[tuple[int, int, int], ...]
    place: Tensor

    @classmethod
    def build(cls, index: Tensor, num_segments: int) -> TreePlan:
        """The plan for elements in any order; inside a segment their order is kept.

        Args:
            index: (e,) integers from 0 to `num_segments` - 1.

        Raises:
            ValueError: `index` is something else.
        """
        _check(index, num_segments)
        index = index.detach().clone()  # what changes the original must not change this
        counts = index.bincount(minlength=num_segments)
        filled = counts > 0
        n = counts[filled]
        k = (torch.frexp((n - 1).double()).exponent - 1).clamp(min=0).long()
        trees = k.bincount(minlength=1).tolist()  # of each height
        pairs = [sum(count << (j - t - 1) for j, count in enumerate(trees) if j > t) for t in range(len(trees))]

        by_height = k.argsort(stable=True)
        row = _inverse(by_height)  # of each tree's root among all roots
        before = k.new_tensor([0, *accumulate(trees)])
        root = row - before[k] + 2 * k.new_tensor(pairs)[k]  # on the level where it is one

        width = 1 << k
        joins = n - width
        tree = torch.repeat_interleave(width)
        b = _numbers(width, tree)
        joined = b < joins[tree]
        first = (n.cumsum(0) - n)[tree] + b + torch.where(joined, b, joins[tree])
        position = root[tree]
        for t, count in enumerate(pairs):
            position += (b >> t & 1) * count

        elements = index.argsort(stable=True)
        source = torch.where(joined, joined.cumsum(0), joined.sum() + (~joined).cumsum(0)) - 1
        place = counts.new_full((num_segments,), len(n))
        place[filled] = row
        return cls(
            index,
            num_segments,
            elements[first[joined]],
            elements[first[joined] + 1],
            elements[first[~joined]],
            source[_inverse(position)],
            tuple(zip(pairs, pairs, trees, strict=True)),
            place,
        )

    def fits(self, index: Tensor, num_segments: int) -> bool:
        """Whether this is the plan for these arguments."""
        return (
            self.num_segments == num_segments and self.index.device == index.device and torch.equal(self.index, index)
        )

    def levels(self, operator: Operator, x: Tensor) -> list[Level]:
        """(e, ..., c) -> the values on the levels of the perfect trees, the lowest first."""
        joined = _join(operator, x.index_select(0, self.left), x.index_select(0, self.right))
        values = torch.cat([joined, x.index_select(0, self.alone)]).index_select(0, self.order)
        found = []
        for sizes in self.sizes:
            level = Level(*values.split(sizes))
            found.append(level)
            values = _join(operator, level.left, level.right)
        return found

    def results(self, levels: list[Level], identity: Tensor) -> Tensor:
        """Levels, and the value (..., c) of an empty segment -> (n, ..., c)."""
        rows = [level.roots for level in levels]
        return torch.cat([*rows, identity[None]]).index_select(0, self.place)


def _join(operator: Operator, left: Tensor, right: Tensor) -> Tensor:
    """(p, ..., c) twice -> (p, ..., c); an operator sees neither a third dimension nor an empty tensor."""
    return operator(left.flatten(0, -2), right.flatten(0, -2)).view(left.shape) if left.numel() else left


def _inverse(permutation: Tensor) -> Tensor:
    inverse = torch.empty_like(permutation)
    inverse[permutation] = torch.arange(len(permutation), device=permutation.device)
    return inverse


def _numbers(sizes: Tensor, group: Tensor) -> Tensor:
    """0, 1, ... inside each of consecutive groups of these sizes."""
    return torch.arange(len(group), device=sizes.device) - (sizes.cumsum(0) - sizes)[group]


def _check(index: Tensor, num_segments: int) -> None:
    if index.dim() != 1 or index.is_floating_point() or index.is_complex() or index.dtype == torch.bool:
        raise ValueError(
            f"index: got a tensor {tuple(index.shape)} of {index.dtype}; expected (e,) integers, "
            "the segment of each element"
        )
    if len(index) and (index.min() < 0 or index.max() >= num_segments):
        raise ValueError(
            f"index: got values from {int(index.min())} to {int(index.max())}; expected 0 to {num_segments - 1} "
            f"(dim_size={num_segments})"
        )
