"""Put the real output of the demo at the head of README.md.

Usage: .venv/bin/python .ci/record_demo.py
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Run the demo and rewrite the README's first block."""
    run = subprocess.run(
        [sys.executable, "-m", "nesy", "demo"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    shown = "\n".join(line.rstrip() for line in run.stdout.splitlines())
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    block = f"```\n$ make demo\n{shown}\n```"
    readme.write_text(
        re.sub(r"```\n\$ make demo\n.*?\n```", lambda _: block, text, count=1, flags=re.DOTALL), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
