"""How far an operator and an aggregation are from the laws that are learned, not built in."""

from __future__ import annotations

import torch
from torch import Generator, Tensor
from torch_geometric.nn.aggr import Aggregation

from graphs.aggregate.plan import Operator


def associativity_error(operator: Operator, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """The mean over triples of ||(x o y) o z - x o (y o z)||^2: (p, c) three times -> ()."""
    return (operator(operator(x, y), z) - operator(x, operator(y, z))).square().sum(-1).mean()


def identity_error(operator: Operator, x: Tensor, identity: Tensor) -> Tensor:
    """The mean over values of ||x o e - x||^2: (p, c), (c,) -> ()."""
    return (operator(x, identity.expand_as(x)) - x).square().sum(-1).mean()


def triples(values: Tensor, count: int, generator: Generator | None) -> Tensor:
    """(p, c) -> (3, count, c): drawn with replacement."""
    drawn = torch.randint(len(values), (3, count), generator=generator)
    return values[drawn.to(values.device)]


@torch.no_grad()
def permutation_deviation(
    aggregation: Aggregation, x: Tensor, index: Tensor, *, permutations: int = 8, generator: Generator | None = None
) -> float:
    """How far results move when the elements of every segment are put in a random order.

    Args:
        aggregation: any of PyG's too.
        x: (e, c) elements.
        index: (e,) their segments.
        permutations: how many orders are tried.
        generator: draws them (on the CPU); None: torch's own.

    Returns:
        The root of the mean square of the distances, relative to that of the results from their mean: 0 if the order
        means nothing, 1 if it means as much as the elements.
    """
    results = []
    for _ in range(permutations + 1):
        order = torch.randperm(len(x), generator=generator).to(x.device)
        order = order[index[order].argsort(stable=True)]  # PyG's want their segments sorted
        results.append(aggregation(x[order], index[order]))
    first, *others = results
    moved = (torch.stack(others) - first).square().sum(-1).mean()
    spread = (first - first.mean(0)).square().sum(-1).mean()
    return float((moved / spread).sqrt())
