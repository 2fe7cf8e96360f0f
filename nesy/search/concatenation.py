"""Programs that only join: their arguments, forwards or backwards, and constants. They are inverted by cutting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nesy.machine.expressions import Call, Literal, Variable
from nesy.machine.values import Element

Tokens = tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a concatenation: a variable, maybe reversed, or constant tokens."""

    name: str = ""
    reversed: bool = False
    constant: Tokens = ()


def pieces(body: object) -> tuple[Piece, ...] | None:
    """The parts that a program joins; None if it does anything else."""
    match body:
        case Variable(name):
            return (Piece(name),)
        case Call("reverse", (Variable(name),)):
            return (Piece(name, reversed=True),)
        case Literal(tuple() as value):
            return (Piece(constant=value),)
        case Call("++", (left, right)):
            first, second = pieces(left), pieces(right)
            return None if first is None or second is None else first + second
    return None


def cuts(
    parts: Sequence[Piece],
    output: Tokens,
    given: Mapping[str, Sequence[Tokens]],
    possible: Callable[[str, Tokens], bool] = lambda name, value: True,
) -> Iterator[dict[str, Tokens]]:
    """Every way to give the variables values whose concatenation is the output.

    Args:
        parts: from `pieces`.
        given: values that a variable may have; without an entry it may have any.
        possible: whether a variable without an entry may have this value.
    """
    end = len(output)

    def place(part: int, start: int, chosen: dict[str, Tokens]) -> Iterator[dict[str, Tokens]]:
        if part == len(parts):
            if start == end:
                yield chosen
            return
        for value, names in options(parts[part], start, part == len(parts) - 1, chosen):
            yield from place(part + 1, start + len(value), {**chosen, **names})

    def options(
        piece: Piece, start: int, last: bool, chosen: dict[str, Tokens]
    ) -> Iterator[tuple[Tokens, dict[str, Tokens]]]:
        name = piece.name
        turn = slice(None, None, -1) if piece.reversed else slice(None)
        if not name or name in chosen:
            value = chosen[name][turn] if name else piece.constant
            if output[start : start + len(value)] == value:
                yield value, {}
        elif name in given:
            for known in given[name]:
                if output[start : start + len(known)] == known[turn]:
                    yield known, {name: known}
        else:
            for stop in range(end if last else start, end + 1):
                value = output[start:stop]
                if possible(name, value[turn]):
                    yield value, {name: value[turn]}

    yield from place(0, 0, {})
