"""Pairs of nodes that are near each other by some vectors and not linked, without looking at all pairs.

Each node is a query to an index of all nodes that excludes its neighbours. Shapes: n nodes, c channels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from graphs.checks import check_edge_index, check_features
from graphs.index.base import Index
from graphs.index.exact import ExactIndex
from graphs.link.chunks import Chunks
from graphs.link.evaluate import inference
from graphs.link.model import LinkModel
from graphs.link.pairs import PairSpace
from graphs.link.split import LinkSplit, Part

QUERIES = 8192
"""How many nodes are searched for at a time."""


def candidate_links(vectors: Tensor, edge_index: Tensor, k: int = 50, *, index: Index | None = None) -> Tensor:
    """For every node, the k nearest of those that it is not linked to: links that the graph may lack.

    Args:
        vectors: (n, c) of the nodes, such as ``model.encode(x, edge_index).x`` of a trained `graphs.NCN`.
        edge_index: (2, e) the graph; directions do not matter.
        k: how many of each node.
        index: an empty one, which gets the vectors; None: exact search by the angle. `graphs.HNSWIndex` saves time
            where there are many nodes.

    Returns:
        (2, p) pairs, each once, the lower node first.

    Raises:
        ValueError: vectors or edges that do not fit, an index that is not empty.
    """
    nodes = torch.arange(len(vectors), device=edge_index.device)
    near = near_unlinked(vectors, nodes, edge_index, k, index=index)
    pairs = torch.stack([nodes[:, None].expand_as(near), near])[:, near >= 0]
    low, high = pairs.aminmax(dim=0)
    numbers = (low * len(vectors) + high).unique()
    return torch.stack([numbers // len(vectors), numbers % len(vectors)])


def likely_links(
    model: LinkModel, x: Tensor | None, edge_index: Tensor, candidates: Tensor, count: int, *, chunk: int = 2**18
) -> tuple[Tensor, Tensor]:
    """The candidates that a model scores highest.

    Args:
        model: a network, asked without dropout and gradients, or a heuristic.
        x: (n, c) features, dense or sparse; None: there are none.
        edge_index: (2, e) the graph that the model sees.
        candidates: (2, p) pairs.
        count: how many.
        chunk: as of `evaluate_links`.

    Returns:
        (2, min(count, p)) pairs and their scores, the best first.

    Raises:
        ValueError: what the model refuses; a score that is NaN or infinite.
    """
    if not candidates.numel():
        return candidates, torch.zeros(0, device=candidates.device)
    n = 1 + int(torch.cat([edge_index, candidates], 1).max())
    with inference(model):
        scores = Chunks(model.scorer(x, edge_index), edge_index, n, chunk)(candidates)
    best = scores.topk(min(count, len(scores)))
    return candidates[:, best.indices], best.values


def near_negatives(
    split: LinkSplit, vectors: Tensor, part: Part = "train", *, count: int = 10, index: Index | None = None
) -> Tensor:
    """Negatives that are near: an end of each link is kept, the other replaced by nodes that are near to the one kept.

    In a space of vectors what `hard_negatives` is in a graph: quick enough to be done anew as training goes on.

    Args:
        split: the graph and the links; of nodes of one kind.
        vectors: (n, c) of the nodes.
        part: of the links.
        count: how many for a link, half for each end, rounded down.
        index: as of `candidate_links`.

    Returns:
        (2, p, 2 * (count // 2)) int64, neither links of any part nor negatives of another; -1 where there are not so
        many.

    Raises:
        ValueError: vectors that do not fit, a bipartite graph.
    """
    asked = split.part(part)
    space = asked.fresh.space
    if space.size != PairSpace.all(split.num_nodes).size:
        raise ValueError("split: some pairs cannot be links, expected nodes of one kind; use hard_negatives")
    ends, place = asked.positives.unique(return_inverse=True)
    taken = space.pair(asked.fresh.taken).to(asked.positives.device)
    near = near_unlinked(vectors, ends, taken, count // 2, index=index)
    source, target = near[place]  # (p, count / 2) each
    first, second = (end[:, None].expand_as(source) for end in asked.positives)
    kept_source = torch.stack([first.where(source >= 0, -1), source])
    kept_target = torch.stack([target, second.where(target >= 0, -1)])
    return torch.cat([kept_source, kept_target], 2)


def near_unlinked(vectors: Tensor, nodes: Tensor, links: Tensor, k: int, *, index: Index | None = None) -> Tensor:
    """(b, k) the nearest of each of (b,) nodes that is neither itself nor linked to it; -1: there are not so many."""
    check_features(vectors, name="vectors")
    n = len(vectors)
    check_edge_index(links, n)
    index = ExactIndex(vectors.size(1), metric="cosine") if index is None else index
    if len(index):
        raise ValueError(f"index: {len(index)} vectors, expected an empty one, which gets those of the nodes")
    index.add(vectors)
    itself = torch.arange(n, device=links.device).expand(2, -1)
    here, there = torch.cat([itself, links, links.flip(0)], 1)
    excluded = there[here.argsort()].split(here.bincount(minlength=n).tolist())
    found = [
        index.search(vectors[some], k, exclude=[excluded[node] for node in some.tolist()]).ids
        for some in nodes.split(QUERIES)
    ]
    return torch.cat(found).to(nodes.device) if found else nodes.new_empty(0, k)
