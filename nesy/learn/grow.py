"""Growing a lexicon: abduce examples for unknown senses, synthesise, accept what explains most.

The loop is coordinate ascent on one description length: bits of the outputs that are explained
minus bits of the senses that explain them. Its moves: *add* a sense for unknown words, *refit* a
sense that fails, add a *second* sense to a known word, *prune*, and *settle* the precedence.
"""

from __future__ import annotations

import math
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import combinations, islice, pairwise

from nesy.learn.chart import Chart, Edges, literal_positions
from nesy.learn.divide import Sources, divisions, sources
from nesy.learn.lexicon import Lexicon, Pattern, Sense, word_sense
from nesy.learn.partial import Partial, best_operators, grouped, partials
from nesy.learn.precedence import Evidence, Precedence, evidence, fit_precedence
from nesy.learn.propose import Example, analyses
from nesy.machine.expressions import Call, Expression, Literal, Variable
from nesy.machine.primitives import Primitive
from nesy.machine.values import Element, Value, kind
from nesy.search.meaning import PARAMETERS, Fold
from nesy.search.synthesise import MISS, NODE, Found, Group, synthesise
from nesy.search.universe import Universe

STRICT, LENIENT = 0.88, 0.6  # share of right readings that a new sense must reach
LONG = 10  # words of a sentence that is still charted while learning
HARD = 13  # words of a failing sentence that is still looked at for the precedence
LONGEST = 16  # words of a failing sentence that is looked at to mend a sense
EXAMPLES = 50  # sentences from which the examples of one sense are drawn
JUDGES = 48  # sentences on which a sense is judged
CLEAR = 32.0  # bits by which an operator of half understood sentences beats chance, to be taken early
SUSPECTS, REGROWN = 5, 8  # senses that are done without in turn, and rounds of growing again
MANY = 8  # examples of which a program explains nearly all, so that others need not be looked for
NOISE = 0.08  # share of the sentences that may be corrupted
AMENDED = 3  # candidates of a round whose programs are refitted before they are rejected
GUESSED = 4  # unknown words that are supposed to be truth values
FAILS = 0.1  # share of the sentences with a sense that are not read rightly, for it to be suspected
CONFUSED = 0.08  # clarity that a new sense may cost
AMORTISED = 8.0  # a word's sentences count up to so many times before they can be read
WORK = (0, 100_000, 800_000, 6_000_000)  # entries enumerated per synthesis, by effort; none: closed forms only

IDENTITY = Variable(PARAMETERS[0])
Snapshot = tuple[Lexicon, Precedence, float, frozenset[Sense], bool]
Table = dict[Pattern, dict[int, set[Example]]]


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


@dataclass(frozen=True)
class Candidate:
    """A sense, or a word that may be silent, with its estimated gain in bits."""

    gain: float
    sense: Sense | None
    silent: str = ""

    @property
    def words(self) -> frozenset[str]:
        return frozenset(self.sense.words) if self.sense else frozenset((self.silent,))

    @property
    def crowded(self) -> bool:
        return self.sense is not None and crowded(self.sense.pattern)

    def join(self, lexicon: Lexicon) -> Lexicon:
        return lexicon.add(self.sense) if self.sense else lexicon.silence(self.silent)

    def __str__(self) -> str:
        return f"{self.sense} = {self.sense.meaning}" if self.sense else f"{self.silent} is silent"


class OutOfTime(Exception):
    """The budget is spent."""


