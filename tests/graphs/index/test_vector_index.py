"""VectorIndex: the rows are one, whichever way is searched; a graph is made when it pays."""

from __future__ import annotations

import pytest
import torch
from hypothesis import settings

from graphs.index import graph_index, vector_index
from graphs.index.hnsw_graph import library
from graphs.index.vector_index import VectorIndex
from tests.graphs.index.test_index import Model

pytestmark = pytest.mark.skipif(library() is None, reason="hnswlib is not installed")


class VectorModel(Model):
    """With small sets and few queries that pay, so that both ways are taken."""

    @staticmethod
    def make(dim, metric):
        return VectorIndex(dim, metric, ef=200)

    def __init__(self):
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(vector_index, "SMALL", 5)
        self.patch.setattr(vector_index, "PAYS", 3)
        self.patch.setattr(graph_index, "_EXACT", 0)

    def teardown(self):
        self.patch.undo()


TestModel = VectorModel.TestCase
TestModel.settings = settings(max_examples=30, stateful_step_count=25)


@pytest.fixture
def built(monkeypatch):
    """How many points every graph had when it had grown."""
    counts = []
    extend = graph_index.HNSWGraph.extend

    def told(graph, points, progress=None):
        extend(graph, points, progress)
        counts.append(len(points))

    monkeypatch.setattr(graph_index.HNSWGraph, "extend", told)
    monkeypatch.setattr(vector_index, "SMALL", 100)
    monkeypatch.setattr(vector_index, "PAYS", 50)
    return counts


def vectors(n):
    return torch.randn(n, 4, generator=torch.Generator().manual_seed(0))


def test_a_graph_is_made_when_it_pays(built):
    index, x = VectorIndex(4), vectors(300)
    index.add(x[:99])
    index.search(x, 1)
    assert built == []  # a small set
    index.add(x[99:200])
    index.search(x[:49], 1)
    assert built == []  # few queries
    index.search(x[0], 1)
    assert built == [200]
    index.add(x[200:204])  # 1/51 of the rows pays after 1 query
    index.search(x[0], 1)
    assert built == [200, 204]
    index.update(range(100), x[200:])  # vectors that change all the time
    index.search(x[:10], 1)
    assert built == [200, 204]


@pytest.mark.parametrize(("backend", "queries", "expected"), [("exact", 900, []), ("hnsw", 1, [150]), ("auto", 1, [])])
def test_a_backend_that_was_asked_for_is_used(built, backend, queries, expected):
    index = VectorIndex(4, "ip", backend)
    index.add(vectors(150))
    index.search(vectors(queries), 1)
    assert built == expected


def test_queries_that_are_expected_count(built):
    index = VectorIndex(4, expected_queries=50)
    index.add(vectors(150))
    index.search(vectors(1), 1)
    assert built == [150]


def test_backends_are_checked():
    with pytest.raises(ValueError, match="backend: 'faiss', expected one of auto, exact, hnsw"):
        VectorIndex(4, "l2", "faiss")
