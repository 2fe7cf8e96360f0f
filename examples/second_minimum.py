"""The second smallest number of a multiset, learned from multisets of up to 16 numbers, tested on 32 and 64.

    python examples/second_minimum.py [--full] [--updates 2000] [--seed 0] [--checkpoint run.safetensors]

Every number from 0 to 255 has a learned vector, and only answers are told. A learned commutative operator joins the
vectors in a balanced tree, so that what it learned on small multisets can be right on larger ones; the default
operator, the sum and the maximum stand beside it (`--aggregation`). The short run takes about a minute, `--full`
several; with `--checkpoint` it may be stopped and goes on. PyG's example, with an aggregation of the same kind, claims
about 95% at 32.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy
from torch_geometric.nn.aggr import Aggregation, MaxAggregation, SumAggregation

from graphs import LCMAggregation, fit
from graphs.aggregate.operators import Residual, Sorted

VALUES, CHANNELS, HIDDEN, BATCH, RATE = 256, 64, 128, 256, 8e-3
QUICK, FULL = 2_000, 10_000
"""Updates."""

AGGREGATIONS: dict[str, Callable[[], Aggregation]] = {
    "lcm": lambda: LCMAggregation(CHANNELS, CHANNELS, project=False, operator=Sorted(Residual(CHANNELS, HIDDEN))),
    "lcm_default": lambda: LCMAggregation(CHANNELS, CHANNELS, project=False),
    "sum": SumAggregation,
    "max": MaxAggregation,
}


class Network(nn.Module):
    """Multisets of numbers in, logits of the answer, one of the same numbers, out.

    A vector is read from each multiset's; the logit of a number is minus the squared distance of its own vector from
    that, up to what all have in common, times a learned sharpness.
    """

    def __init__(self, aggregation: Aggregation, values: int = VALUES) -> None:
        super().__init__()
        self.vectors = nn.Embedding.from_pretrained(steps(values, CHANNELS), freeze=False)
        self.aggregation = aggregation
        self.read = nn.Sequential(nn.Linear(CHANNELS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CHANNELS))
        self.sharpness = nn.Parameter(torch.tensor(3.0).log())

    def forward(self, multisets: Sequence[Tensor]) -> Tensor:
        """(len(multisets), values)."""
        index = torch.arange(len(multisets)).repeat_interleave(torch.tensor([len(m) for m in multisets]))
        numbers = self.vectors.weight
        elements = self.vectors(torch.cat(list(multisets)).to(numbers.device))
        read = self.read(self.aggregation(elements, index.to(numbers.device), dim_size=len(multisets)))
        return self.sharpness.exp() * (2 * read @ numbers.T - numbers.square().sum(1))


def steps(values: int, channels: int) -> Tensor:
    """(values, channels) to start from: each channel rises or falls around some number, gently or steeply."""
    middle = values * torch.rand(channels)
    slope = 4 * 16 ** torch.rand(channels) * torch.randn(channels).sign()
    return (slope * (torch.arange(values)[:, None] - middle) / values).tanh()


def draw(sizes: Tensor, generator: Generator) -> list[Tensor]:
    """A multiset of each size."""
    return list(torch.randint(VALUES, (int(sizes.sum()),), generator=generator).split(sizes.tolist()))


def batch(update: int, generator: Generator) -> list[Tensor]:
    """For `graphs.fit`."""
    return draw(torch.randint(2, 17, (BATCH,), generator=generator), generator)


def answers(multisets: Sequence[Tensor]) -> Tensor:
    """(len(multisets),)."""
    return torch.tensor([sorted(multiset.tolist())[1] for multiset in multisets])


def loss(network: nn.Module, multisets: Sequence[Tensor], device: torch.device) -> Tensor:
    """Mean over multisets."""
    return cross_entropy(network(multisets), answers(multisets).to(device))


@torch.no_grad()
def right(network: Network, size: int, count: int = 1024) -> float:
    """The share of answers right, always on the same multisets."""
    multisets = draw(torch.full((count,), size), Generator().manual_seed(size))
    return float((network(multisets).argmax(1).cpu() == answers(multisets)).float().mean())


def falling(updates: int, rate: float = RATE) -> Callable[[int], float]:
    """The learning rate: up over 100 updates, then down by a cosine."""
    return lambda update: (
        rate * min(1, (update + 1) / 100) * (0.01 + 0.99 * (1 + math.cos(math.pi * update / updates)) / 2)
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Learn the second smallest number of multisets.")
    parser.add_argument("--aggregation", choices=AGGREGATIONS, default="lcm")
    parser.add_argument("--updates", type=int, default=QUICK, help=f"default {QUICK}: about a minute")
    parser.add_argument("--full", action="store_const", const=FULL, dest="updates", help=f"{FULL} updates")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path)
    chosen = parser.parse_args(arguments)
    torch.manual_seed(chosen.seed)
    network = Network(AGGREGATIONS[chosen.aggregation]())
    fit(
        network,
        batch,
        loss,
        updates=chosen.updates,
        rate=falling(chosen.updates),
        clip=1.0,
        seed=chosen.seed,
        evaluate=lambda network: {str(size): right(network, size, 256) for size in (16, 32)},
        every=250,
        checkpoint=chosen.checkpoint,
    )
    print("size      right   (trained on 2 to 16)")
    for size in (8, 16, 32, 64):
        print(f"{size:4}  {100 * right(network.eval(), size):8.1f}%")


if __name__ == "__main__":
    main()
