"""Which argument gives a clause's function a target, the others known?

By the form of its expression (`nesy.search.inverses`), which finds all; where that does not tell, parts of the target
and numbers near it are tried. Every value returned is verified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import cast

from nesy.errors import NesyError
from nesy.machine.expressions import Clause, Variable
from nesy.machine.values import Value, kind, text
from nesy.search.inverses import solve

MOST = 64
"""How many values of an argument are returned."""
TRIED = 400
"""How many guesses are verified where the form does not tell."""
NUMBERS = range(101)

Key = tuple[str, object]


def key(value: Value) -> Key:
    """Equal for equal values only: ``true`` is not 1, and sequences are compared by the text of their elements."""
    return kind(value), text(value) if isinstance(value, tuple) else value


def preimages(
    function: Callable[[Value], Value], guesses: Iterable[Value], target: Value, most: int = MOST
) -> list[Value]:
    """The guesses, each once and at most `most`, that a function maps to the target."""
    wanted, seen, found = key(target), set[Key](), list[Value]()
    for guess in islice(guesses, TRIED):
        if key(guess) in seen:
            continue
        seen.add(key(guess))
        try:
            hit = key(function(guess)) == wanted
        except (NesyError, RecursionError):
            continue
        if hit:
            found.append(guess)
            if len(found) == most:
                break
    return found


def guesses(clauses: Sequence[Clause], slot: int, arguments: Sequence[Value], target: Value) -> Iterator[Value]:
    """Values that argument `slot` may have for a function to give the target, the likeliest first.

    Args:
        clauses: of the function; none where only the target tells.
        arguments: all arguments; the one at `slot` is what it is now.
    """
    others = [value for k, value in enumerate(arguments) if k != slot]
    match clauses:
        case [Clause(patterns=patterns, body=body, guard=None)] if all(isinstance(p, Variable) for p in patterns):
            names = [pattern.name for pattern in patterns if isinstance(pattern, Variable)]
            found = solve(body, names.pop(slot), dict(zip(names, others, strict=True)), target)
            if found is not None:
                return iter(found)
    return _near(target, others)


def _near(target: Value, others: Sequence[Value]) -> Iterator[Value]:
    """Parts of the target, forwards and backwards; its word; small numbers, sums and quotients; the truth values."""
    if isinstance(target, tuple):
        for length in range(len(target), -1, -1):
            for start in range(len(target) - length + 1):
                part = target[start : start + length]
                yield from (part, part[::-1])
        yield from (element for element in target if not isinstance(element, str))
        yield from range(10)
    elif kind(target) == "int":
        y = target
        yield from (y, (text(y),))
        for k in (cast(int, other) for other in others if kind(other) == "int"):
            yield from (y - k, y + k, k - y, y * k)
            if k:
                yield from (y // k, -(-y // k))
    yield from (True, False)
    yield from others
    yield from chain(NUMBERS, range(-1, -13, -1))
