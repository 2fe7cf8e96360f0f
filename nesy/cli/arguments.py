"""Arguments that several verbs share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nesy.errors import InputError

if TYPE_CHECKING:
    from nesy.lang.language import Language
    from nesy.puzzles.puzzle import Puzzle
    from nesy.recursion.program import Program

EXAMPLE_LANGUAGE = "a definition file, or the name of a language that nesy brings (scan)"
EXAMPLE_PROGRAM = "a definition file, or the name of a program that nesy brings (peano)"
EXAMPLE_PUZZLE = "a definition file, or the name of a puzzle that nesy brings (sudoku)"
EXAMPLE = "a definition file, or the name of one that nesy brings (scan, peano, sudoku)"


def seconds(text: str) -> float:
    """An argparse type: a positive number of seconds."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a positive number of seconds, got {text}")
    return value


def natural(text: str) -> int:
    """An argparse type: an integer that is not negative."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"expected a number that is not negative, got {text}")
    return value


def load_language(source: str) -> Language:
    """The language of a definition file.

    Raises:
        InputError: with file, line and column.
    """
    from nesy.lang.language import Language

    return Language.load(source)


def load_program(source: str) -> Program:
    """The program of a definition file.

    Raises:
        InputError: with file, line and column.
    """
    from nesy.recursion.program import Program

    return Program.load(source)


def load_puzzle(source: str, settings: Sequence[str] = ()) -> Puzzle:
    """The puzzle of a definition file.

    Args:
        settings: values of parameters: ``k=2``.

    Raises:
        InputError: with file, line and column.
    """
    from nesy.puzzles.constants import constant
    from nesy.puzzles.puzzle import Puzzle

    values = {}
    for setting in settings:
        name, equal, value = setting.partition("=")
        if not (name and equal):
            raise InputError(f"--set {setting}", expected="--set NAME=VALUE, for example --set k=2")
        values[name.strip()] = constant(value, f"--set {name}")
    return Puzzle.load(source).set(**values)


def load(source: str) -> Language | Program | Puzzle:
    """What a definition file defines.

    Raises:
        InputError: with file, line and column.
    """
    from nesy.lang.container import split
    from nesy.lang.shipped import read_source

    file, text = read_source(source, ("languages", "recursion", "puzzles"))
    sections = split(text, file)
    if "recursion" in sections and "grammar" not in sections:
        from nesy.recursion.program import Program

        return Program.load(file, text=text)
    if "puzzle" in sections and "grammar" not in sections:
        from nesy.puzzles.puzzle import Puzzle

        return Puzzle.load(file, text=text)
    from nesy.lang.language import Language

    return Language.load(file, text=text)


def sentence(words: list[str]) -> str:
    """The words of a command line as one input.

    Raises:
        InputError: bytes that are no UTF-8.
    """
    text = " ".join(words)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"invalid UTF-8 in the input {text!a}", expected="UTF-8 text") from None
    return text


def on_terminal() -> bool:
    """Whether a person watches the progress."""
    return sys.stderr.isatty()
