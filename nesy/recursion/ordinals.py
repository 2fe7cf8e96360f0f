"""Ordinal numbers in messages."""

_WORDS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def ordinal(position: int) -> str:
    """``first`` for position 0."""
    return _WORDS[position] if position < len(_WORDS) else f"number {position + 1}"
