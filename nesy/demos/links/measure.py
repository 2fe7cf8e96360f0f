"""What scores links of a graph, side by side over several divisions of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, stdev

import networkx as nx
import torch
from torch import Tensor

from graphs import (
    NCN,
    AdamicAdar,
    CommonNeighbours,
    Graph,
    Katz,
    ResourceAllocation,
    evaluate_links,
    fit_links,
    split_links,
)
from graphs.link.model import LinkModel
from graphs.link.split import LinkSplit

HEURISTICS: Mapping[str, LinkModel] = {
    "common neighbours": CommonNeighbours(),
    "Adamic-Adar": AdamicAdar(),
    "resource allocation": ResourceAllocation(),
    "Katz": Katz(),
}
NETWORK = "neural common neighbours"
HARD = 50
"""Hard negatives of each hidden link."""
MEASURES = {
    "AUC": ("random", "auc"),
    "AUC, hard": ("hard", "auc"),
    "Hits@10": ("random", "hits@10"),
    "MRR, hard": ("hard", "mrr"),
}

Table = dict[str, dict[str, list[float]]]
"""Model -> measure -> its value on each division."""


@dataclass(frozen=True)
class Found:
    """What a model says of the pairs that it sees no link between.

    Attributes:
        names: of the nodes.
        known: links that it saw.
        told: links that chose its weights.
        hidden: links that it did not see.
        best: (u, v, logit), the best first.
        asked: of how many pairs.
    """

    names: tuple[str, ...]
    known: list[tuple[int, int]]
    told: list[tuple[int, int]]
    hidden: set[tuple[int, int]]
    best: list[tuple[int, int, float]]
    asked: int


def divided(graph: Graph, seed: int) -> LinkSplit:
    """70% of the links to learn from, 10% to choose the weights by, 20% hidden."""
    return split_links(graph.edge_index, graph.num_nodes, seed=seed)


def trained(split: LinkSplit, seed: int, epochs: int) -> NCN:
    """A small network that knows nodes by what it learned of each and by the walks between them."""
    torch.manual_seed(seed)
    network = NCN(0, 32, num_nodes=split.num_nodes, walks=4, dropout=0.3)
    fit_links(
        network,
        None,
        split,
        epochs=epochs,
        batch=64,
        rate=5e-3,
        metric="auc",
        every=10,
        seed=seed,
        device="cpu",
        quiet=True,
    )
    return network


def measured(model: LinkModel, split: LinkSplit) -> dict[str, float]:
    """Measure -> value, on the hidden links."""
    values = {
        kind: evaluate_links(
            model, None, split, [name for own, name in MEASURES.values() if own == kind], negatives=kind, per_link=HARD
        )
        for kind in ("random", "hard")
    }
    return {title: values[kind][name] for title, (kind, name) in MEASURES.items()}


def mean_and_error(values: list[float]) -> tuple[float, float]:
    """The mean, and its standard error."""
    return fmean(values), stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0


def best_pairs(graph: Graph, model: NCN, split: LinkSplit, count: int) -> Found:
    """The best of all pairs that the model was not told about, hidden links among them."""
    known, told, hidden = map(_pairs, (split.train.edge_index, split.valid.positives, split.test.positives))
    every = [pair for pair in combinations(range(graph.num_nodes), 2) if pair not in known | told]
    model.eval()
    with torch.no_grad():
        logits = model(None, split.train.edge_index, torch.tensor(every).T)
    order = logits.argsort(descending=True, stable=True)[:count].tolist()
    names = tuple(map(str, graph.names or range(graph.num_nodes)))
    return Found(names, sorted(known), sorted(told), hidden, [(*every[k], float(logits[k])) for k in order], len(every))


def _pairs(edges: Tensor) -> set[tuple[int, int]]:
    return {(min(u, v), max(u, v)) for u, v in edges.T.tolist()}


def shared(found: Found, u: int, v: int) -> list[str]:
    """Names of the common neighbours of two nodes among the known links, the best connected first."""
    network = nx.Graph(found.known)
    network.add_nodes_from((u, v))
    nodes = sorted(nx.common_neighbors(network, u, v), key=lambda w: (-network.degree(w), w))
    return [found.names[w] for w in nodes]
