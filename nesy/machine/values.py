"""Values of languages: integers, booleans and sequences.

A token is the sequence of itself, as a Python character is a string of length one: ``A``
and ``[A]`` are the same value. So every sequence operation takes tokens too, `head` is total,
and one text has one sequence value. (docs/decisions/values.md)
"""

from __future__ import annotations

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


_CHUNK = 10**4000


def decimal(number: int) -> str:
    """Decimal digits of an integer of any size (CPython limits `str` to 4,300 digits)."""
    if number.bit_length() < 13_000:
        return str(number)
    sign, number = ("-", -number) if number < 0 else ("", number)
    chunks = []
    while number:
        number, chunk = divmod(number, _CHUNK)
        chunks.append(str(chunk).zfill(4000))
    return sign + "".join(reversed(chunks)).lstrip("0")


def integer(word: str) -> int | None:
    """The integer that a canonical decimal text denotes, or None (``007`` and ``+1`` are tokens)."""
    digits = word[1:] if word.startswith("-") else word
    if not (digits.isascii() and digits.isdigit()) or (digits[0] == "0" and word != "0"):
        return None
    if len(digits) <= 4000:
        return int(word)
    number = 0
    for start in range(0, len(digits), 4000):
        chunk = digits[start : start + 4000]
        number = number * 10 ** len(chunk) + int(chunk)
    return -number if word.startswith("-") else number


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
