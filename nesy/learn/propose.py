"""Abduction: what would an unknown word have to mean for this sentence to have its output?

For a sentence whose other words are known, every place of a hypothetical sense in every reading
gives examples (arguments, required value): at the root the output itself, further down what the
inverses of the meanings above require.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise, product

from nesy.learn.chart import Chart, Span
from nesy.learn.lexicon import Pattern
from nesy.search.universe import UNDEFINED

Example = tuple[tuple[int, ...], frozenset[int]]
SLOTS = 3  # arguments of one sense
CALLS = 150  # spans looked at in one sentence
VALUES = 4  # values of one slot that are followed up
TARGETS = 4  # required values of one span that are followed up


def analyses(
    chart: Chart, targets: frozenset[int], literals: tuple[int, ...]
) -> Iterator[tuple[Pattern, tuple[int, ...], frozenset[int]]]:
    """Examples for a new sense whose words stand at the positions `literals`.

    Yields:
        (pattern, argument ids, admissible values).
    """
    seen: set[tuple[Span, frozenset[int]]] = set()
    queue: list[tuple[Span, frozenset[int]]] = [((0, len(chart.words)), targets)]
    above = [
        (sense, span, slots)
        for sense, span, slots in chart.layouts()
        if slots and sum(slot in chart.cells for slot in slots) >= len(slots) - 1
    ]
    while queue and len(seen) < CALLS:
        span, wanted = queue.pop(0)
        if (span, wanted) in seen:
            continue
        seen.add((span, wanted))
        for pattern, arguments in _placements(chart, span, literals):
            yield pattern, arguments, wanted
        for sense, whole, slots in above:
            if whole == span:
                queue.extend(_requirements(chart, sense, slots, wanted, literals))


def _requirements(
    chart: Chart, sense: object, slots: tuple[Span, ...], wanted: frozenset[int], literals: tuple[int, ...]
) -> Iterator[tuple[Span, frozenset[int]]]:
    """What the slot that holds the unknown sense must be worth for `sense` to give a wanted value."""
    for hole, where in enumerate(slots):
        if literals and not (where[0] <= literals[0] and literals[-1] < where[1]):
            continue
        rest = [slot for k, slot in enumerate(slots) if k != hole]
        if any(slot not in chart.cells for slot in rest):
            continue
        options = [chart.values(slot)[:VALUES] for slot in rest]
        required: dict[int, None] = {}
        for others in islice(product(*options), 6):
            for target in wanted:
                for value in sense.meaning.preimages(chart.universe, hole, others, target):  # type: ignore[attr-defined]
                    required[value] = None
        if required and len(required) <= TARGETS:
            yield where, frozenset(required)


def _placements(chart: Chart, span: Span, literals: tuple[int, ...]) -> Iterator[tuple[Pattern, tuple[int, ...]]]:
    """The sense on top of this span: its words at `literals`, all else slots with known values."""
    start, end = span
    if literals and not (start <= literals[0] and literals[-1] < end):
        return
    edges = [start - 1, *literals, end]
    gaps = [(a + 1, b) for a, b in pairwise(edges)] if literals else [(start, end)]
    for cut in _tilings(gaps, SLOTS, 0) if literals else _tilings(gaps, 2, 2):
        if any(slot not in chart.cells for gap in cut for slot in gap):
            continue
        pattern: list[str | None] = []
        for k, gap in enumerate(cut):
            pattern.extend([None] * len(gap))
            if k < len(literals):
                pattern.append(chart.words[literals[k]])
        options = [chart.values(slot)[:VALUES] for gap in cut for slot in gap]
        for arguments in islice(product(*options), 12):
            if UNDEFINED not in arguments:
                yield tuple(pattern), arguments


def _tilings(gaps: list[Span], budget: int, least: int) -> Iterator[tuple[tuple[Span, ...], ...]]:
    """All ways to cut every gap into slots, at most `budget` slots in all."""
    if not gaps:
        yield ()
        return
    (start, end), *rest = gaps
    needed = sum(1 for a, b in rest if b > a)
    for count in range(max(least, int(end > start)), min(end - start, budget - needed) + 1):
        for cut in _cuts(start, end, count):
            for more in _tilings(rest, budget - count, 0):
                yield (cut, *more)


def _cuts(start: int, end: int, count: int) -> Iterator[tuple[Span, ...]]:
    if count == 0:
        if start == end:
            yield ()
        return
    if count == 1:
        yield ((start, end),)
        return
    for middle in range(start + 1, end - count + 2):
        for rest in _cuts(middle, end, count - 1):
            yield ((start, middle), *rest)
