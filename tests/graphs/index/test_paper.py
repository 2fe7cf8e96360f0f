"""HNSWIndex beside HNSW as the paper has it, and both beside exact search."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.index.exact import ExactIndex
from graphs.index.hnsw import HNSWIndex
from graphs.index.hnsw_graph import library
from tests.graphs.index import paper

pytestmark = pytest.mark.skipif(library() is None, reason="hnswlib is not installed")


def normal(n, dim, seed):
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=15)
@given(n=st.integers(1, 60), seed=st.integers(0, 2**31), k=st.integers(1, 8))
def test_with_all_points_as_candidates_nothing_is_missed(n, seed, k):
    x, q = normal(n, 3, seed), normal(3, 3, seed + 1)
    exact, index, graph = ExactIndex(3), HNSWIndex(3, ef=max(n, 2)), paper.of(x)
    exact.add(x)
    index.add(x)
    truth = exact.search(q, k).ids.tolist()
    assert index.search(q, k).ids.tolist() == truth
    assert [graph.search(row, k, n) for row in q.double().numpy()] == [[i for i in row if i >= 0] for row in truth]


def recall(ids, truth):
    return float((ids[:, :, None] == truth[:, None]).any(2).float().mean())


def test_recall_and_degrees_are_those_of_the_paper():
    x, q = normal(600, 8, 0), normal(60, 8, 1)
    graph = paper.of(x, M=6, ef_construction=40)
    exact, index = ExactIndex(8), HNSWIndex(8, degree=6, ef_construction=40, deterministic=True)
    exact.add(x)
    index.add(x)
    truth = exact.search(q, 10).ids
    for ef in (10, 20, 40):
        index.ef = ef
        theirs = torch.tensor([graph.search(row, 10, ef) for row in q.double().numpy()])
        ours, paper_s = (recall(ids, truth) for ids in (index.search(q, 10).ids, theirs))
        assert ours == pytest.approx(paper_s, abs=0.05)
        assert paper_s > {10: 0.6, 20: 0.8, 40: 0.93}[ef]
    links = index._graph.tensors()
    degrees = [len(levels[0]) for levels in graph.links]
    assert links["links.lowest"][:, 0].double().mean().item() == pytest.approx(sum(degrees) / 600, rel=0.1)
    assert max(degrees) <= 12 >= int(links["links.lowest"][:, 0].max())
