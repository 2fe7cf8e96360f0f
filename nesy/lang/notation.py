"""The notation of ``%grammar``: lark's EBNF as a tree whose leaves know their place in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lark import Token, Transformer

from nesy.lang.syntax import Misfit, read, reader

MAX_REPEAT = 50
"""The largest number in ``x ~ n..m``."""


@dataclass(frozen=True, slots=True)
class Name:
    """A rule or a terminal, referred to."""

    token: Token


@dataclass(frozen=True, slots=True)
class Word:
    """A literal in quotes, with its flag."""

    token: Token


@dataclass(frozen=True, slots=True)
class Regex:
    """A pattern between slashes, with its flags."""

    token: Token


@dataclass(frozen=True, slots=True)
class Range:
    """``"a".."z"``."""

    first: Token
    last: Token


@dataclass(frozen=True, slots=True)
class Group:
    """Alternatives in parentheses."""

    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`item` at least `low` and at most `high` times (None: any number of times)."""

    item: Item
    low: int
    high: int | None


Item = Name | Word | Regex | Range | Group | Repeat


@dataclass(frozen=True, slots=True)
class Alternative:
    items: tuple[Item, ...]
    alias: Token | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A rule or a terminal."""

    name: Token
    alternatives: tuple[Alternative, ...]
    modifiers: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Ignore:
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Import:
    """``%import common.X -> Y``: `names` pairs what is imported with what it is called here."""

    path: tuple[Token, ...]
    names: tuple[tuple[Token, Token], ...]


Statement = Definition | Ignore | Import


def read_notation(section: str, file: str | None = None) -> tuple[Statement, ...]:
    """The statements of a grammar section.

    Raises:
        InputError: a place where the text is not in the notation, or uses a part of lark that
            a language of words has no use for.
    """
    statements: tuple[Statement, ...] = read(
        reader("grammar", _Builder), section, file, _mend, "the end of the section"
    )
    return statements


def place(item: Item | Alternative) -> Token | None:
    """The first token of a part of the notation."""
    match item:
        case Name(token) | Word(token) | Regex(token) | Range(token, _):
            return token
        case Group(alternatives):
            return next((found for part in alternatives if (found := place(part))), None)
        case Repeat(inner, _, _):
            return place(inner)
        case Alternative(items, alias):
            return next((found for part in items if (found := place(part))), alias)


def is_terminal(name: str) -> bool:
    """Whether a name is a terminal's (upper case) rather than a rule's."""
    return name == name.upper() and name != name.lower()


def _mend(found: str, expected: frozenset[str]) -> str | None:
    if found == "the end of the line" and "COLON" in expected:
        return "put : between the rule's name and what it stands for"
    if found == "':'":
        return "start each rule on its own line"
    if found == "'='":
        return "a rule is written name: ..."
    if found in ("'?'", "'*'", "'+'", "'~'"):
        return f"put something before {found} that it repeats"
    if found == "'->'":
        return "an alias -> name stands at the end of an alternative"
    return None


class _Builder(Transformer[Token, Any]):
    """Builds statements while lark parses; every method's argument is the list of its children."""

    start = tuple
    alternatives = tuple

    def rule(self, parts: list[Any]) -> Definition:
        modifiers, name, *priority, alternatives = parts
        if name != name.lower() and not is_terminal(name):
            raise Misfit(
                f"the name {name}",
                name,
                "small letters for a rule, capital letters for a terminal",
                f"write {name.lower()} or {name.upper()}",
            )
        if modifiers and is_terminal(name):
            raise Misfit(f"{modifiers}{name}", name, "? and ! before rules only", f"write {name}")
        return Definition(name, alternatives, modifiers, priority[0] if priority else 0)

    def modifiers(self, parts: list[Token]) -> str:
        return str(parts[0]) if parts else ""

    def priority(self, parts: list[Token]) -> int:
        return _small(parts[0], 1000)

    def ignore(self, parts: list[Any]) -> Ignore:
        return Ignore(parts[0])

    def path(self, parts: list[Token]) -> tuple[Token, ...]:
        return tuple(parts)

    def import_one(self, parts: list[Any]) -> Import:
        path, *alias = parts
        if len(path) < 2:
            raise Misfit(f"%import {path[0]}", path[0], "%import common.NAME")
        return Import(path[:-1], ((path[-1], alias[0] if alias else path[-1]),))

    def import_many(self, parts: list[Any]) -> Import:
        path, *names = parts
        return Import(path, tuple((name, name) for name in names))

    def unsupported(self, parts: list[Token]) -> Any:
        raise Misfit(str(parts[0]), parts[0], "a rule, a terminal, %ignore or %import", "remove this line")

    def alternative(self, parts: list[Any]) -> Alternative:
        alias = parts[-1] if parts and isinstance(parts[-1], Token) else None
        if alias is not None and (is_terminal(alias) or alias != alias.lower() or alias.startswith("_")):
            raise Misfit(f"-> {alias}", alias, "a name in small letters", f"write -> {alias.lower().strip('_')}")
        return Alternative(tuple(parts[:-1] if alias is not None else parts), alias)

    def operator(self, parts: list[Any]) -> Item:
        item, operator = parts
        match str(operator):
            case "?":
                return Repeat(item, 0, 1)
            case "*":
                return Repeat(item, 0, None)
        return Repeat(item, 1, None)

    def times(self, parts: list[Any]) -> Item:
        item, low, high = parts[0], parts[1], parts[-1]
        if _small(high, MAX_REPEAT) < _small(low, MAX_REPEAT):
            raise Misfit(f"~ {low}..{high}", low, "the smaller number first")
        return Repeat(item, int(low), int(high))

    def group(self, parts: list[Any]) -> Item:
        for alternative in parts[0]:
            if alternative.alias is not None:
                raise Misfit(
                    f"-> {alternative.alias} inside parentheses",
                    alternative.alias,
                    "an alias at the end of a whole alternative of a rule",
                    "give the part in parentheses a rule of its own",
                )
        return Group(parts[0])

    def optional(self, parts: list[Any]) -> Item:
        return Repeat(self.group(parts), 0, 1)

    def reference(self, parts: list[Token]) -> Item:
        return Name(parts[0])

    def string(self, parts: list[Token]) -> Item:
        if parts[0].rstrip("i") == '""':
            mend = "use (...)? for what may be absent"
            raise Misfit('the empty word ""', parts[0], "a word of at least one character", mend)
        return Word(parts[0])

    def regexp(self, parts: list[Token]) -> Item:
        return Regex(parts[0])

    def range(self, parts: list[Token]) -> Item:
        return Range(parts[0], parts[1])

    def template(self, parts: list[Any]) -> Any:
        raise Misfit(f"the template {parts[0]}{{...}}", parts[0], "a rule's name", "write the rule out")


def _small(digits: Token, limit: int) -> int:
    if not (digits.isascii() and len(digits) < 6 and int(digits) <= limit):
        raise Misfit(f"the number {digits[:20]}", digits, f"at most {limit}")
    return int(digits)
