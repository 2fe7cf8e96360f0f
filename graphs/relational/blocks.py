"""The sum over incoming edges of an MLP's hidden layers, a block of nodes at a time, with its gradient.

The edges into a block of nodes fit into the processor's cache, through all layers; what leaves it is their sum per node
and, if wanted, the layers' values for the backward pass. Without these the backward pass computes the block once more:
a third more multiplications, a fraction of the memory and of its traffic.

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


def sum_in_blocks(
    at_source: Tensor,
    at_target: Tensor,
    at_edge: Tensor | None,
    to_edge: Tensor | None,
    layers: Sequence[Tensor],
    incoming: Incoming,
    *,
    keep: bool,
) -> Tensor:
    """Sum over incoming edges of ``relu(... W_1 relu(at_source + at_target + to_edge at_edge) + b_1 ...)``.

    Args:
        at_source: (n, c).
        at_target: (k, c), of the nodes that receive.
        at_edge: (e, a), in the order of `incoming`.
        to_edge: (c, a); None: a is c, and `at_edge` is added as it is.
        layers: W_1, b_1, W_2, b_2 ...: (c, c) and (c,).
        incoming: the edges.
        keep: whether the layers' values are kept for the backward pass.

    Returns:
        (k, c).
    """
    dtype = at_target.dtype  # under autocast narrower than the parameters
    rest = (None if tensor is None else tensor.to(dtype) for tensor in (at_edge, to_edge, *layers))
    return _SumInBlocks.apply(keep, incoming, at_source, at_target, *rest)


class _SumInBlocks(Function):
    @staticmethod
    def forward(ctx: Any, keep: bool, incoming: Incoming, *inputs: Tensor) -> Tensor:
        work = _Work(incoming, inputs)
        kept = [inputs[1].new_empty(len(incoming.source), inputs[1].size(1)) for _ in range(keep * work.depth)]
        ctx.incoming, ctx.inputs = incoming, len(inputs)
        ctx.save_for_backward(*inputs, *kept)
        buffers = work.buffers(0 if keep else 2)
        out = torch.empty_like(inputs[1])
        for block in work.blocks:
            *_, last = work.values(block, [t[block.edges] for t in kept] or buffers)
            out[block.nodes] = block.incoming.sum(last)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        inputs, kept = ctx.saved_tensors[: ctx.inputs], ctx.saved_tensors[ctx.inputs :]
        work = _Work(ctx.incoming, inputs)
        wanted = ctx.needs_input_grad[2:]
        gradients = [torch.zeros_like(t) if want else None for t, want in zip(inputs, wanted, strict=True)]
        spare, *buffers = work.buffers(1 if kept else 1 + work.depth)
        for block in work.blocks:
            values = [t[block.edges] for t in kept] or list(work.values(block, buffers))
            work.add_gradients(block, block.incoming.spread(grad[block.nodes]), values, gradients, spare)
        return None, None, *gradients


class _Work:
    """The computation of a block, forward and back.

    Attributes:
        blocks: all of them.
        depth: how many layers have values, that before the first matrix too.
    """

    def __init__(self, incoming: Incoming, inputs: Sequence[Any]) -> None:
        self._inputs = inputs
        _, self._like, *_ = inputs
        row = self._like.size(1) * self._like.element_size()
        self.blocks = list(incoming.blocks(BLOCK.get(self._like.device.type, BLOCK["cuda"]) // row))
        self._longest = max((len(block.incoming.source) for block in self.blocks), default=0)
        self._ones = self._like.new_ones(self._longest)
        self.depth = len(inputs) // 2 - 1

    def buffers(self, count: int) -> list[Tensor]:
        """Room for (m, c) values of any block."""
        return [self._like.new_empty(self._longest, self._like.size(1)) for _ in range(count)]

    def values(self, block: Block, buffers: Sequence[Tensor]) -> Iterator[Tensor]:
        """(m, c) after each ReLU, in the buffers by turns."""
        at_source, at_target, at_edge, to_edge, *layers = self._inputs
        m = len(block.incoming.source)
        x = torch.index_select(at_source, 0, block.incoming.source, out=buffers[0][:m])
        block.incoming.add_targets(x, at_target[block.nodes])
        if to_edge is not None:
            x.addmm_(at_edge[block.edges], to_edge.t())
        elif at_edge is not None:
            x += at_edge[block.edges]
        yield x.relu_()
        for k, (weight, bias) in enumerate(zip(layers[::2], layers[1::2], strict=True), 1):
            x = torch.addmm(bias, x, weight.t(), out=buffers[k % len(buffers)][:m])
            yield x.relu_()

    def add_gradients(
        self, block: Block, grad: Tensor, values: Sequence[Tensor], gradients: Sequence[Tensor | None], spare: Tensor
    ) -> None:
        """Add to the gradients of the inputs, None where not wanted.

        Args:
            grad: (m, c), after the last ReLU; is overwritten.
            values: after each ReLU.
            spare: a buffer.
        """
        _, _, at_edge, to_edge, *layers = self._inputs
        of_source, of_target, of_at_edge, of_to_edge, *of_layers = gradients
        m = len(grad)
        free = spare[:m]
        _before_relu(grad, values[-1])
        for k in reversed(range(len(values) - 1)):
            of_weight, of_bias = of_layers[2 * k : 2 * k + 2]
            if of_weight is not None:
                of_weight.addmm_(grad.t(), values[k])
            if of_bias is not None:
                of_bias.addmv_(grad.t(), self._ones[:m])
            grad, free = torch.mm(grad, layers[2 * k], out=free), grad
            _before_relu(grad, values[k])
        if of_source is not None:
            of_source.index_add_(0, block.incoming.source, grad)
        if of_target is not None:
            of_target[block.nodes] = block.incoming.sum(grad)
        if of_at_edge is not None:
            of_at_edge[block.edges] = grad if to_edge is None else grad @ to_edge
        if of_to_edge is not None:
            of_to_edge.addmm_(grad.t(), at_edge[block.edges])


def _before_relu(grad: Tensor, values: Tensor) -> None:
    """From the gradient after a ReLU with these values to that before it, in place."""
    torch.ops.aten.threshold_backward.grad_input(grad, values, 0, grad_input=grad)
