"""The common neighbours of pairs of nodes, and the neighbours of one end alone."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from graphs.link.adjacency import Adjacency
from graphs.rows import ranges


class Neighbours(NamedTuple):
    """Nodes that belong to pairs, m of them; a pair's nodes stand together.

    Attributes:
        pair: (m,) ascending.
        node: (m,).
    """

    pair: Tensor
    node: Tensor


class Paths(NamedTuple):
    """Common neighbours with the kinds of the two links to each; one node stands once for every two of them.

    Attributes:
        pair, node: as in `Neighbours`.
        first, second: (m,) kind of the link as the pair's source, and as its target, sees it.
    """

    pair: Tensor
    node: Tensor
    first: Tensor
    second: Tensor


def common_neighbours(adjacency: Adjacency, pairs: Tensor) -> Neighbours:
    """The nodes linked to both ends of (2, p) pairs: those of the end with fewer, looked up at the other."""
    paths = common_paths(adjacency, pairs)
    return Neighbours(paths.pair, paths.node)


def common_paths(adjacency: Adjacency, pairs: Tensor) -> Paths:
    """The same with the kinds of the links."""
    source, target = pairs
    swap = adjacency.degrees[source] > adjacency.degrees[target]
    few, many = torch.where(swap, target, source), torch.where(swap, source, target)
    pair, entry = adjacency.entries(few)
    node = adjacency.matrix.columns[entry]
    both, other = ranges(*adjacency.between(many[pair], node))
    pair, node = pair[both], node[both]
    if adjacency.kinds == 1:
        return Paths(pair, node, torch.zeros_like(pair), torch.zeros_like(pair))
    near, far, swap = adjacency.keys[entry[both]], adjacency.keys[other], swap[pair]
    first, second = torch.where(swap, far, near), torch.where(swap, near, far)
    return Paths(pair, node, first % adjacency.kinds, second % adjacency.kinds)


def only_neighbours(adjacency: Adjacency, source: Tensor, target: Tensor) -> Neighbours:
    """The nodes linked to the (p,) source of a pair and not to its target; the target itself is none."""
    pair, entry = adjacency.entries(source)
    node = adjacency.matrix.columns[entry]
    only = ~adjacency.linked(target[pair], node) & (node != target[pair])
    return Neighbours(pair[only], node[only])
