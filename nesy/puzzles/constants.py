"""Expressions without names: the values of parameters, as instances and command lines give them."""

from __future__ import annotations

from lark import Token

from nesy.lang.puzzle import Parameter, read_expression
from nesy.puzzles.budget import Budget
from nesy.puzzles.evaluate import Evaluator
from nesy.puzzles.names import check_names
from nesy.puzzles.space import Space
from nesy.puzzles.values import Data


def constant(text: str, file: str | None = None) -> Data:
    """The value of an expression such as ``3``, ``{Red, Green}`` or ``{(1, 2), (2, 3)}``.

    Raises:
        InputError: no expression, or one that uses names.
    """
    expression = read_expression(text, file)
    check_names((Parameter(Token("NAME", "", line=1, column=1), expression),), file)
    return Evaluator(Space(), Budget("the value"), file).evaluate(expression, {})
