"""Definition files that nesy brings, and finding a file by name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable

from nesy.errors import InputError
from nesy.lang.container import read_text

SUFFIX = ".nesy"
KINDS = {"languages": "language", "recursion": "program", "puzzles": "puzzle"}
"""The folders of `grammars`, and what their files define."""


def shipped(folder: str) -> tuple[str, ...]:
    """The names of the definition files of one kind that nesy brings."""
    return tuple(sorted(entry.name.removesuffix(SUFFIX) for entry in _home(folder).iterdir() if _is_file(entry)))


def read_source(source: str, folders: Sequence[str]) -> tuple[str, str]:
    """Name for messages and text of a file, or of a shipped one in these folders.

    Raises:
        InputError: there is no such file and no such name.
    """
    if os.path.exists(source) or os.sep in source or source.endswith(SUFFIX):
        return source, read_text(source)
    for folder in folders:
        if source in shipped(folder):
            return f"{source}{SUFFIX}", (_home(folder) / f"{source}{SUFFIX}").read_text(encoding="utf-8")
    names = [name for folder in folders for name in shipped(folder)]
    near = get_close_matches(source, names, 1)
    raise InputError(
        f"no file and no {' or '.join(KINDS[folder] for folder in folders)} named {source!r}",
        expected=f"a path, or one of {', '.join(names)}",
        mend=f"did you mean {near[0]}?" if near else None,
    )


def _home(folder: str) -> Traversable:
    return files("grammars") / folder


def _is_file(entry: Traversable) -> bool:
    return entry.name.endswith(SUFFIX)
