"""Sums from nodes to pools and back, in one pass over memory each way."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import embedding_bag

from graphs.relational.constraint_graph import Pools


def pool_sum(own: Tensor, pools: Pools) -> Tensor:
    """(n, b, d) -> (u, b, d): the sum over the members of each pool."""
    return _PoolSum.apply(own, pools)


def hear(pool: Tensor, own: Tensor, pools: Pools) -> Tensor:
    """(u, b, d), (n, b, d) -> (n, b, d): for each node the sum over its pools of ``relu(pool + own)``."""
    return _Hear.apply(pool, own, pools)


def _bags(rows: Tensor, index: Tensor, starts: Tensor | None = None) -> Tensor:
    """Sums of selected rows; one pass over memory where gathering and adding need three."""
    total = embedding_bag(index, rows.reshape(len(rows), -1), starts, mode="sum")
    return total.view(-1, *rows.shape[1:])


class _PoolSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, own: Tensor, pools: Pools) -> Tensor:
        ctx.pools = pools
        return _bags(own, pools.members, pools.starts)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        padded = torch.cat([grad, grad.new_zeros(1, *grad.shape[1:])])
        return _bags(padded, ctx.pools.pool_of), None


class _Hear(torch.autograd.Function):
    """Keeps the two summands only; the sums before the rectifier are made again on the way back."""

    @staticmethod
    def forward(ctx: Any, pool: Tensor, own: Tensor, pools: Pools) -> Tensor:
        padded = torch.cat([pool, pool.new_full((1, *pool.shape[1:]), float("-inf"))])
        ctx.save_for_backward(padded, own)
        ctx.pools = pools
        heard = torch.zeros_like(own)
        for column in pools.pool_of.unbind(1):
            heard += padded.index_select(0, column).add_(own).relu_()
        return heard

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        padded, own = ctx.saved_tensors
        pools: Pools = ctx.pools
        parts = grad.new_empty(len(own), pools.pool_of.shape[1], *own.shape[1:])
        for k, column in enumerate(pools.pool_of.unbind(1)):
            before = padded.index_select(0, column).add_(own)
            torch.ops.aten.threshold_backward.grad_input(grad, before, 0, grad_input=parts[:, k])
        return _bags(parts.flatten(0, 1), pools.slots, pools.starts), parts.sum(1), None
