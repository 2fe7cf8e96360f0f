"""Negatives that are hard to tell from links: HeaRT (Li et al., NeurIPS 2023, arXiv 2306.10453), section 4.

For a link (a, b) half of them keep a and half keep b. What is put in the place of the other end ranks high by one at
least of

    resource allocation     sum over common neighbours w of 1 / degree(w)
    personalised PageRank   of a random walk from the end that stays, with restart
    cosine                  of the features, if there are any

A candidate's place is the best of its ranks, equal scores have equal ranks, and what scores 0 in all comes last; among
equals chance decides. A node's ranks are never changed by what was drawn for another link. The pairs are neither links
of any part nor negatives of another. Shapes: n nodes, p links, b nodes at a time.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import pad

from graphs.link.adjacency import Adjacency
from graphs.link.negatives import Negatives
from graphs.link.split import LinkSplit, Part
from graphs.sparse import SparseMatrix

RESTART = 0.15
TOLERANCE = 1e-7


def hard_negatives(
    split: LinkSplit,
    part: Part = "test",
    x: Tensor | None = None,
    *,
    count: int = 500,
    seed: int = 0,
    memory: int = 2**28,
) -> Tensor:
    """Hard negatives of every link of a part.

    Args:
        split: the graph and the links.
        part: ``"train"``, ``"valid"`` or ``"test"``; nodes are ranked on the graph that a model sees there.
        x: (n, c) features, dense or sparse; None: rank without them.
        count: how many for a link, half for each end, rounded down.
        seed: for equals.
        memory: bytes that the scores of some nodes with all others may take, about.

    Returns:
        (2, p, count) int64, on the CPU; -1 where the graph has not so many.

    Raises:
        ValueError: there is no such part.
    """
    asked = split.part(part).to("cpu")
    ends, place = asked.positives.unique(return_inverse=True)
    hardest = _Ranking(asked.edge_index, x, asked.fresh, split.num_nodes, seed)
    rows = max(1, memory // (64 * split.num_nodes))
    found = torch.cat([hardest.candidates(some, count // 2) for some in ends.split(rows)])
    source, target = found[place]  # (p, count / 2) each
    first, second = (end[:, None].expand_as(source) for end in asked.positives)
    kept_source = torch.stack([torch.where(source < 0, -1, first), source])
    kept_target = torch.stack([target, torch.where(target < 0, -1, second)])
    return torch.cat([kept_source, kept_target], 2)


class _Ranking:
    def __init__(self, edge_index: Tensor, x: Tensor | None, free: Negatives, num_nodes: int, seed: int) -> None:
        self._n, self._free = num_nodes, free
        self._links = Adjacency.of(edge_index, num_nodes)
        self._share = 1 / self._links.degrees.clamp(min=1)[:, None]
        self._features = None if x is None else _rows_of_length_one(SparseMatrix.of(x.cpu()))
        generator = torch.Generator().manual_seed(seed)
        self._chance = torch.randperm(num_nodes, generator=generator) / num_nodes
        self._shift = torch.randint(num_nodes, (num_nodes,), generator=generator)

    def candidates(self, ends: Tensor, count: int) -> Tensor:
        """The hardest partners of (b,) nodes: (b, count), -1 where there are not so many."""
        scores = [self._resource_allocation(ends), self._page_rank(ends)]
        if self._features is not None:
            scores.append(self._cosine(ends))
        allowed = self._allowed(ends)
        ranks = torch.stack([_ranks(one.T.where(allowed, 0.0)) for one in scores]).amin(0)
        chance = self._chance[(torch.arange(self._n) + self._shift[ends][:, None]) % self._n]
        best, found = torch.where(allowed, ranks + chance, torch.inf).topk(min(count, self._n), dim=1, largest=False)
        return pad(found.masked_fill(best.isinf(), -1), (0, count - found.size(1)), value=-1)

    def _allowed(self, ends: Tensor) -> Tensor:
        """(b, n): which pairs may be negatives."""
        pairs = torch.stack([ends.repeat_interleave(self._n), torch.arange(self._n).repeat(ends.numel())])
        number = self._free.space.number(pairs)
        return ((number >= 0) & ~torch.isin(number, self._free.taken)).view(ends.numel(), self._n)

    def _start(self, ends: Tensor) -> Tensor:
        start = torch.zeros(self._n, ends.numel())
        start[ends, torch.arange(ends.numel())] = 1
        return start

    def _resource_allocation(self, ends: Tensor) -> Tensor:
        return self._links.matrix @ (self._share * (self._links.matrix @ self._start(ends)))

    def _page_rank(self, ends: Tensor) -> Tensor:
        start = self._start(ends)
        walk, left = RESTART * start, 1 - RESTART
        step = walk
        while left > TOLERANCE:  # the walks that are longer have this probability
            step = (1 - RESTART) * (self._links.matrix @ (self._share * step))
            walk = walk + step
            left *= 1 - RESTART
        return walk

    def _cosine(self, ends: Tensor) -> Tensor:
        assert self._features is not None
        return self._features @ (self._features.transposed() @ self._start(ends))


def _ranks(scores: Tensor) -> Tensor:
    """(b, n) scores -> how many of a row are higher; n for what is not positive."""
    n = scores.size(1)
    higher = n - torch.searchsorted(scores.sort(dim=1).values, scores, right=True)
    return higher.where(scores > 0, n)


def _rows_of_length_one(matrix: SparseMatrix) -> SparseMatrix:
    values = matrix.scaled(1.0).values
    assert values is not None
    squares = replace(matrix, values=values**2) @ torch.ones(matrix.num_columns, 1)
    return replace(matrix, values=values / squares.sqrt()[matrix.rows, 0])
