"""The learned fold runs as shown, with less work."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_two_steps():
    command = [sys.executable, "examples/learned_fold.py", "--steps", "2"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert len(re.findall(r"\d+\.\d%", run.stdout)) == 6
