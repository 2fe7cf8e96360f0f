"""From nodes to edges and back: two linear maps, each the other's gradient, both without atomic additions.

Rows are selected and summed by `embedding_bag`, which neither copies them nor needs a lock; torch's own
gradient of a selection, `index_add`, is slower on a CPU and not deterministic on a GPU.

Shapes: n nodes, e edges, c channels.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.functional import embedding_bag

from graphs.relational.wiring import Wiring


def from_sources(x: Tensor, wiring: Wiring) -> Tensor:
    """(n, c) -> (e, c): for each sorted edge the row of its source."""
    return _FromSources.apply(x, wiring)


def from_targets(x: Tensor, wiring: Wiring) -> Tensor:
    """(n, c) -> (e, c): for each sorted edge the row of its target."""
    return _FromTargets.apply(x, wiring)


def into_targets(x: Tensor, wiring: Wiring) -> Tensor:
    """(e, c) -> (n, c): for each node the sum over the edges that it receives."""
    return _IntoTargets.apply(x, wiring)


def sum_rows(x: Tensor, rows: Tensor, offsets: Tensor) -> Tensor:
    """(m, c) -> (k, c): row i is the sum of ``x[rows[offsets[i]:offsets[i + 1]]]``.

    Args:
        offsets: (k + 1,).
    """
    return embedding_bag(rows, x.contiguous(), offsets, mode="sum", include_last_offset=True)


def sum_incoming(x: Tensor, wiring: Wiring) -> Tensor:
    """`into_targets` without its gradient."""
    if wiring.degree:
        return x.view(wiring.num_nodes, wiring.degree, -1).sum(1)
    return sum_rows(x, torch.arange(wiring.num_edges, device=x.device), wiring.incoming)


def sum_outgoing(x: Tensor, wiring: Wiring) -> Tensor:
    """(e, c) -> (n, c): for each node the sum over the sorted edges that leave it."""
    return sum_rows(x, wiring.leaving, wiring.outgoing)


class _FromSources(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, wiring: Wiring) -> Tensor:
        ctx.wiring = wiring
        return x.index_select(0, wiring.source)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return sum_outgoing(grad, ctx.wiring), None


class _FromTargets(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, wiring: Wiring) -> Tensor:
        ctx.wiring = wiring
        return x.index_select(0, wiring.target)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return sum_incoming(grad.contiguous(), ctx.wiring), None


class _IntoTargets(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, wiring: Wiring) -> Tensor:
        ctx.wiring = wiring
        return sum_incoming(x, wiring)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad.index_select(0, ctx.wiring.target), None
