"""Programs and terms as networkx graphs."""

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesy.errors import InputError
from nesy.recursion.networks import call_graph, term_graph, term_of
from nesy.recursion.program import Program
from nesy.terms import Term, same

values = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.text(max_size=3), st.just(Term("Leaf"))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Term("Node", tuple(parts))),
    ),
    max_leaves=10,
)


@given(values)
def test_there_and_back(value):
    graph = term_graph(value)
    assert networkx.is_arborescence(graph)
    assert same(term_of(graph), value)
    renamed = networkx.relabel_nodes(graph, {node: f"n{len(graph) - node}" for node in graph})
    assert same(term_of(renamed), value)


def test_depth_is_data():
    term = Term("O")
    for _ in range(5000):
        term = Term("S", (term,))
    assert term_of(term_graph(term)) == term


def test_what_is_no_term():
    with pytest.raises(InputError, match="no tree"):
        term_of(networkx.DiGraph())
    with pytest.raises(InputError, match="no tree"):
        term_of(networkx.DiGraph([(1, 2), (2, 1)]))
    with pytest.raises(InputError, match="label None"):
        term_of(networkx.DiGraph([(1, 2)]))


def test_the_call_graph():
    program = Program.load(
        text="""%recursion
type nat = O | S(nat)
even(O) = true
even(S(n)) = odd(n)
odd(O) = false
odd(S(n)) when even(n) = even(n)
odd(S(n)) = apply(even, n)
apply(f, x) = f(x)
"""
    )
    graph = call_graph(program.definitions)
    assert set(graph) == {"even", "odd", "apply"}
    assert dict(graph.edges)
    assert {(u, v): d["lines"] for u, v, d in graph.edges(data=True)} == {
        ("even", "odd"): [4],
        ("odd", "even"): [6, 7],
        ("odd", "apply"): [7],
    }
