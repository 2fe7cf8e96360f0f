"""The learnable commutative monoid: its laws, and PyG's aggregation where that one is right."""

import copy
from unittest import mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch_geometric.nn import LCMAggregation as PyGAggregation
from torch_geometric.nn import SAGEConv
from torch_geometric.nn.aggr import SumAggregation

from graphs import LCMAggregation
from graphs.aggregate.associativity import associativity_error, identity_error, permutation_deviation
from graphs.aggregate.operators import Residual, Sorted, Symmetric
from graphs.aggregate.plan import TreePlan


@st.composite
def cases(draw):
    """A random aggregation in double precision, segments' sizes, and the elements of all in order."""
    torch.manual_seed(draw(st.integers(0, 1000)))
    in_channels, project = draw(st.sampled_from([(4, False), (4, True), (3, True)]))
    aggregation = LCMAggregation(in_channels, 4, project).double()
    nn.init.normal_(aggregation.identity)
    sizes = draw(st.lists(st.integers(0, 20), min_size=1, max_size=5))
    return aggregation, sizes, torch.randn(sum(sizes), in_channels, dtype=torch.double)


def segments(sizes):
    return torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))


def close(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


@given(cases())
def test_a_segment_gives_the_same_in_any_company(case):
    aggregation, sizes, x = case
    alone = [aggregation(part, torch.zeros(len(part), dtype=torch.int64), dim_size=1) for part in x.split(sizes)]
    close(aggregation(x, segments(sizes), dim_size=len(sizes)), torch.cat(alone))


@given(cases(), st.integers(0, 1000))
def test_interleaving_and_the_numbers_of_segments_mean_nothing(case, seed):
    aggregation, sizes, x = case
    index, dice = segments(sizes), torch.Generator().manual_seed(seed)
    labels = torch.randperm(len(sizes), generator=dice)
    shuffled = index[torch.randperm(len(x), generator=dice)]
    elements = torch.empty_like(x)
    elements[shuffled.argsort(stable=True)] = x  # every segment's in their order
    close(
        aggregation(elements, labels[shuffled], dim_size=len(sizes))[labels],
        aggregation(x, index, dim_size=len(sizes)),
    )


@given(cases())
def test_ptr_is_index(case):
    aggregation, sizes, x = case
    ptr = torch.tensor([0, *sizes]).cumsum(0)
    assert torch.equal(aggregation(x, ptr=ptr), aggregation(x, segments(sizes), dim_size=len(sizes)))


@pytest.mark.parametrize("kind", [Symmetric, Sorted])
@pytest.mark.parametrize("inner", [nn.GRUCell, Residual])
@given(pairs=st.integers(1, 70), seed=st.integers(0, 1000))
def test_operators_commute_exactly(kind, inner, pairs, seed):
    torch.manual_seed(seed)
    operator = kind(inner(16, 16))
    x, y = torch.randn(2, pairs, 16)
    assert torch.equal(operator(x, y), operator(y, x))


@given(cases())
def test_no_element_gives_the_identity_and_one_element_itself(case):
    aggregation, sizes, x = case
    elements = x if aggregation.lin is None else aggregation.lin(x).relu()
    found = aggregation(x, segments(sizes), dim_size=len(sizes) + 1)
    assert torch.equal(found[-1], aggregation.identity)
    for size, part, row in zip(sizes, elements.split(sizes), found[:-1], strict=True):
        if size < 2:
            torch.testing.assert_close(row, part[0] if size else aggregation.identity)


@settings(max_examples=5)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=4), st.integers(0, 100))
def test_gradients(sizes, seed):
    torch.manual_seed(seed)
    aggregation = LCMAggregation(2, 3).double()
    x = torch.randn(sum(sizes), 2, dtype=torch.double, requires_grad=True)
    index = segments(sizes)[torch.randperm(len(x))]
    parameters = list(aggregation.named_parameters())

    def function(x, *values):
        named = {name: value for (name, _), value in zip(parameters, values, strict=True)}
        return torch.func.functional_call(aggregation, named, (x, index), {"dim_size": len(sizes)})

    assert torch.autograd.gradcheck(function, (x, *(value for _, value in parameters)))


