"""Handwritten arithmetic is learned as shown, from fewer pairs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_longer_expressions_are_read():
    pytest.importorskip("sklearn", reason="the handwritten digits come with scikit-learn")
    command = [sys.executable, "examples/read_and_compute.py", "--pairs", "800", "--budget", "60"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    right = {int(k): int(n) for k, n in re.findall(r"(\d) operators: (\d+)/50", run.stdout)}
    assert right.keys() == {1, 2, 3, 6}
    assert min(right.values()) >= 40
    assert "is read as" in run.stdout
