"""Heuristics are networkx's."""

import networkx as nx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from graphs import AdamicAdar, CommonNeighbours, Katz, ResourceAllocation

ALL = [CommonNeighbours(), AdamicAdar(), ResourceAllocation(), Katz(0.05, 4)]


@st.composite
def cases(draw):
    """(graph, edge_index, pairs): isolated nodes, also after the last that has an edge; pairs twice, linked or not."""
    n = draw(st.integers(2, 10))
    graph = nx.gnp_random_graph(n, draw(st.sampled_from([0.0, 0.2, 0.5, 0.9])), seed=draw(st.integers(0, 999)))
    edges = torch.tensor([*graph.edges], dtype=torch.int64).view(-1, 2).T
    node = st.integers(0, n - 1)
    pairs = draw(st.lists(st.tuples(node, node).filter(lambda pair: pair[0] != pair[1]), min_size=1, max_size=9))
    return graph, torch.cat([edges, edges.flip(0)], 1), torch.tensor(pairs).T


@given(case=cases())
def test_they_are_those_of_networkx(case):
    graph, edge_index, pairs = case
    names = [tuple(pair) for pair in pairs.T.tolist()]
    adjacency = torch.tensor(nx.to_numpy_array(graph))
    expected = [
        [len(list(nx.common_neighbors(graph, u, v))) for u, v in names],
        [score for _, _, score in nx.adamic_adar_index(graph, names)],
        [score for _, _, score in nx.resource_allocation_index(graph, names)],
        [float(sum(0.05**k * adjacency.matrix_power(k)[u, v] for k in range(1, 5))) for u, v in names],
    ]
    for heuristic, wanted in zip(ALL, expected, strict=True):
        torch.testing.assert_close(heuristic(None, edge_index, pairs), torch.tensor(wanted, dtype=torch.float32))


@pytest.mark.parametrize("heuristic", ALL, ids=lambda heuristic: type(heuristic).__name__)
@given(case=cases())
def test_symmetric_and_independent_of_other_pairs(heuristic, case):
    _, edge_index, pairs = case
    score = heuristic.scorer(None, edge_index)
    together = score(pairs)
    torch.testing.assert_close(score(pairs.flip(0)), together)
    torch.testing.assert_close(torch.cat([score(one) for one in pairs.split(1, dim=1)]), together)


def test_katz_in_columns_is_katz():
    graph = nx.karate_club_graph()
    edges = torch.tensor([*graph.edges]).T
    pairs = torch.combinations(torch.arange(34)).T
    few = Katz(memory=16 * 34 * 3)(None, edges, pairs)
    torch.testing.assert_close(few, Katz()(None, edges, pairs))


@pytest.mark.parametrize("bad", [{"beta": 0.0}, {"beta": float("nan")}, {"length": 0}])
def test_bad_settings(bad):
    with pytest.raises(ValueError, match="expected beta above 0 and length of at least 1"):
        Katz(**bad)
