"""The benchmark of indexes runs, in small."""

from __future__ import annotations

import pytest

from benchmarks.claims import Kept

pytest.importorskip("hnswlib", reason="hnswlib is not installed")


def test_a_small_run(tmp_path, monkeypatch):
    from benchmarks import index

    for name, value in {"SIZES": [(300, 8)], "SETS": [200], "FILTERED": 500, "EXACT": 500, "SHARDED": 400}.items():
        monkeypatch.setattr(index, name, value)
    monkeypatch.setattr(index, "_BUILT", {})
    found = {claim.name: claim for claim in index.claims(Kept("index", tmp_path))}
    assert found["index.curve_0k_8"].ours.count("/s at ") == 3
    assert found["index.shards"].ours.startswith("built in ")
    assert len(found) == 10
