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
from tests.mutations import mutate


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
