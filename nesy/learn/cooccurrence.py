"""Which words go together in the sentences."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from nesy.learn.reading import Reader


@dataclass
class Cooccurrence(Reader):
    """A reader that knows which words occur together."""

    _companions: dict[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    _coherent: dict[frozenset[str], bool] = field(default_factory=dict)

    def companions(self, word: str, least: int) -> frozenset[str]:
        """Words that are in every sentence with this word, at least as often, if it is in so many."""
        found = self._companions.get((word, least))
        if found is None:
            holding = [Counter(s.words) for s in self.sentences if word in s.words]
            common = set.intersection(*(set(c) for c in holding)) if len(holding) >= least else set()
            found = frozenset(v for v in common if v != word and all(c[v] >= c[word] for c in holding))
            self._companions[word, least] = found = found - self.lexicon.silent
        return found

    def coherent(self, words: frozenset[str]) -> bool:
        """Whether one of the words never occurs without all the others: else they are hardly one pattern."""
        if len(words) < 2:
            return True
        found = self._coherent.get(words)
        if found is None:
            holding = [s.words for s in self.sentences]
            found = any(all(words.issubset(h) for h in holding if w in h) for w in words)
            self._coherent[words] = found
        return found

    def paired(self, word: str) -> bool:
        """Whether another word occurs exactly as often as this one in every sentence."""
        holding = [Counter(s.words) for s in self.sentences if word in s.words]
        others = set.intersection(*(set(c) for c in holding)) - {word} if holding else set()
        return any(
            all(c[o] == c[word] for c in holding) and all(word in s.words for s in self.sentences if o in s.words)
            for o in others
        )

    def particles(self) -> list[str]:
        """Words that stand exactly once in every sentence: they carry no information."""
        everywhere = set.intersection(*(set(s.words) for s in self.sentences)) if self.sentences else set()
        return sorted(w for w in everywhere if all(s.words.count(w) == 1 and len(s.words) > 1 for s in self.sentences))
