"""Predict hidden links: heuristics and neural common neighbours in one table, with random and with hard negatives.

    python examples/links.py                        a graph made up here
    python examples/links.py --data cora.npz        features as CSR (x_data, x_indices, x_indptr, x_shape), edge_index
    python examples/links.py --data edges.txt       two names on each line

Of the links 70% are known, 10% choose the weights and 20% are hidden, as in the paper on NCN (arXiv 2302.00890); hard
negatives are 100 for each link, chosen as in HeaRT (arXiv 2306.10453; there 500).
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import networkx as nx
import numpy as np
import torch

from graphs import (
    NCN,
    NCNC,
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
from graphs.link.ncn import Options
from graphs.link.split import LinkSplit


def made_up(nodes: int, seed: int) -> Graph:
    """Nodes on a square, linked if they are near; features are words that are said around a place."""
    draw = random.Random(seed)
    network = nx.random_geometric_graph(nodes, 1.8 / nodes**0.5, seed=seed)
    words = torch.zeros(nodes, 100)
    for node, (x, y) in network.nodes.data("pos"):
        for _ in range(5):
            near = (min(9, max(0, round(10 * at + draw.gauss(0, 1)))) for at in (x, y))
            words[node, 10 * next(near) + next(near)] = 1.0
    graph = Graph.from_networkx(network)
    return Graph(graph.edge_index, graph.num_nodes, x=words)


def read(path: Path) -> Graph:
    """A graph from a file."""
    if path.suffix != ".npz":
        return Graph.from_networkx(nx.Graph(nx.read_edgelist(path)))
    found = np.load(path, allow_pickle=False)
    edges = found["edge_index"] if "edge_index" in found else found["edges"]
    if "x_data" not in found:
        return Graph(torch.from_numpy(edges.astype("i8")), int(found["num_nodes"]))
    rows, columns = found["x_shape"].tolist()
    row = np.repeat(np.arange(rows), np.diff(found["x_indptr"]))
    places = torch.from_numpy(np.stack([row, found["x_indices"]]).astype("i8"))
    values = torch.from_numpy(found["x_data"].astype("f4"))
    return Graph(
        torch.from_numpy(edges.astype("i8")),
        rows,
        x=torch.sparse_coo_tensor(places, values, (rows, columns), check_invariants=True).coalesce(),
    )


def trained(model: NCN | NCNC, graph: Graph, split: LinkSplit, chosen: argparse.Namespace) -> LinkModel:
    """A network after training; the weights are those with the highest MRR on the 10%."""
    fit_links(
        model,
        graph.x,
        split,
        epochs=chosen.epochs,
        batch=1024,
        rate=4e-3,
        metric="mrr",
        seed=chosen.seed,
        device="cpu",
    )
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description="Predict hidden links of a graph.")
    parser.add_argument("--data", type=Path, help="an .npz file, or a text of edges; none: a graph is made up")
    parser.add_argument("--nodes", type=int, default=600, help="of the graph that is made up")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--hidden", type=int, default=64, help="channels of the networks")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    graph = read(chosen.data) if chosen.data else made_up(chosen.nodes, chosen.seed)
    split = split_links(graph.edge_index, graph.num_nodes, seed=chosen.seed)
    k = min(100, split.test.negatives.size(1) // 2)
    print(
        f"{graph.num_nodes} nodes; links: {split.train.positives.size(1)} known, {split.test.positives.size(1)} hidden"
    )
    torch.manual_seed(chosen.seed)
    channels = 0 if graph.x is None else graph.x.size(1)
    options: Options = {"feature_dropout": 0.5 if channels else 0.0, "head_dropout": 0.2, "walks": 4}
    models = {
        "common neighbours": CommonNeighbours(),
        "Adamic-Adar": AdamicAdar(),
        "resource allocation": ResourceAllocation(),
        "Katz": Katz(),
        "NCN": trained(NCN(channels, chosen.hidden, **options), graph, split, chosen),
        "NCNC": trained(NCNC(channels, chosen.hidden, **options), graph, split, chosen),
    }
    print(f"{'':22}{f'Hits@{k}':>10}{'AUC':>10}{'AUC, hard':>12}{'MRR, hard':>12}")
    for name, model in models.items():
        among = evaluate_links(model, graph.x, split, (f"hits@{k}", "auc"))
        hard = evaluate_links(model, graph.x, split, ("auc", "mrr"), negatives="hard", per_link=100)
        values = (*among.values(), *hard.values())
        print(
            f"{name:22}"
            + "".join(f"{100 * value:>{width}.2f}" for value, width in zip(values, (10, 10, 12, 12), strict=True))
        )


if __name__ == "__main__":
    main()
