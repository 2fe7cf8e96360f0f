"""Files of indexes: spoilt in any way, an error or the right answer; never a part of a new one."""

from __future__ import annotations

import os
import random

import pytest
import torch

pytest.importorskip("hnswlib", reason="hnswlib is not installed")

from benchmarks.index_safety import in_a_process, small_index, spoilt, verdict
from graphs import ExactIndex
from graphs.checkpoint import CheckpointError, pack, save_checkpoint, unpack
from graphs.index.file import KIND


@pytest.fixture(scope="module")
def original():
    return small_index()


def test_spoilt_files_are_refused_or_answer_right(original, tmp_path):
    path = tmp_path / "index"
    original.save(path)
    data = path.read_bytes()
    verdicts = []
    for number in range(400):
        way, bad = spoilt(data, random.Random(number))
        path.write_bytes(bad)
        verdicts.append(verdict(path, way, original))
        assert verdicts[-1] != "silent", (number, way)
    assert verdicts.count("refused") > 200
    assert verdicts.count("right") > 20


def test_a_full_disk_leaves_the_old_file():
    full = in_a_process("full")
    assert full["tried"] > 40
    assert full == {"tried": full["tried"], "refused": full["tried"], "intact": full["tried"]}


def test_a_killed_process_leaves_the_old_file_or_the_new():
    killed = in_a_process("kills 20")
    assert killed.keys() <= {"old", "new"}
    assert sum(killed.values()) == 20


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data + b"0", lambda data: bytes([data[0] ^ 1]) + data[1:]]
)
def test_what_is_written_is_read_back(original, tmp_path, monkeypatch, damage):
    path = tmp_path / "index"
    original.save(path)
    before, fsync = path.read_bytes(), os.fsync

    def disk(descriptor):
        fsync(descriptor)
        (other,) = set(tmp_path.iterdir()) - {path}
        other.write_bytes(damage(other.read_bytes()))

    monkeypatch.setattr(os, "fsync", disk)
    with pytest.raises(OSError, match="What was written is not what is there"):
        original.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("contents", [b"", b"\0" * 100, b"{}", b"\x89PNG\r\n", b"PK\3\4" + b"\0" * 50])
def test_foreign_files(tmp_path, contents):
    path = tmp_path / "index"
    path.write_bytes(contents)
    with pytest.raises(CheckpointError, match=r"index: is no checkpoint; expected one of kind 'vector index'"):
        ExactIndex.load(path)


def test_checkpoints_of_another_kind(tmp_path):
    save_checkpoint(tmp_path / "index", "model", {}, {"vectors": torch.zeros(2)})
    with pytest.raises(CheckpointError, match="holds 'model', version 1; expected 'vector index'"):
        ExactIndex.load(tmp_path / "index")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h, t: h.update(dim=11), r"vectors torch.float32 \(280, 12\), expected float32 \(280, 11\)"),
        (lambda h, t: h.update(metric="cosine"), "vectors whose length is not 1"),
        (lambda h, t: h.update(metric="hamming"), "metric 'hamming'"),
        (lambda h, t: h.update(next_id=3), "a next id of 3"),
        (lambda h, t: h.update(keys=["a"]), "another number of keys"),
        (lambda h, t: h.update(keys=["a"] * 280), "a key that stands twice"),
        (lambda h, t: h["search"]["hnsw"].update(ef=-1), "settings of a graph that are none"),
        (lambda h, t: t["ids"].fill_(7), "ids that are negative or stand twice"),
        (lambda h, t: t["point"].__setitem__(3, 280), "rows without vectors"),
        (lambda h, t: t["vectors"].__setitem__((3, 3), torch.nan), "vectors that are not finite"),
        (lambda h, t: t.pop("ids"), "has no 'ids'"),
        (lambda h, t: t.update({"meta.year": torch.arange(3)}), "metadata of another number of rows"),
    ],
)
def test_a_signed_file_that_contradicts_itself_is_refused(original, tmp_path, change, message):
    path = tmp_path / "index"
    original.save(path)
    header, tensors = unpack(path.read_bytes(), KIND)
    change(header, tensors)
    path.write_bytes(pack(KIND, header, tensors))
    with pytest.raises(CheckpointError, match=message):
        type(original).load(path)


def test_a_graph_that_leads_nowhere_is_built_again(original, tmp_path):
    path = tmp_path / "index"
    original.save(path)
    header, tensors = unpack(path.read_bytes(), KIND)
    lowest = tensors["links.lowest"]
    lowest[:, 0] = 1
    lowest[:, 1] = tensors["links.entry"]  # all links lead to the entry: well-formed, of no use
    path.write_bytes(pack(KIND, header, tensors))
    again = type(original).load(path)
    assert again._graph is None
    assert again.recall(5) > 0.9
