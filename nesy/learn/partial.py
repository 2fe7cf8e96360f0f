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
from nesy.learn.divide import Sources, possible
from nesy.learn.lexicon import Lexicon, Pattern, Sense
from nesy.machine.expressions import Call, Expression, Variable
from nesy.machine.primitives import Primitive
from nesy.search.concatenation import cuts
from nesy.search.meaning import PARAMETERS, Meaning, of_expression
from nesy.search.synthesise import MISS, NODE
from nesy.search.universe import Universe

SHUFFLES = 6  # outputs of other sentences that a program is compared on
LIKELY = 0.8  # share of the sentences that a program must be consistent with
A, B = Variable("a"), Variable("b")


@dataclass(frozen=True)
class Partial:
    """A sentence seen as ``left w right`` of which at most one side is understood.

    Attributes:
        arguments: ids of the values of the two sides; None where it is not known.
        words: of the two sides.
        target: what the sentence is worth.
    """

    arguments: tuple[int | None, int | None]
    words: tuple[tuple[str, ...], tuple[str, ...]]
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
    """``left w right`` readings of a whole sentence, for every word without an operator sense."""
    words = chart.words
    operators = {w for s in lexicon.senses if s.slots for w in s.words}
    for position in range(1, len(words) - 1):
        word = words[position]
        if word in operators or words.count(word) > 1:
            continue
        values = chart.values((0, position)), chart.values((position + 1, len(words)))
        if all(len(v) < 2 for v in values) and not all(values):
            left, right = (v[0] if v else None for v in values)
            yield (None, word, None), Partial((left, right), (words[:position], words[position + 1 :]), target)


def best_operators(
    universe: Universe,
    table: dict[Pattern, list[Partial]],
    targets: Sequence[int],
    primitives: Sequence[Primitive],
    source: Sources,
    rng: random.Random,
) -> list[tuple[float, float, Sense]]:
    """(bits beyond chance, share consistent, sense), most bits first."""
    found = []
    programs = simple_programs(primitives)
    for pattern, items in table.items():
        if len(items) < 3:
            continue
        items = rng.sample(items, min(len(items), 60))
        elsewhere = [[rng.choice(targets) for _ in range(SHUFFLES)] for _ in items]
        reordered = [[shuffled(universe, item.target, rng) for _ in range(SHUFFLES)] for item in items]
        for meaning in programs:
            bits, share = _compare(universe, meaning, items, elsewhere, reordered, source)
            sense = Sense(pattern, meaning)
            if share >= LIKELY:
                found.append((bits - NODE * sense.cost, share, sense))
    return sorted(found, key=lambda f: -f[0])


def _compare(
    universe: Universe,
    meaning: Meaning,
    items: Sequence[Partial],
    elsewhere: Sequence[Sequence[int]],
    reordered: Sequence[Sequence[int]],
    source: Sources,
) -> tuple[float, float]:
    """Bits by which the right outputs are more consistent with the program than chance, and their share.

    Args:
        elsewhere, reordered: chance, per item: outputs of other sentences, and its own in another order.
    """
    parts = meaning.pieces

    def consistent(item: Partial, target: int) -> bool:
        value = universe.values[target]
        if parts is None or not isinstance(value, tuple):
            hole = item.arguments.index(None)
            other = item.arguments[1 - hole]
            return other is not None and bool(meaning.preimages(universe, hole, (other,), target))
        values = {n: universe.values[a] for n, a in zip(PARAMETERS, item.arguments, strict=False) if a is not None}
        given = {name: [v] for name, v in values.items() if isinstance(v, tuple)}
        words = dict(zip(PARAMETERS, item.words, strict=False))
        return len(given) == len(values) and any(
            True for _ in cuts(parts, value, given, lambda name, v: possible(v, words[name], source))
        )

    def judged(item: Partial) -> bool:
        return item.arguments != (None, None) or (parts is not None and _sequence(universe, item.target))

    chosen = [k for k, item in enumerate(items) if judged(item)]
    hits = sum(consistent(items[k], items[k].target) for k in chosen)
    if hits < LIKELY * len(chosen) or not hits:
        return 0.0, 0.0
    chances: list[bool] = []
    for k in chosen:
        item = items[k]
        others = list(reordered[k]) if _sequence(universe, item.target) else []
        others += elsewhere[k] if item.arguments != (None, None) else []
        chances += [consistent(item, target) for target in others]
    chance = (sum(chances) + 1) / (len(chances) + 2)
    return -math.log2(chance) * hits - MISS * (len(chosen) - hits), hits / len(chosen)


def _sequence(universe: Universe, i: int) -> bool:
    return isinstance(universe.values[i], tuple)


def shuffled(universe: Universe, target: int, rng: random.Random) -> int:
    """The same tokens in another order."""
    value = universe.values[target]
    return universe.id(tuple(rng.sample(value, len(value)))) if isinstance(value, tuple) else target


def grouped(rows: Iterator[tuple[Pattern, Partial]]) -> dict[Pattern, list[Partial]]:
    table: dict[Pattern, list[Partial]] = defaultdict(list)
    for pattern, item in rows:
        table[pattern].append(item)
    return table
