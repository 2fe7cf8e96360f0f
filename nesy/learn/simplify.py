"""A smaller lexicon that explains as much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from nesy.learn.candidates import AMORTISED
from nesy.learn.lexicon import Lexicon, Sense, word_sense
from nesy.learn.reading import JUDGES, Status
from nesy.learn.refit import Refitter
from nesy.machine.expressions import Call, Expression, Variable
from nesy.search.meaning import PARAMETERS, Fold, of_expression
from nesy.search.synthesise import NODE

IDENTITY = Variable(PARAMETERS[0])


@dataclass
class Simplifier(Refitter):
    """Drops what is not needed."""

    _assumed: set[Sense] = field(default_factory=set)  # accepted on partial evidence

    def prune(self, final: bool = False) -> None:
        """Drop senses without which everything stays explained, dearest first; those accepted on partial
        evidence only at the end.
        """
        pool = [*self.sentences, *self._parts]
        for sense in sorted(self.lexicon.own, key=lambda s: -s.cost):
            lexicon = self.lexicon.drop(sense)
            if not lexicon.senses:
                return
            if sense in self._assumed and not final:
                continue
            lost, alone = 0.0, 0
            holding = (s for s in pool if set(sense.words) <= set(s.words))
            affected = (s for s in holding if self.status(s, self.lexicon) is Status.RIGHT)
            for sentence in islice(affected, 2 * JUDGES):
                needed = self.status(sentence, lexicon) is not Status.RIGHT
                lost += sentence.bits * needed
                alone += needed
                if lost > NODE * sense.cost:
                    break
            only = not lexicon.known.issuperset(sense.words)  # without it a word has no sense
            if lost * (1 if final else AMORTISED / 2) < NODE * sense.cost and not (
                only and (alone > 2 or sense.slots == 0)
            ):
                self.say("  -", round(lost), sense)
                self._pruned.add(sense)
                self.lexicon = lexicon

    def mute(self) -> None:
        """A word all of whose senses are the identity is silent, unless it is half of a bracket."""
        for word in sorted(self.lexicon.known):
            mine = [s for s in self.lexicon.senses if word in s.words]
            identities = all(s.words == (word,) and s.meaning.body == IDENTITY for s in mine)
            if mine and identities and not self.paired(word) and self.lexicon.given.isdisjoint(mine):
                lexicon = self.lexicon.drop(*mine).silence(word)
                judges = self.sampled([s for s in self.sentences if word in s.words])
                if self.total(judges, lexicon) >= self.total(judges, self.lexicon) - NODE:
                    self.say("  -", word, "is silent")
                    self.lexicon = lexicon

    def simplify(self) -> None:
        """Drop senses that another precedence makes needless: ``_ w _`` beside ``w _`` and ``_ _``."""
        for word in sorted(self.lexicon.silent):
            self.speak(word)
        for sense in sorted(self.lexicon.own, key=lambda s: -s.cost):
            without = replace(self.lexicon.drop(sense), forbidden=frozenset())
            if sense.slots and without.senses and sense.words and self.needless(sense, without):
                self.settle_for(without, f"{sense} is needless")
        self.unwrap()

    def unwrap(self) -> None:
        """Leave a one-argument function out of a program where that explains as much: ``head(b) ++ a`` where every
        b is one token.
        """
        for sense in sorted(self.lexicon.own, key=lambda s: -s.cost):
            body = sense.meaning.body
            for plain in unwrapped(body) if not isinstance(body, Fold) else ():
                other = Sense(sense.pattern, of_expression(sense.meaning.arity, plain, sense.meaning.library))
                lexicon = self.lexicon.exchange(sense, other)
                if other not in self.lexicon.senses and self.needless(sense, replace(lexicon, forbidden=frozenset())):
                    self.settle_for(lexicon, f"{sense} is plainly {other.meaning}")
                    if other in self.lexicon.senses:
                        break

    def speak(self, word: str) -> None:
        """Take a silent word for the empty sequence, if that makes other senses needless."""
        lexicon = replace(self.lexicon.voice(word).add(word_sense(word, ())), forbidden=frozenset())
        for sense in sorted(self.lexicon.own, key=lambda s: -s.cost):
            if sense.slots and sense.words and self.needless(sense, lexicon.drop(sense)):
                lexicon = lexicon.drop(sense)
        if lexicon.cost < self.lexicon.cost:
            self.settle_for(lexicon, f"{word} is the empty sequence")

    def needless(self, sense: Sense, without: Lexicon) -> bool:
        """Whether all sentences with the sense's words that are read rightly can be without it."""
        holding = [s for s in self.sentences if set(sense.words) <= set(s.words)][: 2 * JUDGES]
        right = (s for s in holding if self.status(s, self.lexicon) is Status.RIGHT)
        return all(self.status(s, without) is Status.RIGHT for s in right)

    def settle_for(self, lexicon: Lexicon, reason: str) -> None:
        """Take a smaller lexicon if it explains as much with a precedence of its own."""
        before = (self.lexicon, self.precedence, self.clarity)
        total = self.total(self.sentences, self.lexicon)
        self.lexicon = lexicon
        self.settle()
        if self.total(self.sentences, self.lexicon) < total - NODE:
            self.lexicon, self.precedence, self.clarity = before
        else:
            self.say("  -", reason)


def unwrapped(body: Expression) -> Iterator[Expression]:
    """The program with one call of a one-argument function left out, each in turn."""
    if isinstance(body, Call):
        if len(body.arguments) == 1 and body.function != "not":
            yield body.arguments[0]
        for k, argument in enumerate(body.arguments):
            for plain in unwrapped(argument):
                yield Call(body.function, (*body.arguments[:k], plain, *body.arguments[k + 1 :]))
