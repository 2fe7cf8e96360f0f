"""Other programs for senses that fail."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from nesy.learn.candidates import EXAMPLES, Candidate, Proposer, Table, collect
from nesy.learn.chart import literal_positions
from nesy.learn.lexicon import Lexicon, Sense
from nesy.learn.reading import JUDGES, LONGEST, Sentence, Status
from nesy.search.synthesise import NODE


@dataclass
class Refitter(Proposer):
    """Finds another program for the pattern of a sense."""

    _refitted: set[object] = field(default_factory=set)

    def refit_failing(self, statuses: dict[Sentence, Status], effort: int) -> bool:
        """Refit the senses that take part in most wrong sentences."""
        wrong: Counter[Sense] = Counter()
        right: Counter[Sense] = Counter()
        for sentence, status in statuses.items():
            words = set(sentence.words)
            for sense in self.lexicon.own:
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
        self._doubted = sense  # a program that is searched for calls no wrong one
        for lexicon in (self.lexicon.relax(sense), self.lexicon):
            before = self.total(judges, lexicon) - NODE * sense.cost
            for found in self.meanings(places, groups, sense.pattern, effort, 1.0):
                other = Sense(sense.pattern, found.meaning)
                if other.meaning != sense.meaning and other not in self._pruned:
                    gain = self.total(judges, lexicon.exchange(sense, other)) - NODE * other.cost - before
                    if gain > 1 and (best is None or gain > best[0]):
                        best = (gain, lexicon, other)
        self._doubted = None
        if best is None:
            return False
        gain, lexicon, other = best
        self.say("  ~", round(gain), other, "=", other.meaning)
        self.lexicon = lexicon.exchange(sense, other)
        self._pruned.add(sense)
        return True

    def amend(self, candidate: Candidate, effort: int, gain: float, share: float) -> tuple[Candidate, float, float]:
        """The candidate with a program that also fits where it is applied to its own results, if that is better;
        with its gain and share.
        """
        assert candidate.sense is not None
        known, pruned = self.lexicon, set(self._pruned)
        self.lexicon = candidate.join(known)
        try:
            self.refit(candidate.sense, effort)
            new = [s for s in self.lexicon.senses if s not in known.senses and s != candidate.sense]
        finally:
            self.lexicon, self._pruned = known, pruned
        if new:
            better = Candidate(candidate.gain, new[0])
            again, most = self.judge(better)
            if most > share:
                return better, again, most
        return candidate, gain, share
