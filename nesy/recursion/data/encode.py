"""Values as sequences of tokens, and back.

Tokens stand in the order of the syntax: a constructor, then its arguments. Each constructor has one number of
arguments, so no brackets are needed and every sequence has one reading: ``X1(X0(One))`` is ``X1 X0 One``.
Unfinished calls in a reduction are written as constructors are, with the function's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal as OneOf

from nesy.errors import InputError
from nesy.machine import expressions as syntax
from nesy.machine.primitives import PRELUDE
from nesy.numerals import decimal, integer
from nesy.quoting import quote, unquote
from nesy.recursion.definitions import Definitions
from nesy.terms import Term, Value

Order = OneOf["syntax", "reversed"]

OPEN, CLOSE = "[", "]"
NEGATIVE, STOP = "~", ";"
"""Before and after the digits of an integer, where they are spelled; ``-`` is a function."""


class Encoder:
    """Encodes the values of a program, and the states of its reductions.

    Args:
        definitions: whose constructors and functions have known numbers of arguments.
        order: ``"syntax"``, or ``"reversed"``: the last token first.
        digits: an integer is its decimal digits and ``;``, so that few tokens spell all integers;
            otherwise it is one token.
    """

    def __init__(self, definitions: Definitions, order: Order = "syntax", *, digits: bool = False) -> None:
        if order not in ("syntax", "reversed"):
            raise InputError(f"the order {order!r}", expected="syntax or reversed")
        self.order, self.digits = order, digits
        self.arities = arities(definitions)

    def encode(self, *values: Value) -> list[str]:
        """The tokens of some values, one after the other.

        Raises:
            InputError: a value holds a function.
        """
        tokens: list[str] = []
        stack = list(reversed(values))
        while stack:
            value = stack.pop()
            if isinstance(value, Term):
                tokens.append(value.name)
                stack.extend(reversed(value.arguments))
            elif isinstance(value, tuple):
                tokens.append(OPEN)
                stack.append(_CLOSE)
                stack.extend(reversed(value))
            else:
                tokens += self._constant(value)
        return tokens if self.order == "syntax" else tokens[::-1]

    def decode(self, tokens: Sequence[str], count: int = 1) -> tuple[Value, ...]:
        """The values that were encoded.

        Args:
            count: how many there are.

        Raises:
            InputError: the tokens are no such values.
        """
        reader = _Reader(tokens if self.order == "syntax" else tokens[::-1], self.arities, self.digits)
        values = tuple(reader.read() for _ in range(count))
        if reader.position < len(tokens):
            raise InputError(f"{len(tokens) - reader.position} tokens after the value", expected="the end")
        return values

    def _constant(self, value: Value) -> list[str]:
        if value is _CLOSE:
            return [CLOSE]
        if value is True or value is False:
            return [str(value).lower()]
        if isinstance(value, int):
            return [*decimal(value).replace("-", NEGATIVE), STOP] if self.digits else [decimal(value)]
        if isinstance(value, str):
            return [quote(value)]
        raise InputError("a function among the values", expected="constructors, integers, booleans, strings, sequences")


_CLOSE = object()


class _Reader:
    """Reads values with a stack of what is open: (name or None for a sequence, number of arguments, arguments)."""

    def __init__(self, tokens: Sequence[str], arities: Mapping[str, int], digits: bool) -> None:
        self.tokens, self.arities, self.digits, self.position = tokens, arities, digits, 0

    def read(self) -> Value:
        open_: list[tuple[str | None, int, list[Value]]] = []
        while True:
            token = self.next()
            if token == CLOSE and open_ and open_[-1][0] is None:
                value: Value = tuple(open_.pop()[2])
            elif token == OPEN:
                open_.append((None, -1, []))
                continue
            elif self.arities.get(token):
                open_.append((token, self.arities[token], []))
                continue
            else:
                value = self.constant(token)
            while open_:
                name, count, arguments = open_[-1]
                arguments.append(value)
                if len(arguments) != count:
                    break
                open_.pop()
                value = Term(name or "", tuple(arguments))
            else:
                return value

    def constant(self, token: str) -> Value:
        if token in self.arities:
            return Term(token)
        if token in ("true", "false"):
            return token == "true"
        if token.startswith('"'):
            return unquote(token)
        number = integer(self.spelled(token) if self.digits else token)
        if number is None:
            raise InputError(f"the token {token!r} at {self.position}", expected="the start of a value")
        return number

    def spelled(self, token: str) -> str:
        digits = ""
        while token != STOP:
            digits += "-" if token == NEGATIVE else token
            token = self.next()
        return digits

    def next(self) -> str:
        if self.position == len(self.tokens):
            raise InputError("the tokens end inside a value", expected="more tokens")
        self.position += 1
        return self.tokens[self.position - 1]


def arities(definitions: Definitions) -> dict[str, int]:
    """How many arguments follow the name of each constructor, function and primitive."""
    return {
        **{name: len(primitive.parameters) for name, primitive in PRELUDE.items()},
        **{name: definitions.arity(name) for name in (*definitions.functions, *definitions.learned)},
        **{name: len(constructor.fields) for name, constructor in definitions.declarations.constructors.items()},
    }


def as_value(expression: syntax.Expression) -> Value:
    """A state of a reduction as a value: a call is a term with the function's name.

    Raises:
        InputError: it holds functions, or a ``let`` that was not reduced yet.
    """
    values: list[Value] = []
    stack: list[syntax.Expression | tuple[str | None, int]] = [expression]
    while stack:
        part = stack.pop()
        match part:
            case (name, count):
                start = len(values) - count
                arguments = tuple(values[start:])
                del values[start:]
                values.append(arguments if name is None else Term(name, arguments))
            case syntax.Literal(value):
                values.append(value)
            case syntax.Call(name, inside) | syntax.Construct(name, inside):
                stack += [(name, len(inside)), *reversed(inside)]
            case syntax.Sequence(inside):
                stack += [(None, len(inside)), *reversed(inside)]
            case _:
                raise InputError("a state with functions or local names", expected="calls, constructors and constants")
    return values[0]


def as_expression(value: Value, functions: Iterable[str]) -> syntax.Expression:
    """The state of a reduction that `as_value` made a value of."""
    called = {*functions, *PRELUDE}
    parts: list[syntax.Expression] = []
    stack: list[Value | _Close] = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, _Close):
            start = len(parts) - part.count
            inside = tuple(parts[start:])
            del parts[start:]
            parts.append(part.made(inside, called))
        elif isinstance(part, Term):
            stack += [_Close(part.name, len(part.arguments)), *reversed(part.arguments)]
        elif isinstance(part, tuple) and part:
            stack += [_Close(None, len(part)), *reversed(part)]
        else:
            parts.append(syntax.Literal(part))
    return parts[0]


class _Close:
    """Make an expression of the last `count` ones."""

    def __init__(self, name: str | None, count: int) -> None:
        self.name, self.count = name, count

    def made(self, inside: tuple[syntax.Expression, ...], called: set[str]) -> syntax.Expression:
        if self.name is None:
            return syntax.Sequence(inside)
        return syntax.Call(self.name, inside) if self.name in called else syntax.Construct(self.name, inside)
