"""From nodes to edges and back: linear maps whose gradients are each other, without atomic additions.

Shapes: n nodes, e edges, c channels.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from graphs.relational.wiring import Wiring


def onto_edges(at_source: Tensor, at_target: Tensor, wiring: Wiring) -> Tensor:
    """Twice (n, c) -> (e, c): for each sorted edge the row of its source plus that of its target."""
    return _OntoEdges.apply(at_source, at_target, wiring)


def into_targets(x: Tensor, wiring: Wiring) -> Tensor:
    """(e, c) -> (n, c): for each node the sum over the edges that it receives."""
    return _IntoTargets.apply(x, wiring)


class _OntoEdges(Function):
    @staticmethod
    def forward(ctx: Any, at_source: Tensor, at_target: Tensor, wiring: Wiring) -> Tensor:
        ctx.wiring = wiring
        return wiring.incoming.add_targets(at_source.index_select(0, wiring.incoming.source), at_target)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        grad = grad.contiguous()
        return ctx.wiring.sum_outgoing(grad), ctx.wiring.incoming.sum(grad), None


class _IntoTargets(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, wiring: Wiring) -> Tensor:
        ctx.wiring = wiring
        return wiring.incoming.sum(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return ctx.wiring.incoming.spread(grad), None
