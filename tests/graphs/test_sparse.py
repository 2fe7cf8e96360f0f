"""Products with sparse matrices: those of dense tensors, with their gradients."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from graphs.sparse import SparseMatrix

pytestmark = pytest.mark.filterwarnings("ignore:Sparse")  # PyTorch, at the first CSR tensor


@st.composite
def matrices(draw):
    shape = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    torch.manual_seed(draw(st.integers(0, 1000)))
    dense = torch.randn(shape, dtype=torch.double) * (torch.rand(shape) < draw(st.sampled_from([0, 0.3, 1])))
    return dense, draw(st.sampled_from(["dense", "coo", "csr"]))


def sparse(dense, layout):
    return SparseMatrix.of({"dense": dense, "coo": dense.to_sparse(), "csr": dense.to_sparse_csr()}[layout])


@given(case=matrices())
def test_a_product_and_its_gradient(case):
    dense, layout = case
    matrix = sparse(dense, layout)
    x = torch.randn(dense.size(1), 3, dtype=torch.double, requires_grad=True)
    torch.testing.assert_close(matrix @ x, dense @ x)
    assert torch.autograd.gradcheck(lambda x: matrix @ x, x)
    torch.testing.assert_close(matrix.transposed() @ torch.eye(dense.size(0), dtype=torch.double), dense.T)


@given(case=matrices(), data=st.data())
def test_entries_left_out(case, data):
    dense, layout = case
    matrix = sparse(dense, layout)
    count = matrix.columns.numel()
    kept = torch.tensor(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)), dtype=torch.bool)
    fewer = matrix.select(kept)
    expected = dense.clone()
    expected[matrix.rows[~kept], matrix.columns[~kept]] = 0
    eye = torch.eye(dense.size(1), dtype=torch.double)
    torch.testing.assert_close(fewer @ eye, expected)
    torch.testing.assert_close(fewer.transposed() @ torch.eye(dense.size(0), dtype=torch.double), expected.T)


def test_dropped_entries_leave_the_mean_as_it_is():
    torch.manual_seed(0)
    matrix = SparseMatrix.of(torch.ones(1, 10_000))
    left = matrix.drop(0.7)
    assert abs(left.columns.numel() / 10_000 - 0.3) < 0.02
    torch.testing.assert_close(left @ torch.ones(10_000, 1), torch.tensor([[left.columns.numel() / 0.3]]))
