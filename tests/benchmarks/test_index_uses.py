"""The benchmarks of near vectors and their uses, on little: what is compared is the same task."""

from importlib.util import find_spec

import pytest
import torch

from benchmarks import candidate_links, knn_graph, new_symbols, program_retrieval
from benchmarks.claims import DATA
from nesy.lang.language import Language
from nesy.machine.values import text


def test_all_ways_find_the_same_neighbours():
    pytest.importorskip("hnswlib")
    x = knn_graph.clustered(400)
    ours = knn_graph.knn_graph(x, knn_graph.K)
    for way in (knn_graph.plain, knn_graph.hnswlib_alone):
        found = way(x)
        assert torch.equal(found[1], ours[1])
        assert (found[0] == ours[0]).float().mean() > 0.99
    assert knn_graph.recall(x, 50) > 0.99


def test_the_second_language_is_the_first_under_other_words():
    first, second, test = program_retrieval.scan(5)
    assert [len(some) for some in (first, second, test)] == [500, 500, program_retrieval.TESTED]
    words, actions = ({word for pair in first for word in pair[k].split()} for k in (0, 1))
    for k, own in enumerate((words, actions)):
        new = {word for pair in second for word in pair[k].split()}
        assert len(new) == len(own)
        assert not new & own
    scan = Language.load("scan")
    assert all(text(scan.run(x)) == y for x, y in first[:20])


@pytest.mark.skipif(not (DATA / "graphs/planetoid/cora.npz").exists(), reason=f"no {DATA}/graphs/planetoid")
def test_links_are_looked_for_in_the_same_graph():
    from graphs import CommonNeighbours, split_links
    from graphs import candidate_links as near

    x, edge_index, n = candidate_links.graph("cora")
    split = split_links(edge_index, n, seed=100)
    pairs = near(x, split.test.edge_index, 5)
    found = candidate_links.chosen(CommonNeighbours(), None, split, pairs, 0.0)
    assert found["pairs"] == pairs.size(1)
    assert 0 < found["found"]["1000"] <= found["found"]["10000"] <= found["covered"] < 0.5


@pytest.mark.skipif(find_spec("sklearn") is None, reason="no scikit-learn")
def test_new_symbols_are_not_seen_before():
    found = new_symbols.measured((3, 6), epochs=2)
    assert found["known"] > 0.7
    assert found["unknown"] > 0.3
    assert found["new_likeliest"] > 0.3
