"""Best-first search over edits at three levels, several at once.

Another *symbol* (perception), another *attachment* (syntax), another *meaning* (semantics: this production on these
inputs gives this value). Costs are in nats and add up, so their order is the order of posterior probability.
(Neural-Symbolic Recursive Machine, "Deduction-abduction"; there one edit per example is made, the first found.)
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, zip_longest

from nesy.abduction.attachments import Attachments
from nesy.abduction.inverses import key
from nesy.abduction.results import Abduction, Edit, Level, Status, Words
from nesy.abduction.trees import Deduction, Sentence, Tree
from nesy.derivation import Derivation
from nesy.machine.values import Value, text

Option = tuple[float, str]
"""What a word costs at a place, and the word."""


@dataclass(frozen=True, eq=False)
class Setting:
    """What the searches of one `Abducer` share; the fields are its arguments."""

    deduction: Deduction
    attachments: Attachments
    levels: frozenset[Level]
    confusion: float
    attachment: float
    meaning: float
    trust: Mapping[str, float]
    budget: int

    def doubt(self, clause: str) -> float:
        """What another meaning of a clause costs: the log-odds of the trust in its program."""
        trusted = self.trust.get(clause)
        if trusted is None:
            return self.meaning
        if trusted <= 0.5:
            return 0.0
        return math.log(trusted / (1 - trusted)) if trusted < 1 else math.inf


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """A word per place by the rank of its option; the places are edited from left to right, `last` the last one."""

    ranks: tuple[int, ...]
    last: int


@dataclass(eq=False, slots=True)
class Readings:
    """The other trees of a choice that costs `cost`: `tree` is to be looked at now, `rest` gives those after it."""

    sentence: Sentence
    preferred: Tree
    cost: float
    rest: Iterator[tuple[int, Tree]]
    tree: Tree | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Goal:
    """A tree that gives the answer, perhaps because of what the node `assumed` is supposed to be worth."""

    sentence: Sentence
    preferred: Tree
    tree: Tree
    assumed: Tree | None = None
    value: Value = ()


@dataclass(eq=False)
class Search:
    """Best-first search over the edits of one example.

    One queue, ordered by cost, of choices of words, of their other trees, and of repairs. What an entry leads to never
    costs less, so the first repair taken out is a cheapest one. Inverses give every node of a tree the values that it
    should have: a node that has some is one meaning away from a repair, and a word that gives one is tried at once.

    Args:
        options: per place the words that may stand there, the one read first, in the order of their costs.
        answers: the values that count as right.
        open_words: whether words of open terminals that are no options may be proposed.
    """

    setting: Setting
    options: Sequence[Sequence[Option]]
    answers: Sequence[Value]
    open_words: bool
    expanded: int = 0
    spent: bool = False
    _queue: list[tuple[float, bool, int, Choice | Readings | Goal]] = field(default_factory=list)
    _seen: set[Words] = field(default_factory=set)
    _serial: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.read: Words = tuple(options[0][1] for options in self.options)
        self._wanted = set(map(key, self.answers))
        found = self._deduce(self.read)
        self.before: Derivation | None = self.setting.deduction.derivation(*found) if found else None

    def repairs(self) -> Iterator[Abduction]:
        """Repairs, the cheapest first; `spent` where the budget ended the search."""
        self._push(0.0, Choice((0,) * len(self.options), -1))
        while self._queue:
            cost, _, _, item = heapq.heappop(self._queue)
            if isinstance(item, Goal):
                yield self._abduction(cost, item)
                continue
            if self.expanded == self.setting.budget:
                self.spent = True
                return
            self.expanded += 1
            if isinstance(item, Choice):
                self._choose(cost, item)
            else:
                self._attach(cost, item)

    def _push(self, cost: float, item: Choice | Readings | Goal) -> None:
        heapq.heappush(self._queue, (cost, not isinstance(item, Goal), next(self._serial), item))

    def _right(self, tree: Tree) -> bool:
        return key(tree.value) in self._wanted

    def _deduce(self, words: Words) -> tuple[Sentence, Tree] | None:
        deduction = self.setting.deduction
        sentence = deduction.sentence(words)
        tree = deduction.tree(sentence) if sentence is not None else None
        return (sentence, tree) if sentence is not None and tree is not None else None

    # ---------------------------------------------------------------- choices of words

    def _choose(self, cost: float, choice: Choice) -> None:
        """Read a choice of words, and queue those with one more step of an edit (each is reached in one way)."""
        setting = self.setting
        if "symbol" in setting.levels:
            for place in range(max(0, choice.last), len(self.options)):
                options, rank = self.options[place], choice.ranks[place] + 1
                if rank < len(options):
                    ranks = (*choice.ranks[:place], rank, *choice.ranks[place + 1 :])
                    self._push(cost + options[rank][0] - options[rank - 1][0], Choice(ranks, place))
        words = tuple(options[rank][1] for options, rank in zip(self.options, choice.ranks, strict=True))
        found = self._deduce(words) if words not in self._seen else None
        if found is None:
            return
        sentence, tree = found
        if self._right(tree):
            self._push(cost, Goal(sentence, tree, tree))
            return
        targets = setting.deduction.targets(sentence, tree, self.answers)
        if "meaning" in setting.levels:
            self._suppose(cost, Goal(sentence, tree, tree), targets)
        if "symbol" in setting.levels:
            self._complete(cost, sentence, targets)
        if "attachment" in setting.levels:
            rest = setting.attachments.others(sentence, tree)
            self._push(cost + setting.attachment, Readings(sentence, tree, cost, rest))

    def _complete(self, cost: float, sentence: Sentence, targets: Mapping[Tree, Sequence[Value]]) -> None:
        """Queue the repairs by one more word that keep the tree."""
        for node, values in targets.items():
            for slot, part in enumerate(node.parts) if values else ():
                if isinstance(part, Tree):
                    continue
                place = sentence.at[part]
                prices = {word: price for price, word in self.options[place]}
                before = prices.get(sentence.words[place], self.setting.confusion)
                for word in self._fitting(sentence, node, slot, values, prices):
                    more = prices.get(word, self.setting.confusion) - before
                    words = (*sentence.words[:place], word, *sentence.words[place + 1 :])
                    found = self._deduce(words) if more >= 0 and words not in self._seen else None
                    if found is not None and self._right(found[1]):
                        self._seen.add(words)
                        self._push(cost + more, Goal(*found, found[1]))

    def _fitting(
        self, sentence: Sentence, node: Tree, slot: int, values: Sequence[Value], prices: Mapping[str, float]
    ) -> Iterator[str]:
        """Words for one place of a node that give it one of the values, by this production or one of the same form."""
        deduction = self.setting.deduction
        grammar = deduction.language.grammar
        wanted = set(map(key, values))
        body = node.production.body
        for production in grammar.by_head[node.production.head]:
            other = production.body
            if len(other) != len(body) or (other[:slot], other[slot + 1 :]) != (body[:slot], body[slot + 1 :]):
                continue
            for word in prices:
                if other[slot] in grammar.match(word):
                    value = deduction.value_with(sentence, node, production, slot, word)
                    if value is not None and key(value) in wanted:
                        yield word
        if self.open_words and grammar.terminals[body[slot]].words is None:
            for value in deduction.wanted(sentence, node, slot, values):
                if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], str):
                    yield value[0]

    # ---------------------------------------------------------------- other trees, other meanings

    def _attach(self, cost: float, readings: Readings) -> None:
        """Look at one tree of some words and queue the next."""
        setting, tree = self.setting, readings.tree
        if tree is not None and "meaning" in setting.levels:
            targets = setting.deduction.targets(readings.sentence, tree, self.answers)
            self._suppose(cost, Goal(readings.sentence, readings.preferred, tree), targets)
        moved, tree = next(readings.rest, (0, None))
        if tree is None:
            return
        cost = readings.cost + setting.attachment * moved
        right = self._right(tree)
        if right:
            self._push(cost, Goal(readings.sentence, readings.preferred, tree))
        readings.tree = None if right else tree
        self._push(cost, readings)

    def _suppose(self, cost: float, goal: Goal, targets: Mapping[Tree, Sequence[Value]]) -> None:
        """Queue the repairs by another meaning of one node; of equal ones the node of the fewest words comes first."""
        for node, values in sorted(targets.items(), key=lambda item: (item[0].end - item[0].start, item[0].start)):
            doubt = self.setting.doubt(node.production.clause)
            if values and node.production.shape == "call" and doubt < math.inf:
                self._push(cost + doubt, Goal(goal.sentence, goal.preferred, goal.tree, node, values[0]))

    # ---------------------------------------------------------------- results

    def _abduction(self, cost: float, goal: Goal) -> Abduction:
        after = self.setting.deduction.derivation(goal.sentence, goal.tree, goal.assumed, goal.value)
        edits = (*self._replaced(goal.sentence.words), *self._moved(goal), *self._supposed(goal))
        status: Status = "repaired" if edits else "unchanged"
        return Abduction(status, self.before, after, goal.sentence.words, edits, cost, self.expanded)

    def _replaced(self, words: Words) -> Iterator[Edit]:
        for place, (before, after) in enumerate(zip(self.read, words, strict=True)):
            if before != after:
                prices = {word: price for price, word in self.options[place]}
                yield Edit("symbol", place, place + 1, before, after, prices.get(after, self.setting.confusion))

    def _moved(self, goal: Goal) -> Iterator[Edit]:
        if goal.tree is goal.preferred:
            return
        old, new = (
            {(node.start, node.end) for node in tree.nodes() if node.start < node.end}
            for tree in (goal.preferred, goal.tree)
        )
        whole = (goal.tree.start, goal.tree.end)
        lost, gained = sorted(old - new), sorted(new - old) or [whole]
        for before, after in zip_longest(lost[: len(gained)], gained):
            was = self._place(goal.sentence, before) if before else (0, 0)
            start, end = self._place(goal.sentence, after)
            first, second = (" ".join(goal.sentence.words[slice(*part)]) for part in (was, (start, end)))
            yield Edit("attachment", start, end, first, second, self.setting.attachment)

    def _supposed(self, goal: Goal) -> Iterator[Edit]:
        node = goal.assumed
        if node is not None:
            place = self._place(goal.sentence, (node.start, node.end))
            cost = self.setting.doubt(node.production.clause)
            yield Edit("meaning", *place, text(node.value), text(goal.value), cost)

    @staticmethod
    def _place(sentence: Sentence, span: tuple[int, int]) -> tuple[int, int]:
        """From places among the words that are not ignored to places among all."""
        start, end = span
        if start == end:
            return (sentence.at[start] if start < len(sentence.at) else len(sentence.words),) * 2
        return sentence.at[start], sentence.at[end - 1] + 1
