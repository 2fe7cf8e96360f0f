"""The sentences of a language, the shortest first, and how many derivations each has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from nesy.errors import InputError
from nesy.lang.grammar import START, Grammar, unit_order
from nesy.lang.terminals import Terminal

if TYPE_CHECKING:
    from nesy.lang.language import Language

Words = tuple[str, ...]

SAMPLES = ("7", "12", "0", "x", "w", "X", "A", "xy", "word", "Word", "0.5", "-1", "x1", "?", "é")
"""Words that stand for open terminals in a search."""


def sentences(language: Language, max_length: int | None = None) -> Iterator[Words]:
    """Every sentence, each once, ordered by length.

    Sentences that need a word of an open terminal (a pattern, not a list) are left out;
    ignored words are not put in.

    Args:
        max_length: how many words a sentence may have; None for all, if their number is finite.

    Raises:
        InputError: no `max_length` for a language without a longest sentence.
    """
    grammar = language.grammar
    if max_length is None:
        max_length = longest_sentence(grammar)
        if max_length is None:
            raise InputError("the language has sentences of any length", mend="give max_length=")
    words = {name: sorted(terminal.words or ()) for name, terminal in grammar.terminals.items()}
    table = Table(grammar, words)
    for _ in range(max_length + 1):
        yield from table.extend()


class Full(Exception):
    """A table has reached its limit."""


class Table:
    """How each rule derives sentences of each length, built up length by length.

    Args:
        words: what stands for each terminal.
        limit: how many partial sentences the table may hold.
    """

    def __init__(self, grammar: Grammar, words: Mapping[str, Sequence[str]], *, limit: float = float("inf")) -> None:
        rank, _ = unit_order(grammar.productions)
        self.bodies = {head: [p.body for p in grammar.by_head[head]] for head in sorted(rank, key=rank.__getitem__)}
        self.words = {name: _once(found) for name, found in words.items()}
        self.limit = limit
        self._rules: dict[tuple[str, int], Counter[Words]] = {}
        self._tails: dict[tuple[Words, int], Counter[Words]] = {}
        self._shortest = _shortest(self.bodies, self.words)
        self._length = 0

    def extend(self) -> Counter[Words]:
        """The sentences of the next length, beginning with 0, each with its number of derivations.

        Raises:
            Full: the table has reached its limit.
        """
        length = self._length
        for head, bodies in self.bodies.items():
            found: Counter[Words] = Counter()
            for body in bodies:
                found.update(self._sequence(body, length))
            self._rules[head, length] = found
            self._hold(len(found))
        self._length += 1
        return self._rules[START, length]

    def _symbol(self, symbol: str, length: int) -> Counter[Words]:
        if symbol in self.bodies:
            return self._rules[symbol, length]
        return self.words[symbol] if length == 1 else Counter()

    def _sequence(self, body: Words, length: int) -> Counter[Words]:
        """What the symbols of a body derive together."""
        if len(body) == 1:
            return self._symbol(body[0], length)
        if not body:
            return Counter({(): 1}) if length == 0 else Counter()
        key = body, length
        if key not in self._tails:
            first, rest = body[0], body[1:]
            least = sum(self._shortest[symbol] for symbol in rest)
            found: Counter[Words] = Counter()
            low, high = self._shortest[first], length - least
            for size in range(int(min(low, length + 1)), int(max(high, -1)) + 1):
                left = self._symbol(first, size)
                if left:
                    for right, many in self._sequence(rest, length - size).items():
                        self._hold(len(left))
                        for front, count in left.items():
                            found[front + right] += count * many
            self._tails[key] = found
        return self._tails[key]

    def _hold(self, more: int) -> None:
        self.limit -= more
        if self.limit < 0:
            raise Full


def _once(words: Sequence[str]) -> Counter[Words]:
    return Counter((word,) for word in words)


def _shortest(bodies: Mapping[str, Sequence[Words]], words: Mapping[str, Counter[Words]]) -> dict[str, float]:
    """The least number of words of each symbol; infinite where there is none."""
    shortest = {name: 1.0 if found else float("inf") for name, found in words.items()}
    shortest |= dict.fromkeys(bodies, float("inf"))
    changed = True
    while changed:
        changed = False
        for head, alternatives in bodies.items():
            least = min(sum(shortest[symbol] for symbol in body) for body in alternatives)
            if least < shortest[head]:
                shortest[head], changed = least, True
    return shortest


def unproductive(grammar: Grammar) -> list[str]:
    """The rules that derive no sentence at all."""
    bodies = {head: [p.body for p in productions] for head, productions in grammar.by_head.items()}
    some = {name: _once(("",)) for name in grammar.terminals}
    return [head for head, least in _shortest(bodies, some).items() if head in bodies and least == float("inf")]


def longest_sentence(grammar: Grammar) -> int | None:
    """The length of the longest sentence; None where there is no longest.

    Terminals without a list of words count as well: they only make sentences longer or more.
    """
    empty = set(unproductive(grammar))
    longest: dict[str, int] = dict.fromkeys(grammar.by_head, 0)
    for _ in range(len(longest) + 1):
        before = dict(longest)
        for production in grammar.productions:
            if not empty & {*production.body}:
                length = sum(longest.get(symbol, 1) for symbol in production.body)
                longest[production.head] = max(longest[production.head], length)
        if before == longest:
            return longest[START]
    return None


def representatives(grammar: Grammar) -> dict[str, list[str]]:
    """Words to search with: one per class of terminals that occur in the same places.

    Words that are several terminals stand for each of them. An open terminal that matches none of
    a few common words is represented by its own name.
    """
    places: dict[str, set[object]] = {name: set() for name in grammar.terminals}
    for production in grammar.productions:
        for position, symbol in enumerate(production.body):
            if symbol in places:
                around = (*production.body[:position], "", *production.body[position + 1 :])
                places[symbol].add((production.head, around))
    words = {name: _typical(terminal, grammar) for name, terminal in grammar.terminals.items()}
    seen: set[tuple[str, ...]] = set()
    for sample in SAMPLES:
        names = grammar.match(sample)
        if names not in seen and all(not grammar.terminals[name].literal for name in names):
            seen.add(names)
            for name in names:
                words[name] = [word for word in words[name] if word != name] + [sample]
    many = Counter(word for found in words.values() for word in found)
    chosen: set[frozenset[object]] = set()
    for name, found in words.items():
        place = frozenset(places[name])
        if name in grammar.ignored or (place in chosen and all(many[word] == 1 for word in found)):
            words[name] = []
        chosen.add(place)
    return words


def _typical(terminal: Terminal, grammar: Grammar) -> list[str]:
    """The words of a closed terminal that others share and one that they do not; the name of an open one."""
    if terminal.words is None:
        return [terminal.name]
    others = [t.words for t in grammar.terminals.values() if t.words is not None and t is not terminal]
    shared = {word for words in others for word in words & terminal.words}
    return sorted(shared) + sorted(terminal.words - shared)[:1]
