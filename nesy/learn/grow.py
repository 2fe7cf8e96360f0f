"""Growing a lexicon: abduce examples for unknown senses, synthesise, accept what explains most.

The loop is coordinate ascent on one description length: bits of the outputs that are explained
minus bits of the senses that explain them. Its moves: *add* a sense for unknown words, *refit* a
sense that fails, add a *second* sense to a known word, *prune*, and *settle* the precedence; where
it ends, it does *without* a sense that fails often and grows again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from nesy.learn.candidates import LENIENT, STRICT
from nesy.learn.divide import Sources, divisions, sources
from nesy.learn.lexicon import Lexicon, Pattern, Sense, word_sense
from nesy.learn.partial import Partial, best_operators, grouped, partials
from nesy.learn.precedence import Precedence
from nesy.learn.reading import LONG, LONGEST, OutOfTime, Sentence, Status
from nesy.learn.simplify import Simplifier
from nesy.search.synthesise import NODE

CLEAR = 32.0  # bits by which an operator of half understood sentences beats chance, to be taken early
SUSPECTS, REGROWN = 5, 8  # senses that are done without in turn, and rounds of growing again
NOISE = 0.08  # share of the sentences that may be corrupted
AMENDED = 3  # candidates of a round whose programs are refitted before they are rejected
GUESSED = 4  # unknown words that are supposed to be truth values
FAILS = 0.1  # share of the sentences with a sense that are not read rightly, for it to be suspected
LOST = 0.5  # share of the sentences that fail, from which on constants may be wrong: no search is deep enough then
CONFUSED = 0.08  # clarity that a new sense may cost

Snapshot = tuple[Lexicon, Precedence, float, frozenset[Sense], bool]


@dataclass
class Grower(Simplifier):
    """One attempt to find a lexicon for the sentences.

    Attributes:
        effort: the largest index into WORK that is spent.
        hasty: accept what explains most sentences before searching deeper (some constants may be wrong).
        report: called with (stage, sentences explained, sentences).
    """

    effort: int = 2
    hasty: bool = False
    report: Callable[[str, int, int], None] = lambda stage, explained, total: None
    _blamed: set[Sense] = field(default_factory=set)
    _pardoned: bool = False
    _sources: Sources = field(default_factory=dict)

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
                grown = self.snapshot()
                try:
                    self.blame(known, clear)
                except (OutOfTime, KeyboardInterrupt):
                    self.restore(grown)
                    raise
            self.prune()

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
        lost = len(failing) > LOST * len(statuses)
        moves: list[tuple[int, Callable[[], bool]]] = [
            (0, lambda: self.add(unread, 0, crowded=False)),
            (0, lambda: self.add_partial(unread, CLEAR)),
            (0, lambda: self.add(unread, 0)),
            (1, lambda: self.add(unread, 1)),
            (1, lambda: self.refit_failing(statuses, 1)),
            (1, lambda: self.add_partial(unread)),
            (1, lambda: self.hasty and self.add(unread, 1, LENIENT)),
            (2, lambda: lost and self.add(unread, 1, LENIENT)),
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

    def explore(
        self, start: Snapshot, best: Snapshot, worth: float, change: Callable[[], None]
    ) -> tuple[Snapshot, float]:
        """Change something at the start, grow on, and compare with the best so far; returns the better."""
        self.restore(start)
        change()
        try:
            self.settle()
            self.climb(REGROWN)
        except (OutOfTime, KeyboardInterrupt):
            self.restore(best)
            raise
        if self.worth() > worth:
            self.say("   better", round(self.worth()), "than", round(worth))
            return self.snapshot(), self.worth()
        return best, worth

    def regrow(self) -> None:
        """Do without a sense that fails often or borrows, grow again, and keep what explains more for its size: a
        large neighbourhood search.
        """
        effort, self.effort = self.effort, 1
        best, worth = self.snapshot(), self.worth() + NODE
        tried: set[Sense] = set()
        while suspects := [s for s in (*self.suspects(), *self.borrowing()) if s not in tried][:1]:
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

    def suspects(self) -> list[Sense]:
        """The senses whose words are often in sentences that are not read rightly in the one way, worst first."""
        readable = [s for s in self.sentences if all(map(self.lexicon.knows, s.words))]
        failing = {s for s in readable if not self.correct(s, self.lexicon)}
        shares = {}
        for sense in self.lexicon.own:
            holding = [s for s in readable if set(sense.words) <= set(s.words)]
            if sense.slots and holding:
                shares[sense] = sum(s in failing for s in holding) / len(holding)
        return sorted((s for s in shares if shares[s] > FAILS), key=lambda s: -shares[s])[:SUSPECTS]

    def borrowing(self) -> list[Sense]:
        """The senses whose programs hold tokens that a word beside them accounts for."""
        return [s for s in self.lexicon.own if s.slots and self.borrows(s)]

    def worth(self) -> float:
        """Bits of the outputs that are explained minus the description."""
        return self.total(self.sentences, self.lexicon) - NODE * self.lexicon.cost

    def snapshot(self) -> Snapshot:
        """What is believed now."""
        return self.lexicon, self.precedence, self.clarity, frozenset(self._pruned), self._pardoned

    def restore(self, state: Snapshot) -> None:
        """Believe again what was believed then."""
        self.lexicon, self.precedence, self.clarity, pruned, self._pardoned = state
        self._pruned = set(pruned)
