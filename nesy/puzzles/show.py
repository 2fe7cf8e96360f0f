"""Answers and instances as text."""

from __future__ import annotations

from nesy.puzzles.answer import Answer
from nesy.puzzles.boards import show_values
from nesy.puzzles.instance import Instance

BLANK = "."


def show(answer: Answer) -> str:
    """The values of an answer, every declaration as a board or in lines; givens alone where there are no values."""
    if answer.values is None:
        return show_instance(answer.instance)
    return show_values(answer.instance.model, answer.values)


def show_instance(instance: Instance) -> str:
    """The givens of an instance, with ``.`` for what is open."""
    givens = instance.givens
    return show_values(instance.model, [givens.get(variable, BLANK) for variable in range(len(instance.domains))])
