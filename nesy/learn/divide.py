"""Dividing a sentence whose parts are not understood yet.

If ``and`` is known to join and the output is ``A A B``, then what stands left of it must be worth a
beginning of the output and what stands right of it the rest. Where the cut falls is often given by
*sources*: a token that never occurs without a certain word can only come from the side with that word.
Each part with its value is a shorter sentence to learn from.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from nesy.learn.chart import Chart, Span
from nesy.machine.values import Element
from nesy.search.concatenation import Tokens, cuts
from nesy.search.meaning import PARAMETERS
from nesy.search.universe import Universe

Sources = Mapping[Element, frozenset[str]]
SURE = 0.93  # share of the outputs with a token whose sentences hold its source
SEEN = 3  # outputs that a token must be in
CUTS = 3  # ways to cut one output that are followed up


def sources(pairs: Iterable[tuple[Sequence[str], Tokens]]) -> Sources:
    """Per token the words of which one is in (nearly) every sentence with it in the output.

    Tokens without such a word are left out: nothing is known about where they come from.
    """
    seen: Counter[Element] = Counter()
    together: dict[Element, Counter[str]] = defaultdict(Counter)
    for words, output in pairs:
        for token in set(output):
            seen[token] += 1
            together[token].update(set(words))
    found = {}
    for token, count in seen.items():
        likely = frozenset(w for w, n in together[token].items() if n >= SURE * count)
        if likely and count >= SEEN:
            found[token] = likely
    return found


def possible(value: Sequence[Element], words: Iterable[str], source: Sources) -> bool:
    """Whether these words can be worth this value, as far as the sources tell."""
    present = frozenset(words)
    return all(token not in source or source[token] & present for token in set(value))


def divisions(chart: Chart, outputs: Iterable[Tokens], source: Sources) -> Iterator[tuple[Span, frozenset[int]]]:
    """Parts of a sentence without a reading, each with the values that it may have: the arguments that are not
    understood of every known sense that may stand on top.
    """
    universe, whole = chart.universe, (0, len(chart.words))
    outputs = list(outputs)
    for sense, span, slots in chart.layouts():
        unread = [k for k, slot in enumerate(slots) if slot not in chart.cells]
        if span != whole or not unread or not sense.words:
            continue
        parts = sense.meaning.pieces
        if parts is None:
            continue
        given = {PARAMETERS[k]: known(universe, chart, slot) for k, slot in enumerate(slots) if k not in unread}
        words = {name: chart.words[a:b] for name, (a, b) in zip(PARAMETERS, slots, strict=False)}

        def fits(name: str, value: Tokens, words: Mapping[str, Sequence[str]] = words) -> bool:
            return possible(value, words[name], source)

        found = [cut for output in outputs for cut in islice(cuts(parts, output, given, fits), CUTS + 1)]
        if 0 < len(found) <= CUTS:
            for k in unread:
                values = [cut[PARAMETERS[k]] for cut in found if PARAMETERS[k] in cut]
                if values:
                    yield slots[k], frozenset(map(universe.id, values))


def known(universe: Universe, chart: Chart, span: Span) -> list[Tokens]:
    """The values of a span that are sequences."""
    return [value for value in map(universe.values.__getitem__, chart.values(span)) if isinstance(value, tuple)]
