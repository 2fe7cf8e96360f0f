"""String functions are learned as shown."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_all_longer_sentences_are_right():
    command = [sys.executable, "examples/learn_pcfg.py", "--pairs", "400"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert re.findall(r"(\d+)/(\d+) right", run.stdout) == [("200", "200"), ("200", "200")]
