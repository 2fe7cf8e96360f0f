"""Complete graphs side by side, against a loop."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from graphs.relational.complete import complete_graphs


@given(st.lists(st.integers(0, 5), max_size=5), st.booleans())
def test_every_node_hears_every_node_of_its_graph(sizes, loops):
    expected, first = [], 0
    for size in sizes:
        nodes = range(first, first + size)
        expected += [(source, target) for target in nodes for source in nodes if loops or source != target]
        first += size
    found = complete_graphs(torch.tensor(sizes, dtype=torch.long), loops=loops)
    assert found.T.tolist() == [list(edge) for edge in expected]
