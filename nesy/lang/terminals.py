"""Terminals: which words they match.

A terminal matches a whole word or nothing. One that is made of quoted words alone is *closed*:
it knows its words. Every other one is *open*. A word that some closed terminal knows is never
an open terminal's.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from lark import Token

from nesy.errors import InputError
from nesy.lang.notation import (
    Alternative,
    Definition,
    Group,
    Import,
    Item,
    Name,
    Range,
    Regex,
    Repeat,
    Word,
    is_terminal,
    place,
    read_notation,
)
from nesy.lang.syntax import Misfit
from nesy.quoting import quote, unquote

MAX_WORDS = 10_000
"""A closed terminal with more words than this counts as open."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """What stands for one word.

    Attributes:
        name: how the grammar writes it: ``NUMBER``, ``"and"`` or ``/[a-z]+/``.
        pattern: a regular expression for the whole word.
        words: the words of a closed terminal; None for an open one.
        priority: of two open terminals the one with the higher number takes a word.
        line, column: where it is defined or first used.
    """

    name: str
    pattern: str
    words: frozenset[str] | None
    priority: int
    line: int
    column: int

    @property
    def literal(self) -> bool:
        return self.words is not None


class Terminals:
    """The terminals that a grammar section defines, imports or writes in place."""

    def __init__(self, definitions: Iterable[Definition], imports: Iterable[Import], file: str | None) -> None:
        self.file = file
        self.defined: dict[str, Definition] = {str(definition.name): definition for definition in definitions}
        self.imported: dict[str, tuple[str, Token]] = {}
        self._compiled: dict[str, Terminal] = {}
        for statement in imports:
            self._import(statement)
        self._by_word = {
            next(iter(words)): name
            for name in reversed(self.defined)
            if (words := self._words(self.defined[name].alternatives, frozenset({name}))) and len(words) == 1
        }

    def named(self, token: Token) -> Terminal:
        """The terminal of this name.

        Raises:
            InputError: there is none, its pattern is wrong, or it refers to itself.
        """
        name = str(token)
        if name in self._compiled:
            return self._compiled[name]
        if name in self.imported:
            source, at = self.imported[name]
            common = _common().named(Token("IDENT", source))
            terminal = Terminal(name, common.pattern, common.words, 0, at.line or 0, at.column or 0)
        else:
            terminal = self._define(token)
        self._compiled[name] = terminal
        return terminal

    def word(self, token: Token) -> Terminal:
        """The terminal of a quoted word: a named one that means exactly this word, if there is one."""
        if token.endswith("i") and any(c.lower() != c.upper() for c in token[:-1]):
            return self._anonymous(Word(token), str(token), token)
        word = self._unquote(token)
        if word in self._by_word:
            return self.named(self.defined[self._by_word[word]].name)
        return self._anonymous(Word(token), quote(word), token)

    def regex(self, token: Token) -> Terminal:
        """The terminal of a pattern that is written where it is used."""
        return self._anonymous(Regex(token), str(token), token)

    def ignored(self, alternatives: tuple[Alternative, ...], number: int) -> Terminal:
        """The terminal of ``%ignore ...``."""
        if len(alternatives) == 1 and len(alternatives[0].items) == 1:
            match alternatives[0].items[0]:
                case Name(token):
                    return self.named(token)
                case Word(token):
                    return self.word(token)
                case Regex(token):
                    return self.regex(token)
        return self._compile(f"%ignore {number}", alternatives, place(alternatives[0]), 0, frozenset())

    def _anonymous(self, item: Item, name: str, token: Token) -> Terminal:
        if name not in self._compiled:
            self._compiled[name] = self._compile(name, (Alternative((item,)),), token, 0, frozenset())
        return self._compiled[name]

    def _import(self, statement: Import) -> None:
        path = ".".join(statement.path)
        for source, name in statement.names:
            if path != "common":
                mend = "definition files import nothing else: write the terminal out"
                raise Misfit(f"%import {path}.{source}", source, "%import common.NAME", mend).at(self.file)
            if source not in _common().defined:
                near = get_close_matches(source, _common().defined, 1)
                mend = f"did you mean {near[0]}?" if near else "write the terminal out"
                expected = "a terminal of lark's common grammar"
                raise Misfit(f"common has no {source}", source, expected, mend).at(self.file)
            if name in self.defined or name in self.imported:
                raise Misfit(f"{name} is defined twice", name, mend=f"import it as -> {name}_").at(self.file)
            self.imported[str(name)] = (str(source), name)

    def _define(self, token: Token) -> Terminal:
        definition = self.defined.get(token)
        if definition is None:
            raise self._undefined(token)
        return self._compile(
            str(token), definition.alternatives, definition.name, definition.priority, frozenset({str(token)})
        )

    def _undefined(self, token: Token) -> InputError:
        known = [*self.defined, *self.imported]
        near = get_close_matches(token, known, 1)
        mend = f"did you mean {near[0]}?" if near else f'define it: {token}: "..."'
        if token in _common().defined:
            mend = f"add the line %import common.{token}"
        return Misfit(f"the terminal {token} is not defined", token, mend=mend).at(self.file)

    def _compile(
        self,
        name: str,
        alternatives: tuple[Alternative, ...],
        at: Token | None,
        priority: int,
        open_names: frozenset[str],
    ) -> Terminal:
        line, column = (at.line or 0, at.column or 0) if at is not None else (0, 0)
        words = self._words(alternatives, open_names)
        if words is not None:
            pattern = "|".join(map(re.escape, sorted(words)))
        else:
            pattern = self._pattern(alternatives, open_names)
        try:
            _check_pattern(pattern)
        except ValueError as error:
            raise InputError(
                f"the pattern of {name} is no regular expression: {error}",
                file=self.file,
                line=line or None,
                column=column or None,
                expected="a pattern in the notation of Python's re",
            ) from None
        return Terminal(name, pattern, words, priority, line, column)

    def _words(self, alternatives: tuple[Alternative, ...], open_names: frozenset[str]) -> frozenset[str] | None:
        """The words of alternatives that are single quoted words or names of such."""
        words: set[str] = set()
        for alternative in alternatives:
            if len(alternative.items) != 1:
                return None
            match alternative.items[0]:
                case Word(token) if not token.endswith("i"):
                    more: frozenset[str] | None = frozenset({self._unquote(token)})
                case Name(token) if token in self.defined and token not in open_names:
                    more = self._words(self.defined[token].alternatives, open_names | {str(token)})
                case Group(inner):
                    more = self._words(inner, open_names)
                case _:
                    return None
            if more is None or len(words) > MAX_WORDS:
                return None
            words |= more
        return frozenset(words)

    def _pattern(self, alternatives: tuple[Alternative, ...], open_names: frozenset[str]) -> str:
        parts = []
        for alternative in alternatives:
            if alternative.alias is not None:
                raise self._wrong(f"-> {alternative.alias} in a terminal", alternative.alias, "an alias in rules only")
            if not alternative.items:
                raise InputError(
                    "a terminal that matches no character",
                    file=self.file,
                    line=self._line(open_names),
                    expected="a word or a pattern",
                )
            parts.append("".join(self._item_pattern(item, open_names) for item in alternative.items))
        return f"(?:{'|'.join(parts)})"

    def _line(self, open_names: frozenset[str]) -> int | None:
        lines = [self.defined[name].name.line for name in open_names if name in self.defined]
        return max((line for line in lines if line), default=None)

    def _item_pattern(self, item: Item, open_names: frozenset[str]) -> str:
        match item:
            case Word(token):
                pattern = re.escape(self._unquote(token))
                return f"(?i:{pattern})" if token.endswith("i") else pattern
            case Regex(token):
                return self._regex_pattern(token)
            case Range(first, last):
                return self._range_pattern(first, last)
            case Group(alternatives):
                return self._pattern(alternatives, open_names)
            case Repeat(inner, low, high):
                count = f"{{{low},{'' if high is None else high}}}"
                return f"(?:{self._item_pattern(inner, open_names)}){count}"
            case Name(token):
                return self._name_pattern(token, open_names)

    def _name_pattern(self, token: Token, open_names: frozenset[str]) -> str:
        if not is_terminal(token):
            raise self._wrong(f"the rule {token} inside a terminal", token, "words, patterns and other terminals")
        if token in open_names:
            raise self._wrong(f"the terminal {token} contains itself", token, "recursion in rules only")
        if token not in self.defined:
            return self.named(token).pattern if token in self.imported else self._fail(token)
        return self._pattern(self.defined[token].alternatives, open_names | {str(token)})

    def _fail(self, token: Token) -> str:
        raise self._undefined(token)

    def _regex_pattern(self, token: Token) -> str:
        end = token.rindex("/")
        pattern, flags = token[1:end], "".join(sorted(set(token[end + 1 :]) - {"u"}))
        if "l" in flags:
            raise self._wrong(f"the flag l of {token}", token, "the flags i, m, s, x")
        try:
            _check_pattern(pattern)
        except ValueError as error:
            raise self._wrong(f"{token} is no regular expression: {error}", token, "Python's notation") from None
        return f"(?{flags}:{pattern}\n)" if "x" in flags else f"(?{flags}:{pattern})"

    def _range_pattern(self, first: Token, last: Token) -> str:
        low, high = self._unquote(first), self._unquote(last)
        if len(low) != 1 or len(high) != 1 or low > high:
            raise self._wrong(f"the range {first}..{last}", first, "two single characters in order")
        return f"[{re.escape(low)}-{re.escape(high)}]"

    def _unquote(self, token: Token) -> str:
        try:
            return unquote(token.removesuffix("i"))
        except (ValueError, OverflowError):
            raise self._wrong(f"{token} holds a code that is no character", token, r"\uHHHH") from None

    def _wrong(self, what: str, token: Token, expected: str | None = None) -> InputError:
        return Misfit(what, token, expected).at(self.file)


def _check_pattern(pattern: str) -> None:
    """Raise ValueError for what is no regular expression, or one that Python has doubts about."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError, Warning) as error:
            raise ValueError(str(error)) from None


