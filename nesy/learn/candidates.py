"""Candidates for new senses: abduced examples, programs for them, and a first estimate of what they explain."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice, pairwise

from nesy.errors import Undefined
from nesy.learn.chart import Chart
from nesy.learn.cooccurrence import Cooccurrence
from nesy.learn.lexicon import Lexicon, Pattern, Sense
from nesy.learn.propose import Example, analyses
from nesy.learn.reading import JUDGES, LONGEST, Sentence, Status
from nesy.machine.expressions import Call, Expression, Literal
from nesy.machine.values import Element, kind
from nesy.search.groups import Group
from nesy.search.meaning import Fold, Meaning, Solved, solved
from nesy.search.synthesise import MISS, NODE, Found, rank, synthesise

STRICT, LENIENT = 0.88, 0.6  # share of right readings that a new sense must reach
EXAMPLES = 50  # sentences from which the examples of one sense are drawn
MANY = 8  # examples of which a program explains nearly all, so that others need not be looked for
FUNCTIONS = 6  # of solved words that programs may call
AMORTISED = 8.0  # a word's sentences count up to so many times before they can be read
WORK = (0, 100_000, 800_000, 6_000_000)  # entries enumerated per synthesis, by effort; none: closed forms only

Table = dict[Pattern, dict[int, set[Example]]]


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


@dataclass
class Proposer(Cooccurrence):
    """Proposes senses for sentences that are not read, and judges them."""

    _solved: dict[object, list[Found]] = field(default_factory=dict)
    _doubted: Sense | None = None  # whose program is searched for again

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
            self.check_time()
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
                or (arity and len(groups) < (2 if loose or self.owned else 3))
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
        known = self.given.functions.get(next((w for w in pattern if w is not None), ""))
        made = [
            Group(
                amortised * sentences[i].bits / math.sqrt(len(a)),
                amortised * MISS / math.sqrt(len(a)),
                tuple(sorted(a, key=_order)),
            )
            for i, a in sorted(groups.items())
        ]
        if known is not None:
            fits = arity == known.arity and sum(w is not None for w in pattern) == 1
            return rank(self.universe, made, [known], 1) if fits else []
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
        functions = self.functions() if arity else ()
        key = (arity, effort, tuple(groups), functions)
        if key not in self._solved:
            found = synthesise(
                self.universe,
                groups,
                arity,
                self.primitives,
                library=functions,
                equivalence=self.equivalence,
                work=WORK[effort],
                recursion=effort > 1,
                best=3 if not self.owned else 8,
                programs=self.programs,
            )
            self._solved[key] = [f for f in found if self.owned.isdisjoint(tokens(f.meaning.body))][:3]
        return self._solved[key]

    def functions(self) -> tuple[Solved, ...]:
        """The meanings of words that are functions of integers and no mere call of a primitive."""
        if not self.library:
            return ()
        names = {p.name for p in self.primitives}
        found: dict[Solved, None] = {}
        for sense in self.lexicon.senses:
            meaning = sense.meaning
            if sense == self._doubted:
                continue
            if 1 <= sense.slots <= 2 and sense.words and not plain(meaning.body, names) and counts(meaning):
                found[solved(meaning, " ".join(["int"] * (sense.slots + 1)))] = None
        return tuple(found)[:FUNCTIONS]

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
                once = sentence.words.count(unknown[0]) == 1  # what is done twice may undo itself
                telling[unknown[0]] += hit and once and len(silent.spoken(sentence.words)) > 1
                tried[unknown[0]] += 1
        for word, count in right.items():
            if telling[word] >= 2 and count >= 0.85 * tried[word] and not self.paired(word):
                yield Candidate(1000.0 + count, None, word)

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
        that borrows.
        """
        constants = {s.words[0] for s in self.lexicon.senses if not s.slots}
        always = {v for w in sense.words for v in self.companions(w, 12)} - set(sense.words)
        return bool(always - constants) or self.borrows(sense)

    def borrows(self, sense: Sense) -> bool:
        """Whether the program holds tokens that a word without which the pattern never occurs accounts for."""
        near = {v for w in sense.words for v in self.companions(w, 3)} - set(sense.words)
        own = tokens(sense.meaning.body)
        beside = (s for s in self.lexicon.senses if not s.slots and near.issuperset(s.words))
        return bool(own) and any(own & tokens(s.meaning.body) for s in beside)

    def joins(self, candidates: Sequence[Candidate] = ()) -> bool:
        """Whether juxtaposition has a meaning, or could have one."""
        return any(not s.words for s in self.lexicon.senses) or any(not c.words for c in candidates)

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

    def price(self, candidate: Candidate) -> float:
        """Bits of the description; the first meaning of a word is free if it is a constant."""
        sense = candidate.sense
        if sense is None:
            return NODE
        if not sense.slots and len(sense.words) == 1 and not self.lexicon.knows(sense.words[0]):
            return 0.0
        new = any(not self.lexicon.knows(w) for w in sense.words)  # it must mean something
        return NODE * sense.cost * (0.4 if new else 1.0)


def crowded(pattern: Pattern) -> bool:
    """Has words and two slots side by side, which may be one phrase that is a juxtaposition."""
    return any(pattern) and any(a is None and b is None for a, b in pairwise(pattern))


def plain(body: Expression | Fold, primitives: Collection[str]) -> bool:
    """Whether a program is an argument, a constant or a single call of a primitive."""
    match body:
        case Call(name, arguments):
            return name in primitives and not any(isinstance(argument, Call) for argument in arguments)
    return not isinstance(body, Fold)


def counts(meaning: Meaning) -> bool:
    """Whether a program gives integers for integers."""
    for given in ((2, 1), (5, 3)):
        try:
            if kind(meaning.run(*given[: meaning.arity])) != "int":
                return False
        except Undefined:
            return False
    return True


def tokens(body: Expression | Fold) -> set[Element]:
    """The tokens that a program writes out."""
    match body:
        case Literal(value):
            return set(value) if isinstance(value, tuple) else set()
        case Call(_, arguments):
            return set().union(*map(tokens, arguments))
        case Fold(base=base, step=step):
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
