"""Dividing a sentence whose parts are not understood yet.

If ``and`` is known to join and the output is ``A A B``, then what stands left of it must be worth a
beginning of the output and what stands right of it the rest. Where the cut falls is often given by
*sources*: a token that never occurs without a certain word can only come from the side with that word.
Each part with its value is a shorter sentence to learn from.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nesy.learn.chart import Chart, Span
from nesy.machine.expressions import Call, Expression, Literal, Variable
from nesy.machine.values import Element
from nesy.search.meaning import PARAMETERS, Meaning
from nesy.search.universe import Universe

Tokens = tuple[Element, ...]
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


def pieces(meaning: Meaning) -> list[int | Tokens] | None:
    """A meaning that is a concatenation as the numbers of its slots and its constant parts; None if it is none."""

    def flat(body: Expression) -> list[int | Tokens] | None:
        match body:
            case Variable(name):
                return [PARAMETERS.index(name)]
            case Literal(tuple() as value):
                return [value]
            case Call("++", (left, right)):
                first, second = flat(left), flat(right)
                return None if first is None or second is None else first + second
        return None

    return flat(meaning.body) if isinstance(meaning.body, Expression) else None


def cuts(
    parts: Sequence[int | Tokens],
    output: Tokens,
    given: Mapping[int, Sequence[Tokens]],
    words: Sequence[Sequence[str]],
    source: Sources,
) -> Iterator[dict[int, Tokens]]:
    """Every way to give the slots values whose concatenation is the output.

    Args:
        parts: of the meaning, from `pieces`.
        given: per slot whose value is known, the values that it may have.
        words: per slot its words.
    """
    end = len(output)

    def place(part: int, start: int, chosen: dict[int, Tokens]) -> Iterator[dict[int, Tokens]]:
        if part == len(parts):
            if start == end:
                yield chosen
            return
        here = parts[part]
        if isinstance(here, tuple) or here in chosen:
            value = here if isinstance(here, tuple) else chosen[here]
            if output[start : start + len(value)] == value:
                yield from place(part + 1, start + len(value), chosen)
            return
        if here in given:
            options = [v for v in given[here] if output[start : start + len(v)] == v]
        elif part == len(parts) - 1:
            options = [output[start:]]
        else:
            options = [output[start:stop] for stop in range(start, end + 1)]
        for value in options:
            if here in given or possible(value, words[here], source):
                yield from place(part + 1, start + len(value), {**chosen, here: value})

    yield from place(0, 0, {})


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
        parts = pieces(sense.meaning)
        if parts is None:
            continue
        given = {k: known(universe, chart, slot) for k, slot in enumerate(slots) if k not in unread}
        words = [chart.words[a:b] for a, b in slots]
        found = [cut for output in outputs for cut in at_most(cuts(parts, output, given, words, source))]
        if found and len(found) <= CUTS:
            for k in unread:
                yield slots[k], frozenset(universe.id(cut[k]) for cut in found if k in cut)


def at_most(found: Iterator[dict[int, Tokens]]) -> list[dict[int, Tokens]]:
    """The first few: one more than are followed up."""
    return [cut for cut, _ in zip(found, range(CUTS + 1), strict=False)]


def known(universe: Universe, chart: Chart, span: Span) -> list[Tokens]:
    """The values of a span that are sequences."""
    return [value for value in map(universe.values.__getitem__, chart.values(span)) if isinstance(value, tuple)]


