"""The cells' and the bipartite graph of a puzzle hold what its rules say."""

from itertools import product

import pytest
import torch

import nesy
from graphs.relational.copies import copies
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import AllDifferent, Array, Count, Linear, Model, Rule, Table
from nesy.solving import bipartite, cells

MIXED = Model(
    "mixed",
    ((1, 2, 3), (1, 2, 3), (1, 2)),
    (
        Rule("a", AllDifferent((0, 1), (0, 4))),
        Rule("b", Linear((0, 2), (2, -1), "<=", 5)),
        Rule("c", Linear((0, 1), (1, 1), "!=", 4)),
        Rule("d", Table((2, 0), frozenset({(1, 1)}), negated=True)),
        Rule("e", Count((1, 2), frozenset({1}), ">=", 1)),
    ),
    (Array("x", ((0, 1, 2),), {(0,): 0, (1,): 1, (2,): 2}),),
)


@pytest.mark.parametrize("k", [2, 3])
def test_sudoku_is_the_graph_of_the_paper(k):
    edge_index, edge_attr = cells.graph(nesy.puzzle("sudoku", k=k).model())
    n = k * k
    places = list(product(range(n), repeat=2))
    expected = {
        (i, j)
        for (i, (r, c)), (j, (s, d)) in product(enumerate(places), repeat=2)
        if i != j and (r == s or c == d or (r // k, c // k) == (s // k, d // k))
    }
    assert {tuple(edge) for edge in edge_index.T.tolist()} == expected
    assert edge_index.size(1) == len(expected)
    assert edge_attr is None


def test_edges_of_the_cells_say_which_rules_they_stand_for():
    edge_index, edge_attr = cells.graph(MIXED)
    found = dict(zip(map(tuple, edge_index.T.tolist()), edge_attr.tolist(), strict=True))
    # all different, count, linear, table; coefficients of source and target
    assert found[0, 1] == [1, 0, 1, 0, 1, 1]
    assert found[0, 2] == [0, 0, 1, 1, 2, -1]
    assert found[2, 0] == [0, 0, 1, 1, -1, 2]
    assert found[2, 1] == [0, 1, 0, 0, 0, 0]


def test_inputs_are_what_is_possible():
    instance = Instance(MIXED, (0b111, 0b010, 0b01))
    expected = torch.tensor([[1.0, 1, 1], [0, 1, 0], [1, 0, 0]])
    assert torch.equal(cells.inputs([instance, instance]), expected.repeat(2, 1))
    assert cells.targets(MIXED, [(3, 1, 2), (1, 1, 1)]).tolist() == [2, 0, 1, 0, 0, 0]


def test_the_bipartite_graph_holds_the_rules():
    edge_index, edge_attr = bipartite.graph(MIXED)
    assert edge_index.shape == (2, 20)
    found = dict(zip(map(tuple, edge_index.T.tolist()), edge_attr.tolist(), strict=True))
    assert found[1, 3] == [0, 1, 4, 0]
    assert found[4, 2] == [1, -1, 0, 0]
    assert found[6, 0] == [1, 1, 0, 1]
    assert found[2, 6] == [0, 1, 0, 0]
    x = bipartite.inputs([Instance(MIXED, MIXED.full)] * 2)
    assert x.shape == (16, 3 + bipartite.CHANNELS)
    assert x[4].tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 5, 0]
    assert x[14, -1] == 1
    assert torch.equal(x[bipartite.variables(MIXED, 2), :3], cells.inputs([Instance(MIXED, MIXED.full)] * 2))


def test_copies_stand_side_by_side():
    edges = copies(torch.tensor([[0, 1], [2, 0]]), 3, 2)
    assert sorted(edges.T.tolist()) == [[0, 2], [1, 0], [3, 5], [4, 3]]
