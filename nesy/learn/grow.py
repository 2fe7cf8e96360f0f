"""Growing a lexicon: abduce examples for unknown senses, synthesise, accept what explains most."""

from __future__ import annotations

import math
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from nesy.learn.chart import Chart, Edges
from nesy.learn.lexicon import Lexicon, Pattern, Sense
from nesy.learn.precedence import Evidence, Precedence, evidence, fit_precedence
from nesy.learn.propose import analyses
from nesy.machine.primitives import Primitive
from nesy.search.synthesise import NODE, Group, synthesise
from nesy.search.universe import Universe

LONG = 9  # words of a sentence that is still charted while learning


@dataclass(frozen=True)
class Sentence:
    """One training pair: words, the ids of the values with the output's text, its bits, how often seen."""

    words: tuple[str, ...]
    targets: frozenset[int]
    bits: float


class OutOfTime(Exception):
    """The budget is spent."""


@dataclass
class Grower:
    """One attempt to find a lexicon for the sentences."""

    universe: Universe
    sentences: Sequence[Sentence]
    primitives: Sequence[Primitive]
    rng: random.Random
    deadline: float = math.inf
    report: Callable[[str, int, int], None] = lambda stage, explained, total: None
    verbose: bool = False
    lexicon: Lexicon = field(default_factory=Lexicon)
    precedence: Precedence = field(default_factory=Precedence)
    _solved: dict[object, list[object]] = field(default_factory=dict)

    # ---------------------------------------------------------------- reading

    def chart(self, words: tuple[str, ...], lexicon: Lexicon | None = None, edges: Edges | None = None) -> Chart:
        lexicon = lexicon or self.lexicon
        return Chart(self.universe, lexicon, lexicon.spoken(words), edges)

    def check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise OutOfTime

    def readable(self, sentence: Sentence, lexicon: Lexicon) -> bool:
        return all(map(lexicon.knows, sentence.words))

    def explained(self, sentence: Sentence, lexicon: Lexicon) -> bool | None:
        """True: some reading gives the output; False: readings, all wrong; None: no reading."""
        root = self.chart(sentence.words, lexicon).root
        if not root:
            return None
        return any(item[0] in sentence.targets for item in root)

    def correct(self, sentence: Sentence, lexicon: Lexicon) -> bool:
        """Whether all readings give the output."""
        root = self.chart(sentence.words, lexicon).root
        return bool(root) and all(item[0] in sentence.targets for item in root)

    # ---------------------------------------------------------------- growing

    def grow(self) -> None:
        """Add senses until everything is explained or nothing helps."""
        stale = 0
        while stale < 2:
            self.check_time()
            failing = [s for s in self.sentences if not self.explained(s, self.lexicon)]
            self.report("growing", len(self.sentences) - len(failing), len(self.sentences))
            if len(failing) <= 0.002 * len(self.sentences):
                break
            added = any(self.step(failing, effort) for effort in (0, 1)) or self.step(failing, 1, idioms=True)
            if added:
                stale = 0
                self.settle()
                self.prune()
            else:
                stale += 1
                break
        self.settle()

    def step(self, failing: Sequence[Sentence], effort: int, idioms: bool = False) -> list[Sense]:
        """One round: propose, check against charts, accept.

        Args:
            idioms: allow fixed phrases of several words.
        """
        proposals = [p for p in self.propose(failing, effort) if idioms or p[2].slots or len(p[2].words) == 1]
        if self.verbose:
            for gain, share, sense in proposals[:6]:
                print("   ?", round(gain), round(share, 2), sense, "=", sense.meaning.body)
        accepted: list[Sense] = []
        touched: set[str] = set()
        for _, _, sense in proposals[:14]:
            self.check_time()
            if touched & set(sense.words) or (not sense.words and accepted):
                continue
            gain, share = self.coverage(sense)
            if gain > 0 and share >= 0.6:
                accepted.append(sense)
                touched |= set(sense.words)
                self.lexicon = self.lexicon.add(sense)
                if self.verbose:
                    print("  +", round(gain), round(share, 2), sense, "=", sense.meaning.body)
                if share < 0.9 or not sense.words:
                    break
        return accepted

    def coverage(self, sense: Sense, sample: int = 40) -> tuple[float, float]:
        """(bits newly explained minus the sense's cost, share right of what it can be judged on)."""
        lexicon = self.lexicon.add(sense)
        relevant = [
            s for s in self.sentences if set(sense.words) <= set(s.words) and self.readable(s, lexicon)
        ]
        if len(relevant) > sample:
            relevant = relevant[: sample // 2] + self.rng.sample(relevant[sample // 2 :], sample - sample // 2)
        bits = 0.0
        right = wrong = 0
        for sentence in relevant:
            before = self.explained(sentence, self.lexicon)
            after = self.explained(sentence, lexicon)
            if before:
                continue
            if after:
                bits += sentence.bits
                right += 1
            elif after is False and before is None:
                wrong += 1
        free = sense.slots == 0 and len(sense.words) == 1  # every word must mean something
        return bits - NODE * sense.cost * (not free), right / max(1, right + wrong)

    def prune(self) -> None:
        """Drop senses without which everything stays explained, dearest first."""
        for sense in sorted(self.lexicon.senses, key=lambda s: -s.cost):
            if len(self.lexicon.senses) == 1:
                return
            lexicon = self.lexicon.drop(sense)
            affected = [s for s in self.sentences if set(sense.words) <= set(s.words)][:60]
            lost = sum(
                s.bits for s in affected if not self.explained(s, lexicon) and self.explained(s, self.lexicon)
            )
            if lost < NODE * sense.cost * (len(sense.words) != 1 or sense.slots > 0) or (lost == 0):
                if self.verbose:
                    print("  -", round(lost), sense)
                self.lexicon = lexicon

    # ---------------------------------------------------------------- proposing

    def propose(self, failing: Sequence[Sentence], effort: int) -> list[tuple[float, float, Sense]]:
        """Candidate senses for the failing sentences, most bits first."""
        tables: dict[Pattern, dict[int, set[tuple[tuple[int, ...], frozenset[int]]]]] = defaultdict(
            lambda: defaultdict(set)
        )
        seen: Counter[tuple[str, ...]] = Counter()
        for index, sentence in enumerate(failing):
            for literals_words in self.literal_sets(sentence):
                if seen[literals_words] >= 50:
                    continue
                words = self.lexicon.spoken(sentence.words)
                positions = tuple(words.index(w) for w in literals_words)
                positions = tuple(sorted(positions))
                chart = self.chart(sentence.words)
                hit = False
                for pattern, arguments, targets in analyses(chart, sentence.targets, positions):
                    alternatives = tables[pattern][index]
                    if len(alternatives) < 12:
                        alternatives.add((arguments, targets))
                        hit = True
                seen[literals_words] += hit
        return self.candidates(failing, tables, effort)

    def literal_sets(self, sentence: Sentence) -> list[tuple[str, ...]]:
        """Which words of the sentence could be the words of one new sense."""
        words = self.lexicon.spoken(sentence.words)
        if len(words) > LONG:
            return []
        counts = Counter(words)
        unknown = self.lexicon.unknown(words)
        if len(unknown) > 3 or any(counts[w] > 1 for w in unknown):
            return []
        known = [w for w in counts if counts[w] == 1 and w not in unknown and w in self.lexicon.known]
        if unknown:
            base = tuple(unknown)
            return [base] + [(*base, w) for w in known[:3] if len(base) < 3]
        pairs = [p for p in combinations(known, 2)] if len(known) <= 5 else []
        return [()] + [(w,) for w in known] + pairs

    def candidates(self, failing: Sequence[Sentence], tables: dict, effort: int) -> list[tuple[float, float, Sense]]:
        ordered = sorted(
            tables.items(),
            key=lambda t: -sum(failing[i].bits / len(a) for i, a in t[1].items()) / (1 + 0.3 * len(t[0])),
        )
        per_words: Counter[tuple[str, ...]] = Counter()
        found: list[tuple[float, float, Sense]] = []
        for pattern, groups in ordered:
            words = tuple(w for w in pattern if w is not None)
            arity = pattern.count(None)
            if per_words[words] >= 5 or (arity and len(groups) < 2) or len(found) > 60:
                continue
            per_words[words] += 1
            self.check_time()
            clear = [
                Group(failing[i].bits / math.sqrt(len(alternatives)), tuple(sorted(alternatives, key=repr)))
                for i, alternatives in groups.items()
            ]
            for result in self.solve(clear, arity, effort):
                sense = Sense(pattern, result.meaning)
                found.append((result.score - NODE * (sense.cost - sense.meaning.cost if arity else -result.meaning.cost), result.share, sense))
        found.sort(key=lambda f: -f[0])
        return found

    def solve(self, groups: list[Group], arity: int, effort: int):  # noqa: ANN201
        key = (arity, effort, tuple(groups))
        if key not in self._solved:
            self._solved[key] = synthesise(
                self.universe, groups, arity, self.primitives, work=(100_000, 800_000)[effort], recursion=effort > 0, best=2
            )
        return self._solved[key]

    # ---------------------------------------------------------------- precedence

    def settle(self) -> None:
        """Fit precedence to all sentences that can be read."""
        free = replace(self.lexicon, forbidden=frozenset())
        edges = Edges()
        weighed: dict[Evidence, float] = defaultdict(float)
        skeletons: Counter[tuple[str, ...]] = Counter()
        for sentence in self.sentences:
            words = free.spoken(sentence.words)
            if len(words) > LONG or not self.readable(sentence, free):
                continue
            skeleton = tuple(w for w in words if any(s.slots for s in free.by_word.get(w, ())))
            if skeletons[skeleton] >= 4:
                continue
            skeletons[skeleton] += 1
            chart = self.chart(sentence.words, free, edges)
            found = evidence((mask, value in sentence.targets) for value, _, mask in chart.root)
            if found is not None and not chart.overflow:
                weighed[found] += 1.0
        if not weighed:
            self.lexicon = free
            return
        self.precedence, share = fit_precedence(free, edges, weighed, self.rng)
        if self.verbose:
            print('   precedence', round(share, 3), len(weighed), len(edges.bits))
        self.lexicon = replace(free, forbidden=self.precedence.edges())
