"""Words that are alike: each denotes itself, or one token of its own.

A language of many names has few pairs for each of them, but together they show what they are: a token that is in
no output whose input lacks a certain word can only come from that word. Operators may delete what a word denotes,
so nothing follows the other way round.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from nesy.learn.lexicon import SLOT, Lexicon, Sense, word_sense
from nesy.machine.expressions import Call, Variable
from nesy.numerals import integer
from nesy.search.meaning import PARAMETERS, of_expression

Pairs = Sequence[tuple[tuple[str, ...], str]]
SURE = 0.9  # share of the outputs with a token whose inputs have its word
LARGE = 8  # words that denote themselves, for a vocabulary
NAMES, COVERED = 20, 0.9  # names, for a vocabulary, and the share of the outputs' tokens that they account for
NUMERALS = 12  # different numerals, for all numbers
DOUBT = 0.01  # chance of what is no chance
NEIGHBOURS, TOGETHER = 10, 0.25  # neighbours that are looked at, at least; share of them that stay neighbours


@dataclass(frozen=True)
class Vocabulary:
    """The words that are alike, and what they denote.

    Attributes:
        itself: words that denote themselves.
        numbers: whether numerals denote their numbers.
        names: words that denote one other token, and that token.
        beside: what phrases side by side mean, if neighbours among these words show it.
    """

    itself: frozenset[str] = frozenset()
    numbers: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    beside: Sense | None = None

    @classmethod
    def of(cls, data: Pairs) -> Vocabulary:
        """What the pairs tell of their words."""
        seen = Occurrences(data)
        itself, names = seen.themselves(), {}
        if not itself:
            names = seen.names()
        denoted = {**{word: word for word in itself}, **names}
        return cls(itself, len(seen.numerals) >= NUMERALS, names, juxtaposition(data, denoted))

    @property
    def words(self) -> frozenset[str]:
        """The words that are alike."""
        return self.itself | self.names.keys()

    def lexicon(self, *, seeded: bool) -> Lexicon:
        """What is sure; with the names and what stands side by side, if `seeded`."""
        sure = Lexicon(open_words=self.itself, open_numbers=self.numbers)
        if not seeded:
            return sure
        return sure.add(*self.senses(), *filter(None, [self.beside]))

    def senses(self) -> list[Sense]:
        """Of the names."""
        return [word_sense(word, (token,)) for word, token in sorted(self.names.items())]


class Occurrences:
    """In how many pairs there is a word, a token of the output, and both."""

    def __init__(self, data: Pairs) -> None:
        self.pairs = len(data)
        self.words: Counter[str] = Counter()
        self.tokens: Counter[str] = Counter()
        self.both: dict[str, Counter[str]] = defaultdict(Counter)  # by token
        for words, output in data:
            present, tokens = set(words), set(output.split(" ") if output else ())
            self.words.update(present)
            self.tokens.update(tokens)
            for token in tokens:
                self.both[token].update(present)
        self.numerals = {word for word in self.words if integer(word) is not None}

    def source(self, word: str, token: str) -> bool:
        """Whether the token comes with the word only."""
        return self.both[token][word] >= SURE * self.tokens[token] > 0

    def alike(self, known: Mapping[str, str]) -> set[str]:
        """Words that are in no output, though each that denotes something may well be deleted as often as those
        that are known are.
        """
        kept = sum(self.both[token][word] for word, token in known.items()) / sum(self.words[w] for w in known)
        silent = (word for word in self.words.keys() - self.numerals if word not in known)
        return {word for word in silent if (1 - kept) ** self.words[word] > DOUBT / len(self.words)}

    def themselves(self) -> frozenset[str]:
        """Words that denote themselves; none if they are few."""
        found = {word: word for word in self.words.keys() - self.numerals if self.source(word, word)}
        if len(found) < LARGE:
            return frozenset()
        return frozenset(found) | {word for word in self.alike(found) if not self.tokens[word]}

    def names(self) -> dict[str, str]:
        """Words with the token that each denotes; none if they are few, or leave much of the outputs open.

        First where it is no chance that the word is in all inputs of the token's outputs; then what is left over.
        """
        found: dict[str, str] = {}
        for token, count in self.tokens.most_common():
            chance = DOUBT / max(1, len(self.words))
            likely = [w for w in self.sources(token, found) if (self.words[w] / self.pairs) ** count < chance]
            if likely:
                found[min(likely, key=lambda w: (-self.both[token][w], self.words[w], w))] = token
        if len(found) < NAMES:
            return {}
        rest = self.alike(found)
        left = [token for token in self.tokens if token not in found.values()]
        while sure := {t: w[0] for t in left if len(w := [w for w in self.sources(t, found) if w in rest]) == 1}:
            found.update((word, token) for token, word in sure.items())
            left = [token for token in left if token not in found.values()]
        unnamed = sum(self.tokens[token] for token in left)
        return found if unnamed <= (1 - COVERED) * sum(self.tokens.values()) else {}

    def sources(self, token: str, taken: Iterable[str]) -> list[str]:
        """The words that the token may come from."""
        return [word for word in self.both[token] if word not in taken and self.source(word, token)]


def juxtaposition(data: Pairs, denoted: Mapping[str, str]) -> Sense | None:
    """The sense of two phrases side by side: that they are joined, if what neighbours denote stays together often,
    and mostly in one order.
    """
    total = forwards = backwards = 0
    for words, output in data:
        tokens = set(pairwise(output.split(" ")))
        for first, second in pairwise(words):
            if first in denoted and second in denoted and first != second:
                total += 1
                forwards += (denoted[first], denoted[second]) in tokens
                backwards += (denoted[second], denoted[first]) in tokens
    more, less = max(forwards, backwards), min(forwards, backwards)
    if total < NEIGHBOURS or more < TOGETHER * total or more < 2 * less:
        return None
    a, b = map(Variable, PARAMETERS[:2])
    return Sense((SLOT, SLOT), of_expression(2, Call("++", (a, b) if forwards > backwards else (b, a))))
