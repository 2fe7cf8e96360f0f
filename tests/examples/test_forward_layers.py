"""The example of layers that learn alone runs as shown, with less work."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_way_learns():
    command = [sys.executable, "examples/forward_layers.py", "--epochs", "40"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    shares = [float(share) for share in re.findall(r" ([\d.]+)%$", done.stdout, re.MULTILINE)]
    assert len(shares) == 6
    assert min(shares[:2]) > 75, done.stdout
