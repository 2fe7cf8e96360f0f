"""Whether some sentence has two derivations: proved not, found, or searched for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from nesy.errors import NesyError
from nesy.lang.enumerate import Full, Table, Words, longest_sentence, representatives
from nesy.lang.grammar import Grammar
from nesy.lang.terminals import Terminal
from nesy.machine.values import Value
from nesy.terms import same

if TYPE_CHECKING:
    from nesy.lang.language import Language

MAX_SIZE = 300_000
"""Partial sentences that a search may hold."""

MAX_LENGTH = 40

MAX_CALLS = 10_000
"""Calls for the values of an ambiguous sentence."""


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """What is known.

    Attributes:
        witness: a shortest sentence with two derivations, if one was found.
        values: its different values; empty where they could not be computed.
        searched: every sentence up to this length has one derivation; None: of every length.
    """

    witness: Words | None
    values: tuple[Value, ...]
    searched: int | None

    @property
    def proved(self) -> bool:
        """Whether every sentence is known to have one derivation."""
        return self.witness is None and self.searched is None


def ambiguity(language: Language, seconds: float = 2.0) -> Ambiguity:
    """Prove that a language is unambiguous, or search for a shortest ambiguous sentence.

    A conflict-free LALR(1) table is a proof as long as no word is two terminals. Otherwise sentences
    are counted length by length; words that occur in the same places stand for each other.
    """
    grammar = language.grammar
    several = overlaps(grammar)
    if language.table is not None and not several:
        return Ambiguity(None, (), None)
    longest = longest_sentence(grammar)
    table = Table(grammar, representatives(grammar), limit=MAX_SIZE)
    end = time.monotonic() + seconds
    for length in range(MAX_LENGTH + 1):
        try:
            found = sorted(words for words, count in table.extend().items() if count > 1)
        except Full:
            return Ambiguity(None, (), length - 1)
        if found:
            return Ambiguity(found[0], _values(language, found[0]), length - 1)
        if length == longest:
            return Ambiguity(None, (), length if several else None)
        if time.monotonic() > end:
            break
    return Ambiguity(None, (), length)


def overlaps(grammar: Grammar) -> list[tuple[Terminal, Terminal]]:
    """Pairs of terminals that may match the same word (open ones unless a priority tells them apart)."""
    return [pair for pair in combinations(grammar.terminals.values(), 2) if _overlap(*pair)]


def _overlap(left: Terminal, right: Terminal) -> bool:
    if left.words is not None and right.words is not None:
        return not left.words.isdisjoint(right.words)
    if left.words is not None or right.words is not None:
        return False
    return left.priority == right.priority


def _values(language: Language, words: Words) -> tuple[Value, ...]:
    """The different values of a sentence."""
    try:
        derivations = language.derivations(words, limit=20, fuel=MAX_CALLS)
    except NesyError:
        return ()
    distinct: list[Value] = []
    for derivation in derivations:
        value = derivation.value
        if value is not None and not any(same(value, other) for other in distinct):
            distinct.append(value)
    return tuple(distinct)
