"""What a lexicon makes of the sentences: charts, statuses, bits, and the precedence that decides between readings."""

from __future__ import annotations

import math
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from nesy.errors import InputError
from nesy.learn.chart import Chart, Edges
from nesy.learn.given import Given
from nesy.learn.lexicon import Lexicon, Sense
from nesy.learn.precedence import Evidence, Precedence, evidence, fit_precedence
from nesy.machine.primitives import Primitive
from nesy.machine.values import Value, kind
from nesy.search.retrieval import Programs
from nesy.search.synthesise import MISS
from nesy.search.universe import Universe

LONG = 10  # words of a sentence that is still charted while learning
HARD, HARDEST = 13, 30  # words of a failing sentence that is still looked at for the precedence, and how many
LONGEST = 16  # words of a failing sentence that is looked at to mend a sense
GIVEN = 100.0  # weight of what a given grammar says, a sentence having 1
JUDGES = 48  # sentences on which a sense is judged


class Status(Enum):
    """What a lexicon makes of a sentence."""

    RIGHT = "some reading gives the output"
    WRONG = "readings, none gives the output"
    UNREAD = "no reading, though every word is known"
    UNKNOWN = "has unknown words"


@dataclass(frozen=True)
class Sentence:
    """One training pair: words, ids of the values with the output's text, and the output's bits."""

    words: tuple[str, ...]
    targets: frozenset[int]
    bits: float

    @classmethod
    def of(cls, words: tuple[str, ...], targets: frozenset[int], simplest: Value) -> Sentence:
        """A sentence that is worth what its simplest target takes to write down."""
        if isinstance(simplest, tuple):
            return cls(words, targets, min(24.0, 4.0 + 3.0 * len(simplest)))
        return cls(words, targets, 1.0 if kind(simplest) == "bool" else 6.0)


class OutOfTime(Exception):
    """The budget is spent."""


def told(given: Given, edges: Edges) -> list[Evidence]:
    """What a given grammar says, as evidence for a precedence."""
    shut = [Evidence((0,), (edges.bit(*edge),)) for edge in sorted(given.forbidden, key=str)]
    return shut + [Evidence((edges.bit(*edge),), ()) for edge in sorted(given.allowed, key=str)]


def require_levels(given: Given) -> None:
    """Refuse a given grammar that no levels of precedence can hold.

    Raises:
        InputError: what may stand where in it does not follow from levels.
    """
    edges = Edges()
    known = told(given, edges)
    if known and fit_precedence(given.lexicon, edges, dict.fromkeys(known, 1.0), random.Random(0))[1] < 0.999:
        raise InputError(
            "the given grammar cannot be kept",
            expected="one in which levels of precedence say what may stand where",
            mend="give the meanings of words instead",
        )


