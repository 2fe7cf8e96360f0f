"""Walks without a pair's own link: powers of the matrix of the graph from which it was taken."""

from unittest import mock

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.link import walks as module
from graphs.link.adjacency import Adjacency
from graphs.link.walks import WalkTerm, walks


@st.composite
def cases(draw):
    n = draw(st.integers(2, 7))
    ends = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    edges = draw(st.lists(ends.filter(lambda pair: pair[0] != pair[1]), max_size=15))
    pairs = draw(st.lists(ends, min_size=1, max_size=5))
    return n, torch.tensor(edges, dtype=torch.int64).view(-1, 2).T, torch.tensor(pairs).T


@settings(max_examples=40)
@given(
    case=cases(),
    length=st.integers(1, 7),
    damping=st.sampled_from([0.0, 1.0, 0.3]),
    block=st.integers(1, 30),
    directed=st.booleans(),
)
def test_walks_are_powers_of_the_matrix_without_the_link(case, length, damping, block, directed):
    n, edges, pairs = case
    limit = 2**31 if block % 2 else 0
    with mock.patch.multiple(module, BLOCK=block, TABLE=limit):
        found = walks(Adjacency.of(edges, n, directed=directed), pairs, length, damping=damping)
    whole = torch.zeros(n, n, dtype=torch.double)
    whole[edges[0], edges[1]] = 1
    whole = whole + whole.T if directed else ((whole + whole.T) > 0).double()
    for k, (i, j) in enumerate(pairs.T.tolist()):
        matrix = whole.clone()
        matrix[i, j] = matrix[j, i] = 0
        weight = torch.diag(1 / (1 + damping * matrix.sum(1)))
        power = weight
        for step in range(length + 1):
            expected = torch.stack([power[i, j], power[i, i], power[j, j]])
            mine = torch.stack([series[k, step] for series in found])
            tolerance = 1e-4 if damping else 0
            torch.testing.assert_close(mine, expected, rtol=tolerance, atol=tolerance / 10)
            power = weight @ matrix @ power


@settings(max_examples=20)
@given(case=cases())
def test_a_pair_is_seen_as_if_it_were_not_linked(case):
    n, edges, pairs = case
    term, graph = WalkTerm(4, 3), Adjacency.of(edges, n)
    for pair in pairs.T:
        here = term.profile(graph, pair[:, None])
        alone = term.profile(graph.without(pair[:, None]), pair[:, None])
        torch.testing.assert_close(here, alone, rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(here, term.profile(graph, pair.flip(0)[:, None]))
