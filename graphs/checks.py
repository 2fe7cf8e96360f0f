"""What public functions ask of their tensors: an error says which tensor, what it holds, what was expected.

Values are not looked at while torch.compile traces: that would break the graph. Shapes and types are.
"""

from __future__ import annotations

import torch
from torch import Tensor


def check_edge_index(edge_index: Tensor, num_nodes: int | None = None, *, name: str = "edge_index") -> int:
    """Check edges, or pairs of nodes.

    Args:
        edge_index: (2, e) int64, of nodes 0 to n - 1; e may be 0.
        num_nodes: n; None: one more than the highest node named.
        name: of the tensor, for the error.

    Returns:
        n, at least 1.

    Raises:
        ValueError: another shape or type, a node that does not exist, a graph without nodes.
    """
    if edge_index.dim() != 2 or edge_index.size(0) != 2:
        mend = "; transpose it" if edge_index.dim() == 2 and edge_index.size(1) == 2 else ""
        raise ValueError(f"{name}: shape {tuple(edge_index.shape)}, expected (2, e){mend}")
    if edge_index.dtype != torch.int64:
        raise ValueError(
            f"{name}: {edge_index.dtype}, expected torch.int64; if all of it is whole numbers, use .long()"
        )
    if num_nodes is not None and num_nodes < 1:
        raise ValueError(f"num_nodes: {num_nodes}, expected at least 1: the graph is empty")
    if num_nodes is not None and torch.compiler.is_compiling():
        return num_nodes
    if not edge_index.numel():
        if num_nodes is None:
            raise ValueError(f"{name}: no edges, so the number of nodes is unknown; give num_nodes")
        return num_nodes
    low, high = (int(end) for end in edge_index.aminmax())
    if low < 0:
        raise ValueError(f"{name}: names node {low}, expected 0 or more")
    if num_nodes is not None and high >= num_nodes:
        raise ValueError(f"{name}: names node {high}, expected 0 to {num_nodes - 1}, as there are {num_nodes} nodes")
    return high + 1 if num_nodes is None else num_nodes


def check_features(x: Tensor, num_nodes: int | None = None, *, name: str = "x") -> None:
    """Check the features of nodes.

    Args:
        x: (n, c) of floating point numbers, dense or sparse.
        num_nodes: n; None: as many as there are rows.
        name: of the tensor, for the error.

    Raises:
        ValueError: another shape or type, NaN or infinity.
    """
    if x.dim() != 2:
        raise ValueError(f"{name}: shape {tuple(x.shape)}, expected (n, c), one row for each node")
    if not x.is_floating_point():
        raise ValueError(f"{name}: {x.dtype}, expected floating point numbers; use .float()")
    if num_nodes is not None and x.size(0) != num_nodes:
        raise ValueError(f"{name}: {x.size(0)} rows, expected {num_nodes}, one for each node")
    if torch.compiler.is_compiling():
        return
    values = x if x.layout == torch.strided else x.coalesce().values() if x.layout == torch.sparse_coo else x.values()
    # A sum is finite unless a term is not, or it overflows: one pass without a mask, almost always enough.
    if not values.sum().isfinite() and not values.isfinite().all():
        bad = int(values.numel() - values.isfinite().sum())
        where = f", the first in row {int((~x.isfinite()).any(1).nonzero()[0])}" if x.layout == torch.strided else ""
        raise ValueError(f"{name}: {bad} of {values.numel()} values are NaN or infinite{where}, expected none")


def check_no_duplicates(edge_index: Tensor, num_nodes: int, *, name: str = "edge_index") -> None:
    """Check that no edge stands twice; (u, v) and (v, u) are two edges.

    Args:
        edge_index: (2, e), checked already.
        num_nodes: n.
        name: of the tensor, for the error.

    Raises:
        ValueError: one does.
    """
    key, count = (edge_index[0] * num_nodes + edge_index[1]).unique(return_counts=True)
    if key.numel() != edge_index.size(1):
        first = int(key[count > 1][0])
        raise ValueError(
            f"{name}: {edge_index.size(1) - key.numel()} of {edge_index.size(1)} edges stand twice, the first of them "
            f"({first // num_nodes}, {first % num_nodes}), expected each once; use torch_geometric.utils.coalesce"
        )


def check_classes(y: Tensor, train: Tensor, num_nodes: int | None = None, *, name: str = "y") -> int:
    """Check the classes of nodes, and that each can be learned.

    Args:
        y: (n,) int64, from 0.
        train: the nodes to learn from: (n,) bool, or their numbers.
        num_nodes: n; None: as many as there are classes given.
        name: of the classes, for the error.

    Returns:
        How many classes there are.

    Raises:
        ValueError: another shape or type, a negative class, a class without a node to learn from.
    """
    if y.dim() != 1 or y.dtype != torch.int64:
        raise ValueError(f"{name}: shape {tuple(y.shape)}, {y.dtype}, expected (n,) torch.int64, a class for each node")
    if num_nodes is not None and y.numel() != num_nodes:
        raise ValueError(f"{name}: {y.numel()} classes, expected {num_nodes}, one for each node")
    if not y.numel():
        raise ValueError(f"{name}: no classes, expected at least one: the graph is empty")
    if int(y.min()) < 0:
        raise ValueError(f"{name}: class {int(y.min())}, expected 0 or more")
    missing = (y.bincount() > 0) & (y[train].bincount(minlength=int(y.max()) + 1) == 0)
    if missing.any():
        classes = ", ".join(str(int(k)) for k in missing.nonzero())
        raise ValueError(f"{name}: no training node of class {classes}, expected one or more of every class")
    return int(y.max()) + 1
