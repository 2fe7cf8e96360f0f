"""Decimal digits and the integers that they denote, of any size."""

from __future__ import annotations

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
