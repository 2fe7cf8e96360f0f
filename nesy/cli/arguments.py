"""Arguments that several verbs share."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from nesy.errors import InputError

if TYPE_CHECKING:
    from nesy.lang.language import Language
    from nesy.recursion.program import Program

EXAMPLE_LANGUAGE = "a definition file, or the name of a language that nesy brings (scan)"
EXAMPLE_PROGRAM = "a definition file, or the name of a program that nesy brings (peano)"
EXAMPLE = "a definition file, or the name of one that nesy brings (scan, peano)"


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


def load(source: str) -> Language | Program:
    """What a definition file defines.

    Raises:
        InputError: with file, line and column.
    """
    from nesy.lang.container import split
    from nesy.lang.shipped import read_source

    file, text = read_source(source, ("languages", "recursion"))
    sections = split(text, file)
    if "recursion" in sections and "grammar" not in sections:
        from nesy.recursion.program import Program

        return Program.load(file, text=text)
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
