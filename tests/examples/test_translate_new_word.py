"""The sentences with the new word are translated as shown."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_sentence_is_right():
    command = [sys.executable, "examples/translate_new_word.py"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert "7 of 7 right" in run.stdout
