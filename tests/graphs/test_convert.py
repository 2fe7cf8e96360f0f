"""Graphs go out and come back as they were."""

import networkx as nx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch_geometric.data import Data, HeteroData
from torch_geometric.utils import to_networkx

from graphs import Graph


@st.composite
def networks(draw):
    """Of networkx: directed or not, loops, isolated nodes, names of any kind, features or none."""
    names = draw(st.lists(st.one_of(st.integers(), st.text(max_size=3)), min_size=1, max_size=7, unique=True))
    graph = draw(st.sampled_from([nx.Graph, nx.DiGraph]))()
    graph.add_nodes_from((name, {"f": [float(k), 1.0]}) for k, name in enumerate(names))
    graph.add_edges_from(draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=9)))
    return graph


@given(network=networks(), features=st.sampled_from([None, "f"]))
def test_networkx(network, features):
    graph = Graph.from_networkx(network, features)
    back = graph.to_networkx("f")
    assert list(back.nodes) == list(network.nodes)
    assert set(map(frozenset, back.edges)) == set(map(frozenset, network.edges))
    assert back.is_directed() == network.is_directed() == graph.directed
    if network.is_directed():
        assert set(back.edges) == set(network.edges)
    if features:
        assert dict(back.nodes.data("f")) == dict(network.nodes.data("f"))
    else:
        assert graph.x is None


@given(network=networks())
def test_pyg(network):
    graph = Graph.from_networkx(network, "f")
    data = graph.to_data()
    assert nx.utils.graphs_equal(
        to_networkx(data), to_networkx(Data(edge_index=graph.edge_index, num_nodes=graph.num_nodes))
    )
    back = Graph.from_data(data)
    assert torch.equal(back.edge_index, graph.edge_index)
    assert torch.equal(back.x, graph.x)
    assert back.num_nodes == graph.num_nodes
    assert back.directed == graph.directed or back.edge_index.unique(dim=1).flip(0).unique(dim=1).equal(
        back.edge_index.unique(dim=1)
    )


@given(
    counts=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    edges=st.integers(0, 6),
    seed=st.integers(0, 99),
    features=st.booleans(),
)
def test_types(counts, edges, seed, features):
    draw = torch.Generator().manual_seed(seed)
    data = HeteroData()
    for kind, count in zip(("user", "film"), counts, strict=True):
        data[kind].num_nodes = count
        if features:
            data[kind].x = torch.rand(count, 2, generator=draw)
    kinds = [("user", "likes", "film"), ("film", "liked by", "user"), ("user", "knows", "user")]
    size = {"user": counts[0], "film": counts[1]}
    for kind in kinds:
        ends = [torch.randint(size[end], (edges,), generator=draw) for end in (kind[0], kind[2])]
        data[kind].edge_index = torch.stack(ends)
    graph = Graph.from_hetero(data)
    assert graph.num_nodes == sum(counts)
    assert graph.edge_types == tuple(kinds)
    back = graph.to_hetero()
    assert (back.node_types, back.edge_types) == (data.node_types, data.edge_types)
    for kind in kinds:
        assert torch.equal(back[kind].edge_index, data[kind].edge_index)
    for kind in data.node_types:
        assert back[kind].num_nodes == data[kind].num_nodes
        assert not features or torch.equal(back[kind].x, data[kind].x)
    shown = graph.to_networkx()
    assert {(u < counts[0]) for u, kind in shown.nodes.data("type") if kind == "user"} <= {True}
    for u, v, kind in shown.edges.data("type"):
        assert (shown.nodes[u]["type"], shown.nodes[v]["type"]) == (kind[0], kind[2])


def test_bad_graphs():
    with pytest.raises(ValueError, match="num_nodes: 0, expected at least 1: the graph is empty"):
        Graph.from_networkx(nx.Graph())
    network = nx.Graph()
    network.add_node(0, f=[1])
    network.add_node(1)
    with pytest.raises(ValueError, match="f of node 1: None, expected as many numbers as every other node has"):
        Graph.from_networkx(network, "f")
    with pytest.raises(ValueError, match=r"data\.edge_index: None, expected edges"):
        Graph.from_data(Data(num_nodes=3))
    with pytest.raises(ValueError, match="edge_index: names node 5, expected 0 to 2"):
        Graph.from_data(Data(edge_index=torch.tensor([[0], [5]]), num_nodes=3))
    with pytest.raises(ValueError, match="node_type or edge_type: None, expected types"):
        Graph(torch.tensor([[0], [1]]), 2).to_hetero()
    data = HeteroData()
    data["a"].x, data["b"].num_nodes = torch.ones(2, 3), 2
    with pytest.raises(ValueError, match=r"x: widths \{'a': 3, 'b': None\}, expected the same of all types"):
        Graph.from_hetero(data)
    del data["a"].x
    data["a"].num_nodes = 2
    data["a", "to", "b"].edge_index = torch.tensor([[0], [2]])
    with pytest.raises(ValueError, match=r"targets of \('a', 'to', 'b'\): names node 2, expected 0 to 1"):
        Graph.from_hetero(data)
