"""A puzzle as a graph of variables and rules: an edge both ways between a rule and each variable of its scope.

With r rules of m variables each there are 2 r m edges, where the cells' graph has up to r m (m - 1).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nesy.puzzles.instance import Instance
from nesy.puzzles.model import AllDifferent, Constraint, Count, Element, Linear, Model, Product, Table
from nesy.solving import cells

KINDS = (AllDifferent, Linear, Product, Table, Element, Count)
COMPARATORS = ("<=", ">=", "=", "!=")
CHANNELS = len(KINDS) + len(COMPARATORS) + 2
"""Input of a rule: its kind, its comparator, its bound, whether it is negated."""
EDGE_CHANNELS = 4
"""Of an edge: from rule to variable; the variable's coefficient, offset and place in the scope (from 0 to 1)."""


def graph(model: Model) -> tuple[Tensor, Tensor]:
    """Edges among the n variables, nodes 0 to n - 1, and the rules, from n on.

    Returns:
        (2, e) `edge_index` and (e, `EDGE_CHANNELS`).
    """
    edges, features = [], []
    for node, rule in enumerate(model.rules, len(model.domains)):
        for variable, member in zip(rule.constraint.scope, _members(rule.constraint), strict=True):
            edges += [(variable, node), (node, variable)]
            features += [[0.0, *member], [1.0, *member]]
    return torch.tensor(edges, dtype=torch.int64).view(-1, 2).T, torch.tensor(features).view(-1, EDGE_CHANNELS)


def inputs(instances: Sequence[Instance]) -> Tensor:
    """(b * (n + r), d + `CHANNELS`): of each of b instances the n variables as in `cells.inputs`, then the r rules."""
    model = instances[0].model
    variables = cells.inputs(instances).view(len(instances), len(model.domains), -1)
    rules = torch.tensor([_rule(rule.constraint) for rule in model.rules]).view(-1, CHANNELS)
    d = variables.size(2)
    x = variables.new_zeros(len(instances), len(model.domains) + len(model.rules), d + CHANNELS)
    x[:, : len(model.domains), :d] = variables
    x[:, len(model.domains) :, d:] = rules
    return x.flatten(0, 1)


def variables(model: Model, count: int) -> Tensor:
    """(count * n,): the nodes of the variables among those of so many instances, in order."""
    nodes = len(model.domains) + len(model.rules)
    return torch.arange(count * nodes).view(count, nodes)[:, : len(model.domains)].flatten()


def _rule(constraint: Constraint) -> list[float]:
    comparator, bound = getattr(constraint, "comparator", None), getattr(constraint, "bound", 0)
    return [
        *(float(isinstance(constraint, kind)) for kind in KINDS),
        *(float(comparator == c) for c in COMPARATORS),
        float(bound),
        float(isinstance(constraint, Table) and constraint.negated),
    ]


def _members(constraint: Constraint) -> list[tuple[float, float, float]]:
    """Per variable of the scope: coefficient, offset, place."""
    size = len(constraint.scope)
    coefficients = constraint.coefficients if isinstance(constraint, Linear) else [1] * size
    offsets = constraint.offsets if isinstance(constraint, AllDifferent) and constraint.offsets else [0] * size
    ordered = isinstance(constraint, (Table, Element))
    places = [i / max(1, size - 1) if ordered else 0.0 for i in range(size)]
    return [(float(c), float(o), p) for c, o, p in zip(coefficients, offsets, places, strict=True)]
