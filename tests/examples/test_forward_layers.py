"""The example of layers that learn alone runs as shown, with less work."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).parents[2]
EXAMPLE = "examples/forward_layers.py"


def without_links():
    """Percent right by the nearest mean of the known nodes' features."""
    example = runpy.run_path(str(ROOT / EXAMPLE))
    data = example["communities"](300, 0)
    means = torch.stack([data.x[data.train_mask & (data.y == kind)].mean(0) for kind in range(3)])
    return 100 * example["share"](torch.cdist(data.x, means).argmin(1), data)


def test_every_way_learns():
    command = [sys.executable, EXAMPLE, "--epochs", "40"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = re.findall(r"^(.*\S) +([\d.]+)%$", done.stdout, re.MULTILINE)
    assert len(found) == 6
    floor = without_links() + 10
    assert floor > 65, "guessing is 33%"
    assert all(float(share) > floor for _, share in found), done.stdout
    assert min(float(share) for name, share in found if name.startswith("single-forward")) > 75, done.stdout
