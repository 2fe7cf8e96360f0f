"""A new word of a known language is learned as shown."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_all_longer_expressions_are_right():
    run = subprocess.run(
        [sys.executable, "examples/new_word.py"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert "200 of 200 longer expressions right" in run.stdout
