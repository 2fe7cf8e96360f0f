"""The example of an index runs on vectors made up there and on vectors in a file."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from graphs import ExactIndex

ROOT = Path(__file__).parents[2]


def said(*arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "examples/vector_index.py", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    assert "the answers are the same" in run.stdout
    assert float(re.search(r"exact search: ([\d.]+)%", run.stdout)[1]) > 90
    return run.stdout


def test_it_runs(tmp_path):
    pytest.importorskip("hnswlib")
    assert "1,900 vectors of 32 numbers" in said("--count", "2000")
    vectors = np.random.default_rng(0).normal(size=(700, 8))
    np.save(tmp_path / "vectors.npy", vectors)
    out = said("--data", str(tmp_path / "vectors.npy"), "--save", str(tmp_path / "my.index"), "-k", "3")
    nearest = ((vectors[:600] - vectors[600]) ** 2).sum(1).argsort()[:3].tolist()
    assert f"first query: {nearest}" in out
    assert len(ExactIndex.load(tmp_path / "my.index")) == 600
