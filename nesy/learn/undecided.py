"""What the pairs leave open, and for each such question a sentence whose output would decide it.

Two kinds of questions: another program, about as short, explains all examples of a sense; or no pair
shows which of two senses takes the other as its argument.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nesy.derivation import Derivation
from nesy.errors import NesyError
from nesy.lang.clauses import print_clause, print_expression
from nesy.lang.language import Language
from nesy.learn.lexicon import SLOT, Lexicon, Sense
from nesy.learn.write import clauses, readable
from nesy.machine.primitives import Primitive
from nesy.machine.values import Value, kind, text
from nesy.search.alternatives import alternatives
from nesy.search.meaning import Fold, Meaning
from nesy.search.universe import UNDEFINED, Universe

QUESTIONS = 10
SENTENCES = 40  # looked at for each sense, and again for each pair of senses
EXAMPLES = 40  # of one sense
PROBES = 40  # arguments on which its meanings are told apart
MARGIN = 1.0  # nodes by which another meaning may be longer
LONGEST_PROGRAM = 7.0
TRIES = 40  # sentences made up for one question

Words = tuple[str, ...]
Pair = tuple[Sense, Sense]  # the senses of "x p y c z": p stands left of c


@dataclass(frozen=True)
class Phrase:
    """Words with their value; `atomic` if nothing outside can take them apart."""

    words: Words
    value: int
    atomic: bool


def undecided(
    lexicon: Lexicon,
    names: Mapping[Sense, str],
    language: Language,
    universe: Universe,
    primitives: Sequence[Primitive],
    pairs: Sequence[tuple[Words, str]],
    *,
    seconds: float = 2.0,
    most: int = QUESTIONS,
) -> list[str]:
    """Questions that the pairs leave open, at most `most`.

    Args:
        names: the clause of `language` for every sense.
        pairs: what the language was learned from.
        seconds: time after which no further question is looked for; far more than is needed, as a rule.
    """
    search = _Search(lexicon, names, language, universe, primitives, pairs, time.monotonic() + seconds)
    found: list[str] = []
    for question in search.questions():
        found.append(question)
        if len(found) == most:
            break
    return found


@dataclass
class _Search:
    lexicon: Lexicon
    names: Mapping[Sense, str]
    language: Language
    universe: Universe
    primitives: Sequence[Primitive]
    pairs: Sequence[tuple[Words, str]]
    deadline: float
    phrases: dict[int, Phrase] = field(default_factory=dict)  # the shortest of every value
    atoms: dict[int, Phrase] = field(default_factory=dict)
    examples: dict[Sense, dict[tuple[int, ...], int]] = field(default_factory=lambda: defaultdict(dict))
    first: dict[Pair, bool] = field(default_factory=dict)  # shown by a pair: whether the left sense applies first
    parsed: set[int] = field(default_factory=set)
    operands: dict[tuple[Sense, int], list[Phrase]] = field(default_factory=dict)
    rng: random.Random = field(default_factory=lambda: random.Random(0))

    def __post_init__(self) -> None:
        self.senses = {name: sense for sense, name in self.names.items()}
        self.holding: dict[str, list[int]] = defaultdict(list)
        for index, (words, _) in enumerate(self.pairs):
            for word in set(words):
                self.holding[word].append(index)

    @property
    def late(self) -> bool:
        return time.monotonic() > self.deadline

    def questions(self) -> Iterator[str]:
        for sense in self.lexicon.senses:
            self.look(sense.words)
        for sense in self.lexicon.senses:
            if sense.slots and not self.late:
                yield from self.other_meaning(sense)
        yield from self.precedences()

    # ---------------------------------------------------------------- the evidence

    def look(self, words: Words) -> None:
        """Take in the sentences that hold all the words: some short ones, some at random."""
        if words:
            common = set.intersection(*(set(self.holding[w]) for w in words))
        else:
            common = set(range(len(self.pairs)))
        ordered = sorted(common, key=lambda i: (len(self.pairs[i][0]), i))
        half = SENTENCES // 2
        rest = ordered[half:]
        for index in ordered[:half] + self.rng.sample(rest, min(half, len(rest))):
            if index not in self.parsed and not self.late:
                self.parsed.add(index)
                self.take(*self.pairs[index])

    def take(self, words: Words, output: str) -> None:
        try:
            derivation = self.language.parse(words)
        except NesyError:
            return
        if derivation.value is None or text(derivation.value) != output:
            return
        for node in derivation.nodes():
            if node.children and node.value is not None:
                self.take_node(node)

    def take_node(self, node: Derivation) -> None:
        value = self.universe.id(_known(node.value))
        sense = self.senses.get(node.symbol)
        words = self.lexicon.spoken(node.words)
        phrase = Phrase(words, value, sense is None or sense.closed or not sense.slots)
        for table in (self.phrases, self.atoms) if phrase.atomic else (self.phrases,):
            if value not in table or len(words) < len(table[value].words):
                table[value] = phrase
        if sense is not None and sense.slots:
            arguments = self.arguments(node)
            if len(arguments) == sense.slots:
                self.examples[sense][arguments] = value
                self.take_order(node, sense, value)

    def arguments(self, node: Derivation) -> tuple[int, ...]:
        return tuple(self.universe.id(_known(child.value)) for child in _parts(node))

    def take_order(self, node: Derivation, sense: Sense, value: int) -> None:
        """Whether this node shows that `sense` applies after, or before, what stands at its open ends."""
        arguments = self.arguments(node)
        if sense.pattern[-1] is SLOT:  # sense(..., y c z): what would (sense(..., y)) c z be?
            self.take_spine(node, sense, arguments, value, last=True)
        if sense.pattern[0] is SLOT:
            self.take_spine(node, sense, arguments, value, last=False)

    def take_spine(self, node: Derivation, sense: Sense, arguments: tuple[int, ...], value: int, last: bool) -> None:
        """Along the edge of the argument at one open end: each sense there might have applied outside."""
        here = _parts(node)[-1 if last else 0]
        spine: list[tuple[Sense, tuple[int, ...]]] = []
        while (inner := self.senses.get(here.symbol)) is not None and here.children and inner.slots:
            if inner.pattern[0 if last else -1] is not SLOT:
                break
            below = self.arguments(here)
            if len(below) != inner.slots:
                break
            edge = 0 if last else -1
            other = self.apply(sense, _put(arguments, -1 if last else 0, below[edge]))
            other = self.apply(inner, _put(below, edge, other))
            for above, given in reversed(spine):
                other = self.apply(above, _put(given, edge, other))
            if other not in (value, UNDEFINED):
                pair = (sense, inner) if last else (inner, sense)
                self.first.setdefault(pair, not last)
            spine.append((inner, below))
            here = _parts(here)[edge]

    def apply(self, sense: Sense, arguments: tuple[int, ...]) -> int:
        return UNDEFINED if UNDEFINED in arguments else sense.meaning(self.universe, arguments)

    # ---------------------------------------------------------------- meanings

    def other_meaning(self, sense: Sense) -> Iterator[str]:
        """The question which of several meanings a sense has, if there is one."""
        known = self.examples.get(sense, {})
        if not known or sense.meaning.cost > LONGEST_PROGRAM:
            return
        shown = list(known.items())
        if len(shown) > EXAMPLES:
            shown = shown[:: len(shown) // EXAMPLES + 1]
        probes = self.probes(sense)
        if not probes:
            return
        others = [
            other
            for other in alternatives(self.universe, shown, probes, self.primitives, cost=sense.meaning.cost + MARGIN)
            if all(other(self.universe, arguments) == value for arguments, value in known.items())
        ]
        best: tuple[int, int, str] | None = None
        for arguments in probes:
            mine = sense.meaning(self.universe, arguments)
            values = {other: other(self.universe, arguments) for other in others}
            differing = {other: v for other, v in values.items() if v not in (mine, UNDEFINED)}
            if not differing or mine == UNDEFINED:
                continue
            words = self.sentence(sense, arguments)
            if words is None or (best and (-len(differing), len(words)) >= best[:2]):
                continue
            outcomes: dict[int, Meaning] = {}
            for other, v in differing.items():
                outcomes.setdefault(v, other)
            told = dict(list(outcomes.items())[:2])
            programs = [_program(sense), *(_program(Sense(sense.pattern, m)) for m in told.values())]
            best = (-len(differing), len(words), self.ask(str(sense), programs, words, [mine, *told]))
        if best:
            yield best[2]

    def probes(self, sense: Sense) -> list[tuple[int, ...]]:
        """Arguments that phrases of the pairs have, of the kinds that the sense has met, but not its own."""
        known = self.examples[sense]
        values = self.universe.values
        kinds = [{kind(_known(values[arguments[slot]])) for arguments in known} for slot in range(sense.slots)]
        options = [[v for v in self.phrases if kind(_known(values[v])) in kinds[slot]] for slot in range(sense.slots)]
        options = [self.diverse(some) for some in options]
        if not all(options):
            return []
        found: dict[tuple[int, ...], None] = {}
        for _ in range(4 * PROBES):
            arguments = tuple(self.rng.choice(some) for some in options)
            if arguments not in known and len(found) < PROBES:
                found[arguments] = None
        return sorted(found, key=lambda arguments: sum(len(self.phrases[a].words) for a in arguments))

    def diverse(self, ids: Iterable[int], each: int = 3) -> list[int]:
        """Some values of every kind and size, those with the shortest phrases."""
        by_size: dict[object, list[int]] = defaultdict(list)
        for i in sorted(ids, key=lambda i: len(self.phrases[i].words)):
            by_size[_size(_known(self.universe.values[i]))].append(i)
        return [i for some in by_size.values() for i in some[:each]]

    def sentence(self, sense: Sense, arguments: tuple[int, ...]) -> Words | None:
        """A sentence that applies the sense to these arguments."""
        words = _filled(sense, [self.phrases[a] for a in arguments])
        try:
            derivation = self.language.parse(words)
        except NesyError:
            return None
        fits = derivation.symbol == self.names[sense] and self.arguments(derivation) == arguments
        return words if fits else None

    # ---------------------------------------------------------------- precedence

    def precedences(self) -> Iterator[str]:
        """Pairs of senses of which none of the sentences shows which applies first."""
        left = [s for s in self.lexicon.senses if s.slots and s.pattern[-1] is SLOT and s in self.examples]
        right = [s for s in self.lexicon.senses if s.slots and s.pattern[0] is SLOT and s in self.examples]
        meeting = [(p, c) for p in left for c in right]
        asked: set[Pair] = set()
        meeting.sort(key=lambda pair: (pair[1], pair[0]) in self.first)  # no order is shown before one is shown
        for p, c in meeting:
            if self.late:
                return
            if (p, c) not in self.first:
                self.look((*p.words, *c.words))
            if (p, c) in self.first or (c, p) in asked or self.implied(p, c):
                continue
            question = self.which_first(p, c)
            if question and not self.late:
                asked.add((p, c))
                yield question

    def implied(self, p: Sense, c: Sense) -> bool:
        """Whether a chain of senses, each shown to bind tighter than the next, orders the two."""
        return p != c and (self.chain(p, c) or self.chain(c, p))

    def chain(self, start: Sense, goal: Sense) -> bool:
        reached, queue = {start}, [start]
        while queue:
            at = queue.pop()
            for sense in self.lexicon.senses:
                if sense not in reached and self.tighter(at, sense):
                    reached.add(sense)
                    queue.append(sense)
        return goal in reached

    def tighter(self, a: Sense, b: Sense) -> bool:
        """Whether `a` was shown to apply before `b` on every side on which they can meet."""
        sides = []
        if a.pattern[-1] is SLOT and b.pattern[0] is SLOT:
            sides.append(self.first.get((a, b)) is True)
        if b.pattern[-1] is SLOT and a.pattern[0] is SLOT:
            sides.append(self.first.get((b, a)) is False)
        return a != b and bool(sides) and all(sides)

    def which_first(self, p: Sense, c: Sense) -> str | None:
        """A sentence "x p y c z" whose value depends on what applies first; of some, that of the shortest values."""
        best: tuple[int, Words, list[int], bool] | None = None
        for _ in range(TRIES):
            x = [self.operand(p, slot) for slot in range(p.slots)]
            z = [self.operand(c, slot) for slot in range(1, c.slots)]
            arguments, others = tuple(phrase.value for phrase in x), tuple(phrase.value for phrase in z)
            outside = self.apply(c, (self.apply(p, arguments), *others))
            inside = self.apply(p, _put(arguments, -1, self.apply(c, (arguments[-1], *others))))
            if UNDEFINED in (outside, inside) or outside == inside:
                continue
            words = (*_filled(p, x), *_filled(c, [Phrase((), UNDEFINED, True), *z]))
            length = sum(len(text(_known(self.universe.values[i]))) for i in (outside, inside))
            if best and length >= best[0]:
                continue
            try:
                now = self.universe.id(self.language.run(words))
            except NesyError:
                continue
            if now in (outside, inside):
                best = (length, words, [now, inside if now == outside else outside], now == outside)
        if best is None:
            return None
        options = ["from the left", "from the right"] if p == c else [f"{p} first", f"{c} first"]
        _, words, outcomes, left = best
        return self.ask(str(p) if p == c else f"{p} with {c}", options if left else options[::-1], words, outcomes)

    def operand(self, sense: Sense, slot: int) -> Phrase:
        """A phrase of one piece of a kind that the slot has met."""
        known = self.examples[sense]
        if (sense, slot) not in self.operands:
            kinds = {kind(_known(self.universe.values[arguments[slot]])) for arguments in known}
            options = [a for a in self.atoms.values() if kind(_known(self.universe.values[a.value])) in kinds]
            met = [self.phrases[arguments[slot]] for arguments in known if arguments[slot] in self.phrases]
            self.operands[sense, slot] = options or met
        return self.rng.choice(self.operands[sense, slot])

    # ---------------------------------------------------------------- words

    def ask(self, label: str, options: Sequence[str], words: Words, outcomes: Sequence[int]) -> str:
        values = [_shown(_known(self.universe.values[o])) for o in outcomes]
        return f'{label}: {" or ".join(options)}? what is "{" ".join(words)}": {" or ".join(values)}?'


def _parts(node: Derivation) -> list[Derivation]:
    """The arguments of a node: its children that have a value."""
    return [child for child in node.children if child.value is not None]


def _known(value: Value | None) -> Value:
    assert value is not None
    return value


def _put(arguments: tuple[int, ...], at: int, value: int) -> tuple[int, ...]:
    changed = list(arguments)
    changed[at] = value
    return tuple(changed)


def _filled(sense: Sense, phrases: Sequence[Phrase]) -> Words:
    """The words of a pattern with phrases in its slots."""
    given = iter(phrases)
    words: list[str] = []
    for item in sense.pattern:
        words.extend(next(given).words if item is SLOT else (item,))
    return tuple(words)


def _program(sense: Sense) -> str:
    body = sense.meaning.body
    if isinstance(body, Fold):
        return "; ".join(map(print_clause, clauses("f", sense.meaning)))
    return print_expression(readable(body))


def _size(value: Value) -> object:
    if isinstance(value, tuple):
        return "seq", min(len(value), 4)
    if kind(value) == "bool":
        return "bool", value
    return "int", value if -2 < value < 4 else (value > 0)


def _shown(value: Value, longest: int = 40) -> str:
    canonical = text(value) or "(empty)"
    return canonical if len(canonical) <= longest else f"{canonical[: longest - 4]} ..."
