"""Arithmetic is learned as shown."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_as_shown():
    command = [sys.executable, "examples/learn_arithmetic.py"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170)
    assert run.returncode == 0, run.stderr
    assert "100.00% of the pairs explained, 100.00% of 100 held-out pairs predicted" in run.stdout
    assert run.stdout.count(" proved\n") == 4
    assert f" = {9**12}" in run.stdout
    assert "200 of 200 right" in run.stdout
