"""The picture is drawn, read and solved as shown."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_as_shown(tmp_path):
    pytest.importorskip("sklearn", reason="the handwritten digits come with scikit-learn")
    command = [sys.executable, str(ROOT / "examples/sudoku_from_picture.py"), "--images", "300"]
    run = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert "drawn: sudoku.png" in run.stdout
    assert "solved; " in run.stdout
    assert (tmp_path / "sudoku.png").stat().st_size > 1000
