"""Ordinal numbers in messages."""

_WORDS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def ordinal(position: int) -> str:
    """``first`` for position 0."""
    return _WORDS[position] if position < len(_WORDS) else f"number {position + 1}"


def the_argument(position: int, count: int) -> str:
    """``the second argument`` for position 1; ``the argument`` where there is one only."""
    return f"the {ordinal(position)} argument" if count > 1 else "the argument"
