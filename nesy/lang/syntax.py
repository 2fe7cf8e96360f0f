"""Reading a notation with one of our meta-grammars, and saying in human words what did not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from nesy.errors import InputError

SPOKEN = {
    "IDENT": "a name",
    "NAME": "a name",
    "INT": "a number",
    "STRING": 'a word in quotes such as "and"',
    "REGEXP": "a pattern such as /[a-z]+/",
    "OPERATOR": "one of ? * +",
    "MODIFIER": "? or ! before a rule's name",
    "COMPARE": "a comparison such as ==",
    "PLUS": "+",
    "MINUS": "-",
    "TIMES": "*, div or mod",
    "DOT": ".",
    "_NL": "a new line",
    "_NL_OR": "another alternative",
    "$END": "the end",
    "_TYPE": "type",
    "_PARTIAL": "partial",
    "_LEARNED": "learned",
    "CHECK": "check",
    "DECLARE": "",
    "OVERRIDE": "",
    "EXTEND": "",
}
"""How the terminals of the meta-grammars are called in messages; ``""`` is not worth proposing."""

GROUPS = (
    (
        "an expression",
        {"a name", "a number", "if", "("},
        {'a word in quotes such as "and"', "true", "false", "not", "let", "-", "[", "{", "|", "\\"},
    ),
    ("an operator", {"+", "*, div or mod"}, {"-", "++", "and", "or", "a comparison such as =="}),
)
"""What many terminals together are called: the name, those that must be among them, and others that belong to it."""

Mend = Callable[[str, frozenset[str]], str | None]
"""From what was found and the expected terminals to a proposal."""


class Misfit(Exception):
    """Text in the right notation that makes no sense; `token` is the place."""

    def __init__(self, what: str, token: Token, expected: str | None = None, mend: str | None = None) -> None:
        super().__init__(what)
        self.what, self.token, self.expected, self.mend = what, token, expected, mend

    def at(self, file: str | None) -> InputError:
        """The error for a reader of the file."""
        line, column = self.token.line, self.token.column
        return InputError(self.what, file=file, line=line, column=column, expected=self.expected, mend=self.mend)


@cache
def reader(name: str, transformer: type[Transformer[Token, Any]], start: str = "start") -> Lark:
    """The parser of ``meta/<name>.lark``, which builds with `transformer` while it parses."""
    text = (files("nesy.lang") / "meta" / f"{name}.lark").read_text(encoding="utf-8")
    builder = transformer()
    return Lark(text, start=start, parser="lalr", lexer="contextual", transformer=builder, maybe_placeholders=False)


def read(parser: Lark, text: str, file: str | None, mend: Mend, end: str) -> Any:
    """Parse `text`; whatever does not fit is an `InputError` at its place.

    Args:
        end: what to call a place after the last token ("the end of the section").
    """
    try:
        return parser.parse(text)
    except Misfit as misfit:
        raise misfit.at(file) from None
    except UnexpectedCharacters as error:
        character = text[error.pos_in_stream :][:1]
        found, expected = repr(character), frozenset(error.allowed or ())
        proposal = mend(found, expected)
        if character == '"':
            found, expected, proposal = "a quote that is not closed on its line", frozenset(), 'close it with "'
        line, column = error.line, error.column
    except UnexpectedToken as error:
        found, line, column = _found(error.token, text, end)
        expected = frozenset(error.accepts or error.expected)
        proposal = mend(found, expected)
    spoken = spell(parser, expected) or None
    raise InputError(f"found {found}", file=file, line=line, column=column, expected=spoken, mend=proposal)


def spell(parser: Lark, names: Iterable[str]) -> str:
    """Terminals of a meta-grammar in words, at most eight."""
    patterns = {terminal.name: terminal.pattern for terminal in parser.terminals}
    words = set()
    for name in names:
        pattern = patterns.get(name)
        word = SPOKEN.get(name) if name in SPOKEN or pattern is None else pattern.value
        words.add(word or "")
    for name, needed, more in GROUPS:
        if needed <= words:
            words = words - needed - more | {name}
    words = {f'"{word}"' if word.isalpha() and patterns.get(word.upper()) else word for word in words}
    ordered = sorted(words - {""}, key=lambda word: (not word[0].isalpha(), word))
    return " or ".join(ordered[:8]) + (" ..." if len(ordered) > 8 else "")


def _found(token: Token, text: str, end: str) -> tuple[str, int, int]:
    stripped = text.rstrip()
    if token.type == "$END" or (token.start_pos or 0) >= len(stripped):
        return end, stripped.count("\n") + 1, len(stripped) - stripped.rfind("\n")
    what = "the end of the line" if token.type in ("_NL", "_NL_OR") else repr(str(token))
    return what, token.line or 1, token.column or 1
