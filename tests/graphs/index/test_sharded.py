"""ShardedIndex: one set of rows, several graphs."""

from __future__ import annotations

import pytest
import torch
from hypothesis import settings

from graphs.checkpoint import CheckpointError, pack, unpack
from graphs.index import graph_index, shards
from graphs.index.file import KIND
from graphs.index.hnsw import HNSWIndex
from graphs.index.hnsw_graph import library
from graphs.index.sharded import ShardedIndex
from tests.graphs.index.test_index import Model

pytestmark = pytest.mark.skipif(library() is None, reason="hnswlib is not installed")


class ShardedModel(Model):
    @staticmethod
    def make(dim, metric):
        return ShardedIndex(dim, metric, shards=3, ef=200)

    def __init__(self):
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(graph_index, "_EXACT", 0)

    def teardown(self):
        self.patch.undo()


TestModel = ShardedModel.TestCase
TestModel.settings = settings(max_examples=30, stateful_step_count=25)


@pytest.fixture(scope="module")
def x():
    return torch.randn(3001, 16, generator=torch.Generator().manual_seed(0))


def test_processes_build_what_this_one_would(x, monkeypatch, tmp_path):
    monkeypatch.setattr(shards, "WORTH", 1000)
    one, two = (ShardedIndex(16, shards=2, processes=p, deterministic=True) for p in (1, 2))
    for index in (one, two):
        index.add(x)
        index.build()
    assert all(torch.equal(two._graph.tensors()[name], part) for name, part in one._graph.tensors().items())
    two.save(tmp_path / "index")
    monkeypatch.setattr(shards.HNSWGraph, "extend", lambda *_: pytest.fail("built again"))
    again = ShardedIndex.load(tmp_path / "index")
    assert again.shards == 2
    assert torch.equal(again.search(x[:50], 5).ids, one.search(x[:50], 5).ids)


def test_shards_miss_no_more_than_one_graph(x):
    whole, parts = HNSWIndex(16, ef=20), ShardedIndex(16, shards=3, processes=1, ef=20)
    for index in (whole, parts):
        index.add(x)
    assert parts.recall(10) >= whole.recall(10)
    parts.remove(range(0, 600, 3))
    assert parts.recall(10) > 0.9


def test_files_go_from_shards_to_one_graph_and_back(x, tmp_path):
    index = ShardedIndex(16, shards=2, processes=1)
    index.add(x)
    index.search(x[:1], 1)
    index.save(tmp_path / "index")
    whole = HNSWIndex.load(tmp_path / "index")
    assert whole.search(x[:50], 1).ids[:, 0].tolist() == list(range(50))
    whole.save(tmp_path / "index")
    assert ShardedIndex.load(tmp_path / "index").search(x[:50], 1).ids[:, 0].tolist() == list(range(50))


def test_bad_numbers_of_shards(x, tmp_path):
    for wrong in ({"shards": 0}, {"shards": 1.5}, {"processes": 0}, {"device": "cuda"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            ShardedIndex(16, **wrong)
    index = ShardedIndex(16, shards=2, processes=1)
    index.add(x[:50])
    index.save(tmp_path / "index")
    header, tensors = unpack((tmp_path / "index").read_bytes(), KIND)
    header["search"]["shards"] = -3
    (tmp_path / "index").write_bytes(pack(KIND, header, tensors))
    with pytest.raises(CheckpointError, match="holds shards: -3"):
        ShardedIndex.load(tmp_path / "index")