@pytest.mark.parametrize("size", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("project", [True, False])
def test_pyg_says_the_same_where_it_pads_nothing(size, project):
    theirs = PyGAggregation(5, 5, project).double()
    ours = LCMAggregation(5, 5, project).double()
    ours.operator.operator.load_state_dict(theirs.gru_cell.state_dict())
    if project:
        ours.lin.load_state_dict(theirs.lin.state_dict())
    x, index = torch.randn(3 * size, 5, dtype=torch.double, requires_grad=True), segments([size] * 3)
    results = [aggregation(x, index) for aggregation in (ours, theirs)]
    close(*results)
    close(*(torch.autograd.grad(result.square().sum(), x)[0] for result in results))


def test_more_dimensions():
    aggregation = LCMAggregation(3, 4)
    x, index = torch.randn(2, 6, 5, 3), torch.tensor([3, 0, 0, 3, 0, 1])
    found = aggregation(x, index, dim=1)
    assert found.shape == (2, 4, 5, 4)
    torch.testing.assert_close(found[1, :, 2], aggregation(x[1, :, 2], index))


def test_nothing_at_all():
    aggregation = LCMAggregation(3, 4)
    nothing = aggregation(torch.empty(0, 3), torch.empty(0, dtype=torch.int64), dim_size=2)
    assert torch.equal(nothing, torch.zeros(2, 4))
    nothing.sum().backward()
    assert torch.equal(aggregation.identity.grad, torch.full((4,), 2.0))


class TestInConvolutions:
    edges = torch.tensor([[0, 1, 2, 3, 0, 2], [3, 1, 3, 0, 1, 3]])

    def test_edges_may_stand_in_any_order(self):
        conv = SAGEConv((3, 3), 4, aggr=LCMAggregation(3, 3, operator=torch.add, project=False))
        expected = copy.deepcopy(conv)
        expected.aggr_module = SumAggregation()
        x = torch.randn(5, 3)
        torch.testing.assert_close(conv(x, self.edges), expected(x, self.edges))

    def test_any_module_may_be_the_operator(self):
        class Join(nn.Module):
            def __init__(self):
                super().__init__()
                self.lin = nn.Linear(6, 3)

            def forward(self, left, right):
                return self.lin(torch.cat([left, right], 1)).tanh()

        conv = SAGEConv((3, 3), 4, aggr=LCMAggregation(3, 3, operator=Symmetric(Join())))
        conv(torch.randn(5, 3), self.edges).sum().backward()
        assert all(parameter.grad is not None for parameter in conv.parameters())

    def test_the_plan_is_made_once_per_graph(self):
        conv, x = SAGEConv((3, 3), 4, aggr=LCMAggregation(3, 3)), torch.randn(5, 3)
        edges = self.edges.clone()
        with mock.patch.object(TreePlan, "build", wraps=TreePlan.build) as build:
            for _ in range(3):
                conv(x, edges)
            conv(x, edges.clone())
            assert build.call_count == 1
            before = conv(x, edges)
            edges[1, 0] = 4
            assert not torch.equal(conv(x, edges), before)
            conv(x[:4], self.edges)
            assert build.call_count == 3


class TestLearnedLaws:
    def test_a_monoid_breaks_none(self):
        x, y, z = torch.randint(-9, 9, (3, 50, 4))
        assert associativity_error(torch.add, x.float(), y.float(), z.float()) == 0
        assert identity_error(torch.add, x.float(), torch.zeros(4)) == 0
        aggregation = LCMAggregation(4, 4, project=False, operator=torch.add)
        index = segments([5, 7, 0, 9, 11, 1, 1])
        assert permutation_deviation(aggregation, torch.randn(len(index), 4).double(), index) < 1e-12

    def test_the_errors_by_hand(self):
        x, y, z = torch.tensor([[1.0, 2.0]]), torch.tensor([[5.0, 3.0]]), torch.tensor([[2.0, -2.0]])
        assert associativity_error(torch.sub, x, y, z) == 4 * 4 + 4 * 4  # (x - y) - z - (x - (y - z)) = -2 z
        assert identity_error(torch.sub, x, torch.tensor([3.0, 1.0])) == 9 + 1

    def test_order_matters_less_where_the_associativity_loss_is_low(self):
        torch.manual_seed(0)
        aggregation, dice = LCMAggregation(8, 8), torch.Generator().manual_seed(0)
        x, index = torch.randn(300, 8), torch.randint(0, 40, (300,))
        before = permutation_deviation(aggregation, x, index, generator=dice)
        optimiser, losses = torch.optim.Adam(aggregation.operator.parameters(), lr=1e-2), []
        for _ in range(100):
            spread = aggregation(x, index).var(0).mean()  # a constant is associative, too
            loss = aggregation.associativity_loss(generator=dice)
            losses.append(float(loss.detach()))
            optimiser.zero_grad()
            (loss - 10 * spread.clamp(max=0.02)).backward()
            optimiser.step()
        assert losses[-1] < losses[0] / 2
        assert permutation_deviation(aggregation, x, index, generator=dice) < before / 2

    def test_losses_teach_the_operator_alone(self):
        aggregation = LCMAggregation(4, 4)
        x = torch.randn(9, 4, requires_grad=True)
        aggregation(x, segments([2, 3, 4]))
        (aggregation.associativity_loss() + aggregation.identity_loss()).backward()
        assert x.grad is None
        assert aggregation.lin.weight.grad is None
        assert all(p.grad is not None for p in aggregation.operator.parameters())
        assert aggregation.identity.grad.abs().sum() > 0

    def test_losses_repeat_with_a_seed(self):
        aggregation = LCMAggregation(4, 4)
        aggregation(torch.randn(9, 4), segments([2, 3, 4]))
        first, again = (aggregation.associativity_loss(generator=torch.Generator().manual_seed(3)) for _ in range(2))
        assert first == again

    @pytest.mark.parametrize("training", [True, False])
    def test_without_values_there_is_no_loss(self, training):
        aggregation = LCMAggregation(4, 4).train(training)
        if not training:
            aggregation(torch.randn(3, 4), segments([3]))
        with pytest.raises(RuntimeError, match="expected a forward pass in training mode"):
            aggregation.associativity_loss()

    def test_nothing_and_single_elements_need_no_care(self):
        aggregation = LCMAggregation(4, 4)
        for sizes in ([1, 0, 1], [0, 0]):
            aggregation(torch.randn(sum(sizes), 4), segments(sizes), dim_size=len(sizes))
            assert aggregation.associativity_loss() > 0


def test_torch_compile_sees_one_graph():
    aggregation, index = LCMAggregation(3, 4), segments([5, 0, 1, 12])
    plan, x = TreePlan.build(index, 4), torch.randn(18, 3)
    compiled = torch.compile(aggregation, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x, plan=plan, dim_size=4), aggregation(x, index))


