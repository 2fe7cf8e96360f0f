"""No text of a definition file leads to anything but a program or an error of ours."""

import random
import re

import pytest

from nesy.errors import InputError, NesyError
from nesy.lang.shipped import shipped
from nesy.recursion.program import Program
from tests.mutations import mutate

EXPRESSIONS = ["add(S(O), S(O))", "[1, 2] ++ [3]", "\\x -> x", "inorder(Node(Leaf, 1, Leaf))"]


def load(text):
    try:
        return Program.load("mutant.nesy", text=text), None
    except InputError as error:
        return None, error


def exercise(text):
    """Load and check the text as a program, run and trace its checks and some expressions."""
    program, error = load(text)
    if program is None:
        lines = re.sub("\r\n?", "\n", text).split("\n")
        assert error.file == "mutant.nesy"
        assert error.line is None or 1 <= error.line <= len(lines), error
        return
    report = program.check()
    str(report)
    for expression in EXPRESSIONS:
        for verb in (program.run, program.trace):
            try:
                verb(expression, fuel=2000)
            except NesyError:
                pass
    if not report.ok:
        return
    for check in program.definitions.checks[:3]:
        assert program._compiled(10_000, False).evaluate(check.left) == program._compiled(10_000, False).evaluate(
            check.right
        )


@pytest.mark.parametrize("name", shipped("recursion"))
def test_mutants(name):
    source = Program.load(name).source
    generator = random.Random(name)
    for _ in range(40):
        exercise(mutate(source, generator))
