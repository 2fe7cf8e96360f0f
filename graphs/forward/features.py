"""Rows of features, most of them sparse, a few dense, and what a graph convolution makes of them before its weights.

A convolution sums rows, ``P x`` with a sparse P. With x of n sparse rows X and k dense rows V below them (class nodes),

    P x = P[:, :n] X + P[:, n:] V

a sparse matrix and one of rank k, which stay apart: the sum would have few zeros left.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from torch import Tensor

from graphs.rows import members, offsets_of
from graphs.sparse import SparseMatrix, quickest

SUM_BELOW = 0.25
"""Share of non-zero entries under which sums of sparse rows stay sparse: products with denser ones are quicker as dense
ones."""


@dataclass(frozen=True, eq=False)
class LowRank:
    """(r, c): the matrix ``sparse + left @ right``.

    Attributes:
        sparse: (r, c).
        left: (r, k).
        right: (k, c).
    """

    sparse: SparseMatrix
    left: Tensor
    right: Tensor

    def __getitem__(self, rows: Tensor) -> LowRank:
        return LowRank(take(self.sparse, rows), self.left[rows], self.right)

    def times(self, weight: Tensor) -> Tensor:
        """With (out, c) weights of a linear map: (r, out)."""
        down = weight.t().contiguous()  # a sum of rows is 25 times quicker than one of columns
        return torch.addmm(self.sparse @ down, self.left, self.right @ down)

    def beside(self, columns: Tensor) -> LowRank:
        """(r, c + m): with (r, m) dense columns to the right."""
        m = columns.size(1)
        right = torch.block_diag(self.right, torch.eye(m, device=columns.device, dtype=columns.dtype))
        wider = replace(self.sparse, num_columns=self.sparse.num_columns + m)
        return LowRank(wider, torch.cat([self.left, columns], 1), right)

    def to_dense(self) -> Tensor:
        """The sum."""
        return torch.addmm(dense(self.sparse), self.left, self.right)


Rows: TypeAlias = Tensor | LowRank
"""(r, c) of a constant matrix."""


def linear(layer: Any, rows: Rows) -> Tensor:
    """A linear layer: (r, in) -> (r, out)."""
    if isinstance(rows, Tensor):
        return layer(rows)
    out = rows.times(layer.weight)
    return out if layer.bias is None else out + layer.bias


def beside(rows: Rows, columns: Tensor | None) -> Rows:
    """(r, c) and (r, m), if any -> (r, c + m)."""
    if columns is None:
        return rows
    return torch.cat([rows, columns], 1) if isinstance(rows, Tensor) else rows.beside(columns)


def to_dense(rows: Rows) -> Tensor:
    """As one tensor."""
    return rows if isinstance(rows, Tensor) else rows.to_dense()


@dataclass(frozen=True, eq=False)
class Features:
    """(n + k, c): n sparse rows over k dense ones.

    Attributes:
        sparse: (n, c); None: there are no such rows.
        dense: (k, c).
    """

    sparse: SparseMatrix | None
    dense: Tensor

    @classmethod
    def of(cls, x: Tensor) -> Features:
        """From (n, c), dense or sparse: the quicker form for its share of zeros."""
        found = quickest(x)
        if isinstance(found, Tensor):
            return cls(None, found)
        return cls(found, x.new_zeros(0, x.size(1), layout=torch.strided))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.dense) + (self.sparse.shape[0] if self.sparse else 0), self.dense.size(1)

    def over(self, below: Tensor) -> Features:
        """With (m, c) dense rows below."""
        return Features(self.sparse, torch.cat([self.dense, below]))

    def unit(self) -> Features:
        """Every row divided by its length: of what the layer below found only the direction is passed on."""
        sparse = self.sparse
        if sparse is not None:
            values = entries(sparse)
            squares = values.new_zeros(sparse.shape[0]).index_add(0, sparse.rows, values.square())
            sparse = replace(sparse, values=values / (squares.sqrt() + 1e-8)[sparse.rows])
        return Features(sparse, unit_rows(self.dense))

    def sums(self, p: SparseMatrix) -> Rows:
        """(r, n + k) times the features."""
        if self.sparse is None:
            return p @ self.dense
        n = self.sparse.shape[0]
        top = p.columns < n
        left = replace(p.select(top), num_columns=n, by_column=None)
        right = p.select(~top)
        right = replace(right, columns=right.columns - n, num_columns=len(self.dense), by_column=None)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta", UserWarning)
            found = SparseMatrix.of(torch.sparse.mm(coo(left), coo(self.sparse)))
        rows = LowRank(found, dense(right), self.dense)
        few = found.columns.numel() < SUM_BELOW * found.shape[0] * found.shape[1]
        return rows if few else rows.to_dense()

    def to_dense(self) -> Tensor:
        """As one tensor."""
        return self.dense if self.sparse is None else torch.cat([dense(self.sparse), self.dense])


def unit_rows(x: Tensor) -> Tensor:
    """Every row divided by its length."""
    return x / (x.norm(dim=1, keepdim=True) + 1e-8)


def entries(matrix: SparseMatrix) -> Tensor:
    """(e,) its values."""
    return torch.ones(matrix.columns.shape, device=matrix.columns.device) if matrix.values is None else matrix.values


def take(matrix: SparseMatrix, rows: Tensor) -> SparseMatrix:
    """(r, c) -> (m, c): some of its rows, in any order."""
    offsets = offsets_of(matrix.offsets.diff()[rows])
    _, entry = members(matrix.offsets, rows)
    values = None if matrix.values is None else matrix.values[entry]
    return SparseMatrix(offsets, matrix.columns[entry], values, matrix.num_columns)


def coo(matrix: SparseMatrix) -> Tensor:
    """As a tensor in COO layout."""
    return torch.sparse_coo_tensor(
        torch.stack([matrix.rows, matrix.columns]), entries(matrix), matrix.shape, check_invariants=False
    ).coalesce()


def dense(matrix: SparseMatrix) -> Tensor:
    """As a dense tensor."""
    values = entries(matrix)
    out = values.new_zeros(matrix.shape[0] * matrix.shape[1])
    return out.index_add(0, matrix.rows * matrix.shape[1] + matrix.columns, values).view(matrix.shape)


def stacked(x: Features, copies: int) -> Features:
    """(n, c) -> (copies * n, c): copy after copy of features without dense rows below sparse ones."""
    if x.sparse is None:
        return Features(None, x.dense.repeat(copies, 1))
    rows, one = x.sparse.shape[0], x.sparse
    return Features(take(one, torch.arange(rows, device=one.columns.device).repeat(copies)), x.dense)
