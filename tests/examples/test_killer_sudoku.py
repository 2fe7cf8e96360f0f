"""A killer sudoku with one solution is made and solved."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_as_shown():
    command = [sys.executable, "examples/killer_sudoku.py"]
    run = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=170)
    assert run.returncode == 0, run.stderr
    assert "solved, the only solution" in run.stdout
    rows = [set(line) & set("123456789") for line in run.stdout.splitlines()[-11:] if "-" not in line]
    assert [len(row) for row in rows] == [9] * 9
