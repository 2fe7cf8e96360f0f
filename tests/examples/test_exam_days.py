"""Days are added until they are enough; fewer are refuted."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_as_shown():
    command = [sys.executable, "examples/exam_days.py"]
    run = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=170)
    assert run.returncode == 0, run.stderr
    assert "5 days: unsatisfiable" in run.stdout
    assert "6 days: solved" in run.stdout
    planned = [int(exam) for line in run.stdout.splitlines() if "  day" in line for exam in line.split(":")[1].split()]
    assert sorted(planned) == list(range(1, 25))
