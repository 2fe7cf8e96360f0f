"""The benchmark of knowledge graphs: one model from data to figures, with little training."""

import pytest

from benchmarks import knowledge
from benchmarks.claims import Kept
from benchmarks.knowledge import FOLDER, Settings, claims, measure, spread


def test_without_data(tmp_path, monkeypatch):
    monkeypatch.setattr(knowledge, "FOLDER", tmp_path / "none")
    (claim,) = claims(Kept("knowledge", tmp_path))
    assert claim.met is None
    assert claim.ours.startswith("not measured: no ")


@pytest.mark.skipif(not FOLDER.exists(), reason="needs the knowledge graphs of NESY_DATA")
def test_a_short_run(monkeypatch):
    monkeypatch.setitem(knowledge.SETTINGS, "UMLS", Settings(1, 1, negatives=20))
    assert 0 < measure("UMLS", "distmult", 0, 0.02)["mrr"] < 1


def test_means_with_their_error():
    assert spread([0.5, 0.7]) == "0.600 ± 0.100"
    assert spread([0.5]) == "0.500"
