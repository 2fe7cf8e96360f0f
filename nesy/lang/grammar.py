"""Grammars of languages whose input is words: a ``%grammar`` section as a set of productions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Literal

from lark import Token

from nesy.errors import InputError
from nesy.lang.notation import (
    Alternative,
    Definition,
    Group,
    Ignore,
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
from nesy.lang.terminals import Matcher, Terminal, Terminals, matcher

MAX_PRODUCTIONS = 5_000
"""How many productions one rule may stand for once ``? ~ ( | )`` are written out."""

MAX_SYMBOLS = 200
"""How long one production may be."""

SILENT, VALUE, SPLICED = 0, 1, 2
"""What a symbol of a production contributes: nothing, its value, or each value of an inlined rule."""

START = "start"


@dataclass(frozen=True, slots=True)
class Production:
    """``head: body`` and what becomes of the values of the body.

    Attributes:
        index: position in the file's order.
        head: the rule.
        body: symbols; `Grammar.terminals` has the terminals among them.
        uses: per symbol `SILENT`, `VALUE` or `SPLICED`.
        clause: the name of the clause that gives its meaning: the alias, else the rule's name.
        shape: ``call`` that clause; ``pass`` the only value on (``?rule``); ``splice`` the values
            into the rule above (``_rule``); ``join`` them into one sequence (``x+`` and ``x*``).
        aliased: whether the clause was named with ``->``.
        line, column: where its alternative starts.
    """

    index: int
    head: str
    body: tuple[str, ...]
    uses: tuple[int, ...]
    clause: str
    shape: Literal["call", "pass", "splice", "join"]
    aliased: bool
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.head}: {' '.join(self.body)}" + (f" -> {self.clause}" if self.aliased else "")


@dataclass(frozen=True)
class Grammar:
    """A checked grammar.

    Attributes:
        productions: those that `start` can reach, in the order of the file.
        terminals: by name, those that occur in productions or are ignored.
        ignored: names of the terminals whose words are dropped wherever they stand.
        unused: names and lines of rules and terminals that `start` does not reach.
        arities: how many values each inlined rule may contribute.
    """

    productions: tuple[Production, ...]
    terminals: dict[str, Terminal]
    ignored: frozenset[str]
    unused: tuple[tuple[str, int], ...]
    arities: dict[str, frozenset[int]] = field(compare=False)

    @cached_property
    def match(self) -> Matcher:
        """From a word to the names of the terminals that it may be."""
        return matcher(self.terminals.values())

    @cached_property
    def by_head(self) -> dict[str, tuple[Production, ...]]:
        heads: dict[str, list[Production]] = {}
        for production in self.productions:
            heads.setdefault(production.head, []).append(production)
        return {head: tuple(productions) for head, productions in heads.items()}

    def counts(self, production: Production) -> tuple[int, ...]:
        """With how many values a production may come, in increasing order."""
        return tuple(sorted(_counts(production.body, production.uses, self.arities)))


def read_grammar(section: str, file: str | None = None) -> Grammar:
    """The grammar of a section.

    Raises:
        InputError: the text is not lark's EBNF, a name is missing or defined twice, or a rule
            derives itself without a word.
    """
    return _Reading(section, file).grammar()


class _Reading:
    """The state of reading one section: definitions in, productions out."""

    def __init__(self, section: str, file: str | None) -> None:
        self.file = file
        statements = read_notation(section, file)
        definitions = [statement for statement in statements if isinstance(statement, Definition)]
        self._reject_duplicates(definitions)
        self.rules = {str(d.name): d for d in definitions if not is_terminal(d.name)}
        self.terminals = Terminals(
            (d for d in definitions if is_terminal(d.name)),
            (statement for statement in statements if isinstance(statement, Import)),
            file,
        )
        self.ignores = [statement for statement in statements if isinstance(statement, Ignore)]
        self.used: dict[str, Terminal] = {}
        self.helpers: dict[object, str] = {}
        self.pending: list[tuple[str, Definition | tuple[Item, bool, Definition]]] = []
        self.productions: list[Production] = []

    def grammar(self) -> Grammar:
        self._require_start()
        self._expand_reachable()
        ignored = []
        for number, statement in enumerate(self.ignores):
            terminal = self.terminals.ignored(statement.alternatives, number)
            self.used[terminal.name] = terminal
            ignored.append(terminal.name)
        productions = tuple(self._ordered())
        arities = _arities(productions, self.file)
        productions = tuple(_without_silent_helpers(productions, arities))
        _reject_cycles(productions, self.file)
        return Grammar(productions, self.used, frozenset(ignored), tuple(self._unused()), arities)

    def _reject_duplicates(self, definitions: list[Definition]) -> None:
        first: dict[str, Token] = {}
        for definition in definitions:
            name = definition.name
            if name in first:
                mend = f"join it with line {first[name].line} by |, or rename one"
                raise Misfit(f"{name} is defined twice", name, mend=mend).at(self.file)
            first[str(name)] = name

    def _require_start(self) -> None:
        if START in self.rules:
            return
        first = next(iter(self.rules.values()), None)
        raise InputError(
            "the grammar has no rule named start",
            file=self.file,
            line=first.name.line if first else None,
            expected="a rule start, from which every sentence derives",
            mend=f"add start: {first.name}" if first else "write start: ...",
        )

    def _expand_reachable(self) -> None:
        """Write out `start` and everything that it mentions."""
        seen = {START}
        order = [START]
        for name in order:
            before = len(self.productions)
            self._expand_rule(name)
            for production in self.productions[before:]:
                for symbol in production.body:
                    if symbol in self.rules and symbol not in seen:
                        seen.add(symbol)
                        order.append(symbol)
        self.reached = seen

    def _ordered(self) -> Iterator[Production]:
        """The productions in the order of the file, numbered, without repetitions."""
        position = {name: number for number, name in enumerate(self.rules)}
        ordered = sorted(self.productions, key=lambda p: position.get(p.head, len(position)))
        seen = set()
        index = 0
        for production in ordered:
            key = (production.head, production.body, production.clause)
            if key in seen:
                continue
            seen.add(key)
            yield replace(production, index=index)
            index += 1

    def _unused(self) -> Iterator[tuple[str, int]]:
        for name, definition in self.rules.items():
            if name not in self.reached:
                yield name, definition.name.line or 0
        mentioned = {*self.used, *self._inside_terminals()}
        for name, definition in self.terminals.defined.items():
            if name not in mentioned:
                yield name, definition.name.line or 0
        for name, (_, token) in self.terminals.imported.items():
            if name not in mentioned:
                yield name, token.line or 0

    def _inside_terminals(self) -> Iterator[str]:
        stack = [d.alternatives for name, d in self.terminals.defined.items()]
        while stack:
            for alternative in stack.pop():
                for item in alternative.items:
                    while isinstance(item, Repeat):
                        item = item.item
                    if isinstance(item, Group):
                        stack.append(item.alternatives)
                    elif isinstance(item, Name):
                        yield str(item.token)

    def _expand_rule(self, name: str) -> None:
        rule = self.rules[name]
        for alternative in rule.alternatives:
            if alternative.alias is not None and name.startswith("_"):
                raise Misfit(
                    f"-> {alternative.alias} in the inlined rule {name}",
                    alternative.alias,
                    "no alias where the values go to the rule above",
                    f"name the rule {name.strip('_')}",
                ).at(self.file)
            for symbols in self._sequences(alternative, rule):
                self._add(rule, alternative, symbols)

    def _add(self, rule: Definition, alternative: Alternative, symbols: tuple[tuple[str, int], ...]) -> None:
        name = str(rule.name)
        at = place(alternative) or rule.name
        values = sum(1 for _, use in symbols if use == VALUE)
        only = values == 1 and all(use != SPLICED for _, use in symbols)
        shape: Literal["call", "pass", "splice"] = "call"
        if name.startswith("_"):
            shape = "splice"
        elif only and "?" in rule.modifiers and alternative.alias is None:
            shape = "pass"
        self._append(name, symbols, str(alternative.alias or name), shape, alternative.alias is not None, at)

    def _append(
        self,
        head: str,
        symbols: tuple[tuple[str, int], ...],
        clause: str,
        shape: Literal["call", "pass", "splice", "join"],
        aliased: bool,
        at: Token,
    ) -> None:
        if len(self.productions) >= MAX_PRODUCTIONS or len(symbols) > MAX_SYMBOLS:
            raise self._too_many(at)
        body, uses = tuple(symbol for symbol, _ in symbols), tuple(use for _, use in symbols)
        self.productions.append(Production(0, head, body, uses, clause, shape, aliased, at.line or 0, at.column or 0))

    def _too_many(self, at: Token) -> InputError:
        what = f"written out, the rules are more than {MAX_PRODUCTIONS:,} productions of {MAX_SYMBOLS} symbols"
        return Misfit(what, at, mend="give the parts in parentheses rules of their own").at(self.file)

    def _sequences(self, alternative: Alternative, rule: Definition) -> list[tuple[tuple[str, int], ...]]:
        """Every plain sequence of symbols that an alternative stands for."""
        sequences: list[tuple[tuple[str, int], ...]] = [()]
        for item in alternative.items:
            choices = self._choices(item, rule)
            if len(sequences) * len(choices) > MAX_PRODUCTIONS:
                raise self._too_many(place(item) or rule.name)
            sequences = [front + back for front in sequences for back in choices]
        return sequences

    def _choices(self, item: Item, rule: Definition) -> list[tuple[tuple[str, int], ...]]:
        match item:
            case Group(alternatives):
                return [choice for alternative in alternatives for choice in self._sequences(alternative, rule)]
            case Repeat(inner, low, high):
                return self._repeat(inner, low, high, rule)
        return [(self._symbol(item, rule),)]

    def _repeat(self, item: Item, low: int, high: int | None, rule: Definition) -> list[tuple[tuple[str, int], ...]]:
        if high is None:
            some = ((self._helper(item, rule), VALUE),)
            return [some, ()] if low == 0 else [some]
        choices = self._choices(item, rule)
        if len(choices) ** high > MAX_PRODUCTIONS:
            raise self._too_many(place(item) or rule.name)
        found = []
        for count in range(high, low - 1, -1):
            for chosen in itertools.product(choices, repeat=count):
                found.append(tuple(itertools.chain.from_iterable(chosen)))
        return found

    def _helper(self, item: Item, rule: Definition) -> str:
        """The rule for one or more of an item; its value is the joined sequence of theirs."""
        choices = self._choices(item, rule)
        key = tuple(choices)
        if key not in self.helpers:
            name = self.helpers[key] = f"{rule.name}+{len(self.helpers) + 1}"
            at = place(item) or rule.name
            for choice in choices:
                self._append(name, choice, name, "join", False, at)
                self._append(name, ((name, VALUE), *choice), name, "join", False, at)
        return self.helpers[key]

    def _symbol(self, item: Item, rule: Definition) -> tuple[str, int]:
        match item:
            case Word(token):
                terminal = self.terminals.word(token)
                self.used[terminal.name] = terminal
                return terminal.name, VALUE if "!" in rule.modifiers else SILENT
            case Regex(token):
                terminal = self.terminals.regex(token)
                self.used[terminal.name] = terminal
                return terminal.name, VALUE
            case Name(token):
                return self._named(token, rule)
            case Range(first, _):
                token = first
        raise Misfit(
            "a range of characters in a rule",
            token,
            "words, terminals and rules",
            "put the range into a terminal (a name in capital letters)",
        ).at(self.file)

    def _named(self, token: Token, rule: Definition) -> tuple[str, int]:
        if is_terminal(token):
            terminal = self.terminals.named(token)
            self.used[terminal.name] = terminal
            silent = token.startswith("_") and "!" not in rule.modifiers
            return terminal.name, SILENT if silent else VALUE
        if token not in self.rules:
            near = get_close_matches(token, [*self.rules, *self.terminals.defined], 1)
            mend = f"did you mean {near[0]}?" if near else f"write it: {token}: ..."
            raise Misfit(f"the rule {token} is not defined", token, mend=mend).at(self.file)
        return str(token), SPLICED if token.startswith("_") else VALUE


def _counts(body: tuple[str, ...], uses: tuple[int, ...], arities: dict[str, frozenset[int]]) -> set[int]:
    totals = {0}
    for symbol, use in zip(body, uses, strict=True):
        more = arities[symbol] if use == SPLICED else {use}
        totals = {total + count for total in totals for count in more}
    return totals


def _arities(productions: tuple[Production, ...], file: str | None) -> dict[str, frozenset[int]]:
    """How many values each inlined rule may contribute.

    Raises:
        InputError: the number has no bound.
    """
    inlined = [production for production in productions if production.shape == "splice"]
    arities: dict[str, frozenset[int]] = {production.head: frozenset() for production in inlined}
    changed = True
    while changed:
        changed = False
        for production in inlined:
            counts = arities[production.head] | _counts(production.body, production.uses, arities)
            if len(counts) > 20:
                raise InputError(
                    f"the inlined rule {production.head} has any number of values",
                    file=file,
                    line=production.line,
                    column=production.column,
                    mend=f"name it {production.head.strip('_')}, or use (...)* whose values are joined",
                )
            changed |= counts != arities[production.head]
            arities[production.head] = frozenset(counts)
    return arities


def _without_silent_helpers(
    productions: tuple[Production, ...], arities: dict[str, frozenset[int]]
) -> Iterator[Production]:
    """A repetition of silent words has no value to pass on."""
    loud: set[str] = set()
    for production in productions:
        if production.shape == "join" and any(
            use != SILENT and symbol != production.head
            for symbol, use in zip(production.body, production.uses, strict=True)
        ):
            loud.add(production.head)
    silent = {production.head for production in productions if production.shape == "join"} - loud
    for production in productions:
        uses = tuple(
            SILENT if symbol in silent else use for symbol, use in zip(production.body, production.uses, strict=True)
        )
        yield production if uses == production.uses else replace(production, uses=uses)


def nullable(productions: tuple[Production, ...]) -> set[str]:
    """The rules that derive no word at all."""
    empty: set[str] = set()
    changed = True
    while changed:
        found = {p.head for p in productions if all(symbol in empty for symbol in p.body)}
        changed = not found <= empty
        empty |= found
    return empty


def unit_order(productions: tuple[Production, ...]) -> tuple[dict[str, int], Production | None]:
    """A rank per rule such that what derives something of the same length ranks higher.

    Returns:
        the ranks, and a production on a cycle if there is one.
    """
    empty = nullable(productions)
    heads = {production.head for production in productions}
    edges: dict[str, dict[str, Production]] = {head: {} for head in heads}
    for production in productions:
        for position, symbol in enumerate(production.body):
            others = production.body[:position] + production.body[position + 1 :]
            if symbol in heads and all(other in empty for other in others):
                edges[production.head].setdefault(symbol, production)
    rank: dict[str, int] = {}
    open_: set[str] = set()
    for root in sorted(heads):
        stack = [(root, iter(edges[root]))] if root not in rank else []
        open_.update(name for name, _ in stack)
        while stack:
            head, rest = stack[-1]
            below = next((name for name in rest if name not in rank), None)
            if below is None:
                rank[head] = len(rank)
                open_.discard(head)
                stack.pop()
            elif below in open_:
                return rank, edges[head][below]
            else:
                open_.add(below)
                stack.append((below, iter(edges[below])))
    return rank, None


def _reject_cycles(productions: tuple[Production, ...], file: str | None) -> None:
    _, cyclic = unit_order(productions)
    if cyclic is not None:
        raise InputError(
            f"the rule {cyclic.head} derives itself without adding a word: {cyclic}",
            file=file,
            line=cyclic.line,
            column=cyclic.column,
            expected="at least one word in every turn of a recursion",
            mend="remove this alternative",
        )
