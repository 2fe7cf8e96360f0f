"""Quoted words and capitalised names, in grammars, clauses and terms: how they are written and read."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_WRITTEN = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\f": "\\f"}


def unquote(quoted: str) -> str:
    r"""The text between the quotes, with ``\"``, ``\\``, ``\n``, ``\t``, ``\xHH`` and ``\uHHHH`` resolved.

    Raises:
        ValueError: a code that is no character.
    """
    return _ESCAPE.sub(_character, quoted[1:-1])


def quote(text: str) -> str:
    """The text in double quotes; `unquote` gives it back."""
    return '"' + "".join(_WRITTEN.get(c, c if c.isprintable() else _code(c)) for c in text) + '"'


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        return chr(int(code, 16))
    return _NAMED.get(match[4], match[4])


def _code(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def capitalised(name: str) -> bool:
    """Whether a name starts with a capital letter: a token or a constructor, no function or variable."""
    return name[0].isupper() or name[0].istitle()
