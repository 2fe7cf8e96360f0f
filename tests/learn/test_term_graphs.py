"""Terms as graphs: every part is a node, and the graph gives the term back."""

import networkx
import pytest
import torch
from hypothesis import given
from torch_geometric.data import Batch
from torch_geometric.utils import to_networkx

from nesy.errors import InputError
from nesy.learn.term_graphs import constructor_ids, graph_term, term_graph
from nesy.recursion.data.strategies import terms
from nesy.recursion.program import Program
from nesy.terms import Term, same, subvalues
from nesy.types import INT, STRING, Named

PROGRAM = Program.load(text="%recursion\ntype rose(a) = Rose(a, seq(rose(a)), bool)\n")
IDS = constructor_ids(PROGRAM.definitions, (*range(3), "a", "b c"))
ROSES = terms(PROGRAM.definitions.declarations, Named("rose", (INT,)), max_size=7, integers=range(3))
NAMED = terms(PROGRAM.definitions.declarations, Named("rose", (STRING,)), max_size=5, strings=("a", "b c"))


@given(ROSES | NAMED)
def test_graphs_round_trip(value):
    graph = term_graph(value, IDS)
    assert graph.num_nodes == sum(1 for _ in subvalues(value))
    assert graph.validate()
    assert networkx.is_arborescence(to_networkx(graph))
    assert same(graph_term(graph, IDS), value)


def test_children_are_numbered():
    graph = term_graph(Term("Rose", (2, (), True)), IDS)
    assert graph.edge_index.tolist() == [[0, 0, 0], [1, 2, 3]]
    assert graph.edge_attr.tolist() == [[0], [1], [2]]
    assert graph.x[:, 0].tolist() == [IDS[token] for token in ("Rose", "2", "[", "true")]


def test_graphs_batch():
    one, two = term_graph(True, IDS), term_graph(Term("Rose", (1, (), False)), IDS)
    batch = Batch.from_data_list([one, two])
    assert batch.x.shape == (5, 1)
    assert batch.x.dtype == torch.long
    assert batch.edge_index.shape == (2, 3)


def test_depth_is_data():
    value = Term("Rose", (0, (), True))
    for _ in range(20_000):
        value = Term("Rose", (0, (value,), True))
    assert same(graph_term(term_graph(value, IDS), IDS), value)


def test_bad_graphs_are_refused():
    with pytest.raises(InputError, match="7 has no number; hand it to constructor_ids"):
        term_graph(Term("Rose", (7, (), True)), IDS)
    graph = term_graph(Term("Rose", (2, (), True)), IDS)
    graph.edge_index = graph.edge_index.flip(0)
    with pytest.raises(InputError, match="outer parts before inner ones"):
        graph_term(graph, IDS)
    graph.edge_index, graph.edge_attr = torch.zeros(2, 0, dtype=torch.long), torch.zeros(0, 1)
    with pytest.raises(InputError, match="a graph of 4 trees"):
        graph_term(graph, IDS)
