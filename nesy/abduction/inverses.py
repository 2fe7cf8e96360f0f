"""Which argument gives a target, the others known? Expressions are inverted by their form, not by a table.

Every value returned is verified. Complete where the argument occurs once and each function around it is
invertible (``++``, ``reverse``, ``+``, ``-``, ``*``, ``div``, ``monus`` ...) and for programs that only join;
elsewhere parts of the target and numbers near it are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import cast

from nesy.errors import NesyError
from nesy.machine.expressions import Call, Clause, Expression, Let, Variable, substitute, variables
from nesy.machine.values import Value, kind, text
from nesy.search.concatenation import cuts, pieces
from nesy.search.meaning import closure

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
    told = bool(clauses)
    for clause in clauses:
        names = [pattern.name if isinstance(pattern, Variable) else "" for pattern in clause.patterns]
        if not all(names) or clause.guard is not None:
            told = False
        if names[slot]:
            given = {name: value for name, value in zip(names, arguments, strict=True) if name != names[slot]}
            found = solutions(_without_let(clause.body), names[slot], given, target)
            told &= found is not None
            yield from found or ()
    if not told:
        yield from _near(target, [value for k, value in enumerate(arguments) if k != slot])


def solutions(expression: Expression, name: str, given: Mapping[str, Value], target: Value) -> list[Value] | None:
    """Values of the variable `name` for which an expression may be worth the target; None where its form does not tell.

    Of infinitely many (all sequences that begin with A) there are only the simplest.
    """
    if expression == Variable(name):
        return [target]
    if name not in variables(expression):
        return []
    if not isinstance(expression, Call):
        return None
    parts = pieces(expression)
    if parts is not None:
        known = {n: (v,) for n, v in given.items() if isinstance(v, tuple)}
        found = cuts(parts, target, known) if isinstance(target, tuple) else ()
        return [cut[name] for cut in islice(found, MOST)]
    arguments = expression.arguments
    inside = [k for k, argument in enumerate(arguments) if name in variables(argument)]
    if len(inside) != 1:
        return None
    (slot,) = inside
    try:
        others = [closure(a)(dict(given)) for k, a in enumerate(arguments) if k != slot]
    except (NesyError, KeyError):
        return None
    wanted = _inverse(expression.function, slot, others, target)
    if wanted is None:
        return None
    below = [solutions(arguments[slot], name, given, value) for value in islice(wanted, MOST)]
    return None if None in below else [value for found in below for value in found or ()]


def _inverse(function: str, slot: int, others: Sequence[Value], y: Value) -> Iterable[Value] | None:
    """Arguments of a primitive at `slot` that give y; None where there is no rule."""
    if len(others) == 1 and kind(others[0]) == kind(y) == "int":
        (k,) = others
        return _arithmetic(function, slot, cast(int, k), cast(int, y))
    match function, others, y:
        case "++", (tuple() as known,), tuple():
            rest = y[len(known) :] if slot == 1 else y[: max(0, len(y) - len(known))]
            return [rest] if (known + rest if slot == 1 else rest + known) == y else []
        case "reverse", (), tuple():
            return [y[::-1]]
        case (("head" | "last"), (), tuple()):
            return [y] if len(y) <= 1 else []
        case "unit", (), tuple():
            return [y, *(element for element in y[:1] if len(y) == 1 and not isinstance(element, str))]
        case "not", (), bool():
            return [not y]
        case "int", (), _ if kind(y) == "int":
            return [(text(y),)]
    return None


def _arithmetic(function: str, slot: int, k: int, y: int) -> Iterable[int] | None:
    match function, slot:
        case "+", _:
            return (y - k,)
        case "-", 0:
            return (y + k,)
        case "-", 1:
            return (k - y,)
        case "*", _ if k:
            return (y // k,) if y % k == 0 else ()
        case "*", _:
            return NUMBERS if y == 0 else ()
        case "monus", 0:
            return (y + k,) if y else range(k, k - MOST, -1)
        case "monus", 1:
            return (k - y,) if y else range(k, k + MOST)
        case "div", 0 if k > 0:
            return range(y * k, y * k + k)
        case "div", 1 if y > 0 and k >= 0:
            return range(k // y, k // (y + 1), -1)
        case "div", 1 if y == 0 and k >= 0:
            return range(k + 1, k + 1 + MOST)
        case "mod", 0 if k > 0:
            return range(y, y + k * MOST, k) if 0 <= y < k else ()
        case "min", _:
            return range(k, k + MOST) if y == k else (y,)
        case "max", _:
            return range(k, k - MOST, -1) if y == k else (y,)
    return None


def _near(target: Value, others: Sequence[Value]) -> Iterator[Value]:
    """Parts of the target, forwards and backwards; small numbers and sums and quotients; the truth values."""
    if isinstance(target, tuple):
        for length in range(len(target), -1, -1):
            for start in range(len(target) - length + 1):
                part = target[start : start + length]
                yield from (part, part[::-1])
        yield from range(10)
    elif kind(target) == "int":
        y = target
        yield y
        for k in (cast(int, other) for other in others if kind(other) == "int"):
            yield from (y - k, y + k, k - y, y * k)
            if k:
                yield from (y // k, -(-y // k))
    yield from (True, False)
    yield from others
    yield from chain(NUMBERS, range(-1, -13, -1))


def _without_let(expression: Expression) -> Expression:
    match expression:
        case Let(name, value, body):
            return _without_let(substitute(body, {name: _without_let(value)}))
        case Call(function, arguments):
            return Call(function, tuple(map(_without_let, arguments)))
    return expression


__all__ = ["guesses", "key", "preimages", "solutions"]