@dataclass
class Grower:
    """One attempt to find a lexicon for the sentences.

    Attributes:
        deadline: `time.monotonic()` at which `OutOfTime` is raised; `lexicon` is the best so far.
        effort: the largest index into WORK that is spent.
        hasty: accept what explains most sentences before searching deeper (some constants may be wrong).
        report: called with (stage, sentences explained, sentences).
    """

    universe: Universe
    sentences: Sequence[Sentence]
    primitives: Sequence[Primitive]
    rng: random.Random
    deadline: float = math.inf
    effort: int = 2
    hasty: bool = False
    report: Callable[[str, int, int], None] = lambda stage, explained, total: None
    log: Callable[[str], None] | None = None
    lexicon: Lexicon = field(default_factory=Lexicon)
    precedence: Precedence = field(default_factory=Precedence)
    clarity: float = 1.0  # share of the sentences with several readings that the precedence decides rightly
    _solved: dict[object, list[Found]] = field(default_factory=dict)
    _refitted: set[object] = field(default_factory=set)
    _pruned: set[Sense] = field(default_factory=set)
    _assumed: set[Sense] = field(default_factory=set)
    _blamed: set[Sense] = field(default_factory=set)
    _pardoned: bool = False
    _companions: dict[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    _coherent: dict[frozenset[str], bool] = field(default_factory=dict)
    _charted: Lexicon | None = None
    _charts: dict[tuple[str, ...], Chart] = field(default_factory=dict)
    _parts: list[Sentence] = field(default_factory=list)
    _sources: Sources = field(default_factory=dict)

    # ---------------------------------------------------------------- reading

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

    def check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise OutOfTime

    def say(self, *words: object) -> None:
        if self.log:
            self.log(" ".join(map(str, words)))

    # ---------------------------------------------------------------- the loop

    def grow(self) -> None:
        """Add, refit and prune until everything is explained or nothing helps."""
        for word in self.particles():
            self.lexicon = self.lexicon.silence(word)
        self.add_words()
        self._sources = sources((s.words, v) for s in self.sentences for v in self.values(s) if isinstance(v, tuple))
        effort, self.effort = self.effort, 1  # first without deep search
        self.climb()
        self.regrow()
        self.guess()
        self.effort = effort
        if effort > 2 or not self.settled():
            self.climb()
            self.regrow()
        self.mute()
        self.prune(final=True)
        self.settle()
        self.simplify()

    def settled(self) -> bool:
        """Whether what is not read rightly looks like noise: little, of known words, and nowhere more often."""
        wrong = [s for s in self.sentences if self.status(s, self.lexicon) is not Status.RIGHT]
        readable = all(self.status(s, self.lexicon) is Status.WRONG for s in wrong)
        return readable and len(wrong) <= NOISE * len(self.sentences) and not self.suspects()

    def climb(self, rounds: int = 1000) -> None:
        """Improve as long as something helps."""
        for _ in range(rounds):
            self.check_time()
            statuses = self.statuses()
            right = sum(s is Status.RIGHT for s in statuses.values())
            self.report("growing", right, len(statuses))
            known, clear = self.lexicon, self.clarity
            if right == len(statuses) or not (self.improve(statuses) or (self.pardon() and self.improve(statuses))):
                break
            self.settle()
            if self.clarity < clear - CONFUSED:
                self.blame(known, clear)
            self.prune()

    def snapshot(self) -> Snapshot:
        """What is believed now."""
        return self.lexicon, self.precedence, self.clarity, frozenset(self._pruned), self._pardoned

    def restore(self, state: Snapshot) -> None:
        """Believe again what was believed then."""
        self.lexicon, self.precedence, self.clarity, pruned, self._pardoned = state
        self._pruned = set(pruned)

    def explore(
        self, start: Snapshot, best: Snapshot, worth: float, change: Callable[[], None]
    ) -> tuple[Snapshot, float]:
        """Change something at the start, grow on, and compare with the best so far; returns the better."""
        self.restore(start)
        change()
        try:
            self.settle()
            self.climb(REGROWN)
        except OutOfTime:
            self.restore(best)
            raise
        if self.worth() > worth:
            self.say("   better", round(self.worth()), "than", round(worth))
            return self.snapshot(), self.worth()
        return best, worth

    def regrow(self) -> None:
        """Do without a sense that fails often, grow again, and keep what explains more for its size: a large
        neighbourhood search.
        """
        effort, self.effort = self.effort, 1
        best, worth = self.snapshot(), self.worth() + NODE
        tried: set[Sense] = set()
        while suspects := [s for s in self.suspects() if s not in tried][:1]:
            tried.update(suspects)

            def without(suspects: list[Sense] = suspects) -> None:
                self.say("   without", suspects[0])
                self.lexicon = self.lexicon.drop(*suspects)
                self._pruned.update(suspects)

            best, worth = self.explore(best, best, worth, without)
            self.restore(best)
        self.effort = effort

    def guess(self) -> None:
        """Suppose that an unknown word is a truth value, if growing on from there explains more."""
        truths = {self.universe.id(True), self.universe.id(False)}
        if not any(s.targets & truths for s in self.sentences):
            return
        unknown = Counter(w for s in self.sentences for w in self.lexicon.unknown(s.words))
        start = best = self.snapshot()
        worth = self.worth() + GUESSED * NODE
        for word, _ in unknown.most_common(GUESSED):
            for value in (True, False):

                def suppose(word: str = word, value: bool = value) -> None:
                    self.say("   suppose", word, "is", value)
                    self.lexicon = self.lexicon.add(word_sense(word, value))

                best, worth = self.explore(start, best, worth, suppose)
        self.restore(best)

    def worth(self) -> float:
        """Bits of the outputs that are explained minus the description."""
        return self.total(self.sentences, self.lexicon) - NODE * self.lexicon.cost

    def suspects(self) -> list[Sense]:
        """The senses whose words are often in sentences that are not read rightly in the one way, worst first."""
        readable = [s for s in self.sentences if all(map(self.lexicon.knows, s.words))]
        failing = {s for s in readable if not self.correct(s, self.lexicon)}
        shares = {}
        for sense in self.lexicon.senses:
            holding = [s for s in readable if set(sense.words) <= set(s.words)]
            if sense.slots and holding:
                shares[sense] = sum(s in failing for s in holding) / len(holding)
        return sorted((s for s in shares if shares[s] > FAILS), key=lambda s: -shares[s])[:SUSPECTS]

    def blame(self, known: Lexicon, clear: float) -> None:
        """Do without new senses that alone confuse the precedence, while others help."""
        grown = self.lexicon
        confusing = []
        for sense in [s for s in grown.senses if s.slots and s not in known.senses]:
            self.lexicon = known.add(sense)
            self.settle()
            if self.clarity < clear - CONFUSED:
                self.say("  -", sense, "confuses the precedence")
                confusing.append(sense)
        self._pruned.update(confusing)
        self._blamed.update(confusing)
        self.lexicon = grown = grown.drop(*confusing)
        self.settle()
        if self.clarity >= clear - CONFUSED:
            return
        together = self.precedence, self.clarity
        for sense in [s for s in grown.senses if s.slots and s not in known.senses]:
            self.lexicon = grown.drop(sense)
            self.settle()
            if self.clarity > clear - CONFUSED / 4:
                self.say("  -", sense, "confuses the precedence beside the others")
                self._pruned.add(sense)
                self._blamed.add(sense)
                return
        self.lexicon, (self.precedence, self.clarity) = grown, together

    def pardon(self) -> bool:
        """Allow the senses that were blamed again, once; whether there were any."""
        blamed = bool(self._blamed) and not self._pardoned
        self._pardoned |= blamed
        if blamed:
            self._pruned -= self._blamed
        return blamed

    def values(self, sentence: Sentence) -> list[Value]:
        """What the sentence may be worth."""
        return [self.universe.values[i] for i in sorted(sentence.targets)]  # type: ignore[misc]

    def divided(self, unread: Sequence[Sentence]) -> list[Sentence]:
        """The parts of sentences, and their parts in turn, whose values known senses and sources give away."""
        found: dict[Sentence, None] = {}
        waiting = [s for s in unread if len(s.words) <= LONGEST]
        inside = set(self.sentences)
        while waiting:
            sentence = waiting.pop()
            chart = self.chart(sentence.words, self.lexicon)
            outputs = [v for v in self.values(sentence) if isinstance(v, tuple)]
            for (start, end), targets in divisions(chart, outputs, self._sources):
                simplest = self.universe.values[min(targets)]
                assert simplest is not None
                part = Sentence.of(chart.words[start:end], targets, simplest)
                if part not in found and part not in inside:
                    found[part] = None
                    waiting.append(part)
        return list(found)

    def add_words(self) -> None:
        """One-word sentences give the values of their words."""
        values: dict[str, Counter[int]] = defaultdict(Counter)
        for sentence in [*self.sentences, *self._parts]:
            words = self.lexicon.spoken(sentence.words)
            if len(words) == 1 and not self.lexicon.knows(words[0]):
                values[words[0]].update(sentence.targets)
        for word, counts in values.items():
            value = self.universe.values[counts.most_common(1)[0][0]]
            assert value is not None
            self.lexicon = self.lexicon.add(word_sense(word, value))

    def particles(self) -> list[str]:
        """Words that stand exactly once in every sentence: they carry no information."""
        everywhere = set.intersection(*(set(s.words) for s in self.sentences)) if self.sentences else set()
        return sorted(w for w in everywhere if all(s.words.count(w) == 1 and len(s.words) > 1 for s in self.sentences))

    def improve(self, statuses: dict[Sentence, Status]) -> bool:
        """The first kind of move that helps, cheapest and most plausible first."""
        unread = [s for s, status in statuses.items() if status in (Status.UNREAD, Status.UNKNOWN)]
        free = replace(self.lexicon, forbidden=frozenset())
        misread = [s for s in unread if statuses[s] is Status.UNREAD and self.status(s, free) is Status.RIGHT]
        unread = [s for s in unread if s not in misread]  # of those only the precedence is wrong
        self._parts = self.divided(unread)
        unread = sorted([*unread, *self._parts], key=lambda s: len(s.words))
        failing = [s for s, status in statuses.items() if status is not Status.RIGHT]
        wide = 2 if len(failing) > 0.1 * len(statuses) else 1
        moves: list[tuple[int, Callable[[], bool]]] = [
            (0, lambda: self.add(unread, 0, crowded=False)),
            (0, lambda: self.add_partial(unread, CLEAR)),
            (0, lambda: self.add(unread, 0)),
            (1, lambda: self.add(unread, 1)),
            (1, lambda: self.refit_failing(statuses, 1)),
            (1, lambda: self.add_partial(unread)),
            (1, lambda: self.hasty and self.add(unread, 1, LENIENT)),
            (2, lambda: self.add(unread, 2)),
            (2, lambda: self.refit_failing(statuses, 2)),
            (3, lambda: self.add(unread, 3)),
            (2, lambda: self.add(unread, 2, LENIENT)),
            (3, lambda: self.refit_failing(statuses, 3)),
            (wide, lambda: self.add(failing, wide, LENIENT, second=True)),
            (wide, lambda: self.add(failing, wide, LENIENT, second=True, idioms=True)),
        ]
        return any(move() for effort, move in moves if effort <= self.effort)

    def add(
        self,
        failing: Sequence[Sentence],
        effort: int,
        least: float = STRICT,
        second: bool = False,
        idioms: bool = False,
        crowded: bool = True,
    ) -> bool:
        """Propose senses for the failing sentences, judge them on charts, accept the best.

        Args:
            effort: index into WORK; from 2 on, structural recursion is tried.
            least: share of the sentences that become readable that must be right.
            second: known words may get further senses.
            idioms: fixed phrases of several words are allowed.
            crowded: words with two slots side by side, which may be one phrase, are allowed.
        """
        candidates = self.propose(failing, effort, second, idioms, least < STRICT)
        for candidate in candidates[:5]:
            self.say("   ?", round(candidate.gain), candidate)
        touched: set[str] = set()
        waiting: list[frozenset[str]] = []
        accepted = amended = 0
        joined = self.joins(candidates)
        # words with a sense wait for those without; several may be one juxtaposition
        again = {c.words for c in candidates if c.words and all(map(self.lexicon.knows, c.words))}
        for candidate in candidates[:20]:
            self.check_time()
            if touched & candidate.words or (not candidate.words and accepted):
                continue
            if any(words < candidate.words for words in waiting):
                continue
            if not second and candidate.words and effort < (2 if len(again) > 2 else 1) and candidate.words in again:
                continue
            if candidate.crowded and (not crowded or (joined and (accepted or effort < 2))):
                continue
            gain, share = self.judge(candidate)
            self.say("   =", round(gain), round(share, 2), candidate)
            if share < least and amended < AMENDED and candidate.sense and candidate.sense.slots and candidate.words:
                amended += 1
                candidate, gain, share = self.amend(candidate, effort, gain, share)
            if gain > 0 and share >= (least if candidate.words else LENIENT):
                self.lexicon = candidate.join(self.lexicon)
                self.say("  +", round(gain), round(share, 2), candidate)
                touched |= candidate.words
                accepted += 1
                if share < STRICT or not candidate.words:
                    break
            elif gain > 0 and share >= LENIENT:
                waiting.append(candidate.words)  # rather than take a pattern that contains it
        return accepted > 0

    def amend(self, candidate: Candidate, effort: int, gain: float, share: float) -> tuple[Candidate, float, float]:
        """The candidate with a program that also fits where it is applied to its own results, if that is better;
        with its gain and share.
        """
        assert candidate.sense is not None
        known, pruned = self.lexicon, set(self._pruned)
        self.lexicon = candidate.join(known)
        changed = self.refit(candidate.sense, effort)
        new = [s for s in self.lexicon.senses if s not in known.senses]
        self.lexicon, self._pruned = known, pruned
        if changed and new:
            better = Candidate(candidate.gain, new[0])
            again, most = self.judge(better)
            if most > share:
                return better, again, most
        return candidate, gain, share

    def joins(self, candidates: Sequence[Candidate] = ()) -> bool:
        """Whether juxtaposition has a meaning, or could have one."""
        return any(not s.words for s in self.lexicon.senses) or any(not c.words for c in candidates)

    def add_partial(self, unread: Sequence[Sentence], least: float = 0.0) -> bool:
        """Accept the operators that beat chance by `least` bits on sentences that are understood in part."""
        rows: list[tuple[Pattern, Partial]] = []
        for sentence in unread:
            if len(sentence.words) <= LONG + 2:
                chart = self.chart(sentence.words, self.lexicon)
                rows += partials(chart, self.lexicon, next(iter(sentence.targets)))
        targets = [next(iter(s.targets)) for s in unread]
        found = best_operators(self.universe, grouped(iter(rows)), targets, self.primitives, self._sources, self.rng)
        accepted: set[str] = set()
        for bits, share, sense in found:
            if bits <= least or sense in self._pruned or accepted & set(sense.words):
                continue
            if not self.lacking(sense):
                self.say("  +", round(bits), round(share, 2), sense, "=", sense.meaning, "(partial)")
                self.lexicon = self.lexicon.add(sense)
                self._assumed.add(sense)
                accepted |= set(sense.words)
        return bool(accepted)

    def judge(self, candidate: Candidate) -> tuple[float, float]:
        """(bits newly explained minus the description, share right of those that become readable)."""
        lexicon = candidate.join(self.lexicon)
        holding = [s for s in [*self.sentences, *self._parts] if candidate.words <= set(s.words)]
        relevant = [s for s in holding if all(map(lexicon.knows, s.words))]
        bits, right, wrong = 0.0, 0, 0
        judges = self.sampled(relevant)
        for sentence in judges:
            before, worth = self.read(sentence, self.lexicon)
            after, gained = self.read(sentence, lexicon)
            bits += gained - worth
            right += after is Status.RIGHT and before is not Status.RIGHT
            wrong += after is Status.WRONG and before is not Status.WRONG
        amortised = min(AMORTISED, len(holding) / max(1, len(judges))) if self.coherent(candidate.words) else 1.0
        return bits * amortised - self.price(candidate), right / max(1, right + wrong)

    def total(self, sentences: Sequence[Sentence], lexicon: Lexicon) -> float:
        return sum(self.read(s, lexicon)[1] for s in sentences)

    def rank(self, candidate: Candidate) -> float:
        """Simple patterns first, since a longer one may only be an instance of them; whole ones before others."""
        rank = candidate.gain
        if candidate.sense is not None:
            rank *= 0.5 ** (len(candidate.sense.words) - 1)
            rank *= 0.2 if self.lacking(candidate.sense) else 1.0
            rank *= 0.5 if any(map(self.lexicon.knows, candidate.words)) and len(candidate.words) == 1 else 1.0
        return rank

    def lacking(self, sense: Sense) -> bool:
        """A pattern that lacks a word without which its own words never occur is hardly whole, nor is one
        whose program holds tokens that such a word accounts for.
        """
        constants = {s.words[0]: s.meaning.body for s in self.lexicon.senses if not s.slots}
        near = {v for w in sense.words for v in self.companions(w, 3)} - set(sense.words)
        always = {v for w in sense.words for v in self.companions(w, 12)} - set(sense.words)
        own = tokens(sense.meaning.body)
        return any(own & tokens(constants[v]) for v in near if v in constants) or bool(always - set(constants))

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

    def price(self, candidate: Candidate) -> float:
        """Bits of the description; the first meaning of a word is free if it is a constant."""
        sense = candidate.sense
        if sense is None:
            return NODE
        if not sense.slots and len(sense.words) == 1 and not self.lexicon.knows(sense.words[0]):
            return 0.0
        new = any(not self.lexicon.knows(w) for w in sense.words)  # it must mean something
        return NODE * sense.cost * (0.4 if new else 1.0)

    def sampled(self, relevant: list[Sentence]) -> list[Sentence]:
        """The shortest and a random rest."""
        half = JUDGES // 2
        return relevant if len(relevant) <= JUDGES else relevant[:half] + self.rng.sample(relevant[half:], half)

    def mixed(self, sentences: Sequence[Sentence]) -> list[Sentence]:
        """Short ones (few readings) and random ones (informative arguments) in turn."""
        shuffled = self.rng.sample(list(sentences), len(sentences))
        return list(dict.fromkeys(s for pair in zip(sentences, shuffled, strict=True) for s in pair))

    def prune(self, final: bool = False) -> None:
        """Drop senses without which everything stays explained, dearest first; those accepted on partial
        evidence only at the end.
        """
        pool = [*self.sentences, *self._parts]
        for sense in sorted(self.lexicon.senses, key=lambda s: -s.cost):
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

    def simplify(self) -> None:
        """Drop senses that another precedence makes needless: ``_ w _`` beside ``w _`` and ``_ _``."""
        for word in sorted(self.lexicon.silent):
            self.speak(word)
        for sense in sorted(self.lexicon.senses, key=lambda s: -s.cost):
            without = replace(self.lexicon.drop(sense), forbidden=frozenset())
            if sense.slots and without.senses and sense.words and self.needless(sense, without):
                self.settle_for(without, f"{sense} is needless")

    def speak(self, word: str) -> None:
        """Take a silent word for the empty sequence, if that makes other senses needless."""
        lexicon = replace(self.lexicon.voice(word).add(word_sense(word, ())), forbidden=frozenset())
        for sense in sorted(self.lexicon.senses, key=lambda s: -s.cost):
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

    # ---------------------------------------------------------------- refitting

    def refit_failing(self, statuses: dict[Sentence, Status], effort: int) -> bool:
        """Refit the senses that take part in most wrong sentences."""
        wrong: Counter[Sense] = Counter()
        right: Counter[Sense] = Counter()
        for sentence, status in statuses.items():
            words = set(sentence.words)
            for sense in self.lexicon.senses:
                if words.issuperset(sense.words):
                    wrong[sense] += status is Status.WRONG
                    right[sense] += status is Status.RIGHT
        for word in sorted(self.lexicon.silent):
            holding = [s for s in statuses if word in s.words]
            if sum(statuses[s] is Status.WRONG for s in holding) >= 2 and self.voice(word, holding, effort):
                return True
        failures = sum(status is Status.WRONG for status in statuses.values())
        suspects = sorted(wrong, key=lambda s: -wrong[s] / (wrong[s] + right[s] + 2))
        for sense in suspects[:8]:
            tried = wrong[sense] + right[sense]
            usual = 1.3 * tried * failures / len(statuses) if failures <= 0.12 * len(statuses) else 0.0
            if wrong[sense] >= max(2 if failures > 3 else 1, usual):
                key = (sense, effort, len(self.lexicon.senses))
                if key not in self._refitted:
                    self._refitted.add(key)
                    if self.refit(sense, effort):
                        return True
        return False

    def voice(self, word: str, holding: Sequence[Sentence], effort: int) -> bool:
        """Give a word that was taken for silent a sense after all, if that explains more."""
        key = (word, effort, len(self.lexicon.senses))
        if key in self._refitted:
            return False
        self._refitted.add(key)
        silent = self.lexicon
        judges = self.sampled(list(holding)) + [s for s in holding if self.status(s, silent) is Status.WRONG][:JUDGES]
        before = self.total(judges, silent)
        voiced = silent.voice(word)
        self.lexicon = voiced
        try:
            candidates = self.propose(holding, effort)[:8]
        finally:
            self.lexicon = silent
        best: tuple[float, Candidate] | None = None
        for candidate in candidates:
            if candidate.sense is not None and word in candidate.words:
                after = self.total(judges, candidate.join(voiced)) - NODE * candidate.sense.cost
                if after > before + 1 and (best is None or after > best[0]):
                    best = (after, candidate)
        if best is None:
            return False
        self.say("  ~", round(best[0] - before), best[1])
        self.lexicon = best[1].join(voiced)
        return True

    def refit(self, sense: Sense, effort: int) -> bool:
        """Another program for the same pattern, judged on all sentences that hold it."""
        self.check_time()
        relevant = [
            s for s in self.sentences if set(sense.words) <= set(s.words) and all(map(self.lexicon.knows, s.words))
        ]
        table: Table = defaultdict(lambda: defaultdict(set))
        places: list[Sentence] = []
        wrong = [s for s in relevant if self.status(s, self.lexicon) is Status.WRONG][:EXAMPLES]
        for sentence in wrong + self.mixed(relevant)[: 2 * EXAMPLES]:
            words = self.lexicon.spoken(sentence.words)
            if len(words) <= LONGEST:
                chart = self.chart(sentence.words, self.lexicon)
                for positions in literal_positions(sense.pattern, words)[-4:]:  # outermost
                    collect(table, len(places), chart, sentence, positions)
                    places.append(sentence)
        groups = table.get(sense.pattern)
        if not groups:
            return False
        judges = self.sampled(relevant) + wrong[:JUDGES]
        best: tuple[float, Lexicon, Sense] | None = None
        for lexicon in (self.lexicon.relax(sense), self.lexicon):
            before = self.total(judges, lexicon) - NODE * sense.cost
            for found in self.meanings(places, groups, sense.pattern, effort, 1.0):
                other = Sense(sense.pattern, found.meaning)
                if other.meaning != sense.meaning and other not in self._pruned:
                    gain = self.total(judges, lexicon.exchange(sense, other)) - NODE * other.cost - before
                    if gain > 1 and (best is None or gain > best[0]):
                        best = (gain, lexicon, other)
        if best is None:
            return False
        gain, lexicon, other = best
        self.say("  ~", round(gain), other, "=", other.meaning)
        self.lexicon = lexicon.exchange(sense, other)
        self._pruned.add(sense)
        return True

    # ---------------------------------------------------------------- proposing

    def propose(
        self,
        failing: Sequence[Sentence],
        effort: int,
        second: bool = False,
        idioms: bool = False,
        loose: bool = False,
    ) -> list[Candidate]:
        """Candidates for the failing sentences, the largest estimated gain first."""
        table: Table = defaultdict(lambda: defaultdict(set))
        seen: Counter[tuple[str, ...]] = Counter()
        failing = self.mixed(failing)
        for index, sentence in enumerate(failing):
            words = self.lexicon.spoken(sentence.words)
            chart: Chart | None = None
            for positions in self.places(words, second):
                chosen = tuple(words[p] for p in positions)
                if seen[chosen] < EXAMPLES and (loose or self.coherent(frozenset(chosen))):
                    chart = chart or self.chart(sentence.words, self.lexicon)
                    seen[chosen] += collect(table, index, chart, sentence, positions)
        candidates = self.candidates(failing, table, effort, idioms, loose) + list(self.silences(failing))
        joined = self.joins(candidates)
        candidates.sort(key=lambda c: (joined and c.crowded, -self.rank(c)))
        return candidates

    def places(self, words: tuple[str, ...], second: bool) -> Iterable[tuple[int, ...]]:
        """Where the words of one new sense could stand: at all unknown words, alone or with a known
        one; if all are known, nowhere (juxtaposition) or at one (or two) of them.
        """
        if len(words) > LONGEST:
            return
        at: dict[str, list[int]] = defaultdict(list)
        for position, word in enumerate(words):
            at[word].append(position)
        unknown = sorted(p for w in self.lexicon.unknown(words) for p in at[w])
        known = [w for w in at if w in self.lexicon.known and at[w][0] not in unknown]
        distinct = len({words[p] for p in unknown})
        if len(unknown) > 5 or distinct > 4:
            return
        if len(unknown) == distinct or distinct > 1:  # an operator is not twice in its own pattern
            yield tuple(unknown)
        if unknown:
            for word in known[:4]:
                yield tuple(sorted((*unknown, *at[word])))
            fences = [p for p, w in enumerate(words) if w in self.lexicon.fences and p not in unknown]
            several = (c for size in (1, 2, 3, 4) for c in combinations(fences, size))
            for chosen in islice(several, 160):
                yield tuple(sorted((*unknown, *chosen)))
            return
        single = [at[w][0] for w in known if len(at[w]) == 1]
        for position in single:
            yield (position,)
        if second and len(single) <= 5:
            yield from combinations(sorted(single), 2)

    def candidates(
        self, failing: Sequence[Sentence], table: Table, effort: int, idioms: bool, loose: bool
    ) -> list[Candidate]:
        """Synthesise meanings for the patterns with most evidence."""
        joined = self.joins()

        def unlikely(item: tuple[Pattern, dict[int, set[Example]]]) -> tuple[bool, float]:
            pattern, groups = item
            bits = sum(failing[i].bits / len(a) for i, a in groups.items())
            return joined and crowded(pattern), -bits / (1 + 0.3 * len(pattern))

        most: Counter[frozenset[str]] = Counter()
        for pattern, groups in table.items():
            words = frozenset(w for w in pattern if w is not None)
            most[words] = max(most[words], len(groups))
        tried: Counter[frozenset[str]] = Counter()
        clear = False
        found: list[Candidate] = []
        for pattern, groups in sorted(table.items(), key=unlikely):
            words = frozenset(w for w in pattern if w is not None)
            arity = pattern.count(None)
            repeats = any(a is not None and a == b for a, b in pairwise(pattern))
            if (
                repeats
                or tried[words] >= 5
                or (arity and len(groups) < (2 if loose else 3))
                or (not arity and len(pattern) > 1 and not idioms)
            ):
                continue
            coherent = self.coherent(words)
            if not coherent and not loose:
                continue
            tried[words] += 1
            self.check_time()
            occurrences = sum(words <= set(s.words) for s in self.sentences)
            amortised = min(AMORTISED, max(1.0, occurrences / most[words])) if arity and coherent else 1.0
            for result in self.meanings(failing, groups, pattern, effort, amortised):
                sense = Sense(pattern, result.meaning)
                if sense not in self.lexicon.senses and sense not in self._pruned:
                    price = NODE * (sense.cost - sense.meaning.cost) if arity else -NODE * sense.meaning.cost
                    found.append(Candidate(result.score - price, sense))
                    clear = clear or (arity > 0 and len(groups) >= MANY and result.share > 0.95)
            if clear and effort > 1:  # enough to go on with
                break
        return found

    def meanings(
        self,
        sentences: Sequence[Sentence],
        groups: dict[int, set[Example]],
        pattern: Pattern,
        effort: int,
        amortised: float,
    ) -> list[Found]:
        """Programs for the examples of one pattern; where arguments differ in kind, also per kind."""
        arity = pattern.count(None)
        made = [
            Group(
                amortised * sentences[i].bits / math.sqrt(len(a)),
                amortised * MISS / math.sqrt(len(a)),
                tuple(sorted(a, key=_order)),
            )
            for i, a in sorted(groups.items())
        ]
        found = self.solve(made, arity, effort)
        if found and found[0].share > 0.95:
            return found
        kinds = self.universe.arrays()[0]
        parts: dict[tuple[int, ...], list[Group]] = defaultdict(list)
        for group in made:
            signatures = {tuple(kinds[list(arguments)].tolist()) for arguments, _ in group.alternatives}
            if len(signatures) == 1:
                parts[signatures.pop()].append(group)
        if arity and len(parts) > 1:
            for part in parts.values():
                if len(part) >= 2:
                    found = found + self.solve(part, arity, effort)
        return found

    def solve(self, groups: list[Group], arity: int, effort: int) -> list[Found]:
        key = (arity, effort, tuple(groups))
        if key not in self._solved:
            self._solved[key] = synthesise(
                self.universe,
                groups,
                arity,
                self.primitives,
                work=WORK[effort],
                recursion=effort > 1,
            )
        return self._solved[key]

    def silences(self, failing: Sequence[Sentence]) -> Iterable[Candidate]:
        """Unknown words that could mean nothing: never one half of a pair of brackets."""
        right: Counter[str] = Counter()
        tried: Counter[str] = Counter()
        telling: Counter[str] = Counter()
        for sentence in failing:
            unknown = self.lexicon.unknown(sentence.words)
            if len(unknown) == 1 and len(sentence.words) > 1 and tried[unknown[0]] < JUDGES:
                silent = self.lexicon.silence(unknown[0])
                hit = self.status(sentence, silent) is Status.RIGHT
                right[unknown[0]] += hit
                telling[unknown[0]] += hit and len(silent.spoken(sentence.words)) > 1
                tried[unknown[0]] += 1
        for word, count in right.items():
            if telling[word] >= 2 and count >= 0.85 * tried[word] and not self.paired(word):
                yield Candidate(1000.0 + count, None, word)

    def mute(self) -> None:
        """A word all of whose senses are the identity is silent, unless it is half of a bracket."""
        for word in sorted(self.lexicon.known):
            mine = [s for s in self.lexicon.senses if word in s.words]
            identities = all(s.words == (word,) and s.meaning.body == IDENTITY for s in mine)
            if mine and identities and not self.paired(word):
                lexicon = self.lexicon.drop(*mine).silence(word)
                judges = self.sampled([s for s in self.sentences if word in s.words])
                if self.total(judges, lexicon) >= self.total(judges, self.lexicon) - NODE:
                    self.say("  -", word, "is silent")
                    self.lexicon = lexicon

    def paired(self, word: str) -> bool:
        """Whether another word occurs exactly as often as this one in every sentence."""
        holding = [Counter(s.words) for s in self.sentences if word in s.words]
        others = set.intersection(*(set(c) for c in holding)) - {word} if holding else set()
        return any(
            all(c[o] == c[word] for c in holding) and all(word in s.words for s in self.sentences if o in s.words)
            for o in others
        )

    # ---------------------------------------------------------------- precedence

    def settle(self) -> None:
        """Fit precedence to all sentences that can be read."""
        free = replace(self.lexicon, forbidden=frozenset())
        edges = Edges()
        weighed: dict[Evidence, float] = defaultdict(float)
        skeletons: Counter[tuple[str, ...]] = Counter()
        several = 0
        operators = {w for s in free.senses if s.slots for w in s.words}
        for sentence in self.sentences:
            words = free.spoken(sentence.words)
            if not all(map(free.knows, words)):
                continue
            if len(words) > LONG:  # long ones only where they refute the present precedence
                if len(words) > HARD or several >= LONG or self.status(sentence, self.lexicon) is Status.RIGHT:
                    continue
                several += 1
            skeleton = tuple(w if w in operators else "" for w in words)
            if skeletons[skeleton] >= 4:
                continue
            skeletons[skeleton] += 1
            chart = self.chart(sentence.words, free, edges)
            found = evidence((mask, value in sentence.targets) for value, _, mask in chart.root)
            if found is not None and not chart.overflow:
                weighed[found] += 1.0
        self.check_time()
        if not weighed:
            self.lexicon, self.clarity = free, 1.0
            return
        self.precedence, self.clarity = fit_precedence(free, edges, weighed, self.rng)
        self.say("   precedence explains", round(self.clarity, 3), "of", len(weighed))
        self.lexicon = replace(free, forbidden=self.precedence.edges())


def crowded(pattern: Pattern) -> bool:
    """Has words and two slots side by side, which may be one phrase that is a juxtaposition."""
    return any(pattern) and any(a is None and b is None for a, b in pairwise(pattern))


def tokens(body: Expression | Fold) -> set[Element]:
    """The tokens that a program writes out."""
    match body:
        case Literal(value):
            return set(value) if isinstance(value, tuple) else set()
        case Call(_, arguments):
            return set().union(*map(tokens, arguments))
        case Fold(_, _, base, step):
            return tokens(base) | tokens(step)
    return set()


def collect(table: Table, index: int, chart: Chart, sentence: Sentence, positions: tuple[int, ...]) -> bool:
    """Add one sentence's examples for a sense with words at these positions."""
    hit = False
    for pattern, arguments, targets in analyses(chart, sentence.targets, positions):
        alternatives = table[pattern][index]
        if len(alternatives) < 12:
            alternatives.add((arguments, targets))
            hit = True
    return hit


def _order(example: Example) -> tuple[object, ...]:
    arguments, targets = example
    return (*arguments, *sorted(targets))
