"""Put the real output of the demonstrations into README.md.

Usage: .venv/bin/python .ci/record_demo.py [scan] [arithmetic] [sudoku]
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHOWN = {"scan": "make demo", "arithmetic": "nesy demo arithmetic", "sudoku": "nesy demo sudoku"}
"""Demonstrations, and the command that the README shows above each."""
PICTURES = 2  # drawn in characters; the others are left out


def main() -> None:
    """Run the demonstrations that are named, or all, and rewrite their blocks."""
    for name in sys.argv[1:] or SHOWN:
        run = subprocess.run(
            [sys.executable, "-m", "nesy", "demo", name],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        write(SHOWN[name], run.stdout)


def write(command: str, output: str) -> None:
    """Exchange the block of a command for another output."""
    shown = shortened("\n".join(line.rstrip() for line in output.splitlines()))
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    block = f"```\n$ {command}\n{shown}\n```"
    pattern = rf"```\n\$ {re.escape(command)}\n(?:.*?\n)??```"
    readme.write_text(re.sub(pattern, lambda _: block, text, count=1, flags=re.DOTALL), encoding="utf-8")


def shortened(text: str) -> str:
    """The output with only the first pictures."""
    kept, pictures = [], 0
    for paragraph in text.split("\n\n"):
        pictures += "█" in paragraph
        if "█" not in paragraph or pictures <= PICTURES:
            kept.append(paragraph)
        elif pictures == PICTURES + 1:
            kept.append("  ...")
    return "\n\n".join(kept)


if __name__ == "__main__":
    main()
