"""A puzzle as the graph of the paper (arXiv 1711.08028): one node per variable, edges between those that share a rule.

An edge says which kinds of rules its two variables share, not what those rules say, so a network on this graph learns
one puzzle. The values view (`nesy.solving.values`) holds the rules themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import torch
from torch import Tensor

from nesy.puzzles.instance import Instance
from nesy.puzzles.model import Constraint, Linear, Model, Value


def graph(model: Model) -> tuple[Tensor, Tensor | None]:
    """Edges among the n variables, both ways.

    Returns:
        (2, e) `edge_index`, and (e, f) what the rules are: the number of shared rules of each kind, and of linear ones
        the sums of the source's and of the target's coefficients; None where all rules are of one kind without
        coefficients.
    """
    kinds = sorted(model.kinds())
    columns = {kind: column for column, kind in enumerate(kinds)}
    edges: dict[tuple[int, int], list[float]] = {}
    for rule in model.rules:
        constraint = rule.constraint
        weights = dict(zip(constraint.scope, _coefficients(constraint), strict=True))
        for source, target in permutations(weights, 2):
            features = edges.setdefault((source, target), [0.0] * (len(kinds) + 2))
            features[columns[type(constraint).__name__]] += 1
            features[-2] += weights[source]
            features[-1] += weights[target]
    edge_index = torch.tensor(sorted(edges), dtype=torch.int64).view(-1, 2).T
    if len(kinds) <= 1 and "Linear" not in columns:
        return edge_index, None
    return edge_index, torch.tensor([edges[edge] for edge in sorted(edges)])


def inputs(instances: Sequence[Instance]) -> Tensor:
    """(b * n, d) for b instances of one model with domains of up to d values: 1 for each value that is possible."""
    values = range(max(map(len, instances[0].model.domains)))
    return torch.tensor([[float(mask >> i & 1) for i in values] for inst in instances for mask in inst.domains])


def targets(model: Model, solutions: Sequence[Sequence[Value]]) -> Tensor:
    """(b * n,): for each variable the position of its value."""
    return torch.tensor(
        [values.index(value) for found in solutions for values, value in zip(model.domains, found, strict=True)]
    )


def _coefficients(constraint: Constraint) -> Sequence[int]:
    return constraint.coefficients if isinstance(constraint, Linear) else [0] * len(constraint.scope)
