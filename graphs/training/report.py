"""What is seen of a run and what is kept of it: a progress bar or plain lines, a CSV file, TensorBoard."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

Figures: TypeAlias = Mapping[str, float]
Sink: TypeAlias = Callable[[int, Figures], None]
"""Takes the figures after so many updates; no figures: only how far the run is."""


@contextmanager
def terminal(updates: int, done: int) -> Iterator[Sink]:
    """A bar where a person looks on, else a line for each row of figures."""
    if not sys.stderr.isatty():
        yield (
            lambda update, figures: print(f"{update}/{updates} {_text(figures)}", file=sys.stderr) if figures else None
        )
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), *Progress.get_default_columns()[1:2], MofNCompleteColumn()
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("training", total=updates, completed=done)

        def show(update: int, figures: Figures) -> None:
            bar.update(task, completed=update, description=_text(figures) if figures else None)

        yield show


@contextmanager
def table(path: str | os.PathLike[str], done: int) -> Iterator[Sink]:
    """A CSV file with a line per row; goes on in a file that is there, without rows after the first `done` updates."""
    rows = _rows(Path(path), done)
    with open(path, "w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows)

        def write(update: int, figures: Figures) -> None:
            if figures:
                names = ["update", *figures]
                if stream.tell() == 0:
                    csv.writer(stream).writerow(names)
                csv.writer(stream).writerow([update, *figures.values()])
                stream.flush()

        yield write


def _rows(path: Path, done: int) -> list[list[str]]:
    """The head and the rows of the first `done` updates."""
    if not done or not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as stream:
        head, *rows = csv.reader(stream)
    return [head, *(row for row in rows if int(row[0]) <= done)]


@contextmanager
def tensorboard(folder: str | os.PathLike[str], done: int) -> Iterator[Sink]:
    """Event files for TensorBoard.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError:
        raise ModuleNotFoundError("TensorBoard is not installed: pip install 'nesy[tensorboard]'") from None
    board = SummaryWriter(os.fspath(folder), purge_step=done + 1)

    def write(update: int, figures: Figures) -> None:
        for name, value in figures.items():
            board.add_scalar(name, value, update)

    try:
        yield write
    finally:
        board.close()


def _text(figures: Figures) -> str:
    return " ".join(f"{name} {value:.4g}" for name, value in figures.items())
