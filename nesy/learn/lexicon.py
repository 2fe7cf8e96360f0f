"""What a learner believes: senses of words, and which sense may stand where.

A *sense* is a mixfix pattern (a tuple of words and slots) with a program over the slots:
``("_", "twice")`` with ``a ++ a``, ``("(", "_", ")")`` with ``a``, ``("_", "_")`` (juxtaposition)
with ``a ++ b``, ``("jump",)`` with ``[JUMP]``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from nesy.machine.values import Value
from nesy.numerals import integer
from nesy.search.meaning import Meaning, constant

SLOT = None
Pattern = tuple[str | None, ...]


@dataclass(frozen=True)
class Sense:
    """A pattern and its meaning."""

    pattern: Pattern
    meaning: Meaning

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.pattern, self.meaning))

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(item for item in self.pattern if item is not None)

    @cached_property
    def slots(self) -> int:
        return self.pattern.count(SLOT)

    @cached_property
    def closed(self) -> bool:
        """Begins and ends with a word, so nothing outside can be mistaken for a part of it."""
        return self.pattern[0] is not None and self.pattern[-1] is not None

    @cached_property
    def fenced(self) -> tuple[bool, ...]:
        """Per slot: stands between two words of the pattern, so any phrase fits by default."""
        items = (None, *self.pattern, None)
        return tuple(
            items[k - 1] is not None and items[k + 1] is not None for k in range(1, len(items) - 1) if items[k] is None
        )

    @cached_property
    def cost(self) -> float:
        """Description length in nodes: the program, the slots and the words."""
        adjacent = sum(a is None and b is None for a, b in zip(self.pattern, self.pattern[1:], strict=False))
        return self.meaning.cost + 0.5 * self.slots + 0.5 * len(self.words) + 0.5 * adjacent

    def __str__(self) -> str:
        return " ".join("_" if item is None else item for item in self.pattern)


@dataclass(frozen=True)
class Lexicon:
    """Senses, silent words, whether unknown words denote themselves, and precedence.

    Attributes:
        senses: the order has no meaning; a sense is referred to by itself.
        silent: words that contribute nothing wherever they stand.
        open_words: a word without a sense denotes the sequence of itself.
        open_numbers: a decimal word denotes its number.
        forbidden: edges (parent, slot, child) that the precedence excludes.
        given: the senses that stay as they are.
    """

    senses: tuple[Sense, ...] = ()
    silent: frozenset[str] = frozenset()
    open_words: frozenset[str] = frozenset()
    open_numbers: bool = False
    forbidden: frozenset[tuple[Sense, int, Sense]] = field(default=frozenset())
    given: frozenset[Sense] = frozenset()

    @cached_property
    def number(self) -> dict[Sense, int]:
        """Senses numbered, for charts."""
        return {sense: number for number, sense in enumerate(self.senses)}

    @cached_property
    def forbidden_numbers(self) -> frozenset[tuple[int, int, int]]:
        number = self.number
        return frozenset((number[p], slot, number[c]) for p, slot, c in self.forbidden)

    @cached_property
    def fences(self) -> frozenset[str]:
        """Words of patterns with several words: other senses may share them."""
        return frozenset(w for s in self.senses if s.slots and len(s.words) > 1 for w in s.words)

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(word for sense in self.senses for word in sense.words) | self.silent

    @cached_property
    def cost(self) -> float:
        return sum(sense.cost for sense in self.senses) + 1.5 * len(self.silent)

    @property
    def grounded(self) -> bool:
        """Whether some word has a value by itself: without one there is no sentence."""
        return bool(self.open_words) or self.open_numbers or any(not sense.slots for sense in self.senses)

    def knows(self, word: str) -> bool:
        return word in self.known or word in self.open_words or (self.open_numbers and integer(word) is not None)

    def unknown(self, words: tuple[str, ...]) -> list[str]:
        """The words without any sense, in order, each once."""
        return [w for w in dict.fromkeys(words) if not self.knows(w)]

    def atoms(self, word: str) -> Iterator[Value]:
        """Values of a word that denotes itself or its number: none of a word that has a sense."""
        if word in self.known:
            return
        if self.open_numbers:
            number = integer(word)
            if number is not None:
                yield number
                return
        if word in self.open_words:
            yield (word,)

    def add(self, *senses: Sense) -> Lexicon:
        return replace(self, senses=(*self.senses, *(s for s in senses if s not in self.senses)))

    @cached_property
    def own(self) -> tuple[Sense, ...]:
        """The senses that were not given."""
        return tuple(s for s in self.senses if s not in self.given)

    def drop(self, *senses: Sense) -> Lexicon:
        kept = tuple(s for s in self.senses if s not in senses)
        edges = frozenset(e for e in self.forbidden if e[0] not in senses and e[2] not in senses)
        return replace(self, senses=kept, forbidden=edges)

    def exchange(self, old: Sense, new: Sense) -> Lexicon:
        """Another meaning for the same pattern; precedence stays."""

        def renew(sense: Sense) -> Sense:
            return new if sense == old else sense

        edges = frozenset((renew(p), slot, renew(c)) for p, slot, c in self.forbidden)
        return replace(self, senses=tuple(map(renew, self.senses)), forbidden=edges)

    def relax(self, sense: Sense) -> Lexicon:
        """Forget the precedence of one sense."""
        return replace(self, forbidden=frozenset(e for e in self.forbidden if sense not in (e[0], e[2])))

    def silence(self, word: str) -> Lexicon:
        return replace(self, silent=self.silent | {word})

    def voice(self, word: str) -> Lexicon:
        """The inverse of `silence`: the word has no sense and is not silent."""
        return replace(self, silent=self.silent - {word})

    def spoken(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The words that are not silent."""
        return tuple(w for w in words if w not in self.silent) if self.silent else words


def word_sense(word: str, value: Value) -> Sense:
    """The sense of a word that is a constant."""
    return Sense((word,), constant(value))
