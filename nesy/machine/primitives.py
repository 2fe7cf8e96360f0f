"""The prelude: the few functions from which every meaning is made.

A hand-written definition file and the learner use the same table. All functions are total
on their kinds except `div` and `mod` (by zero); a wrong kind raises `Undefined`.
Adding an entry needs a record in docs/decisions/ with the figures without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nesy.errors import Undefined
from nesy.machine.values import Value, kind, text
from nesy.numerals import integer
from nesy.terms import same


@dataclass(frozen=True, slots=True)
class Primitive:
    """A built-in function.

    Attributes:
        name: as written in a call, or the operator itself (``+``).
        parameters: kind of each argument (``int``, ``bool``, ``seq`` or ``any``).
        result: kind of the result; ``any`` is the kind of the last argument.
        function: the Python function; called with arguments of the right kinds only.
        precedence: 0 for a function written ``name(...)``, else how tightly the operator binds.
        about: one line for ``nesy learn --prelude``.
        learnable: whether the learner may use it in the programs it writes.
    """

    name: str
    parameters: tuple[str, ...]
    result: str
    function: Callable[..., Value]
    about: str
    precedence: int = 0
    learnable: bool = True


def _div(a: int, b: int) -> int:
    if b == 0:
        raise Undefined("division by zero")
    return a // b


def _mod(a: int, b: int) -> int:
    if b == 0:
        raise Undefined("remainder of a division by zero")
    return a % b


def _int_of(word: str) -> int:
    number = integer(word)
    if number is None:
        raise Undefined(f"int({word!r}): not a decimal integer")
    return number


PRELUDE: dict[str, Primitive] = {
    p.name: p
    for p in (
        Primitive("++", ("seq", "seq"), "seq", lambda a, b: a + b, "a ++ b: a followed by b", 5),
        Primitive("head", ("seq",), "seq", lambda a: a[:1], "head(a): the first element; of [] it is []"),
        Primitive("tail", ("seq",), "seq", lambda a: a[1:], "tail(a): all but the first element"),
        Primitive("last", ("seq",), "seq", lambda a: a[-1:], "last(a): the last element; of [] it is []"),
        Primitive("init", ("seq",), "seq", lambda a: a[:-1], "init(a): all but the last element"),
        Primitive("reverse", ("seq",), "seq", lambda a: a[::-1], "reverse(a): a backwards"),
        Primitive("unit", ("any",), "seq", lambda a: a if kind(a) == "seq" else (a,), "[a]: the sequence of a alone"),
        Primitive("+", ("int", "int"), "int", lambda a, b: a + b, "a + b", 6),
        Primitive("monus", ("int", "int"), "int", lambda a, b: max(0, a - b), "monus(a, b): a - b, but never below 0"),
        Primitive("*", ("int", "int"), "int", lambda a, b: a * b, "a * b", 7),
        Primitive("div", ("int", "int"), "int", _div, "a div b: a / b rounded down; undefined for b = 0", 7),
        Primitive("min", ("int", "int"), "int", min, "min(a, b)"),
        Primitive("max", ("int", "int"), "int", max, "max(a, b)"),
        Primitive("<", ("int", "int"), "bool", lambda a, b: a < b, "a < b", 4),
        Primitive("==", ("any", "any"), "bool", same, "a == b: same kind and same value", 4),
        Primitive("and", ("bool", "bool"), "bool", lambda a, b: a and b, "a and b", 2),
        Primitive("not", ("bool",), "bool", lambda a: not a, "not a", 3),
        Primitive("if", ("bool", "any", "any"), "any", lambda c, a, b: a if c else b, "if c then a else b"),
        # for people: each is a short program of the ones above
        Primitive("or", ("bool", "bool"), "bool", lambda a, b: a or b, "a or b", 1, False),
        Primitive("-", ("int", "int"), "int", lambda a, b: a - b, "a - b", 6, False),
        Primitive("mod", ("int", "int"), "int", _mod, "a mod b: a - b * (a div b); undefined for b = 0", 7, False),
        Primitive("!=", ("any", "any"), "bool", lambda a, b: not same(a, b), "a != b", 4, False),
        Primitive(">", ("int", "int"), "bool", lambda a, b: a > b, "a > b", 4, False),
        Primitive("<=", ("int", "int"), "bool", lambda a, b: a <= b, "a <= b", 4, False),
        Primitive(">=", ("int", "int"), "bool", lambda a, b: a >= b, "a >= b", 4, False),
        Primitive("length", ("seq",), "int", len, "length(a): number of elements", 0, False),
        Primitive(
            "int",
            ("seq",),
            "int",
            lambda a: _int_of(text(a)),
            "int(word): the number that a decimal word denotes",
            0,
            False,
        ),
    )
}


PROGRAM_PRELUDE: dict[str, Primitive] = {
    **{name: primitive for name, primitive in PRELUDE.items() if name != "unit"},
    "int": Primitive("int", ("any",), "int", _int_of, "int(word): the number that a string denotes", 0, False),
}
"""What the functions of ``%recursion`` may call: types are checked before, and a string is no sequence."""


PEANO: dict[str, Primitive] = {
    p.name: p
    for p in (
        Primitive("succ", ("int",), "int", lambda a: a + 1, "a + 1: the successor of a"),
        Primitive("pred", ("int",), "int", lambda a: max(0, a - 1), "monus(a, 1): the predecessor of a; of 0 it is 0"),
        Primitive("ifzero", ("int", "any", "any"), "any", lambda a, b, c: c if a else b, "if a == 0 then b else c"),
    )
}
"""What replaces arithmetic in a search with ``primitives: peano``, beside the number 0. No names of the
clause language: programs are written with the prelude (`nesy.search.bank.EXPANDED`)."""


def apply(primitive: Primitive, arguments: tuple[Value, ...]) -> Value:
    """Apply a primitive to arguments of any kind.

    Raises:
        Undefined: an argument has the wrong kind, or there is no value.
    """
    for parameter, argument in zip(primitive.parameters, arguments, strict=True):
        if parameter != "any" and kind(argument) != parameter:
            found = f"{kind(argument)} {text(argument)!r}"
            raise Undefined(f"{primitive.name} expects {' and '.join(primitive.parameters)}, found {found}")
    return primitive.function(*arguments)
