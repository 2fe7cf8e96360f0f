"""What is believed about a language while it is being learned from images."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from nesy.lang.language import Language
from nesy.learn.lexicon import Lexicon, Sense, word_sense
from nesy.learn.precedence import Precedence
from nesy.learn.write import write
from nesy.machine.values import Value, text


@dataclass(frozen=True)
class Belief:
    """Senses, which word each symbol stands for, and precedence.

    Attributes:
        words: per symbol of the recogniser its word; None where it has none yet.
    """

    words: tuple[str | None, ...]
    senses: tuple[Sense, ...] = ()
    precedence: Precedence = field(default_factory=Precedence)

    @cached_property
    def constants(self) -> dict[int, Value]:
        """Symbols that are constants, and their values."""
        values = {s.words[0]: s.meaning.function() for s in self.senses if not s.slots}
        return {symbol: values[word] for symbol, word in enumerate(self.words) if word in values}

    @cached_property
    def phrases(self) -> tuple[Sense, ...]:
        """The senses that take arguments."""
        return tuple(s for s in self.senses if s.slots)

    @cached_property
    def known(self) -> tuple[int, ...]:
        """Symbols that have a word."""
        return tuple(s for s, word in enumerate(self.words) if word is not None)

    def symbols(self, word: str) -> list[int]:
        """The symbols of a word."""
        return [s for s, known in enumerate(self.words) if known == word]

    @property
    def free(self) -> list[int]:
        """Symbols without a word."""
        return [s for s, word in enumerate(self.words) if word is None]

    def name(self, symbol: int) -> str:
        """A new word for a symbol."""
        return f"w{symbol}"

    def constant(self, value: Value) -> Belief:
        """A free symbol becomes the constant of a value."""
        symbol, word = self.free[0], text(value)
        if not word or word.split() != [word] or word in self.words:
            word = self.name(symbol)
        return self.assign(symbol, word).add(word_sense(word, value))

    def assign(self, symbol: int, word: str | None) -> Belief:
        words = tuple(word if s == symbol else known for s, known in enumerate(self.words))
        return replace(self, words=words)

    def add(self, *senses: Sense) -> Belief:
        return replace(self, senses=(*self.senses, *(s for s in senses if s not in self.senses)))

    def exchange(self, old: Sense, new: Sense) -> Belief:
        """Another sense in the place of one."""

        def renew(sense: Sense) -> Sense:
            return new if sense == old else sense

        precedence = Precedence(
            {renew(s): level for s, level in self.precedence.level.items()},
            {(renew(s), slot): level for (s, slot), level in self.precedence.threshold.items()},
        )
        return Belief(self.words, tuple(map(renew, self.senses)), precedence)

    def language(self, kinds: tuple[str, ...], comments: tuple[str, ...] = ()) -> Language:
        """The definition file."""
        text_ = write(Lexicon(self.senses), self.precedence, kinds, comments).text
        return Language.load("learned", text=text_)
