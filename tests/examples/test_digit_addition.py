"""The example of digit addition runs as shown, with less work."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_three_epochs():
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (the extra digits)")
    command = [sys.executable, "examples/digit_addition.py", "--epochs", "3"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    assert float(re.search(r"sums right: ([\d.]+)%", run.stdout)[1]) > 60
