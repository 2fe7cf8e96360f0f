"""Programs found before, looked up by what they do: a search for a program begins with those.

Odena, Sutton, *Learning to represent programs with property signatures*, ICLR 2020, arXiv 2002.09030: which properties
hold between arguments and results, and how often, is a vector that examples have as well as programs have it, which are
run on inputs of their own for that. Programs near the examples are tried first; an index that is handed in finds them.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nesy.errors import Undefined
from nesy.machine.values import Value, kind
from nesy.seams import Index
from nesy.search.groups import Group
from nesy.search.meaning import Meaning
from nesy.search.universe import Universe

KINDS = ("int", "bool", "seq")
SLOTS = 3
PROBES: dict[str, tuple[Value, ...]] = {
    "int": (0, 1, 2, 5, 12, 30),
    "bool": (True, False),
    "seq": (("p",), ("q", "p"), ("r", "s", "t"), ("s", "s", "p", "r")),
}
"""Inputs on which programs are run."""
TRIED = 8
"""Programs that are tried before a search begins."""
APART = 10.0
"""Of signatures of other kinds of arguments."""

Example = tuple[tuple[Value, ...], Value]


class Programs:
    """Programs by their behaviour.

        programs = Programs(graphs.ExactIndex(CHANNELS))
        Learner(programs=programs).fit(pairs)           # what it learns is kept
        Learner(programs=programs).fit(other_pairs)     # what was learned is tried first

    Args:
        index: an empty one of vectors of `CHANNELS` numbers.

    Attributes:
        answered, asked: how often `like` was followed by success, and how often it was asked; see `synthesise`.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._rows: list[Meaning] = []
        self._known: set[Meaning] = set()
        self.answered = self.asked = 0

    def __len__(self) -> int:
        return len(self._known)

    def add(self, meaning: Meaning) -> None:
        """Keep a program of 1 to 3 arguments, once for each kinds of arguments on which it mostly has a value."""
        if meaning in self._known or not 1 <= meaning.arity <= SLOTS:
            return
        self._known.add(meaning)
        for kinds in itertools.product(KINDS, repeat=meaning.arity):
            inputs = list(itertools.product(*(PROBES[one] for one in kinds)))
            examples = [example for values in inputs for example in _run(meaning, values)]
            if 2 * len(examples) > len(inputs):
                self._index.add(signature(examples)[None])
                self._rows.append(meaning)

    def like(self, universe: Universe, groups: Sequence[Group]) -> list[Meaning]:
        """Programs whose behaviour is like that of the examples, the likeliest first."""
        self.asked += 1
        examples: list[Example] = []
        for group in groups:
            arguments, targets = group.alternatives[0]
            values = [universe.values[i] for i in (*arguments, min(targets))]
            examples.append((tuple(values[:-1]), values[-1]))  # type: ignore[arg-type]
        kinds = Counter(tuple(map(kind, arguments)) for arguments, _ in examples)
        if not self._rows or not kinds:
            return []
        most = kinds.most_common(1)[0][0]
        shown = [example for example in examples if tuple(map(kind, example[0])) == most]
        found = self._index.search(signature(shown)[None], TRIED).ids[0].tolist()
        near = dict.fromkeys(self._rows[row] for row in found if row >= 0)
        return [meaning for meaning in near if meaning.arity == len(most)]


def _run(meaning: Meaning, values: tuple[Value, ...]) -> list[Example]:
    try:
        return [(values, meaning.run(*values))]
    except (Undefined, KeyError):
        return []


def signature(examples: Sequence[Example]) -> NDArray[np.float32]:
    """(`CHANNELS`,) shares of the examples, all of the same kinds of arguments, of which each property holds."""
    means = np.mean([_properties(arguments, value) for arguments, value in examples], axis=0)
    kinds = [kind(value) for value in examples[0][0]] + [""] * SLOTS
    apart = [APART * (kinds[slot] == one) for slot in range(SLOTS) for one in KINDS]
    return np.array([*apart, *means], dtype=np.float32)


def _properties(arguments: tuple[Value, ...], value: Value) -> list[float]:
    found: list[float] = [kind(value) == one for one in KINDS]
    for slot in range(SLOTS):
        argument = arguments[slot] if slot < len(arguments) else None
        found += _between(argument, value) if argument is not None else [0.0] * len(_between((), ()))
    numbers = [v for v in arguments if kind(v) == "int"]
    results = _results(*numbers[:2]) if len(numbers) > 1 else [None] * len(_results(1, 1))  # type: ignore[arg-type]
    found += [_close(value, result) for result in results]
    own = {token for v in arguments if isinstance(v, tuple) for token in v}
    strange = [token not in own for token in value] if isinstance(value, tuple) else []
    return [*found, sum(strange) / max(1, len(strange))]


def _close(value: Value, result: int | None) -> float:
    """1 if they are the same number, 0 if they are far from each other."""
    return max(0.0, 1 - abs(value - result) / 4) if result is not None and kind(value) == "int" else 0.0  # type: ignore[operator]


def _results(a: int, b: int) -> list[int | None]:
    return [a + b, a * b, max(a - b, 0), max(a, b), min(a, b), a // b if b else None]


def _between(argument: Value, value: Value) -> list[float]:
    """Properties of one argument and the result."""
    same = [kind(argument) == kind(value) and argument == value]
    if kind(argument) == "int" and kind(value) == "int":
        return [*same, value > argument, value < argument, 0, 0, 0, 0]  # type: ignore[operator]
    if isinstance(argument, tuple) and isinstance(value, tuple) and argument:
        size, places = len(argument), range(len(value) - len(argument) + 1)
        times = sum(value[k : k + size] == argument for k in places)
        turned = any(value[k : k + size] == argument[::-1] for k in places)
        ends = [value[:size] == argument, value[len(value) - size :] == argument]
        return [*same, *ends, times > 0, times > 1, times > 2, turned]
    return [*same, 0, 0, 0, 0, 0, 0]


CHANNELS = len(signature([((0,), 0)]))
"""Of a signature."""
