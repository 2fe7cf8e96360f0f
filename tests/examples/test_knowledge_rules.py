"""The example of knowledge graphs runs as shown, and the document shows what it writes."""

import re
import subprocess
import sys
from pathlib import Path

import nesy
from nesy.terms import show

ROOT = Path(__file__).parents[2]


def test_families(tmp_path):
    command = [sys.executable, "examples/knowledge_rules.py", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    mrr = {name: float(value) for name, value in re.findall(r"(ComplEx|KnowledgeNCN) +([\d.]+)", done.stdout)}
    assert mrr["KnowledgeNCN"] > mrr["ComplEx"]
    assert ", because:\n  +" in done.stdout
    assert (tmp_path / "reasons.svg").read_text(encoding="utf-8").startswith("<svg")
    program = nesy.program(tmp_path / "rules.nesy")
    assert program.check().ok
    document = (ROOT / "docs" / "knowledge.md").read_text(encoding="utf-8")
    (rule,) = re.findall(r"```\n(# parent.*?)```", document, re.DOTALL)
    assert rule in (tmp_path / "rules.nesy").read_text(encoding="utf-8")
    asked = re.findall(r"^nesy run here/rules.nesy '(.*)' +# (\[.*?\]|true)", document, re.MULTILINE)
    assert len(asked) == 3
    for question, answer in asked:
        assert show(program.run(question)) == answer
