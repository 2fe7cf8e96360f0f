"""The example of questions about stories runs as shown, with less work, on made-up stories and on files."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> str:
    command = [sys.executable, "examples/babi_questions.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_made_up_stories():
    out = run("--updates", "60")
    assert float(re.search(r"right answers: ([\d.]+)%", out)[1]) > 20
    assert "after step 2" in out


def test_files_of_the_release(tmp_path):
    for part in ("train", "test"):
        text = "1 Mary went to the garden.\n2 Where is Mary?\tgarden\t1\n" * 20
        (tmp_path / f"qa6_{part}.txt").write_text(text, encoding="utf-8")
    out = run("--data", str(tmp_path), "--tasks", "6", "--updates", "20")
    assert "right answers: 100.0% of 20 new questions" in out
