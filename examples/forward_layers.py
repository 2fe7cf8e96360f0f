"""Train graph layers one by one, without backpropagation between them, and compare with backpropagation.

    python examples/forward_layers.py [--nodes 300] [--layers 2] [--epochs 100]

The graph has communities of three kinds: nodes of a kind have similar features and are mostly linked with each other. A
fifth of the nodes is labelled. The table has a row for each strategy: accuracy on nodes without a label.
"""

from __future__ import annotations

import argparse
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot
from torch_geometric.data import Data
from torch_geometric.nn import GCNConv, GINConv

from graphs import Denoising, ForwardForward, ForwardTrainer, Schedule, SingleForward

KINDS, FEATURES, WIDTH = 3, 24, 32


def communities(nodes: int, seed: int) -> Data:
    """A stochastic block model with noisy features."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(nodes) % KINDS
    x = torch.randn(nodes, FEATURES, generator=generator)
    x[:, :KINDS] += 1.2 * one_hot(y, KINDS)
    source, target = torch.randint(nodes, (2, 12 * nodes), generator=generator)
    kept = (y[source] == y[target]) | (torch.rand(len(source), generator=generator) < 0.25)
    edges = torch.stack([source, target])[:, kept & (source != target)]
    part = torch.randperm(nodes, generator=generator) % 5
    masks = {"train_mask": part == 0, "val_mask": part == 1, "test_mask": part > 1}
    return Data(x=x, edge_index=torch.cat([edges, edges.flip(0)], 1), y=y, **masks)


def convolutions(depth: int, extra: int = 0) -> list[nn.Module]:
    """Graph convolutions; the first one sees so many more channels."""
    widths = [FEATURES + extra, *[WIDTH] * depth]
    return [GCNConv(a, b) for a, b in pairwise(widths)]


def networks(depth: int) -> list[nn.Module]:
    """For denoising: from features and noisy labels to labels."""
    wide = FEATURES + KINDS
    return [GINConv(nn.Sequential(nn.Linear(wide, WIDTH), nn.ReLU(), nn.Linear(WIDTH, KINDS))) for _ in range(depth)]


def backpropagation(data: Data, depth: int, epochs: int) -> Tensor:
    """The usual way, for comparison: one loss for all layers."""
    layers, out = nn.ModuleList(convolutions(depth)), nn.Linear(WIDTH, KINDS)
    optimiser = torch.optim.Adam([*layers.parameters(), *out.parameters()], 1e-2, weight_decay=5e-4)
    for _ in range(epochs):
        h = data.x
        for layer in layers:
            h = layer(h, data.edge_index).relu()
        optimiser.zero_grad()
        cross_entropy(out(h)[data.train_mask], data.y[data.train_mask]).backward()
        optimiser.step()
    return out(h).argmax(1)


def main() -> None:
    parser = argparse.ArgumentParser(description="Layers that learn alone, beside backpropagation.")
    parser.add_argument("--nodes", type=int, default=300)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=100, help="at most, for each layer")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    data = communities(chosen.nodes, chosen.seed)
    torch.manual_seed(chosen.seed)
    depth, schedule = chosen.layers, Schedule(epochs=chosen.epochs, rate=3e-2, every=5, patience=10)
    ways = {
        "single-forward": (SingleForward(), convolutions(depth)),
        "single-forward, class nodes only listen": (SingleForward(edges="up"), convolutions(depth)),
        "forward-forward, labels as features": (ForwardForward(threshold=0.5), convolutions(depth, KINDS)),
        "forward-forward, labels as nodes": (ForwardForward("nodes", threshold=0.5), convolutions(depth)),
        "denoising": (Denoising(), networks(depth)),
    }
    print(f"{chosen.nodes} nodes, {depth} layers: accuracy on {int(data.test_mask.sum())} nodes without a label")
    for name, (strategy, layers) in ways.items():
        trainer = ForwardTrainer(layers, strategy, schedule=schedule)
        classes = trainer.fit(data, seed=chosen.seed, quiet=True).predict(data)
        print(f"{name:40} {share(classes.cpu(), data):.1%}")
    print(f"{'backpropagation':40} {share(backpropagation(data, depth, chosen.epochs), data):.1%}")


def share(classes: Tensor, data: Data) -> float:
    """Of the test nodes, those whose class is right."""
    return float((classes == data.y)[data.test_mask].float().mean())


if __name__ == "__main__":
    main()
