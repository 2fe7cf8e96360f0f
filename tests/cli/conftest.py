"""Running the command line as a user does."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

TWICE = """\
%grammar
start: v | v "fep" -> fep
v: "dax" -> dax | "wif" -> wif

%semantics
start(x) = x
v(x) = x
dax = [RED]
wif = [GREEN]
fep(x) = x ++ x
"""


@pytest.fixture
def nesy(tmp_path):
    """Run ``python -m nesy`` in an empty folder that holds the definition file ``twice.nesy``."""
    (tmp_path / "twice.nesy").write_text(TWICE, encoding="utf-8")

    def run(*arguments, stdin=b"", stdout=subprocess.PIPE):
        done = subprocess.run(
            [sys.executable, "-m", "nesy", *arguments],
            input=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
            timeout=120,
        )
        done.stdout, done.stderr = (done.stdout or b"").decode(), done.stderr.decode()
        assert "Traceback" not in done.stderr, done.stderr
        return done

    run.folder = tmp_path
    return run
