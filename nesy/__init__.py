"""Learn a small language from examples, as a program you can read, check and run.

    import nesy

    learner = nesy.Learner(seed=0).fit([("dax", "RED"), ("dax fep", "RED RED RED"), ...])
    learner.predict("wif fep")                  # "GREEN GREEN GREEN"
    learner.save("learned.nesy")                # text: read it, correct it, run it

    scan = nesy.language("scan")                # or a path, or text="..."
    scan.run("jump around left twice")

    sudoku = nesy.puzzle("sudoku")
    nesy.solve(sudoku.instance(board)).grid()   # verified against every rule

    peano = nesy.program("peano")
    peano.run("add(S(O), O)")                   # nesy.terms.Term
    peano.check()                               # types, cases, termination

Names load when they are first used, so `import nesy` costs next to nothing.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nesy.abduction import Abducer
    from nesy.errors import InputError, NesyError, OutsideLanguage
    from nesy.lang.language import Language
    from nesy.learn import Learner
    from nesy.learn.emulate import Emulator
    from nesy.learn.holes import Bound
    from nesy.learn.recursion import learn_recursion
    from nesy.pairs import Pair, read_pairs
    from nesy.puzzles.puzzle import Puzzle
    from nesy.recursion.program import Program
    from nesy.solving.network import NetworkGuide
    from nesy.solving.solve import solve

__version__ = "0.1.0"

__all__ = [
    "Abducer",
    "Bound",
    "Emulator",
    "InputError",
    "Language",
    "Learner",
    "NesyError",
    "NetworkGuide",
    "OutsideLanguage",
    "Pair",
    "Program",
    "Puzzle",
    "language",
    "learn_recursion",
    "program",
    "puzzle",
    "read_pairs",
    "solve",
]

_HOMES = {
    "Abducer": "nesy.abduction",
    "Bound": "nesy.learn.holes",
    "Emulator": "nesy.learn.emulate",
    "InputError": "nesy.errors",
    "Language": "nesy.lang.language",
    "Learner": "nesy.learn",
    "NesyError": "nesy.errors",
    "NetworkGuide": "nesy.solving.network",
    "OutsideLanguage": "nesy.errors",
    "Pair": "nesy.pairs",
    "Program": "nesy.recursion.program",
    "Puzzle": "nesy.puzzles.puzzle",
    "learn_recursion": "nesy.learn.recursion",
    "read_pairs": "nesy.pairs",
    "solve": "nesy.solving.solve",
}


def language(source: str | os.PathLike[str] | None = None, *, text: str | None = None) -> Language:
    """Load a language: from a path, by the name of one that nesy brings, or from `text`.

    Raises:
        InputError: with file, line and column.
    """
    from nesy.lang.language import Language

    return Language.load(source, text=text)


def program(source: str | os.PathLike[str] | None = None, *, text: str | None = None) -> Program:
    """Load a program: from a path, by the name of one that nesy brings, or from `text`.

    Raises:
        InputError: with file, line and column.
    """
    from nesy.recursion.program import Program

    return Program.load(source, text=text)


def puzzle(source: str | os.PathLike[str] | None = None, *, text: str | None = None, **parameters: object) -> Puzzle:
    """Load a puzzle: from a path, by the name of one that nesy brings, or from `text`.

    Args:
        parameters: values instead of those in the file: ``k=2``.

    Raises:
        InputError: with file, line and column.
    """
    from nesy.puzzles.puzzle import Puzzle

    return Puzzle.load(source, text=text, **parameters)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
