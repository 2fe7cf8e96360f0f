"""HNSWIndex: in small sets what exact search finds, whatever is added, removed and hidden; safe on any file."""

from __future__ import annotations

import subprocess
import sys
from unittest import mock

import pytest
import torch
from hypothesis import settings

from graphs.index import graph_index
from graphs.index.exact import ExactIndex
from graphs.index.hnsw import HNSWIndex
from tests.graphs.index.test_index import Model

pytest.importorskip("hnswlib", reason="hnswlib is not installed")


class HNSWModel(Model):
    @staticmethod
    def make(dim, metric):
        return HNSWIndex(dim, metric, ef=200)


class GraphModel(HNSWModel):
    """The graph answers wherever it can, not only where it is faster."""

    def __init__(self):
        super().__init__()
        self.patch = mock.patch.object(graph_index, "_EXACT", 0)
        self.patch.start()

    def teardown(self):
        self.patch.stop()


TestModel, TestGraphModel = HNSWModel.TestCase, GraphModel.TestCase
TestModel.settings = settings(max_examples=20, stateful_step_count=25)
TestGraphModel.settings = settings(max_examples=40, stateful_step_count=25)


@pytest.fixture(scope="module")
def clustered():
    generator = torch.Generator().manual_seed(0)
    centres = torch.randn(40, 16, generator=generator)
    x = centres[torch.randint(40, (6000,), generator=generator)] + 0.4 * torch.randn(6000, 16, generator=generator)
    index = HNSWIndex(16)
    index.add(x)
    return index, x


def test_a_calibrated_index_has_the_recall_it_promised(clustered):
    index, _ = clustered
    ef = index.calibrate(0.95, sample=300, seed=1)
    assert ef == index.ef
    assert index.recall(sample=300, seed=2) >= 0.93
    index.ef = 200
    assert index.recall(sample=100) > 0.99
    with pytest.raises(ValueError, match="q: shape"):
        index.calibrate(0.95, queries=torch.randn(5, 15))
    assert index.ef == 200


@pytest.mark.parametrize("share", [0.0005, 0.02, 0.3, 0.7, 1.0])
def test_filters_and_exclusions_lose_nothing(clustered, share):
    index, x = clustered
    index.ef = 100
    mask = torch.rand(len(x), generator=torch.Generator().manual_seed(3)) < share
    mask[0] = True
    exact = ExactIndex(16)
    exact.add(x)
    hidden = exact.search(x[:200], 3).ids
    found, truth = (one.search(x[:200], 10, where=mask, exclude=hidden) for one in (index, exact))
    assert mask[found.ids[found.valid]].all()
    assert not (found.ids[:, :, None] == hidden[:, None]).any()
    assert torch.equal(found.valid, truth.valid)
    same = (found.ids[:, :, None] == truth.ids[:, None]).any(2) & found.valid
    assert same.sum() > 0.98 * truth.valid.sum()


def test_one_thread_builds_the_same_graph_every_time(clustered):
    _, x = clustered
    graphs = []
    for _ in range(2):
        index = HNSWIndex(16, deterministic=True)
        index.add(x)
        index.build()
        graphs.append(index._graph.tensors())
    assert all(torch.equal(graphs[0][name], part) for name, part in graphs[1].items())


def test_a_saved_graph_is_not_built_again(clustered, tmp_path, monkeypatch):
    index, x = clustered
    index.ef = 40
    index.save(tmp_path / "index")
    before = index.search(x[:100], 10)
    with monkeypatch.context() as patch:
        patch.setattr(graph_index.HNSWGraph, "extend", lambda *_: pytest.fail("built again"))
        again = HNSWIndex.load(tmp_path / "index")
        after = again.search(x[:100], 10)
    assert again.ef == 40
    assert torch.equal(before.ids, after.ids)
    assert torch.equal(before.distances, after.distances)
    again.remove(range(1000))
    again.save(tmp_path / "index")
    monkeypatch.setattr(graph_index.HNSWGraph, "extend", lambda *_: pytest.fail("built again"))
    assert int(HNSWIndex.load(tmp_path / "index").search(x[:100], 10).ids.min()) >= 1000
    assert len(ExactIndex.load(tmp_path / "index")) == 5000


def test_building_tells_how_far_it_is(clustered):
    index = HNSWIndex(16)
    index.add(clustered[1])
    told = []
    index.build(lambda done, total: told.append((done, total)))
    assert told == [(4096, 6000), (6000, 6000)]


def test_without_hnswlib_search_is_exact_and_says_so_once():
    code = """
import sys, warnings
sys.modules["hnswlib"] = None
import torch
from graphs import HNSWIndex
warnings.simplefilter("always")
with warnings.catch_warnings(record=True) as caught:
    for _ in range(2):
        index = HNSWIndex(2)
        index.add(torch.eye(2))
        assert index.search(torch.eye(2), 1).ids.tolist() == [[0], [1]]
print(*[one.message for one in caught])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.count("hnswlib is not installed, so searches are exact") == 1
