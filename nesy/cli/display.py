"""What the terminal shows while something is learned, and afterwards.

A person at a terminal gets one live line; a file or a pipe gets a plain line now and then.
"""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from nesy.learn import Progress as Step
    from nesy.learn import Report

LISTED, ASKED = 20, 5  # contradictions and open questions shown
PAUSE = 5.0  # seconds between plain lines


class Display:
    """Shows the steps of a learner on standard error; a context manager."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False)
        self._live = None
        self._quiet = quiet
        self._last: tuple[str, float] = ("", -PAUSE)
        if not quiet and sys.stderr.isatty():
            self._live = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=20),
                TextColumn("{task.completed:.0f}/{task.total:.0f} pairs explained", markup=False),
                TimeElapsedColumn(),
                console=self._console,
                transient=True,
            )
            self._task = self._live.add_task("starting", total=1)

    def __enter__(self) -> Display:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Take the live line away; may be called twice."""
        if self._live:
            self._live.stop()
            self._live = None

    def show(self, step: Step) -> None:
        """Show one step."""
        if self._live:
            description = f"{step.stage}: {step.detail}" if step.detail else step.stage
            self._live.update(
                self._task, description=description[:60], completed=step.explained, total=max(1, step.total)
            )
        elif not self._quiet:
            stage, when = self._last
            if step.stage != stage or step.elapsed - when >= PAUSE:
                self._last = (step.stage, step.elapsed)
                line = (
                    f"{step.elapsed:6.1f} s  {step.stage}: {step.explained}/{step.total} pairs explained  {step.detail}"
                )
                print(line.rstrip(), file=sys.stderr, flush=True)


def print_report(report: Report, lines: list[int], file: str) -> None:
    """Print what was learned: each word's senses, the pairs that contradict, what stays open.

    Args:
        report: of a learner that has been fitted.
        lines: the line of `file` that each training pair came from.
        file: the name of the PAIRS file.
    """
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("word", "pattern", "meaning"):
        table.add_column(title, overflow="fold")
    table.add_column("pairs", justify="right")
    for word, senses in report.words:
        for first, sense in enumerate(senses):
            name = Text(word if first == 0 else "")
            table.add_row(name, Text(sense.pattern), Text(sense.program), Text(str(sense.support)))
    console.print(table)
    found = report.contradictions
    for index, sentence, expected, got in found[:LISTED]:
        print(f'{file}:{lines[index]}: "{sentence}" gives "{got}" by what was learned, but "{expected}" in the file')
    if len(found) > LISTED:
        print(f"... and {len(found) - LISTED} more pairs that contradict what was learned")
    for question in report.undecided[:ASKED]:
        print(f"undecided: {question}")
    if len(report.undecided) > ASKED:
        print(f"... and {len(report.undecided) - ASKED} more undecided")
    print(f"{report.summary}, {report.seconds:.1f} s")
