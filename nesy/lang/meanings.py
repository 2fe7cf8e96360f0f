"""From productions to the functions that give them values and derivations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

from nesy.derivation import Derivation
from nesy.errors import Undefined
from nesy.lang.grammar import SILENT, SPLICED, Grammar, Production
from nesy.lang.lalr import Action
from nesy.machine.compile import Function
from nesy.machine.primitives import PRELUDE
from nesy.machine.values import Element, Value

Lookup = Callable[[str, int], Function | None]
"""From a clause's name and number of arguments to its function, if it has one."""


def passes(production: Production, count: int, defined: bool) -> bool:
    """Whether a production hands its only value on instead of calling a clause."""
    if count != 1 or production.aliased:
        return False
    return production.shape == "pass" or not defined


def meaning(production: Production, count: int, lookup: Lookup) -> Function:
    """The function from a production's `count` values to its own."""
    if production.shape == "join":
        return _joined
    function = lookup(production.clause, count)
    if passes(production, count, function is not None):
        return _identity
    return function or partial(_meaningless, production, count)


def evaluators(grammar: Grammar, lookup: Lookup) -> list[Action]:
    """An action per production that gives its value."""
    return [_evaluator(grammar, production, lookup) for production in grammar.productions]


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds the derivation of one sentence.

    Attributes:
        sentence: its words, the ignored ones too.
        at: where each word that is not ignored stands; then the sentence's length.
        lookup: the functions of the clauses.
        cite: from a clause's name and number of arguments to its text.
    """

    sentence: tuple[str, ...]
    at: Sequence[int]
    lookup: Lookup
    cite: Callable[[str, int], str]

    def leaves(self) -> list[Derivation]:
        """A leaf per word that is not ignored."""
        words = ((self.sentence[start], start) for start in self.at[:-1])
        return [Derivation((word,), start, word, (word,)) for word, start in words]

    def actions(self, grammar: Grammar) -> Sequence[Action]:
        """An action per production that gives its derivation."""
        return _Builds(self, grammar.productions)

    def _build(self, production: Production, parts: list[Any], end: int) -> Any:
        children: list[Derivation] = []
        for part, use in zip(parts, production.uses, strict=True):
            if isinstance(part, _Children):
                children += part
            elif use == SILENT:
                children.append(Derivation(part.words, part.start, part.symbol, None, part.children))
            else:
                children.append(part)
        if production.shape == "splice":
            return _Children(children)
        values = [child.value for child in children if child.value is not None]
        function = meaning(production, len(values), self.lookup)
        if function is _identity and len(children) == 1:
            return children[0]
        cited = "" if function in (_identity, _joined) else self.cite(production.clause, len(values))
        start, stop = (children[0].start, children[-1].end) if children else (self.at[end], self.at[end])
        words = self.sentence[start:stop]
        return Derivation(words, start, production.clause, function(*values), tuple(children), cited)


@dataclass(frozen=True)
class _Builds(Sequence[Action]):
    """The actions of a builder, made when they are asked for: a sentence needs few of a large grammar's."""

    builder: Builder
    productions: Sequence[Production]

    def __len__(self) -> int:
        return len(self.productions)

    def __getitem__(self, index: Any) -> Any:
        return partial(self.builder._build, self.productions[index])


class _Several(list[Any]):
    """The values of an inlined rule."""


def _evaluator(grammar: Grammar, production: Production, lookup: Lookup) -> Action:
    uses = production.uses
    if production.shape == "splice" or SPLICED in uses:
        return partial(_spliced, production, {n: meaning(production, n, lookup) for n in grammar.counts(production)})
    kept = [position for position, use in enumerate(uses) if use]
    function = meaning(production, len(kept), lookup)
    if not kept:
        return lambda values, end: function()
    if len(kept) == 1:
        (only,) = kept
        if function is _identity:
            return lambda values, end: values[only]
        return lambda values, end: function(values[only])
    if len(kept) == len(uses):
        return lambda values, end: function(*values)
    select = itemgetter(*kept)
    return lambda values, end: function(*select(values))


def _spliced(production: Production, meanings: dict[int, Function], values: list[Any], end: int) -> Any:
    arguments = _arguments(production, values)
    if production.shape == "splice":
        return _Several(arguments)
    return meanings[len(arguments)](*arguments)


def _arguments(production: Production, values: list[Any]) -> list[Any]:
    arguments: list[Any] = []
    for value, use in zip(values, production.uses, strict=True):
        if use == SPLICED:
            arguments += value
        elif use:
            arguments.append(value)
    return arguments


def _identity(value: Value) -> Value:
    return value


def _joined(*values: Value) -> Value:
    """The values of a repetition as one sequence."""
    unit = PRELUDE["unit"].function
    joined: list[Element] = []
    for value in values:
        joined += unit(value)  # type: ignore[arg-type]
    return tuple(joined)


def _meaningless(production: Production, count: int, *_: Value) -> Value:
    raise Undefined(f"the production {production} (line {production.line}) has no meaning for {count} arguments")


class _Children(list[Derivation]):
    """What an inlined rule puts into the derivation of the rule above."""
