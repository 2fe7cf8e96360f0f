"""What a node hears in one step: the sum over its incoming edges of ``f([h_source, h_target, edge])``.

f is an MLP. Written down as it is, every layer costs one product per edge. The first layer is linear in its three
parts, so ``W [h_s, h_t, a] = W_s h_s + W_t h_t + W_a a``, of which the first two are needed once per *node*; the last
layer is linear, so it may follow the sum, its bias counted once per edge. What is left per edge are the layers between:
half of the multiplications for four layers and twenty edges per node. The function is the same.

Shapes: n nodes, e edges, c hidden channels, a edge channels.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import linear

from graphs.relational.exchange import from_sources, from_targets, into_targets
from graphs.relational.mlp import MLP
from graphs.relational.wiring import Wiring


def heard_by_edges(f: MLP, h: Tensor, wiring: Wiring, edge_attr: Tensor | None) -> Tensor:
    """The formula as published, one message per edge: the reference of the other forms.

    Args:
        f: 2c + a -> c.
        h: (n, c) states.
        edge_attr: (e, a), in the order of the wiring.

    Returns:
        (n, c).
    """
    parts = [h[wiring.source], h[wiring.target]]
    messages = f(torch.cat(parts if edge_attr is None else [*parts, edge_attr], 1))
    return torch.zeros_like(h).index_add(0, wiring.target, messages)


def heard(f: MLP, h: Tensor, wiring: Wiring, edge_attr: Tensor | None) -> Tensor:
    """The same function: first layer per node, last layer after the sum."""
    first, *between, last = f.layers
    x = _first_layer(first, h, wiring, edge_attr).relu_()
    for layer in between:
        x = layer(x).relu_()
    return linear(into_targets(x, wiring), last.weight) + wiring.degrees[:, None] * last.bias


def _first_layer(first: torch.nn.Linear, h: Tensor, wiring: Wiring, edge_attr: Tensor | None) -> Tensor:
    """(n, c) -> (e, c)."""
    channels = h.size(1)
    to_source, to_target, to_edge = first.weight.split([channels, channels, first.in_features - 2 * channels], 1)
    x = from_sources(linear(h, to_source), wiring)
    at_target = linear(h, to_target, first.bias)
    if wiring.degree:
        x.view(wiring.num_nodes, wiring.degree, -1).add_(at_target[:, None])
    else:
        x.add_(from_targets(at_target, wiring))
    return x if edge_attr is None else x.add_(linear(edge_attr, to_edge))
