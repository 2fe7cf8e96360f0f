"""One program per symbol, learned from remembered inputs and outputs. (Neural-Symbolic Recursive Machine, "Semantics")

Programs are found by nesy's own search (`nesy.search.synthesise`) where the publication runs DreamCoder; everything
else is as published: what is remembered, when a program is trusted, when it is replaced, when a search is made.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from nesy.machine.primitives import Primitive
from nesy.machine.values import Value, kind
from nesy.search.groups import Group
from nesy.search.meaning import Meaning, Solved, solved
from nesy.search.synthesise import synthesise
from nesy.search.universe import UNDEFINED, Universe

DECAY = 0.5
"""What is left of the weight of an older observation at each update."""
TRUSTED, SOLVED = 0.5, 0.95
"""A program is called from the first likelihood on, and searched for no more from the second."""
EXAMPLES = 100
"""Examples that a search looks at."""
EVERY = 5
"""A search is made at each update of this number."""
WORK = 300_000
"""Entries that a search may evaluate."""


class Nothing(Enum):
    """What a node may be worth beside a value."""

    EMPTY = "contributes nothing"
    MISSING = "failed"


Worth = Value | Nothing
Inputs = tuple[int, ...]
"""Values by their ids in a `Universe`."""


@dataclass
class Symbol:
    """A symbol with its arity, what it was seen to give, and its program."""

    arity: int
    memory: dict[Inputs, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    program: Meaning | None = None
    likelihood: float = 0.0

    def confident(self) -> dict[Inputs, int]:
        """Inputs whose best output has a weight of 1 and more than half of all."""
        found = {}
        for inputs, outputs in self.memory.items():
            ((output, weight),) = outputs.most_common(1)
            if weight >= 1 and weight > 0.5 * outputs.total():
                found[inputs] = output
        return found

    def likely(self, universe: Universe, program: Meaning) -> float:
        """Accuracy on confident examples, less while there are fewer than ten per argument."""
        examples = self.confident()
        if not examples:
            return 0.0
        right = sum(program(universe, inputs) == output for inputs, output in examples.items())
        return right / len(examples) / max(1.0, 10 * self.arity / len(examples))


class Semantics:
    """The programs of all symbols.

    Args:
        arities: per word how many arguments it takes; None: it contributes nothing (given, as in the publication).
        primitives: what programs are made of.
    """

    def __init__(self, arities: Mapping[str, int | None], primitives: Sequence[Primitive], seed: int) -> None:
        self.universe = Universe()
        self.symbols = {word: Symbol(arity) for word, arity in arities.items() if arity is not None}
        self.primitives = primitives
        self.recursion = any(primitive.name == "succ" for primitive in primitives)  # Peano: `+` is a recursion
        self.random = random.Random(seed)
        self.updates = 0

    def call(self, word: str, inputs: Sequence[int | Nothing], sample: bool = True) -> int | Nothing:
        """The id of what a word gives: by its program if that is trusted, else as remembered, else MISSING.

        Args:
            sample: draw among the remembered outputs by their weights; else the heaviest one.
        """
        given = tuple(value for value in inputs if isinstance(value, int))
        if word not in self.symbols:
            return Nothing.EMPTY if not inputs else Nothing.MISSING
        symbol = self.symbols[word]
        if Nothing.MISSING in inputs or len(given) != symbol.arity:
            return Nothing.MISSING
        if symbol.program is not None and symbol.likelihood > TRUSTED:
            value = symbol.program(self.universe, given)
            return Nothing.MISSING if value == UNDEFINED else value
        outputs = symbol.memory.get(given)
        if not outputs:
            return Nothing.MISSING
        if not sample:
            return outputs.most_common(1)[0][0]
        return self.random.choices(list(outputs), list(outputs.values()))[0]

    def solve(self, word: str, slot: int, others: Inputs, targets: frozenset[int]) -> frozenset[int]:
        """Values of one input, the others given, for which a target was seen: a look-up, no inverse."""
        memory = self.symbols[word].memory
        same = (known for known in memory if known[:slot] + known[slot + 1 :] == others)
        return frozenset(known[slot] for known in same if memory[known].most_common(1)[0][0] in targets)

    def trust(self, word: str) -> float:
        """The likelihood of a word's program; that of nothing is 1."""
        return self.symbols[word].likelihood if word in self.symbols else 1.0

    def update(self, observations: Iterable[tuple[str, Inputs, int]]) -> None:
        """Remember what was seen; at every fifth time search programs for the symbols that are not solved."""
        for symbol in self.symbols.values():
            for outputs in symbol.memory.values():
                for output in outputs:
                    outputs[output] *= DECAY  # type: ignore[assignment]
        for word, inputs, output in observations:
            self.symbols[word].memory[inputs][output] += 1
        self.updates += 1
        for symbol in self.symbols.values():
            if symbol.program is not None:
                symbol.likelihood = symbol.likely(self.universe, symbol.program)
        if self.updates % EVERY == 0:
            for word in sorted(self.symbols):
                if self.symbols[word].likelihood < SOLVED:
                    self._search(word)

    def _search(self, word: str) -> None:
        symbol = self.symbols[word]
        examples = list(symbol.confident().items())
        if len(examples) > EXAMPLES:
            examples = self.random.sample(examples, EXAMPLES)
        groups = [Group(10.0, 3.0, ((inputs, frozenset((output,))),)) for inputs, output in examples]
        library = self._library(word)
        found = synthesise(
            self.universe,
            groups,
            symbol.arity,
            self.primitives,
            library=library,
            work=WORK,
            recursion=self.recursion,
            best=1,
        )
        for candidate in found:
            meaning = candidate.meaning
            likelihood = symbol.likely(self.universe, meaning)
            old = symbol.program
            better = old is None or likelihood > symbol.likelihood
            if better or (old is not None and likelihood == symbol.likelihood and meaning.cost < old.cost):
                symbol.program, symbol.likelihood = meaning, likelihood

    def _library(self, word: str) -> list[Solved]:
        """Solved binary words as primitives for the others, on integers."""
        found = []
        for other, symbol in sorted(self.symbols.items()):
            if other == word or symbol.arity != 2 or symbol.program is None or symbol.likelihood < SOLVED:
                continue
            outputs = (self.universe.values[output] for output in symbol.confident().values())
            if all(value is not None and kind(value) == "int" for value in outputs):
                found.append(solved(symbol.program, "int int int"))
        return found
