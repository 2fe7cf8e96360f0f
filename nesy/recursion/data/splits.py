"""Which inputs are for training: the rest tests what the training did not show.

A split is a rule on inputs and no list of them, so data may be drawn without end and no input is ever on both sides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from nesy.recursion.data.inputs import Arguments, Inputs
from nesy.recursion.data.samplers import size
from nesy.terms import Term, Value, parts, show, subvalues


@dataclass(frozen=True)
class Split:
    """A division of inputs.

    Attributes:
        name: for reports.
        trains: whether an input is for training.
    """

    name: str
    trains: Callable[[Arguments], bool]

    def tests(self, arguments: Arguments) -> bool:
        """Whether an input is for the test."""
        return not self.trains(arguments)


def iid(test: float = 0.2) -> Split:
    """A share of the inputs, by a checksum of their text: the same in every process."""
    return Split(f"iid {test:g}", lambda arguments: _fraction(arguments) >= test)


def length(limit: int) -> Split:
    """Training on inputs up to a size (all arguments together), test on larger ones."""
    return Split(f"length {limit}", lambda arguments: sum(map(size, arguments)) <= limit)


def depth(inputs: Inputs, limit: int) -> Split:
    """Training up to a recursion depth, test on deeper ones: the informative one."""
    return Split(f"depth {limit}", lambda arguments: inputs.depth(arguments) <= limit)


def combination(outer: str, inner: str) -> Split:
    """Training on inputs in which constructor `inner` never stands directly inside `outer`, test on the others."""
    return Split(f"{outer}({inner})", lambda arguments: not any(_holds(part, outer, inner) for part in arguments))


def edges(inputs: Inputs) -> Split:
    """The edge cases are for the test alone."""
    held = set(inputs.edges)
    return Split("edge cases", lambda arguments: arguments not in held)


def _fraction(arguments: Arguments) -> float:
    digest = hashlib.sha256("\n".join(map(show, arguments)).encode()).digest()
    return int.from_bytes(digest[:7]) / 2**56


def _holds(value: Value, outer: str, inner: str) -> bool:
    return any(
        isinstance(part, Term) and part.name == outer and any(_is(below, inner) for below in parts(part))
        for part in subvalues(value)
    )


def _is(value: Value, constructor: str) -> bool:
    if isinstance(value, tuple):
        return any(_is(element, constructor) for element in value)
    return isinstance(value, Term) and value.name == constructor
