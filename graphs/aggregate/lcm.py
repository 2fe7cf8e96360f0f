"""The learnable commutative monoid aggregation."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn
from torch_geometric.nn.aggr import Aggregation
from torch_geometric.nn.inits import reset

from graphs.aggregate.associativity import associativity_error, identity_error, triples
from graphs.aggregate.operators import Symmetric
from graphs.aggregate.plan import Level, Operator, TreePlan

SEEN = 64
"""Values of each part of a level that the losses look at, about."""


class LCMAggregation(Aggregation):
    """A learned commutative operator joins the elements of each segment in a balanced tree.

    Ong, Velickovic, "Learnable commutative monoids for graph neural networks", LoG 2022, arXiv 2212.08541. A segment of
    n elements takes n - 1 joins in ceil(log2 n) steps; an empty one gives the learned `identity`. What a segment gives
    depends on its own elements alone. It takes the place of PyG's aggregation of the same name and is a value for the
    ``aggr`` of any ``MessagePassing``, whose edges may stand in any order.

    The operator commutes exactly. That it is associative too, so that the order of the elements does not matter, is
    learned: add some of `associativity_loss` (and of `identity_loss`) to the training loss.

    Args:
        in_channels: size of each element.
        out_channels: c, size of each result.
        project: whether elements first go through a linear layer and a ReLU; they must if the two sizes differ.
        operator: (p, c), (p, c) -> (p, c), a module or a function; None: a GRU cell made `Symmetric`.
            It should commute; `Symmetric` and `Sorted` see to that.

    Attributes:
        identity: (c,) what an empty segment gives.

    Raises:
        ValueError: the sizes differ, and nothing projects.
    """

    identity: nn.Parameter

    def __init__(
        self, in_channels: int, out_channels: int, project: bool = True, *, operator: Operator | None = None
    ) -> None:
        super().__init__()
        if in_channels != out_channels and not project:
            raise ValueError(
                f"in_channels, out_channels: got {in_channels} and {out_channels} with project=False; "
                "expected equal sizes, or project=True"
            )
        self.in_channels, self.out_channels = in_channels, out_channels
        self.lin = nn.Linear(in_channels, out_channels) if project else None
        self.operator = Symmetric(nn.GRUCell(out_channels, out_channels)) if operator is None else operator
        self.identity = nn.Parameter(torch.zeros(out_channels))
        self._plan: TreePlan | None = None
        self._seen: Tensor | None = None

    def reset_parameters(self) -> None:
        """Start again; convolutions call it when they are made."""
        reset(self.lin)
        reset(self.operator)
        nn.init.zeros_(self.identity)

    def forward(
        self,
        x: Tensor,
        index: Tensor | None = None,
        ptr: Tensor | None = None,
        dim_size: int | None = None,
        dim: int = -2,
        max_num_elements: int | None = None,
        *,
        plan: TreePlan | None = None,
    ) -> Tensor:
        """(..., e, in_channels) -> (..., dim_size, out_channels).

        Args:
            x: elements, along `dim`.
            index: (e,) the segment of each element, in any order.
            ptr: (dim_size + 1,) where each segment begins, instead of `index`.
            dim_size: how many segments; None: up to the last that has an element.
            max_num_elements: not needed; it is here because PyG passes it.
            plan: the trees of these segments; `index` and `ptr` are then not looked at. Give it, and `dim_size`, in
                code for `torch.compile`. Otherwise the last plan is kept for as long as the index is the same.

        Raises:
            ValueError: the arguments do not fit together.
        """
        if plan is None:
            plan = self._planned(_segments(index, ptr), dim_size)
        _check(x, dim, plan, self.in_channels)
        x = x.movedim(dim, 0)
        if self.lin is not None:
            x = self.lin(x).relu()
        levels = plan.levels(self.operator, x)
        if self.training and x.numel():
            self._seen = _some(levels)
        return plan.results(levels, self.identity.to(x.dtype).expand(x.shape[1:])).movedim(0, dim)

    def associativity_loss(self, samples: int = 256, *, generator: Generator | None = None) -> Tensor:
        """The mean of ||(x o y) o z - x o (y o z)||^2 over triples of values in the trees of the last forward pass.

        Gradients go to the operator alone, so that values do not shrink to please the loss.

        Args:
            samples: how many triples.
            generator: draws them (on the CPU); None: torch's own.

        Raises:
            RuntimeError: there was none in training mode with any elements.
        """
        return associativity_error(self.operator, *triples(self._values(), samples, generator))

    def identity_loss(self) -> Tensor:
        """The mean of ||x o e - x||^2 over values in the trees of the last forward pass, e the identity.

        Raises:
            RuntimeError: there was none in training mode with any elements.
        """
        return identity_error(self.operator, self._values(), self.identity)

    def _planned(self, index: Tensor, dim_size: int | None) -> TreePlan:
        if dim_size is None:
            dim_size = int(index.max()) + 1 if len(index) else 0
        if self._plan is None or not self._plan.fits(index, dim_size):
            self._plan = TreePlan.build(index, dim_size)
        return self._plan

    def _values(self) -> Tensor:
        if self._seen is None:
            raise RuntimeError("no values to look at; expected a forward pass in training mode, with elements, before")
        return self._seen

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.in_channels}, {self.out_channels}, project={self.lin is not None})"


def _segments(index: Tensor | None, ptr: Tensor | None) -> Tensor:
    """(e,): the segment of each element."""
    if index is not None:
        return index
    if ptr is None:
        raise ValueError("index, ptr: got neither; expected the segments of the elements in one of them")
    sizes = ptr.diff()
    if ptr.dim() != 1 or not len(ptr) or int(ptr[0]) != 0 or (sizes < 0).any():
        raise ValueError(f"ptr: got {ptr.tolist()}; expected (dim_size + 1,) integers that start at 0 and do not fall")
    return torch.arange(len(sizes), device=ptr.device).repeat_interleave(sizes)


def _check(x: Tensor, dim: int, plan: TreePlan, channels: int) -> None:
    if dim in (-1, x.dim() - 1) or x.size(dim) != len(plan.index) or x.size(-1) != channels:
        raise ValueError(
            f"x: got a tensor {tuple(x.shape)} with elements along dim={dim}; expected {len(plan.index)} elements, "
            f"as in the index, and {channels} channels in the last dimension"
        )


def _some(levels: list[Level]) -> Tensor:
    """(p, c): some values of each level, without their history."""
    parts = [part.detach() for level in levels for part in level]
    return torch.cat([part[:: max(1, len(part) // SEEN)].flatten(0, -2) for part in parts])
