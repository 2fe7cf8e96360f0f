"""The trees over segments: their shape, whatever is joined; and known monoids, whose results are known."""

from math import ceil, log2

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from graphs.aggregate.plan import TreePlan

SEGMENTS = st.lists(st.integers(0, 40), max_size=6)
"""Sizes."""


@st.composite
def indices(draw):
    """(index, num_segments): sorted or not, with empty segments."""
    sizes = draw(SEGMENTS)
    index = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes, dtype=torch.int64))
    if draw(st.booleans()):
        index = index[torch.randperm(len(index), generator=torch.Generator().manual_seed(draw(st.integers(0, 99))))]
    return index, len(sizes)


def reduced(operator, x, index, num_segments, identity):
    plan = TreePlan.build(index, num_segments)
    return plan.results(plan.levels(operator, x), identity)


class Shape:
    """Joins (first element, last element, joins, depth), and counts its calls."""

    calls = 0

    def __call__(self, left, right):
        assert len(left)
        assert (left[:, 1] + 1 == right[:, 0]).all(), "neighbours are joined, in their order"
        self.calls += 1
        joins = left[:, 2] + right[:, 2] + 1
        depth = torch.maximum(left[:, 3], right[:, 3]) + 1
        return torch.stack([left[:, 0], right[:, 1], joins, depth], 1)


@given(indices())
def test_a_segment_is_a_balanced_tree_over_its_elements_in_order(case):
    index, num_segments = case
    number = torch.tensor([int((index[:i] == s).sum()) for i, s in enumerate(index)], dtype=torch.int64)
    x = torch.stack([number, number, torch.zeros_like(number), torch.zeros_like(number)], 1)
    shape = Shape()
    found = reduced(shape, x, index, num_segments, torch.full((4,), -1))
    for n, row in zip(index.bincount(minlength=num_segments).tolist(), found.tolist(), strict=True):
        assert row == ([0, n - 1, n - 1, ceil(log2(n))] if n else [-1] * 4)
    assert shape.calls == max((ceil(log2(n)) for n in index.bincount().tolist() if n), default=0)


@given(indices())
def test_sums_and_maxima(case):
    index, num_segments = case
    x = torch.randint(-9, 9, (len(index), 3))
    total = torch.zeros(num_segments, 3, dtype=torch.int64).index_add(0, index, x)
    assert torch.equal(reduced(torch.add, x, index, num_segments, torch.zeros(3, dtype=torch.int64)), total)
    largest = torch.full((num_segments, 3), -10).scatter_reduce(0, index[:, None].expand_as(x), x, "amax")
    assert torch.equal(reduced(torch.maximum, x, index, num_segments, torch.full((3,), -10)), largest)


@given(indices())
def test_products_of_matrices_keep_their_order(case):
    index, num_segments = case
    x = torch.randint(0, 7, (len(index), 4))

    def product(left, right):
        return (left.view(-1, 2, 2) @ right.view(-1, 2, 2)).view(-1, 4) % 7

    found = reduced(product, x, index, num_segments, torch.tensor([1, 0, 0, 1]))
    expected = torch.tensor([1, 0, 0, 1]).repeat(num_segments, 1)
    for segment, matrix in zip(index.tolist(), x, strict=True):
        expected[segment] = product(expected[segment], matrix)
    assert torch.equal(found, expected)


def test_a_plan_knows_its_index():
    index = torch.tensor([2, 0, 2])
    plan = TreePlan.build(index, 3)
    assert plan.fits(index.clone(), 3)
    assert not plan.fits(index, 4)
    assert not plan.fits(index[:2], 3)
    index[0] = 1
    assert not plan.fits(index, 3)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (torch.tensor([0.0, 1.0]), r"index: got a tensor \(2,\) of torch.float32; expected \(e,\) integers"),
        (torch.tensor([True]), "of torch.bool; expected"),
        (torch.tensor([[0, 1]]), r"got a tensor \(1, 2\)"),
        (torch.tensor([0, 3]), "got values from 0 to 3; expected 0 to 2"),
        (torch.tensor([-1, 2]), "got values from -1 to 2; expected 0 to 2"),
    ],
)
def test_a_wrong_index_is_named(index, message):
    with pytest.raises(ValueError, match=message):
        TreePlan.build(index, 3)
