"""Values of languages: integers, booleans and sequences.

A token is the sequence of itself, as a Python character is a string of length one: ``A``
and ``[A]`` are the same value. So every sequence operation takes tokens too, `head` is total,
and one text has one sequence value. (docs/decisions/values.md)
"""

from __future__ import annotations

from nesy.numerals import decimal, integer

Element = int | str  # bool is an int to Python; it is kept apart by `kind`
Value = int | bool | tuple[Element, ...]
"""int: unbounded; bool; tuple: a sequence of tokens (str), integers and booleans."""

KINDS = ("int", "bool", "seq")


def kind(value: Value) -> str:
    """``"int"``, ``"bool"`` or ``"seq"``."""
    if value is True or value is False:
        return "bool"
    return "seq" if isinstance(value, tuple) else "int"


def text(value: Value) -> str:
    """The canonical text: decimal digits, ``true``/``false``, or elements separated by one space."""
    if isinstance(value, tuple):
        return " ".join(text(element) if not isinstance(element, str) else element for element in value)
    if value is True or value is False:
        return "true" if value else "false"
    return decimal(value)


def readings(canonical: str) -> tuple[Value, ...]:
    """All values with this canonical text, the simplest first: ``"3"`` is 3 and the sequence ``3``."""
    values: list[Value] = []
    if canonical in ("true", "false"):
        values.append(canonical == "true")
    number = integer(canonical)
    if number is not None:
        values.append(number)
    values.append(tuple(canonical.split(" ")) if canonical else ())
    return tuple(values)
