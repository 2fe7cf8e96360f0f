"""The published learner: sampled dependency trees, a program per symbol, one edit per example.

Deduction-abduction as published (Neural-Symbolic Recursive Machine, sections on deduction-abduction and training): each
epoch makes a pass for the semantics, in which wrong results are repaired by asserting one output of one symbol, the
least trusted first and the first repair found; and a pass for the syntax, in which a sampled tree is kept if and only
if its result is right (rejection sampling). Symbols are given. So is the arity of every word, as in the publication;
nesy's own learner (`nesy.Learner`) is told nothing of the kind.
"""

from __future__ import annotations

import heapq
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal

import numpy as np
import torch

from nesy.dependency import ROOT, Dependency
from nesy.derivation import Derivation
from nesy.errors import InputError, NesyError
from nesy.learn.published.semantics import Inputs, Nothing, Semantics
from nesy.machine.values import Value, text
from nesy.neural.transitions import TransitionParser
from nesy.pairs import output_kinds, output_value
from nesy.search.bank import learnable

BATCH = 1024
"""Sentences that are parsed together; the modules are updated at the end of each pass."""
KEPT = 10_000
"""Trees that are kept in one pass."""

CURRICULUM = ((0.0, 3), (0.2, 7), (0.4, 11), (0.6, 15), (0.8, 1 << 30))
"""Where outputs are integers: from which share of the epochs on sentences may have how many words."""

Words = tuple[str, ...]
Example = tuple[Words, frozenset[int]]


@dataclass(frozen=True)
class Epoch:
    """What one epoch did: shares of sampled trees that are right, of repairs that succeed, and seconds so far."""

    number: int
    right: float
    repaired: float
    seconds: float


