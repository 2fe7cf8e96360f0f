"""Neighbours: networkx and sets are the oracle."""

import networkx
import torch
from hypothesis import given
from hypothesis import strategies as st

from graphs.link.adjacency import Adjacency
from graphs.link.common import common_neighbours, common_paths, only_neighbours


@st.composite
def cases(draw):
    """(n, edges, pairs): edges with loops, twice, in one direction or both."""
    n = draw(st.integers(1, 9))
    ends = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    edges, pairs = draw(st.lists(ends, max_size=30)), draw(st.lists(ends, max_size=8))
    return n, edges, pairs


def tensor(pairs):
    return torch.tensor(pairs, dtype=torch.int64).view(-1, 2).T


@given(case=cases())
def test_common_neighbours_are_those_of_networkx(case):
    n, edges, pairs = case
    graph = networkx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from((u, v) for u, v in edges if u != v)
    found = common_neighbours(Adjacency.of(tensor(edges), n), tensor(pairs))
    assert torch.equal(found.pair, found.pair.sort().values)
    for k, (u, v) in enumerate(pairs):
        expected = set(networkx.common_neighbors(graph, u, v)) if u != v else set(graph[u])
        mine = found.node[found.pair == k].tolist()
        assert (set(mine), len(mine)) == (expected, len(expected))


@given(case=cases())
def test_neighbours_of_one_end_alone(case):
    n, edges, pairs = case
    graph = networkx.Graph((u, v) for u, v in edges if u != v)
    graph.add_nodes_from(range(n))
    source, target = tensor(pairs)
    found = only_neighbours(Adjacency.of(tensor(edges), n), source, target)
    for k, (u, v) in enumerate(pairs):
        assert sorted(found.node[found.pair == k].tolist()) == sorted(set(graph[u]) - set(graph[v]) - {v})


@given(case=cases())
def test_hidden_links_are_gone_and_the_rest_is_there(case):
    n, edges, pairs = case
    adjacency = Adjacency.of(tensor(edges), n).without(tensor(pairs))
    gone = {frozenset(pair) for pair in pairs}
    left = {frozenset(pair) for pair in edges if len(set(pair)) == 2} - gone
    dense = torch.zeros(n, n)
    for u, v in (tuple(pair) for pair in left):
        dense[u, v] = dense[v, u] = 1
    assert torch.equal(adjacency.matrix @ torch.eye(n), dense)
    assert torch.equal(adjacency.degrees, dense.sum(1).long())
    rows, columns = torch.cartesian_prod(torch.arange(n), torch.arange(n)).T
    assert torch.equal(adjacency.linked(rows, columns), dense[rows, columns] == 1)


@given(case=cases(), directed=st.booleans(), data=st.data())
def test_paths_of_typed_links(case, directed, data):
    n, edges, pairs = case
    types = data.draw(st.lists(st.integers(0, 2), min_size=len(edges), max_size=len(edges)))
    adjacency = Adjacency.of(
        tensor(edges), n, directed=directed, edge_type=torch.tensor(types, dtype=torch.int64), edge_types=3
    )
    seen = set()  # (row, column, kind)
    for (u, v), kind in zip(edges, types, strict=True):
        if u != v:
            seen |= {(u, v, 2 * kind), (v, u, 2 * kind + 1)} if directed else {(u, v, kind), (v, u, kind)}
    found = common_paths(adjacency, tensor(pairs))
    mine = sorted(zip(*(column.tolist() for column in found), strict=True))
    assert mine == sorted(
        (k, w, first, second)
        for k, (u, v) in enumerate(pairs)
        for row, w, first in seen
        if row == u
        for other, x, second in seen
        if (other, x) == (v, w)
    )
    for kind in range(adjacency.kinds):
        dense = torch.zeros(n, n)
        for u, v, which in seen:
            dense[u, v] += which == kind
        assert torch.equal(adjacency.of_kind(kind) @ torch.eye(n), dense)
