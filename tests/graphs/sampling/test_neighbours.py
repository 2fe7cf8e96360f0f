"""Samples of neighbours: edges of the graph, as many as asked, all where all are wanted."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_geometric.nn import GCNConv
from torch_geometric.utils import k_hop_subgraph

from graphs import NeighbourSampler


@st.composite
def graphs(draw):
    """(edge_index, num_nodes): isolated nodes, loops, edges twice."""
    n = draw(st.integers(1, 12))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 999)))
    return torch.randint(n, (2, draw(st.integers(0, 3 * n))), generator=generator), n


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@given(graph=graphs(), data=st.data(), fanouts=st.lists(st.integers(-1, 3), max_size=3), induced=st.booleans())
def test_a_part_of_the_graph(graph, data, fanouts, induced):
    edge_index, n = graph
    sampler = NeighbourSampler(edge_index, n, fanouts=fanouts, induced=induced)
    for _ in range(2):  # the sampler is as it was after a call
        seeds = torch.tensor(data.draw(st.lists(st.integers(0, n - 1), unique=True)), dtype=torch.int64)
        part = sampler.sample(seeds, generator())
        assert torch.equal(part.nodes[: len(seeds)], seeds)
        assert part.nodes.unique().numel() == part.nodes.numel()
        assert torch.equal(part.nodes[part.edge_index], edge_index[:, part.edges])
        assert part.edges.unique().numel() == part.edges.numel()
        if induced:
            inside = torch.isin(edge_index, part.nodes).all(0)
            assert torch.equal(part.edges.sort().values, inside.nonzero()[:, 0])
        elif -1 not in fanouts and fanouts:
            assert torch.bincount(part.edge_index[1], minlength=1).max() <= max(fanouts)


@given(graph=graphs(), data=st.data(), hops=st.integers(0, 3))
def test_all_neighbours_are_those_of_pyg(graph, data, hops):
    edge_index, n = graph
    seeds = torch.tensor(data.draw(st.lists(st.integers(0, n - 1), unique=True, min_size=1)))
    nodes, _, _, mask = k_hop_subgraph(seeds, hops, edge_index, num_nodes=n)
    part = NeighbourSampler(edge_index, n, fanouts=[-1] * hops).sample(seeds, generator())
    assert torch.equal(part.nodes.sort().values, nodes)
    induced = NeighbourSampler(edge_index, n, fanouts=[-1] * hops, induced=True).sample(seeds, generator())
    assert torch.equal(induced.edges.sort().values, mask.nonzero()[:, 0])


@given(degree=st.integers(0, 9), fanout=st.integers(0, 9), seed=st.integers(0, 9))
def test_as_many_as_asked_each_once(degree, fanout, seed):
    edge_index = torch.stack([torch.arange(1, degree + 1), torch.zeros(degree, dtype=torch.int64)])
    part = NeighbourSampler(edge_index, 10, fanouts=[fanout]).sample(torch.tensor([0]), generator(seed))
    assert part.edges.unique().numel() == min(degree, fanout)


def test_every_neighbour_is_equally_likely():
    edge_index = torch.stack([torch.arange(1, 6), torch.zeros(5, dtype=torch.int64)])
    sampler, draw = NeighbourSampler(edge_index, 6, fanouts=[2]), generator()
    counts = torch.cat([sampler.sample(torch.tensor([0]), draw).edges for _ in range(500)]).bincount(minlength=5)
    assert float(((counts - 200) ** 2 / 200).sum()) < 18.5  # chi squared, 4 degrees of freedom, 0.1%


@settings(max_examples=20)
@given(graph=graphs(), data=st.data())
def test_a_network_computes_the_same_on_a_part(graph, data):
    edge_index, n = graph
    torch.manual_seed(0)
    first, second = GCNConv(3, 4), GCNConv(4, 2)
    x = torch.randn(n, 3)

    def network(x, edge_index):
        return second(first(x, edge_index).relu(), edge_index)

    seeds = torch.tensor(data.draw(st.lists(st.integers(0, n - 1), unique=True, min_size=1)))
    part = NeighbourSampler(edge_index, n, fanouts=[-1, -1, -1]).sample(seeds, generator())
    found = network(x[part.nodes], part.edge_index)[: len(seeds)]
    torch.testing.assert_close(found, network(x, edge_index)[seeds])


def test_bad_input():
    edge_index = torch.tensor([[0, 1], [1, 2]])
    with pytest.raises(ValueError, match=r"fanouts \(2, -2\): expected numbers of edges, or -1 for all"):
        NeighbourSampler(edge_index, fanouts=[2, -2])
    sampler = NeighbourSampler(edge_index, fanouts=[2])
    with pytest.raises(ValueError, match="seeds: names node 3"):
        sampler.sample(torch.tensor([3]), generator())
    with pytest.raises(ValueError, match="seeds: 1 stand twice"):
        sampler.sample(torch.tensor([1, 1]), generator())
    with pytest.raises(ValueError, match=r"seeds: torch.float32, expected torch\.int64"):
        sampler.sample(torch.tensor([1.0]), generator())
