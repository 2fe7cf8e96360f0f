"""A chart of all readings of a sentence: spans to values, with the precedence edges used.

Bottom-up over spans (CKY generalised to mixfix patterns). An item is (value id, sense on top,
edges used as a bit mask); precedence edges that the lexicon forbids are pruned.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from nesy.learn.lexicon import SLOT, Lexicon, Pattern, Sense
from nesy.search.universe import UNDEFINED, Universe

Span = tuple[int, int]
Edge = tuple[Sense, int, Sense]
Item = tuple[int, int, int]  # value id, number of the sense on top (CLOSED: none can be split), edges
CLOSED = -1
ITEMS = 80  # kept per span


class Edges:
    """Numbers for edges, so that sets of them are integers."""

    def __init__(self) -> None:
        self.bits: dict[Edge, int] = {}

    def bit(self, parent: Sense, slot: int, child: Sense) -> int:
        key = (parent, slot, child)
        found = self.bits.get(key)
        if found is None:
            found = self.bits[key] = 1 << len(self.bits)
        return found


@lru_cache(maxsize=200_000)
def layouts(pattern: Pattern, words: tuple[str, ...]) -> tuple[tuple[Span, tuple[Span, ...]], ...]:
    """Every way to lay a pattern over the words: (whole span, spans of the slots), by length."""
    n = len(words)
    found: list[tuple[Span, tuple[Span, ...]]] = []

    def place(item: int, position: int, start: int, slots: tuple[Span, ...]) -> None:
        if item == len(pattern):
            found.append(((start, position), slots))
            return
        wanted = pattern[item]
        if wanted is not SLOT:
            if position < n and words[position] == wanted:
                place(item + 1, position + 1, start, slots)
            return
        rest = len(pattern) - item - 1
        for end in range(position + 1, n - rest + 1):
            place(item + 1, end, start, (*slots, (position, end)))

    for start in range(n):
        place(0, start, start, ())
    found.sort(key=lambda layout: layout[0][1] - layout[0][0])
    return tuple(found)


def literal_positions(pattern: Pattern, words: tuple[str, ...]) -> list[tuple[int, ...]]:
    """Every choice of positions for the words of a pattern."""
    found: dict[tuple[int, ...], None] = {}
    for (start, _), slots in layouts(pattern, words):
        position, slot, positions = start, 0, []
        for item in pattern:
            if item is SLOT:
                position, slot = slots[slot][1], slot + 1
            else:
                positions.append(position)
                position += 1
        found[tuple(positions)] = None
    return list(found)


class Chart:
    """All readings of `words` under a lexicon.

    Args:
        edges: if given, readings that use different precedence edges are kept apart.
    """

    def __init__(
        self, universe: Universe, lexicon: Lexicon, words: tuple[str, ...], edges: Edges | None = None
    ) -> None:
        self.universe, self.lexicon, self.words = universe, lexicon, words
        self.edges = edges
        self.cells: dict[Span, dict[Item, None]] = {}
        self.overflow = False
        present = set(words)
        self.senses = [s for s in lexicon.senses if present.issuperset(s.words) and len(s.pattern) <= len(words)]
        self._fill()

    def values(self, span: Span) -> list[int]:
        """Distinct values of a span."""
        return list(dict.fromkeys(item[0] for item in self.cells.get(span, ())))

    @property
    def root(self) -> dict[Item, None]:
        return self.cells.get((0, len(self.words)), {})

    def layouts(self) -> Iterator[tuple[Sense, Span, tuple[Span, ...]]]:
        for sense in self.senses:
            for span, slots in layouts(sense.pattern, self.words):
                yield sense, span, slots

    def _fill(self) -> None:
        for position, word in enumerate(self.words):
            for value in self.lexicon.atoms(word):
                self.cells.setdefault((position, position + 1), {})[(self.universe.id(value), CLOSED, 0)] = None
        ordered: list[list[tuple[Sense, Span, tuple[Span, ...]]]] = [[] for _ in range(len(self.words) + 1)]
        for layout in self.layouts():
            ordered[layout[1][1] - layout[1][0]].append(layout)
        for level in ordered:
            for sense, span, slots in level:
                if all(slot in self.cells for slot in slots):
                    self._apply(sense, span, slots)

    def _apply(self, sense: Sense, span: Span, slots: tuple[Span, ...]) -> None:
        cell = self.cells.setdefault(span, {})
        number = self.lexicon.number[sense]
        readings: list[tuple[tuple[int, ...], int]] = [((), 0)]
        for slot, where in enumerate(slots):
            options = self._options(sense, number, slot, where)
            readings = [((*values, value), mask | more) for values, mask in readings for value, more in options]
            if len(readings) > 4 * ITEMS:
                self.overflow = True
                readings = readings[: 4 * ITEMS]
        top = CLOSED if sense.closed else number
        for values, mask in readings:
            if len(cell) >= ITEMS:
                self.overflow = True
                break
            value = sense.meaning(self.universe, values)
            if value != UNDEFINED:
                cell[(value, top, mask)] = None
        if not cell:
            del self.cells[span]

    def _options(self, sense: Sense, number: int, slot: int, where: Span) -> dict[tuple[int, int], None]:
        options: dict[tuple[int, int], None] = {}
        forbidden = self.lexicon.forbidden_numbers
        for value, top, mask in self.cells[where]:
            if top != CLOSED:
                if (number, slot, top) in forbidden:
                    continue
                if self.edges is not None:
                    mask |= self.edges.bit(sense, slot, self.lexicon.senses[top])
            options[(value, mask)] = None
        return options
