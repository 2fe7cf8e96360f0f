"""A language of phrases: fixed word sequences, each with what it stands for, said one after the other.

The last resort for pairs that are regular only in part, as natural language is. A token of the outputs is *linked*
to the word that it goes with most significantly (Dunning, "Accurate methods for the statistics of surprise and
coincidence", Computational Linguistics 19, 1993); links cut a pair into phrases that correspond. A phrase of several
words is taken only if its words do not give its meaning and it pays for its description: ``very good`` is ``very``
and ``good``, ``i am not`` is no ``i am`` and ``not``.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from nesy.learn.lexicon import SLOT, Lexicon, Sense
from nesy.learn.precedence import Precedence
from nesy.machine.expressions import Call, Variable
from nesy.search.meaning import PARAMETERS, constant, of_expression
from nesy.search.synthesise import NODE

Phrase = tuple[str, ...]
LONGEST = 5  # words of a phrase, and tokens of its meaning
UNSEEN = 2.0**-12  # probability of a meaning that no phrase gives


@dataclass
class Phrases:
    """Which phrases correspond in the pairs, and which are needed.

    Args:
        pairs: (words, tokens), each counted once.

    Attributes:
        counts: per phrase its meanings, and how often.
        table: the phrases that are needed, and the meaning of each.
    """

    pairs: Sequence[tuple[Phrase, Phrase]]
    counts: dict[Phrase, Counter[Phrase]] = field(default_factory=lambda: defaultdict(Counter))
    table: dict[Phrase, Phrase] = field(default_factory=dict)

    def __post_init__(self) -> None:
        source = links(self.pairs)
        for words, tokens in self.pairs:
            linked = [(words.index(source[t]), k) for k, t in enumerate(tokens) if words.count(source.get(t, "")) == 1]
            for (i, j), (end, stop) in combinations(sorted({(0, 0), *linked, (len(words), len(tokens))}), 2):
                whole = all((i <= word < end) == (j <= token < stop) for word, token in linked)
                if whole and i < end <= i + LONGEST and j < stop <= j + LONGEST:
                    self.counts[words[i:end]][tokens[j:stop]] += 1
        for phrase in sorted(self.counts, key=lambda phrase: (len(phrase), phrase)):
            meaning, _ = min(self.counts[phrase].items(), key=lambda item: (-item[1], len(item[0]), item[0]))
            if len(phrase) == 1 or self.gain(phrase, meaning) > NODE * (len(phrase) + len(meaning)):
                self.table[phrase] = meaning

    def gain(self, phrase: Phrase, meaning: Phrase) -> float:
        """Bits that are saved by giving a phrase a meaning of its own, in the share of cases where it has it."""
        parts = list(self.split(phrase))
        counts = self.counts[phrase]
        own = counts[meaning] / (counts.total() + 1)
        if self.said(parts) == meaning:
            return 0.0
        before = max(self.probability(parts, meaning), UNSEEN)
        other = counts.total() - counts[meaning]
        return counts[meaning] * math.log2(own / before + 1 - own) + other * math.log2(1 - own)

    def split(self, phrase: Phrase) -> Iterator[Phrase]:
        """The phrases of the table that a word sequence is read as: the longest first; unknown words alone."""
        start = 0
        while start < len(phrase):
            ends = range(min(len(phrase), start + LONGEST), start, -1)
            end = next((e for e in ends if phrase[start:e] in self.table), start + 1)
            yield phrase[start:end]
            start = end

    def said(self, parts: Sequence[Phrase]) -> Phrase:
        """What phrases stand for one after the other."""
        return tuple(token for part in parts for token in self.table.get(part, ()))

    def probability(self, parts: Sequence[Phrase], meaning: Phrase) -> float:
        """Of a meaning, if each part had one of its own by chance, as often as it was seen."""
        if not parts:
            return float(not meaning)
        counts = self.counts[parts[0]]
        return sum(
            counts[meaning[:end]] / counts.total() * self.probability(parts[1:], meaning[end:])
            for end in range(1, len(meaning) + 1)
            if meaning[:end] in counts
        )

    def lexicon(self) -> tuple[Lexicon, Precedence]:
        """The phrases as senses, and juxtaposition, which reads the longest phrase first."""
        a, b = map(Variable, PARAMETERS[:2])
        beside = Sense((SLOT, SLOT), of_expression(2, Call("++", (a, b))))
        senses = [Sense(phrase, constant(meaning)) for phrase, meaning in self.table.items()]
        return Lexicon((*senses, beside)), Precedence({beside: 0}, {(beside, 0): 1, (beside, 1): 0})


def links(pairs: Sequence[tuple[Phrase, Phrase]]) -> dict[str, str]:
    """Per token the word that it goes with most significantly; none for a token that goes with all alike."""
    words = Counter(word for x, _ in pairs for word in set(x))
    tokens = Counter(token for _, y in pairs for token in set(y))
    both: dict[str, Counter[str]] = defaultdict(Counter)
    for x, y in pairs:
        for token in set(y):
            both[token].update(set(x))

    def significance(word: str, token: str) -> float:
        return likelihood_ratio(both[token][word], words[word], tokens[token], len(pairs))

    best = {token: max((significance(word, token), word) for word in both[token]) for token in tokens}
    return {token: word for token, (bits, word) in best.items() if bits > 0}


def likelihood_ratio(both: int, first: int, second: int, total: int) -> float:
    """Dunning's statistic of two events that go together in `both` of `total` cases; 0 if they avoid each other."""
    if both * total <= first * second:
        return 0.0
    table = (both, first - both, second - both, total - first - second + both)
    margins = (first, total - first, second, total - second)
    return 2 * (sum(map(_entropy, table)) - sum(map(_entropy, margins)) + _entropy(total))


def _entropy(count: int) -> float:
    return count * math.log(count) if count else 0.0
