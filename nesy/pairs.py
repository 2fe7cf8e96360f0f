"""Reading PAIRS files: one (input, output) pair a line.

Two layouts, told apart line by line, either of them gzipped or not::

    jump twice<TAB>I_JUMP I_JUMP
    IN: jump twice OUT: I_JUMP I_JUMP

UTF-8, no header. Words are separated by white space; an empty field is the empty sequence.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nesy.errors import InputError
from nesy.lines import read_lines
from nesy.machine.values import Value, kind, readings, text

_LAYOUT = "input<TAB>output"


@dataclass(frozen=True, slots=True)
class Pair:
    """One example.

    Attributes:
        input: the words, in order.
        output: the canonical text of the value: words separated by one space.
        line: 1-based line of the file it was read from.
    """

    input: tuple[str, ...]
    output: str
    line: int

    @property
    def text(self) -> str:
        """The input as one string."""
        return " ".join(self.input)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two lines with one input and different outputs."""

    first: Pair
    second: Pair


def read_pairs(path: str | os.PathLike[str], *, allow_contradictions: bool = False) -> list[Pair]:
    """Read a PAIRS file.

    Args:
        path: the file.
        allow_contradictions: accept an input that occurs with different outputs.

    Returns:
        The pairs in the order of the file, duplicates included; never an empty list.

    Raises:
        InputError: with file and line, for whatever is wrong with the file.
    """
    name = os.fspath(path)
    pairs = [_pair(line, name, number) for number, line in read_lines(name)]
    if not pairs:
        raise InputError("the file is empty", file=name, expected=f"one pair a line: {_LAYOUT}")
    found = [] if allow_contradictions else contradictions(pairs)
    if found:
        first, second = found[0].first, found[0].second
        more = f" (and {len(found) - 1} more such lines)" if len(found) > 1 else ""
        raise InputError(
            f"{_show(second.text)} gives {_show(second.output)} here "
            f"but {_show(first.output)} in line {first.line}{more}",
            file=name,
            line=second.line,
            expected="one output for each input",
            mend="correct one of the lines, or accept both with --allow-contradictions",
        )
    return pairs


def contradictions(pairs: Iterable[Pair]) -> list[Contradiction]:
    """Each pair whose output differs from that of the first pair with the same input, beside that one."""
    first: dict[tuple[str, ...], Pair] = {}
    return [
        Contradiction(seen, pair)
        for pair in pairs
        if (seen := first.setdefault(pair.input, pair)).output != pair.output
    ]


def output_kinds(outputs: Iterable[str]) -> tuple[str, ...]:
    """The simplest kinds that fit all outputs, given as canonical texts.

    Returns:
        ``("int",)``, ``("bool",)``, ``("int", "bool")`` or else ``("seq",)``.
    """
    found: set[str] = set()
    for output in outputs:
        found.add(kind(readings(output)[0]))
        if "seq" in found:
            return ("seq",)
    return tuple(name for name in ("int", "bool") if name in found) or ("seq",)


def output_value(output: str, kinds: Sequence[str]) -> Value:
    """The value of an output's canonical text, read as one of the kinds.

    Raises:
        InputError: the text is no value of these kinds.
    """
    for value in readings(output):
        if kind(value) in kinds:
            return value
    names = {"int": "an integer", "bool": "true or false", "seq": "a sequence"}
    raise InputError(f"{_show(output)}", expected=" or ".join(names[name] for name in kinds))


def output_text(output: object) -> str:
    """The canonical text of an output: of a value (an integer, a boolean, a sequence of words), or a text as it is.

    Raises:
        InputError: it is none of these.
    """
    if isinstance(output, str):
        return output
    if isinstance(output, int):
        return text(output)
    if isinstance(output, list | tuple) and all(isinstance(element, int | str) for element in output):
        return text(tuple(output))
    raise InputError(
        f"an output that is a {type(output).__name__}, {_show(str(output))}",
        expected="an integer, a boolean, a sequence of words, or the text of one",
    )


def _pair(line: str, name: str, number: int) -> Pair:
    match line.split("\t"):
        case [left, right]:
            return Pair(tuple(left.split()), " ".join(right.split()), number)
        case [only]:
            left, out, right = only.removeprefix("IN:").partition("OUT:")
            if only.startswith("IN:") and out:
                return Pair(tuple(left.split()), " ".join(right.split()), number)
            what, mend = "no tab in this line", "put one tab between input and output"
            if not only.strip():
                what, mend = "an empty line", "remove it"
        case fields:
            what = f"{len(fields) - 1} tabs in this line"
            mend = "separate words by spaces, and the output from the input by one tab"
    raise InputError(what, file=name, line=number, expected=_LAYOUT, mend=mend)


def _show(text: str, longest: int = 60) -> str:
    """A text in quotes, shortened in the middle."""
    if len(text) > longest:
        text = f"{text[: longest - 15]} ... {text[-10:]}"
    return f'"{text}"'
