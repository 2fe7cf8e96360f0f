"""What is known before the weights: the same outputs and gradients as calling the convolution on the whole graph."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch_geometric.nn import GATConv, GCNConv, GINConv, GraphConv, SAGEConv, TAGConv

from graphs.forward.features import Features, LowRank
from graphs.forward.propagation import Called, Summed, propagation

KNOWN = {
    "GCN": lambda c: GCNConv(c, 3),
    "GCN without loops": lambda c: GCNConv(c, 3, add_self_loops=False, bias=False),
    "GCN improved": lambda c: GCNConv(c, 3, improved=True),
    "GCN, plain sums": lambda c: GCNConv(c, 3, normalize=False),
    "GCN against the edges": lambda c: GCNConv(c, 3, flow="target_to_source"),
    "SAGE": lambda c: SAGEConv(c, 3),
    "SAGE, sums": lambda c: SAGEConv(c, 3, aggr="add", normalize=True),
    "SAGE without root": lambda c: SAGEConv(c, 3, root_weight=False),
    "GraphConv": lambda c: GraphConv(c, 3),
    "GIN": lambda c: GINConv(nn.Sequential(nn.Linear(c, 4), nn.ReLU(), nn.Linear(4, 3)), eps=0.3),
}
OTHERS = {
    "GAT": lambda c: GATConv(c, 3),
    "TAG": lambda c: TAGConv(c, 3),
    "SAGE, maximum": lambda c: SAGEConv(c, 3, aggr="max"),
    "SAGE, projected": lambda c: SAGEConv(c, 3, project=True),
    "GIN with learned eps": lambda c: GINConv(nn.Linear(c, 3), train_eps=True),
}
CONVS = KNOWN | OTHERS


@st.composite
def graphs(draw, edges=25):
    """(features, dense features, edge_index, some nodes): loops, edges twice, nodes without edges."""
    n, k = draw(st.integers(2, 8)), draw(st.integers(0, 3))
    node = st.integers(0, n + k - 1)
    edge_index = torch.tensor(draw(st.lists(st.tuples(node, node), max_size=edges)), dtype=torch.int64).view(-1, 2).T
    torch.manual_seed(draw(st.integers(0, 100)))
    x = torch.randn(n, 12)
    if draw(st.booleans()):
        x = x * (torch.rand(n, 12) < 0.06)
    features = Features.of(draw(st.sampled_from([x, x.to_sparse()]))).over(torch.randn(k, 12))
    nodes = torch.tensor(draw(st.lists(node, min_size=1, unique=True)))
    return features, edge_index, nodes


@pytest.mark.parametrize("name", CONVS)
@settings(max_examples=15)
@given(graph=graphs(), wider=st.booleans(), which=st.sampled_from(["at", "batch"]))
def test_the_same_as_the_convolution(name, graph, wider, which):
    features, edge_index, nodes = graph
    if name == "TAG" and which == "batch":
        which = "at"  # it looks further than to the neighbours
    columns = torch.randn(features.shape[0], 2) if wider else None
    x = features.to_dense() if columns is None else torch.cat([features.to_dense(), columns], 1)
    torch.manual_seed(0)
    conv = CONVS[name](x.size(1))
    made = getattr(propagation(conv, features, edge_index), which)(nodes)
    weights = torch.randn(len(nodes), 3)
    found, expected = made(columns), conv(x, edge_index)[nodes]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(
        torch.autograd.grad((found * weights).sum(), list(conv.parameters()), allow_unused=True),
        torch.autograd.grad((expected * weights).sum(), list(conv.parameters()), allow_unused=True),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", CONVS)
def test_what_starts_from_known_sums(name):
    made = propagation(CONVS[name](12), Features.of(torch.randn(4, 12)), torch.tensor([[0, 1], [1, 2]]))
    assert isinstance(made, Summed if name in KNOWN else Called)


def test_subclasses_and_hooks_are_called():
    class Mine(GCNConv):
        pass

    x, edges = Features.of(torch.randn(4, 12)), torch.tensor([[0, 1], [1, 2]])
    assert isinstance(propagation(Mine(12, 3), x, edges), Called)
    conv, seen = GCNConv(12, 3), []
    conv.register_forward_hook(lambda *_: seen.append(1))
    propagation(conv, x, edges)()
    assert seen


@given(graph=graphs())
def test_rows_of_length_one(graph):
    x = graph[0]
    lengths = x.unit().to_dense().norm(dim=1)
    empty = x.to_dense().norm(dim=1) == 0
    torch.testing.assert_close(lengths, (~empty).float(), rtol=1e-4, atol=1e-4)


def test_sparse_rows_stay_sparse_and_dense_ones_apart():
    x = torch.zeros(50, 40)
    x[torch.arange(50), torch.arange(50) % 40] = 1
    edges = torch.stack([torch.full((50,), 50), torch.arange(50)])
    (sums,) = propagation(SAGEConv(40, 3, root_weight=False), Features.of(x).over(torch.randn(1, 40)), edges)._rows[:1]
    assert isinstance(sums, LowRank)
    assert sums.sparse.columns.numel() == 0
    assert sums.left.shape == (51, 1)
