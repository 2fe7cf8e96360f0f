"""The demonstration of hidden links: little training, and what its picture shows."""

from xml.etree import ElementTree

import networkx as nx

from graphs import CommonNeighbours, Graph
from nesy.demos.links.measure import best_pairs, divided, measured, shared
from nesy.demos.links.picture import LINES, picture
from nesy.demos.links.run import run


def test_it_runs_with_little_training(tmp_path, capsys):
    assert run(tmp_path, scale=0.2) == 0
    out = capsys.readouterr().out
    assert "neural common neighbours" in out
    assert out.count("both meet") == 12
    ElementTree.parse(tmp_path / "links.svg")
    ElementTree.parse(tmp_path / "links.html")


def test_what_is_shown_is_true():
    network = nx.les_miserables_graph()
    graph = Graph.from_networkx(network)
    split = divided(graph, 0)

    class Model(CommonNeighbours):
        def eval(self):
            return self

    found = best_pairs(graph, Model(), split, 40)
    for u, v, score in found.best:
        names = found.names[u], found.names[v]
        assert (names in network.edges) == ((u, v) in found.hidden)
        assert len(shared(found, u, v)) == score
        assert set(shared(found, u, v)) <= set(nx.common_neighbors(network, *names))
    drawn = picture(found, "a & b")
    pairs = {(u, v) for u, v, _ in found.best}
    right = len(pairs & found.hidden)
    counts = [len(found.known) + len(found.told), len(found.hidden) - right, len(pairs) - right, right]
    assert [drawn.count(style) - 1 for style in LINES.values()] == counts  # one of each in the legend
    assert "a &amp; b" in drawn


def test_hidden_links_are_not_seen():
    split = divided(Graph.from_networkx(nx.les_miserables_graph()), 0)
    assert measured(CommonNeighbours(), split)["AUC"] > 0.8
    seen, hidden = (
        {frozenset(pair) for pair in edges.T.tolist()} for edges in (split.test.edge_index, split.test.positives)
    )
    assert not seen & hidden