@dataclass
class Reader:
    """A lexicon with the sentences that it is to explain.

    Attributes:
        deadline: `time.monotonic()` at which `OutOfTime` is raised.
        log: told what is tried and accepted.
        library: whether programs may call the functions of solved words.
        equivalence: whether of programs that give the same on the examples one is kept.
        programs: found before, in other languages, and tried first.
        given: what is known beforehand.
        owned: tokens that only the words of a vocabulary denote: no other program holds them.
        clarity: share of the sentences with several readings that the precedence decides rightly.
    """

    universe: Universe
    sentences: Sequence[Sentence]
    primitives: Sequence[Primitive]
    rng: random.Random
    deadline: float = math.inf
    log: Callable[[str], None] | None = None
    library: bool = True
    equivalence: bool = True
    programs: Programs | None = None
    given: Given = field(default_factory=Given)
    owned: frozenset[str] = frozenset()
    lexicon: Lexicon = field(default_factory=Lexicon)
    precedence: Precedence = field(default_factory=Precedence)
    clarity: float = 1.0
    _parts: list[Sentence] = field(default_factory=list)  # of sentences that are divided
    _pruned: set[Sense] = field(default_factory=set)  # not to be proposed again
    _hard: set[Sentence] = field(default_factory=set)  # long ones that refuted a precedence
    _charted: Lexicon | None = None
    _charts: dict[tuple[str, ...], Chart] = field(default_factory=dict)

    def chart(self, words: tuple[str, ...], lexicon: Lexicon, edges: Edges | None = None) -> Chart:
        """The chart of a sentence; those of the present lexicon are remembered."""
        if lexicon is not self.lexicon or edges is not None:
            return Chart(self.universe, lexicon, lexicon.spoken(words), edges)
        if self._charted is not lexicon:
            self._charted, self._charts = lexicon, {}
        found = self._charts.get(words)
        if found is None:
            found = self._charts[words] = Chart(self.universe, lexicon, lexicon.spoken(words))
        return found

    def read(self, sentence: Sentence, lexicon: Lexicon) -> tuple[Status, float]:
        """What the lexicon makes of a sentence, and the bits that it contributes: those of the
        output minus those for choosing among the values of all readings.
        """
        if not all(map(lexicon.knows, sentence.words)):
            return Status.UNKNOWN, 0.0
        values = {item[0] for item in self.chart(sentence.words, lexicon).root}
        if not values:
            return Status.UNREAD, 0.0
        if values.isdisjoint(sentence.targets):
            return Status.WRONG, -MISS
        return Status.RIGHT, max(sentence.bits - math.log2(len(values)), -MISS)

    def status(self, sentence: Sentence, lexicon: Lexicon) -> Status:
        return self.read(sentence, lexicon)[0]

    def correct(self, sentence: Sentence, lexicon: Lexicon) -> bool:
        """Whether there are readings and all give the output."""
        root = self.chart(sentence.words, lexicon).root
        return bool(root) and all(item[0] in sentence.targets for item in root)

    def statuses(self) -> dict[Sentence, Status]:
        return {s: self.status(s, self.lexicon) for s in self.sentences}

    def total(self, sentences: Sequence[Sentence], lexicon: Lexicon) -> float:
        return sum(self.read(s, lexicon)[1] for s in sentences)

    def values(self, sentence: Sentence) -> list[Value]:
        """What the sentence may be worth."""
        return [self.universe.values[i] for i in sorted(sentence.targets)]  # type: ignore[misc]

    def sampled(self, relevant: list[Sentence]) -> list[Sentence]:
        """The shortest and a random rest."""
        half = JUDGES // 2
        return relevant if len(relevant) <= JUDGES else relevant[:half] + self.rng.sample(relevant[half:], half)

    def mixed(self, sentences: Sequence[Sentence]) -> list[Sentence]:
        """Short ones (few readings) and random ones (informative arguments) in turn."""
        shuffled = self.rng.sample(list(sentences), len(sentences))
        return list(dict.fromkeys(s for pair in zip(sentences, shuffled, strict=True) for s in pair))

    def settle(self) -> None:
        """Fit precedence to all sentences that can be read."""
        free = replace(self.lexicon, forbidden=frozenset())
        edges = Edges()
        weighed: dict[Evidence, float] = defaultdict(float)
        skeletons: Counter[tuple[str, ...]] = Counter()
        operators = {w for s in free.senses if s.slots for w in s.words}
        for sentence in self.sentences:
            words = free.spoken(sentence.words)
            if not all(map(free.knows, words)):
                continue
            if len(words) > LONG and not self.refutes(sentence):
                continue
            skeleton = tuple(w if w in operators else "" for w in words)
            if skeletons[skeleton] >= 4:
                continue
            skeletons[skeleton] += 1
            chart = self.chart(sentence.words, free, edges)
            found = evidence((mask, value in sentence.targets) for value, _, mask in chart.root)
            if found is not None and not chart.overflow:
                weighed[found] += 1.0
        self.check_time()
        known = told(self.given, edges)
        if not weighed and not known:
            self.lexicon, self.clarity = free, 1.0
            return
        shown = sum(weighed.values())
        weighed.update(dict.fromkeys(known, GIVEN))
        self.precedence, share = fit_precedence(free, edges, weighed, self.rng)
        total = sum(weighed.values())
        self.clarity = (share * total - (total - shown)) / shown if shown else share
        self.say("   precedence explains", round(self.clarity, 3), "of", len(weighed))
        self.lexicon = replace(free, forbidden=self.precedence.edges())

    def refutes(self, sentence: Sentence) -> bool:
        """Whether a long sentence is, or was, read wrongly; so many are looked at for the precedence."""
        room = len(sentence.words) <= HARD and len(self._hard) < HARDEST
        if room and sentence not in self._hard and self.status(sentence, self.lexicon) is not Status.RIGHT:
            self._hard.add(sentence)
        return sentence in self._hard

    def check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise OutOfTime

    def say(self, *words: object) -> None:
        if self.log:
            self.log(" ".join(map(str, words)))
