"""A graph convolution on input that does not change: what comes before its weights is computed once.

GCN, for one, is ``(P x) W + b`` with ``P = D^-1/2 (A + I) D^-1/2``. While a layer trains alone, x stays as it is, so
P x is known, and only those of its rows are computed that the loss asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch_geometric.nn import GCNConv, GINConv, GraphConv, SAGEConv
from torch_geometric.nn.aggr import MeanAggregation, SumAggregation
from torch_geometric.nn.conv.gcn_conv import gcn_norm

from graphs.forward.features import Features, Rows, beside, linear, take
from graphs.sparse import SparseMatrix


class Propagation(Protocol):
    """A convolution at some nodes of a graph."""

    def __call__(self, columns: Tensor | None = None) -> Tensor:
        """(r, out) for the r nodes.

        Args:
            columns: (n, m) columns to the right of the constant features, if they have any.
        """

    def at(self, nodes: Tensor) -> Propagation:
        """At some of the nodes."""

    def batch(self, nodes: Tensor) -> Propagation:
        """At a few of the nodes, from a part of the graph."""


def propagation(conv: nn.Module, x: Features, edge_index: Tensor) -> Propagation:
    """A convolution at all nodes.

    GCN, GraphSAGE, GraphConv and GIN with sums or means start from known sums; any other module is called as it is,
    ``conv(x, edge_index)``, and so is one with hooks.
    """
    matrices = sums(conv, edge_index, x.shape[0])
    if matrices is None:
        return Called(conv, x.to_dense(), edge_index)
    return Summed(conv, matrices, [x.sums(matrix) for matrix in matrices])


class Summed:
    """A convolution that is a function of known sums.

    Args:
        sums: (r, n) each.
        rows: (r, c) each, their products with the features.
    """

    def __init__(self, conv: nn.Module, sums: Sequence[SparseMatrix], rows: Sequence[Rows]) -> None:
        self.conv, self._sums, self._rows = conv, sums, rows

    def __call__(self, columns: Tensor | None = None) -> Tensor:
        """See `Propagation`."""
        if columns is None:
            return after_sums(self.conv, self._rows)
        parts = [beside(row, matrix @ columns) for row, matrix in zip(self._rows, self._sums, strict=True)]
        return after_sums(self.conv, parts)

    def at(self, nodes: Tensor) -> Summed:
        """See `Propagation`."""
        return Summed(self.conv, [take(matrix, nodes) for matrix in self._sums], [row[nodes] for row in self._rows])

    batch = at


class Called:
    """Any other module, called with features and edges.

    Args:
        x: (n, c).
        edge_index: (2, e).
        nodes: (r,); None: all.
    """

    def __init__(self, conv: nn.Module, x: Tensor, edge_index: Tensor, nodes: Tensor | None = None) -> None:
        self.conv, self._x, self._edge_index, self._nodes = conv, x, edge_index, nodes

    def __call__(self, columns: Tensor | None = None) -> Tensor:
        """See `Propagation`."""
        x = self._x if columns is None else torch.cat([self._x, columns], 1)
        out = self.conv(x, self._edge_index)
        return out if self._nodes is None else out[self._nodes]

    def at(self, nodes: Tensor) -> Called:
        """See `Propagation`."""
        return Called(self.conv, self._x, self._edge_index, nodes)

    def batch(self, nodes: Tensor) -> Propagation:
        """The edges into the nodes alone: the same for all but convolutions that look at the sources' own edges."""
        return _Part(self.conv, self._x, self._edge_index[:, torch.isin(self._edge_index[1], nodes)], nodes)


class _Part(Called):
    """As few rows as there are nodes and neighbours."""

    def __call__(self, columns: Tensor | None = None) -> Tensor:
        assert self._nodes is not None
        near = torch.cat([self._nodes, self._edge_index[0]]).unique()
        x = self._x[near] if columns is None else torch.cat([self._x[near], columns[near]], 1)
        out = self.conv(x, torch.searchsorted(near, self._edge_index))
        return out[torch.searchsorted(near, self._nodes)]


def sums(conv: nn.Module, edge_index: Tensor, num_nodes: int) -> list[SparseMatrix] | None:
    """The sums, (n, n), that a convolution starts from; None: it is not known to start from sums."""
    if conv._forward_hooks or conv._forward_pre_hooks or not _is_known(conv):
        return None
    if conv.flow == "target_to_source":
        edge_index = edge_index.flip(0)
    weight = torch.ones(edge_index.size(1), device=edge_index.device)
    if isinstance(conv, GCNConv):
        if conv.normalize:
            edge_index, weight = gcn_norm(edge_index, None, num_nodes, conv.improved, conv.add_self_loops)
        return [_matrix(edge_index, weight, num_nodes)]
    if isinstance(conv.aggr_module, MeanAggregation):
        weight = (1 / edge_index[1].bincount(minlength=num_nodes))[edge_index[1]]
    loops = torch.arange(num_nodes, device=edge_index.device).expand(2, -1)
    ones = torch.ones(num_nodes, device=edge_index.device)
    if isinstance(conv, GINConv):
        own = ones * (1 + float(conv.eps))
        return [_matrix(torch.cat([edge_index, loops], 1), torch.cat([weight, own]), num_nodes)]
    return [_matrix(edge_index, weight, num_nodes), _matrix(loops, ones, num_nodes)]


def after_sums(conv: Any, rows: Sequence[Rows]) -> Tensor:
    """What a convolution makes of its sums."""
    if isinstance(conv, GCNConv):
        out = linear(conv.lin, rows[0])
        return out if conv.bias is None else out + conv.bias
    if isinstance(conv, GINConv):
        return conv.nn(rows[0] if isinstance(rows[0], Tensor) else rows[0].to_dense())
    if isinstance(conv, GraphConv):
        return linear(conv.lin_rel, rows[0]) + linear(conv.lin_root, rows[1])
    out = linear(conv.lin_l, rows[0])
    if conv.root_weight:
        out = out + linear(conv.lin_r, rows[1])
    return normalize(out) if conv.normalize else out


def _is_known(conv: Any) -> bool:
    """Of a subclass one does not know what it computes."""
    if type(conv) not in (GCNConv, SAGEConv, GraphConv, GINConv):
        return False
    if type(conv.aggr_module) not in (SumAggregation, MeanAggregation):
        return False
    learned = (type(conv) is SAGEConv and conv.project) or (type(conv) is GINConv and conv.eps.requires_grad)
    return not learned and (type(conv) is not GCNConv or type(conv.aggr_module) is SumAggregation)


def _matrix(edge_index: Tensor, weight: Tensor, num_nodes: int) -> SparseMatrix:
    order = edge_index[1].argsort(stable=True)
    source, target = edge_index[:, order]
    return SparseMatrix.from_rows(target, source, weight[order], (num_nodes, num_nodes))