def test_automatic_mixed_precision():
    aggregation, x, index = LCMAggregation(8, 8), torch.randn(60, 8), segments([30, 10, 0, 20])
    expected = aggregation(x, index)
    with torch.autocast("cpu", torch.bfloat16):
        found = aggregation(x, index)
    torch.testing.assert_close(found.float(), expected, rtol=0.05, atol=0.05)


def test_copies_and_states():
    aggregation, x, index = LCMAggregation(3, 4), torch.randn(9, 3), segments([4, 5])
    expected = aggregation(x, index)
    assert torch.equal(copy.deepcopy(aggregation)(x, index), expected)
    other = LCMAggregation(3, 4)
    other.load_state_dict(aggregation.state_dict())
    assert torch.equal(other(x, index), expected)
    other.reset_parameters()
    assert not torch.equal(other(x, index), expected)
    assert repr(other) == "LCMAggregation(3, 4, project=True)"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_gpu_says_the_same():
    aggregation, index = LCMAggregation(8, 16), torch.randint(0, 50, (700,))
    x = torch.randn(700, 8)
    expected = aggregation(x, index, dim_size=60)
    found = aggregation.cuda()(x.cuda(), index.cuda(), dim_size=60)
    torch.testing.assert_close(found.cpu(), expected, rtol=1e-4, atol=1e-5)
    assert aggregation.associativity_loss().device.type == "cuda"


class TestErrors:
    def test_sizes_that_need_a_projection(self):
        with pytest.raises(ValueError, match="got 3 and 4 with project=False; expected equal sizes"):
            LCMAggregation(3, 4, project=False)

    @pytest.mark.parametrize(
        ("shape", "dim"), [((5, 2), -2), ((4, 3), -2), ((3, 5), -1), ((5, 3), 1)], ids=["channels", "count", "-1", "1"]
    )
    def test_elements_that_do_not_fit(self, shape, dim):
        with pytest.raises(ValueError, match=r"x: got a tensor .* expected 5 elements, .* and 3 channels"):
            LCMAggregation(3, 4)(torch.randn(shape), segments([2, 3]), dim=dim)

    def test_more_segments_than_dim_size(self):
        with pytest.raises(ValueError, match=r"index: got values from 0 to 1; expected 0 to 0 \(dim_size=1\)"):
            LCMAggregation(3, 4)(torch.randn(5, 3), segments([2, 3]), dim_size=1)

    @pytest.mark.parametrize("ptr", [[1, 5], [0, 4, 2, 5]])
    def test_a_ptr_that_falls(self, ptr):
        with pytest.raises(ValueError, match=r"ptr: got .* that start at 0 and do not fall"):
            LCMAggregation(3, 4)(torch.randn(5, 3), ptr=torch.tensor(ptr))

    def test_no_segments_named(self):
        with pytest.raises(ValueError, match="got neither"):
            LCMAggregation(3, 4).forward(torch.randn(5, 3))


def test_second_minima_have_an_exact_operator():
    """The residual operator holds the least value in one channel and the second in another; exactly associative."""
    residual = Residual(2, 1)
    with (
        torch.no_grad()
    ):  # [greater of (least, second), smaller of the same] -> one unit: how far the second is too big
        residual.inner.weight.copy_(torch.tensor([[-1.0, 0.0, 0.0, 1.0]]))
        residual.inner.bias.zero_()
        residual.outer.weight.copy_(torch.tensor([[0.0], [-1.0]]))
    aggregation = LCMAggregation(2, 2, project=False, operator=Sorted(residual))
    numbers = torch.randint(256, (100, 64), generator=torch.Generator().manual_seed(0)).float()
    x = torch.stack([numbers.flatten(), torch.full((6400,), 1e3)], 1)  # of one number the second is out of reach
    found = aggregation(x, torch.arange(100).repeat_interleave(64))
    assert torch.equal(found, numbers.sort().values[:, :2])
