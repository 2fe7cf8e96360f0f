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

from graphs.relational.blocks import sum_in_blocks
from graphs.relational.incoming import Incoming
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
    source, target = wiring.incoming.source, wiring.incoming.target
    parts = [h[source], h[target]]
    messages = f(torch.cat(parts if edge_attr is None else [*parts, edge_attr], 1))
    return messages.new_zeros(h.shape).index_add(0, target, messages)


def at_edges(f: MLP, edge_attr: Tensor) -> Tensor:
    """(e, a) -> (e, c): the edges' part of the first layer, the same in every step."""
    return linear(edge_attr, f.layers[0].weight[:, -edge_attr.size(1) :])


def heard(f: MLP, h: Tensor, wiring: Wiring, at_edge: Tensor | None) -> Tensor:
    """The same function: first layer per node, last layer after the sum.

    Args:
        at_edge: (e, c), see `at_edges`.
    """
    at_source, at_target, _ = _first_layer(f, h, None)
    keep = torch.is_grad_enabled()
    total = sum_in_blocks(at_source, at_target, at_edge, None, _between(f), wiring.incoming, keep=keep)
    return _last_layer(f, total, wiring.incoming)


def heard_lean(f: MLP, h: Tensor, wiring: Wiring, edge_attr: Tensor | None) -> Tensor:
    """The same once more, with nothing per edge kept for the gradient."""
    return heard_at(f, h, None, wiring.incoming, edge_attr)


def heard_at(f: MLP, h: Tensor, nodes: Tensor | None, incoming: Incoming, edge_attr: Tensor | None) -> Tensor:
    """What some nodes hear.

    Args:
        nodes: (k,) which; None: all.
        incoming: the m edges into them.
        edge_attr: (m, a), in their order.

    Returns:
        (k, c).
    """
    at_source, at_target, to_edge = _first_layer(f, h, nodes)
    weights = None if edge_attr is None else to_edge
    total = sum_in_blocks(at_source, at_target, edge_attr, weights, _between(f), incoming, keep=False)
    return _last_layer(f, total, incoming)


def _first_layer(f: MLP, h: Tensor, nodes: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Its values (n, c) for sources and (k, c) for targets; its weights (c, a) for edges."""
    first, c = f.layers[0], h.size(1)
    to_source, to_target, to_edge = first.weight.split([c, c, first.in_features - 2 * c], 1)
    return linear(h, to_source), linear(h if nodes is None else h[nodes], to_target, first.bias), to_edge


def _between(f: MLP) -> list[Tensor]:
    """Weights and biases of the layers that are computed per edge."""
    return [tensor for layer in f.layers[1:-1] for tensor in (layer.weight, layer.bias)]


def _last_layer(f: MLP, total: Tensor, incoming: Incoming) -> Tensor:
    return linear(total, f.layers[-1].weight) + incoming.degrees[:, None] * f.layers[-1].bias
