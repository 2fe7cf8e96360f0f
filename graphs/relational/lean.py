"""Messages in little memory: a block of nodes at a time, nothing per edge kept for the gradient.

The edges into a block of nodes fit into the processor's cache, through all layers; only their sum per node leaves it.
The backward pass computes the block once more: a third more multiplications than if everything were kept, a fraction of
the memory and of the traffic.

Shapes: n nodes, e edges, c channels; k nodes and m edges of a block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from graphs.relational.incoming import Block, Incoming

BLOCK = {"cpu": 2**19, "cuda": 2**28}
"""Bytes of one layer's values in a block: about four of them fit into a core's cache; a GPU wants large ones."""


def lean_sum(
    at_source: Tensor,
    at_target: Tensor,
    edge_attr: Tensor | None,
    to_edge: Tensor,
    layers: Sequence[Tensor],
    incoming: Incoming,
) -> Tensor:
    """Sum over incoming edges of ``relu(... W_1 relu(at_source + at_target + to_edge edge_attr) + b_1 ...)``.

    Args:
        at_source, at_target: (n, c).
        edge_attr: (e, a), in the order of the wiring.
        to_edge: (c, a).
        layers: W_1, b_1, W_2, b_2 ...: (c, c) and (c,).
        incoming: all edges.

    Returns:
        (n, c).
    """
    weights = (tensor.to(at_target.dtype) for tensor in layers)  # under autocast the values are narrower
    edge = (None, None) if edge_attr is None else (edge_attr.to(at_target.dtype), to_edge.to(at_target.dtype))
    return _LeanSum.apply(incoming, at_source, at_target, *edge, *weights)


class _LeanSum(Function):
    @staticmethod
    def forward(ctx: Any, incoming: Incoming, *inputs: Tensor) -> Tensor:
        ctx.incoming = incoming
        ctx.save_for_backward(*inputs)
        work = _Work(incoming, inputs, buffers=2)
        out = torch.empty_like(inputs[1])
        for block in work.blocks:
            *_, last = work.values(block)
            out[block.nodes] = block.incoming.sum(last)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        work = _Work(ctx.incoming, ctx.saved_tensors, buffers=len(ctx.saved_tensors) // 2)
        wanted = ctx.needs_input_grad[1:]
        gradients = [torch.zeros_like(t) if want else None for t, want in zip(work.inputs, wanted, strict=True)]
        for block in work.blocks:
            work.add_gradients(block, block.incoming.spread(grad[block.nodes]), gradients)
        return None, *gradients


class _Work:
    """The computation of a block: forward, and back with what was computed forward."""

    def __init__(self, incoming: Incoming, inputs: Sequence[Tensor], buffers: int) -> None:
        self.inputs = inputs
        _, like, *_ = inputs
        c = like.size(1)
        self.blocks = list(incoming.blocks(BLOCK.get(like.device.type, BLOCK["cuda"]) // (c * like.element_size())))
        longest = max((len(block.incoming.source) for block in self.blocks), default=0)
        self._buffers = [like.new_empty(longest, c) for _ in range(buffers)]
        self._ones = like.new_ones(longest)

    def values(self, block: Block) -> Iterator[Tensor]:
        """(m, c) after each ReLU, in the buffers by turns."""
        at_source, at_target, edge_attr, to_edge, *layers = self.inputs
        m = len(block.incoming.source)
        x = torch.index_select(at_source, 0, block.incoming.source, out=self._buffers[0][:m])
        block.incoming.add_targets(x, at_target[block.nodes])
        if edge_attr is not None:
            x.addmm_(edge_attr[block.edges], to_edge.t())
        yield x.relu_()
        for k, (weight, bias) in enumerate(zip(layers[::2], layers[1::2], strict=True), 1):
            x = torch.addmm(bias, x, weight.t(), out=self._buffers[k % len(self._buffers)][:m])
            yield x.relu_()

    def add_gradients(self, block: Block, grad: Tensor, gradients: list[Tensor | None]) -> None:
        """Add to the gradients of the inputs, None where not wanted; `grad`: (m, c) after the last ReLU."""
        _, _, edge_attr, to_edge, *layers = self.inputs
        at_source, at_target, of_edge_attr, of_to_edge, *of_layers = gradients
        *values, last = self.values(block)
        grad = _before_relu(grad, last)
        for k in reversed(range(len(values))):
            weight, bias = of_layers[2 * k : 2 * k + 2]
            if weight is not None:
                weight.addmm_(grad.t(), values[k])
            if bias is not None:
                bias.addmv_(grad.t(), self._ones[: len(grad)])
            grad = _before_relu(torch.mm(grad, layers[2 * k], out=self._buffers[-1][: len(grad)]), values[k])
        if at_source is not None:
            at_source.index_add_(0, block.incoming.source, grad)
        if at_target is not None:
            at_target[block.nodes] = block.incoming.sum(grad)
        if of_edge_attr is not None:
            of_edge_attr[block.edges] = grad @ to_edge
        if of_to_edge is not None:
            of_to_edge.addmm_(grad.t(), edge_attr[block.edges])


def _before_relu(grad: Tensor, values: Tensor) -> Tensor:
    """The gradient before a ReLU with these values, written over them."""
    return torch.ops.aten.threshold_backward.grad_input(grad, values, 0, grad_input=values)