@cache
def _common() -> Terminals:
    """The terminals of lark's own ``common`` grammar."""
    text = (files("lark") / "grammars" / "common.lark").read_text(encoding="utf-8")
    definitions = [statement for statement in read_notation(text) if isinstance(statement, Definition)]
    return Terminals(definitions, (), "common")


Matcher = Callable[[str], tuple[str, ...]]


def matcher(terminals: Iterable[Terminal]) -> Matcher:
    """A function from a word to the names of the terminals that it may be, remembered per word."""
    closed: dict[str, tuple[str, ...]] = {}
    folded: list[tuple[Terminal, re.Pattern[str]]] = []
    open_: list[tuple[Terminal, re.Pattern[str]]] = []
    for terminal in terminals:
        if terminal.words is not None:
            for word in terminal.words:
                closed[word] = (*closed.get(word, ()), terminal.name)
        else:
            kind = folded if terminal.name.startswith('"') else open_
            kind.append((terminal, re.compile(terminal.pattern)))

    def match(word: str) -> tuple[str, ...]:
        names = closed.get(word, ())
        names += tuple(terminal.name for terminal, pattern in folded if pattern.fullmatch(word))
        if names:
            return names
        found = [terminal for terminal, pattern in open_ if pattern.fullmatch(word)]
        best = max((terminal.priority for terminal in found), default=0)
        return tuple(terminal.name for terminal in found if terminal.priority == best)

    return match