class Published:
    """The published configuration on given symbols.

    Args:
        arities: per word the number of its arguments; None for a word that contributes nothing. Given.
        primitives: groups of the prelude that programs are made of.
        epochs: passes for each module.
        curriculum: (share of the epochs, longest sentence) pairs, empty for all sentences at once; None: as published,
            `CURRICULUM` where outputs are integers, else none.
        constrained: no word is shifted onto one that has all its arguments while the words to come need more heads
            than they are; None: as published, where outputs are sequences.
        parses: ``sampled`` as published, or ``beam``: every tree of a beam that gives the right result is kept.
        abduction: repair wrong results in the semantics pass; else only right results are remembered.
        rate: of the parser's optimiser.
        budget: seconds after which no further epoch begins.
    """

    def __init__(
        self,
        arities: Mapping[str, int | None],
        *,
        primitives: str = "lists arithmetic booleans",
        epochs: int = 100,
        curriculum: Sequence[tuple[float, int]] | None = None,
        constrained: bool | None = None,
        parses: Literal["sampled", "beam"] = "sampled",
        abduction: bool = True,
        rate: float = 1e-4,
        seed: int = 0,
        budget: float = 3600.0,
        progress: Callable[[Epoch], None] | None = None,
    ) -> None:
        self.arities, self.epochs = dict(arities), epochs
        self.curriculum, self.constrained = curriculum, constrained
        self.parses, self.abduction = parses, abduction
        self.seed, self.budget, self.progress = seed, budget, progress
        self.semantics = Semantics(self.arities, learnable(primitives), seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            needs = {word: arity or 0 for word, arity in self.arities.items()}
            self.parser = TransitionParser(sorted(self.arities), arities=needs).eval()
        self.optimiser = torch.optim.Adam(self.parser.parameters(), lr=rate, amsgrad=True)
        self.history: list[Epoch] = []

    def fit(self, pairs: Iterable[tuple[str | Sequence[str], str]]) -> Published:
        """Learn from pairs of an input and the canonical text of its output.

        Raises:
            InputError: no pairs, or a word without an arity.
        """
        data = [(tuple(x.split()) if isinstance(x, str) else tuple(x), y) for x, y in pairs]
        if not data:
            raise InputError("no pairs to learn from", expected="at least one")
        unknown = next((word for words, _ in data for word in words if word not in self.arities), None)
        if unknown is not None:
            raise InputError(f"no arity for the word {unknown!r}", expected="arities of all words")
        kinds = output_kinds(y for _, y in data)
        numbers = kinds == ("int",)
        curriculum = self.curriculum if self.curriculum is not None else CURRICULUM if numbers else ()
        if not (self.constrained if self.constrained is not None else "seq" in kinds):
            self.parser.arities = None
        ids = self.semantics.universe.id
        examples = [(words, frozenset((ids(output_value(y, kinds)),))) for words, y in data if words]
        shuffler, drawer = random.Random(self.seed), np.random.default_rng(self.seed)
        started = time.monotonic()
        for epoch in range(self.epochs):
            longest = max((n for share, n in curriculum if share * self.epochs <= epoch), default=1 << 30)
            chosen = [example for example in examples if len(example[0]) <= longest]
            shuffler.shuffle(chosen)
            repaired = self._learn_meanings(chosen, drawer)
            right = self._learn_trees(chosen, drawer, epoch)
            self.history.append(Epoch(epoch + 1, right, repaired, time.monotonic() - started))
            if self.progress:
                self.progress(self.history[-1])
            if time.monotonic() - started > self.budget or (right > 0.999 and longest == 1 << 30):
                break
        return self

    def knows(self, sentence: str | Sequence[str]) -> bool:
        """Whether every word was declared."""
        return all(word in self.arities for word in (sentence.split() if isinstance(sentence, str) else sentence))

    def run(self, sentence: str | Sequence[str]) -> Value:
        """A sentence's value, by the most probable tree and the heaviest outputs.

        Raises:
            InputError: a word that was not declared.
            NesyError: no value.
        """
        value = self.parse(sentence).value
        if value is None:
            raise NesyError("the sentence has no value")
        return value

    def parse(self, sentence: str | Sequence[str]) -> Derivation:
        """The most probable tree as a derivation; raises as `run`."""
        words = tuple(sentence.split() if isinstance(sentence, str) else sentence)
        found = self.parser.search([words], beam=1)[0]
        if not found:
            raise NesyError("the sentence has no value")
        return Deduced(self.semantics, words, found[0][0], sample=False).derivation()

    def score(self, pairs: Iterable[tuple[str | Sequence[str], str]]) -> tuple[int, int]:
        """(correct, total); a sentence without a value counts as wrong."""
        right = total = 0
        for sentence, output in pairs:
            total += 1
            try:
                right += text(self.run(sentence)) == output
            except NesyError:
                continue
        return right, total

    def _learn_meanings(self, examples: Sequence[Example], drawer: np.random.Generator) -> float:
        """A pass for the semantics; the share of wrong results that were repaired."""
        wrong = repaired = 0
        observed: list[tuple[str, Inputs, int]] = []
        for batch in _batches(examples):
            for (words, answer), (tree, _) in zip(
                batch, self.parser.sample([w for w, _ in batch], drawer), strict=True
            ):
                deduced = Deduced(self.semantics, words, tree)
                if deduced.value not in answer:
                    wrong += 1
                    if not (self.abduction and deduced.abduce(answer)):
                        continue
                    repaired += 1
                observed += deduced.observations()
        self.semantics.update(observed)
        return repaired / wrong if wrong else 1.0

    def _learn_trees(self, examples: Sequence[Example], drawer: np.random.Generator, epoch: int) -> float:
        """A pass for the syntax; the share of trees (of sentences, with a beam) that are right."""
        kept: list[tuple[Words, Dependency]] = []
        right = 0
        for batch in _batches(examples):
            sentences = [words for words, _ in batch]
            if self.parses == "sampled":
                proposed = [[scored] for scored in self.parser.sample(sentences, drawer)]
            else:
                proposed = self.parser.search(sentences, beam=16)
            for (words, answer), trees in zip(batch, proposed, strict=True):
                good = [tree for tree, _ in trees if Deduced(self.semantics, words, tree).value in answer]
                kept += ((words, tree) for tree in good)
                right += bool(good)
        self.parser.fit(kept[:KEPT], epochs=5, batch=1024, seed=self.seed + epoch, optimiser=self.optimiser)
        return right / max(1, len(examples))


class Deduced:
    """A tree with the value of every node."""

    def __init__(self, semantics: Semantics, words: Words, tree: Dependency, sample: bool = True) -> None:
        self.semantics, self.words, self.tree, self.sample = semantics, words, tree, sample
        self.values: list[int | Nothing] = [Nothing.MISSING] * len(words)
        for node in tree.upwards():
            self.values[node] = semantics.call(words[node], self._inputs(node), sample)

    @property
    def value(self) -> int | Nothing:
        return self.values[self.tree.root]

    def _inputs(self, node: int) -> list[int | Nothing]:
        """What the children of a node contribute, in the order of the sentence."""
        values = (self.values[child] for child in self.tree.children[node])
        return [value for value in values if value is not Nothing.EMPTY]

    def derivation(self) -> Derivation:
        """The tree with texts and values; a node's own word is the leaf that has no value."""
        built: dict[int, Derivation] = {}
        for node in self.tree.upwards():
            word, children = self.words[node], self.tree.children[node]
            value = self.values[node]
            known = self.semantics.universe.values[value] if isinstance(value, int) else None
            if not children:
                built[node] = Derivation((word,), node, word, known)
                continue
            own = Derivation((word,), node, word, None)
            parts = sorted((own, *(built[child] for child in children)), key=lambda part: part.start)
            span = self.words[parts[0].start : parts[-1].end]
            built[node] = Derivation(span, parts[0].start, word, known, tuple(parts))
        return built[self.tree.root]

    def observations(self) -> Iterator[tuple[str, Inputs, int]]:
        """(word, inputs, output) of every node with a value."""
        for node, value in enumerate(self.values):
            inputs = _known(self._inputs(node))
            if isinstance(value, int) and inputs is not None:
                yield self.words[node], inputs, value

    def abduce(self, answer: frozenset[int]) -> bool:
        """Assert one output of one node so that the root gives the answer; whether it does now.

        Best first over (node, values that it should have): least trusted first, values of children by look-up.
        """
        serial = count()
        confidence = self._confidence()
        queue: list[tuple[float, int, int, frozenset[int], int | None]] = [(0.0, 0, self.tree.root, answer, None)]
        while queue:
            _, _, node, targets, asserted = heapq.heappop(queue)
            if asserted is not None or self.values[node] in targets:
                if asserted is not None:
                    self.values[node] = asserted
                self._recompute(node)
                return self.value in answer
            word, inputs = self.words[node], self._inputs(node)
            if word not in self.semantics.symbols or len(inputs) != self.semantics.symbols[word].arity:
                continue
            if Nothing.MISSING not in inputs:
                target = self.semantics.random.choice(sorted(targets))
                heapq.heappush(queue, (_logit(self.semantics.trust(word)), next(serial), node, targets, target))
            children = [c for c in self.tree.children[node] if self.values[c] is not Nothing.EMPTY]
            for slot, child in enumerate(children):
                others = _known((*inputs[:slot], *inputs[slot + 1 :]))
                wanted = self.semantics.solve(word, slot, others, targets) if others is not None else frozenset()
                if wanted:
                    heapq.heappush(queue, (_logit(confidence[child]), next(serial), child, wanted, None))
        return False

    def _confidence(self) -> list[float]:
        """Per node the product of the trust in the programs below it and its own."""
        found = [0.0] * len(self.words)
        for node in self.tree.upwards():
            found[node] = self.semantics.trust(self.words[node])
            for child in self.tree.children[node]:
                found[node] *= found[child]
        return found

    def _recompute(self, node: int) -> None:
        """The values of what is above a node."""
        node = self.tree.heads[node]
        while node != ROOT:
            self.values[node] = self.semantics.call(self.words[node], self._inputs(node), self.sample)
            node = self.tree.heads[node]


def _batches(examples: Sequence[Example]) -> Iterator[Sequence[Example]]:
    for start in range(0, len(examples), BATCH):
        yield examples[start : start + BATCH]


def _known(inputs: Sequence[int | Nothing]) -> Inputs | None:
    """The inputs if they are all values."""
    known = tuple(value for value in inputs if isinstance(value, int))
    return known if len(known) == len(inputs) else None


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))
