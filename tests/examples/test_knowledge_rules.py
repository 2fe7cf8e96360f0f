"""The example of knowledge graphs runs as shown, with less work."""

import re
import subprocess
import sys
from pathlib import Path

import nesy

ROOT = Path(__file__).parents[2]


def test_families(tmp_path):
    command = [sys.executable, "examples/knowledge_rules.py", "--rounds", "8", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    mrr = {name: float(value) for name, value in re.findall(r"(ComplEx|KnowledgeNCN) +([\d.]+)", done.stdout)}
    assert mrr["KnowledgeNCN"] > mrr["ComplEx"]
    assert ", because:\n  +" in done.stdout
    assert (tmp_path / "reasons.svg").read_text(encoding="utf-8").startswith("<svg")
    assert nesy.program(tmp_path / "rules.nesy").check().ok
