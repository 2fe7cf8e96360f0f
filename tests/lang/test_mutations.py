"""No text of a definition file leads to anything but a language or an error of ours."""

import random
import re
import time

import pytest

from nesy.errors import InputError, NesyError
from nesy.lang.check import check
from nesy.lang.enumerate import Table, representatives
from nesy.lang.language import Language
from nesy.lang.shipped import shipped

PIECES = [
    "%",
    "(",
    ")",
    "[",
    "]",
    "|",
    "->",
    ":",
    "=",
    "++",
    "+",
    "*",
    "?",
    "~",
    "~ 3",
    '"',
    "/",
    "_",
    "#",
    ",",
    "\n",
    "\n ",
    " ",
    "start",
    "x",
    "X",
    "0",
    "9" * 5000,
    "-",
    "if",
    "let",
    "\\",
    "\x00",
    "é",
    "名",
    "%ignore",
    "%domain\n",
    "\t",
    "..",
    "{",
    "}",
    ".",
    "!",
    "1..2",
    "(",
    "((",
    '"a b"',
    "/(a|b)*/",
    "n + 1",
    "[h] ++ t",
    "\u2028",
    "\ud800",
    "i",
    "%import common.INT\n",
]


def mutate(text, generator):
    """The text with one to four pieces cut out, doubled, exchanged, or put in."""
    for _ in range(generator.randint(1, 4)):
        pieces = re.findall(r"\w+|\s+|[^\w\s]", text) or [""]
        at, other = (generator.randrange(len(pieces)) for _ in range(2))
        match generator.randrange(6):
            case 0:
                del pieces[at : at + generator.randint(1, 3)]
            case 1:
                pieces.insert(at, generator.choice(PIECES))
            case 2:
                pieces[at] = generator.choice(PIECES)
            case 3:
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case 4:
                pieces.insert(at, pieces[other])
            case 5:
                pieces = re.split(r"(?<=\n)", text)
                pieces.insert(generator.randrange(len(pieces)), pieces.pop(generator.randrange(len(pieces))))
        text = "".join(pieces)
    return text


def sample(language):
    """A few sentences of the mutated language."""
    table = Table(language.grammar, representatives(language.grammar))
    for _ in range(4):
        yield from list(table.extend())[:3]


def load(text):
    try:
        return Language.load("mutant.nesy", text=text), None
    except InputError as error:
        return None, error


def exercise(text):
    """Load, check, and run the text as a language."""
    language, error = load(text)
    if language is None:
        lines = re.sub("\r\n?", "\n", text).split("\n")
        assert error.file == "mutant.nesy"
        assert error.line is None or 1 <= error.line <= len(lines), error
        return
    language.program.fuel = 10_000
    str(check(language, seconds=0.05))
    for sentence in [*sample(language), "jump twice and walk", "( 1 + 2 )", "if true then 3 else 4"]:
        for verb in (language.run, lambda s: language.parse(s).pretty()):
            try:
                verb(sentence)
            except NesyError:
                pass


@pytest.mark.parametrize("name", shipped("languages"))
def test_mutants(name):
    source = Language.load(name).source
    generator = random.Random(name)
    start = time.monotonic()
    for _ in range(60):
        exercise(mutate(source, generator))
    assert time.monotonic() - start < 60
