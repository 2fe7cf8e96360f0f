"""Evidence from sentences of which only one part is understood.

If ``w`` joins two phrases and only one of them is known, a program for ``w`` is still refutable:
some value of the unknown phrase must give the output. What that is worth is measured against
chance, that is, against the outputs of other sentences.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nesy.learn.chart import Chart
from nesy.learn.lexicon import Lexicon, Pattern, Sense
from nesy.machine.expressions import Call, Expression, Variable
from nesy.machine.primitives import Primitive
from nesy.search.meaning import Meaning, of_expression
from nesy.search.synthesise import MISS, NODE
from nesy.search.universe import Universe

SHUFFLES = 6  # outputs of other sentences that a program is compared on
A, B = Variable("a"), Variable("b")


@dataclass(frozen=True)
class Partial:
    """A sentence seen as ``known w unknown``: the known value, which slot it fills, the target."""

    known: int
    slot: int
    target: int


def simple_programs(primitives: Sequence[Primitive]) -> list[Meaning]:
    """Short programs of two arguments that keep both: the first to try where little is known."""
    names = {p.name for p in primitives}
    out: list[Expression] = []
    if "++" in names:
        for x, y in ((A, B), (B, A)):
            join = Call("++", (x, y))
            out += [join, Call("++", (join, y)), Call("++", (x, join)), Call("++", (join, join))]
            out += [
                Call("++", (join, x)),
                Call("++", (Call("reverse", (x,)), y)),
                Call("++", (x, Call("reverse", (y,)))),
            ]
    if "+" in names:
        out += [Call("+", (A, B)), Call("*", (A, B)), Call("monus", (A, B)), Call("monus", (B, A))]
        out += [Call("max", (A, B)), Call("min", (A, B))]
    if "and" in names:
        out += [Call("and", (A, B))]
    return [of_expression(2, e) for e in dict.fromkeys(out)]


def partials(chart: Chart, lexicon: Lexicon, target: int) -> Iterator[tuple[Pattern, Partial]]:
    """``known w unknown`` and ``unknown w known`` readings of a whole sentence, for every word without
    an operator sense.
    """
    words = chart.words
    operators = {w for s in lexicon.senses if s.slots for w in s.words}
    for position in range(1, len(words) - 1):
        word = words[position]
        if word in operators or words.count(word) > 1:
            continue
        left, right = chart.values((0, position)), chart.values((position + 1, len(words)))
        pattern = (None, word, None)
        if len(left) == 1 and not right:
            yield pattern, Partial(left[0], 0, target)
        if len(right) == 1 and not left:
            yield pattern, Partial(right[0], 1, target)


def best_operators(
    universe: Universe,
    table: dict[Pattern, list[Partial]],
    targets: Sequence[int],
    primitives: Sequence[Primitive],
    rng: random.Random,
) -> list[tuple[float, float, Sense]]:
    """(bits beyond chance, share consistent, sense), most bits first."""
    found = []
    programs = simple_programs(primitives)
    for pattern, items in table.items():
        if len(items) < 3:
            continue
        items = rng.sample(items, min(len(items), 60))
        for meaning in programs:
            bits, hits = _compare(universe, meaning, items, targets, rng)
            sense = Sense(pattern, meaning)
            if hits >= 0.8 * len(items):
                found.append((bits - NODE * sense.cost, hits / len(items), sense))
    return sorted(found, key=lambda f: -f[0])


def _compare(
    universe: Universe, meaning: Meaning, items: Sequence[Partial], targets: Sequence[int], rng: random.Random
) -> tuple[float, int]:
    """Bits by which the right outputs are more consistent with the program than others are."""

    def consistent(item: Partial, target: int) -> bool:
        return solvable(universe, meaning, 1 - item.slot, item.known, target)

    hits = sum(consistent(item, item.target) for item in items)
    others = [(item, rng.choice(targets)) for item in items for _ in range(SHUFFLES)]
    chance = (sum(consistent(item, target) for item, target in others) + 1) / (len(others) + 2)
    return -math.log2(chance) * hits - MISS * (len(items) - hits), hits


def solvable(universe: Universe, meaning: Meaning, slot: int, other: int, target: int) -> bool:
    """Whether some value in `slot` gives the target."""
    return bool(meaning.preimages(universe, slot, (other,), target))


def grouped(rows: Iterator[tuple[Pattern, Partial]]) -> dict[Pattern, list[Partial]]:
    table: dict[Pattern, list[Partial]] = defaultdict(list)
    for pattern, item in rows:
        table[pattern].append(item)
    return table
