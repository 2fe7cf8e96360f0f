"""The example of Pretty-CLEVR runs as shown, with less work."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> str:
    command = [sys.executable, "examples/pretty_clevr.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_picture(tmp_path):
    assert "jumps" in run("--picture", str(tmp_path / "scene.svg"))
    assert (tmp_path / "scene.svg").read_text(encoding="utf-8").startswith("<svg")


def test_training():
    out = run("--jumps", "0", "--steps", "2", "--updates", "400")
    assert float(re.search(r"0 jumps: ([\d.]+)% right", out)[1]) > 80
