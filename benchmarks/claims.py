"""The table behind ``make claims``: claim, ours, baseline, ratio, measured side by side in one run.

    python -m benchmarks.claims [NAME ...]      NAME: a script (scan) or the start of a claim (scan.length)

A script is a module here with a function ``claims(kept)`` that yields `Claim`s. It measures through
``kept.once(key, function)``: what was measured is on the disk at once, so an interrupted run goes on where it was.
A finished run is ``results/SCRIPT.json``, with machine and date; the next run starts afresh.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from nesy.files import write_atomically

HERE = Path(__file__).parent
RESULTS = HERE / "results"
DATA = Path(os.environ.get("NESY_DATA", HERE.parent.parent / "shared" / "data"))
"""Data sets that the repository does not hold; what needs them is skipped, with a reason, if they are absent."""


@dataclass(frozen=True)
class Claim:
    """One line of the table.

    Attributes:
        name: script, dot, what is claimed.
        ours, baseline: the figures, with their units.
        ratio: how the two compare; empty if that has no meaning.
        bar: what was promised.
        met: whether it was kept; None if it was not measured, and then `ours` says why.
        detail: what one needs to know to repeat it.
    """

    name: str
    ours: str
    baseline: str = ""
    ratio: str = ""
    bar: str = ""
    met: bool | None = None
    detail: str = ""


class Kept:
    """Measurements on the disk, by key; any JSON value."""

    def __init__(self, script: str, folder: Path | None = None) -> None:
        folder = folder or RESULTS
        self._finished = folder / f"{script}.json"
        self._unfinished = folder / f"{script}.partial.json"
        self._values: dict[str, Any] = {}
        if self._unfinished.exists():
            self._values = json.loads(self._unfinished.read_text(encoding="utf-8"))

    def once(self, key: str, measure: Callable[[], Any]) -> Any:
        """The kept value of a key; measured now if there is none."""
        if key not in self._values:
            self._values[key] = measure()
            self._unfinished.parent.mkdir(exist_ok=True)
            write_atomically(self._unfinished, _json(self._values))
        return self._values[key]

    def finish(self, claims: list[Claim]) -> None:
        """Keep the finished run; the next one starts afresh."""
        table = [asdict(claim) for claim in claims]
        self._finished.parent.mkdir(exist_ok=True)
        write_atomically(self._finished, _json({**machine(), "claims": table, "measurements": self._values}))
        self._unfinished.unlink(missing_ok=True)


def machine() -> dict[str, str]:
    """Where and when something was measured."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        "machine": f"{platform.machine()}, {_processor()}, {os.cpu_count()} cores, {_memory()}",
        "python": platform.python_version(),
        "commit": _commit(),
    }


def scripts() -> list[str]:
    """The modules beside this one that make claims."""
    return sorted(path.stem for path in HERE.glob("*.py") if "\ndef claims(" in path.read_text(encoding="utf-8"))


def collect(names: list[str], console: Console) -> Iterator[Claim]:
    """Measure what the names select, script by script."""
    wanted = {name.partition(".")[0] for name in names}
    for script in scripts():
        if wanted and script not in wanted:
            continue
        kept = Kept(script)
        found = []
        for claim in importlib.import_module(f"benchmarks.{script}").claims(kept):
            console.print(f"{claim.name}: {claim.ours}", style="dim", markup=False, highlight=False)
            found.append(claim)
        kept.finish(found)
        yield from (claim for claim in found if not names or any(claim.name.startswith(name) for name in names))


def table(claims: list[Claim]) -> Table:
    """The claims as a table for the terminal."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("claim", "ours", "baseline", "ratio", "bar", "met"):
        made.add_column(title, overflow="fold")
    for claim in claims:
        met = {True: "yes", False: "NO", None: "-"}[claim.met]
        made.add_row(claim.name, claim.ours, claim.baseline, claim.ratio, claim.bar, met)
    return made


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure the claims and print the table.")
    parser.add_argument("names", nargs="*", help=f"one of {', '.join(scripts())}, or the start of a claim's name")
    names = parser.parse_args(arguments).names
    unknown = {name.partition(".")[0] for name in names} - set(scripts())
    if unknown:
        parser.error(f"no script {', '.join(sorted(unknown))} in benchmarks; there are {', '.join(scripts())}")
    found = list(collect(names, Console(stderr=True)))
    Console(width=None if sys.stdout.isatty() else 160).print(table(found))
    for claim in found:
        if claim.detail:
            print(f"{claim.name}: {claim.detail}")
    print(", ".join(machine().values()))
    return 0 if all(claim.met is not False for claim in found) else 1


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown processor"


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"
    except (OSError, ValueError):
        return "unknown memory"


def _commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True)
    return done.stdout.strip() or "no commit"


if __name__ == "__main__":
    sys.exit(main())
