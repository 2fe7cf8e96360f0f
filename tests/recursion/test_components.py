"""Strongly connected components: against networkx."""

import networkx
from hypothesis import given
from hypothesis import strategies as st

from nesy.recursion.components import components

graphs = st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 11), max_size=4))


@given(graphs)
def test_as_networkx_and_in_dependency_order(successors):
    found = components(successors)
    graph = networkx.DiGraph((node, other) for node, own in successors.items() for other in own if other in successors)
    graph.add_nodes_from(successors)
    assert sorted(map(sorted, found)) == sorted(map(sorted, networkx.strongly_connected_components(graph)))
    position = {node: number for number, component in enumerate(found) for node in component}
    assert all(position[other] <= position[node] for node, other in graph.edges)


def test_a_long_chain_is_no_matter():
    chain = {number: [number + 1] for number in range(100_000)}
    assert [component[0] for component in components(chain)] == list(reversed(range(100_000)))
