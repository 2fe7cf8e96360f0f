"""Walks between two nodes, by length, as if the two were not linked.

The walks of length l from i to j, each weighted by the product of ``1 / (1 + b d_v)`` over all its nodes v, are the
coefficient of z^l in entry (i, j) of ``R(z) = (1 + b D - z A)^-1``. With b = 0 that is their number. Without the link
between i and j, A and D differ in four entries, and the 2 x 2 block S of R at i and j becomes ``(S^-1 + C)^-1`` with
``C = [[-b, z], [z, -b]]`` (Woodbury's identity): exact, in power series of 2 x 2 matrices, and so cheap that every pair
has its own link left out and no other.

Shapes: n nodes, p pairs, k = length + 1 coefficients.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from graphs.link.adjacency import Adjacency
from graphs.link.head import layers

BLOCK = 2**20
"""Walks from some nodes to all nodes that are counted at a time; they fit into the processor's cache."""
TABLE = 2**31
"""Walks between all nodes of a graph are kept as long as the graph, if they take no more bytes than this."""
PLAIN = 4
"""Length of the longest walks whose number `WalkTerm` sees; numbers of longer ones say little and grow quickly."""
FLOOR = 1e-3
"""Added to a number of walks before its logarithm is taken."""


class Walks(NamedTuple):
    """Power series in the length, (p, k) each: between a pair's ends, and from each end back to itself."""

    between: Tensor
    at_source: Tensor
    at_target: Tensor


def walks(adjacency: Adjacency, pairs: Tensor, length: int, *, damping: float = 0.0) -> Walks:
    """Walks in a graph without the pair's own link.

    Args:
        pairs: (2, p).
        length: the longest, at least 1.
        damping: b; a node of degree d on the walk, ends included, weighs ``1 / (1 + b d)``.

    Returns:
        In double precision. Numbers of walks are exact up to 2^53, damped ones have single precision. A node and itself
        have no link to leave out, and the three series are the same.
    """
    links = adjacency.between(*pairs)[1].double()
    between, at_source, at_target = whole = _with_link(adjacency, pairs, length, damping)
    scale = _inverse(_times(at_source, at_target) - _times(between, between))
    source, target, both = _times(at_target, scale), _times(at_source, scale), _times(between, scale)
    source[:, 0] -= damping * links
    target[:, 0] -= damping * links
    both[:, 1] -= links
    scale = _inverse(_times(source, target) - _times(both, both))
    apart = (pairs[0] != pairs[1])[:, None]  # S of a node and itself is singular
    without = _times(both, scale), _times(target, scale), _times(source, scale)
    return Walks(*(torch.where(apart, one, other) for one, other in zip(without, whole, strict=True)))


def _with_link(adjacency: Adjacency, pairs: Tensor, length: int, damping: float) -> Walks:
    """The same in the graph as it is."""
    source, target = pairs
    n = adjacency.num_nodes
    if (length + 1) * n * n * (4 if damping else 8) <= TABLE:
        kept = _TABLES.setdefault(adjacency, {})
        if (length, damping) not in kept:
            nodes = torch.arange(n, device=pairs.device)
            kept[length, damping] = list(_from_nodes(adjacency, nodes, length, damping))
        ends = (source, target), (source, source), (target, target)
        return Walks(*(torch.stack([step[one] for step in kept[length, damping]], 1).double() for one in ends))
    nodes, place = pairs.unique(return_inverse=True)
    between = torch.zeros(pairs.size(1), length + 1, dtype=torch.double, device=pairs.device)
    back = between.new_zeros(nodes.numel(), length + 1)
    width = max(1, BLOCK // n)
    for start in range(0, nodes.numel(), width):
        some = nodes[start : start + width]
        one = torch.arange(some.numel(), device=pairs.device)
        mine = ((place[0] >= start) & (place[0] < start + width)).nonzero().squeeze(1)
        for k, step in enumerate(_from_nodes(adjacency, some, length, damping)):
            between[mine, k] = step[target[mine], place[0, mine] - start].double()
            back[start : start + width, k] = step[some, one].double()
    return Walks(between, back[place[0]], back[place[1]])


_TABLES: WeakKeyDictionary[Adjacency, dict[tuple[int, float], list[Tensor]]] = WeakKeyDictionary()
"""Graph -> length and damping -> k matrices (n, n)."""


def _from_nodes(adjacency: Adjacency, nodes: Tensor, length: int, damping: float) -> Iterator[Tensor]:
    """(n, m) walks of length 0, 1 ... from each of m nodes to all nodes.

    Their numbers are exact in double precision; weights need no more than single precision.
    """
    weight = (1 / (1 + damping * adjacency.degrees))[:, None].to(torch.float if damping else torch.double)
    step = weight.new_zeros(adjacency.num_nodes, nodes.numel())
    step[nodes, torch.arange(nodes.numel(), device=nodes.device)] = weight[nodes, 0]
    yield step
    for _ in range(length):
        step = weight * (adjacency.matrix @ step)
        yield step


def _times(a: Tensor, b: Tensor) -> Tensor:
    """Product of power series."""
    return torch.stack([(a[:, : k + 1] * b[:, : k + 1].flip(1)).sum(1) for k in range(a.size(1))], 1)


def _inverse(a: Tensor) -> Tensor:
    """1 / a, of power series that do not begin with 0."""
    terms = [1 / a[:, 0]]
    for k in range(1, a.size(1)):
        terms.append(-(a[:, 1 : k + 1] * torch.stack(terms[::-1], 1)).sum(1) * terms[0])
    return torch.stack(terms, 1)


class WalkTerm(nn.Module):
    """A vector for each pair: a network over the logarithms of its walks, plain and damped, and of its degrees.

    Args:
        length: of the longest walks, at least 2.
        channels: of the vector.
    """

    def __init__(self, length: int, channels: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        if length < 2:
            raise ValueError(f"walks {length}: expected a length of at least 2")
        self.length = length
        self.first = nn.Linear(3 * length + 3 * min(length, PLAIN) - 8, channels)
        self.rest = nn.Sequential(nn.ReLU(), layers(channels, 1, dropout))

    def forward(self, adjacency: Adjacency, pairs: Tensor) -> Tensor:
        """(2, p) -> (p, channels)."""
        return self.rest(self.first(self.profile(adjacency, pairs).to(self.first.weight.dtype)))

    @torch.no_grad()
    def profile(self, adjacency: Adjacency, pairs: Tensor) -> Tensor:
        """(p, f), symmetric in the two ends."""
        degrees = (adjacency.degrees[pairs] - adjacency.between(*pairs)[1]).double()[..., None]
        columns = [*_symmetric(*degrees.log1p())]
        for damping, length in ((0.0, min(self.length, PLAIN)), (1.0, self.length)):
            found = walks(adjacency, pairs, length, damping=damping)
            source, target = 1 + damping * degrees  # the weight of the ends themselves is taken back
            columns.append(_log(found.between[:, 2:] * source * target))
            columns += _symmetric(_log(found.at_source[:, 3:] * source), _log(found.at_target[:, 3:] * target))
        return torch.cat(columns, 1) / 4  # logarithms are between -7 and about 10


def _log(counts: Tensor) -> Tensor:
    return (counts.clamp(min=0) + FLOOR).log()  # rounding may leave less than nothing


def _symmetric(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    return a + b, (a - b).abs()
