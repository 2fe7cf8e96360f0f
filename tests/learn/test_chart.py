"""The chart of a lexicon against brute force: every parse, with the precedence edges that it uses."""

import itertools
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nesy.learn.chart import CLOSED, Chart, Edges, layouts, literal_positions
from nesy.learn.lexicon import SLOT, Lexicon, Sense, word_sense
from nesy.machine.expressions import Call, Expression, Literal, Variable
from nesy.search.meaning import PARAMETERS, of_expression
from nesy.search.universe import UNDEFINED, Universe

WORDS = ("f", "g", "x")
OPEN = "o"  # a word that denotes itself


def told(number: int, slots: int) -> Expression:
    """A meaning that keeps everything apart: its number, and the arguments in brackets."""
    whole: Expression = Literal((f"<{number}",))
    for name in PARAMETERS[:slots]:
        whole = Call("++", (whole, Variable(name)))
    return Call("++", (whole, Literal((">",))))


def programs(number, slots):
    """Mostly one that tells all parses apart; also some that merge them, or have no value."""
    some = [told(number, slots)] * 3 + [Literal(("S",)), Literal(4)]
    if slots:
        some += [Variable("a"), Call("+", (Variable("a"), Literal(1)))]
    if slots > 1:
        some.append(Call("++", (Variable("b"), Variable("a"))))
    return st.sampled_from(some)


items = st.sampled_from([SLOT, SLOT, SLOT, SLOT, "f", "f", "g", "g", "x"])
patterns = st.lists(items, min_size=2, max_size=4).map(tuple).filter(lambda p: 1 <= p.count(SLOT) <= 3)


@st.composite
def lexicons(draw):
    shapes = draw(st.lists(patterns, min_size=2, max_size=4))
    senses = [
        Sense(shape, of_expression(shape.count(SLOT), draw(programs(number, shape.count(SLOT)))))
        for number, shape in enumerate(shapes)
    ]
    senses.append(word_sense("x", ("A",)))
    return Lexicon(tuple(dict.fromkeys(senses)), open_words=frozenset((OPEN,)), open_numbers=True)


@st.composite
def tasks(draw):
    """A lexicon and a sentence, mostly one of its sentences."""
    lexicon = draw(lexicons())
    if draw(st.integers(0, 4)) == 0:
        return lexicon, draw(sentences)
    words = [SLOT]
    for _ in range(draw(st.integers(1, 4))):  # put a pattern into a slot
        slots = [k for k, word in enumerate(words) if word is SLOT]
        shapes = [s.pattern for s in lexicon.senses if len(words) + len(s.pattern) <= 7]
        if slots and shapes:
            at = draw(st.sampled_from(slots))
            words[at : at + 1] = draw(st.sampled_from(shapes))
    return lexicon, tuple(draw(st.sampled_from(["x", "x", OPEN, "7"])) if w is SLOT else w for w in words)


sentences = st.lists(st.sampled_from([*WORDS, *WORDS, OPEN, "7"]), min_size=1, max_size=6).map(tuple)


def parses(universe, lexicon, words, start, end):
    """By brute force: (value, sense on top or None, edges) of every parse of words[start:end]."""
    found = set()
    if end - start == 1:
        if words[start] == OPEN:
            found.add((universe.id((OPEN,)), None, frozenset()))
        if words[start].isdigit():
            found.add((universe.id(int(words[start])), None, frozenset()))
    for sense in lexicon.senses:
        for cuts in itertools.combinations(range(start + 1, end), len(sense.pattern) - 1):
            bounds = [start, *cuts, end]
            parts = list(zip(sense.pattern, bounds, bounds[1:], strict=False))
            if any(item is not SLOT and words[i:j] != (item,) for item, i, j in parts):
                continue
            spans = [(i, j) for item, i, j in parts if item is SLOT]
            children = [parses(universe, lexicon, words, i, j) for i, j in spans]
            for choice in itertools.product(*children):
                edges = frozenset().union(*(below for _, _, below in choice)) | {
                    (sense, slot, top) for slot, (_, top, _) in enumerate(choice) if top and not top.closed
                }
                if edges.isdisjoint(lexicon.forbidden):
                    value = sense.meaning(universe, tuple(v for v, _, _ in choice))
                    if value != UNDEFINED:
                        found.add((value, sense, edges))
    return found


def read(universe, lexicon, words):
    """What the chart says, in the same words."""
    edges = Edges()
    chart = Chart(universe, lexicon, words, edges)
    assume(not chart.overflow)
    names = {bit: edge for edge, bit in edges.bits.items()}
    return chart, {
        (value, None if top == CLOSED else lexicon.senses[top], frozenset(e for b, e in names.items() if mask & b))
        for value, top, mask in chart.root
    }


def hide_closed(found):
    """The chart does not say which sense is on top of a phrase that nothing can split."""
    return {(value, None if top is None or top.closed else top, edges) for value, top, edges in found}


@given(tasks())
@settings(max_examples=300)
def test_readings_are_all_parses(task):
    """The chart holds exactly the values of all parses, each with the sense on top and the edges it uses;
    without edges it holds the same values."""
    lexicon, words = task
    universe = Universe()
    chart, found = read(universe, lexicon, words)
    expected = parses(universe, lexicon, words, 0, len(words))
    assert found == hide_closed(expected)
    values = {value for value, _, _ in expected}
    assert set(chart.values((0, len(words)))) == values
    assert {item[0] for item in Chart(universe, lexicon, words).root} == values


@given(tasks(), st.data())
@settings(max_examples=200)
def test_forbidding_edges_removes_the_readings_with_them(task, data):
    """Forbidden edges take away exactly the readings that use one of them."""
    lexicon, words = task
    universe = Universe()
    _, found = read(universe, lexicon, words)
    used = sorted({e for _, _, edges in found for e in edges}, key=lambda e: (str(e[0]), e[1], str(e[2])))
    if not used:
        return
    forbidden = frozenset(data.draw(st.lists(st.sampled_from(used), min_size=1, max_size=3)))
    _, left = read(universe, replace(lexicon, forbidden=forbidden), words)
    assert left == {reading for reading in found if reading[2].isdisjoint(forbidden)}


@given(patterns, sentences)
def test_layouts(pattern, words):
    """Layouts are the ways to write the words, from some start, as the pattern with non-empty slots, each once,
    shorter ones first; the positions of the pattern's words are those of some layout."""
    found = layouts(pattern, words)
    lengths = [end - start for (start, end), _ in found]
    assert lengths == sorted(lengths)
    expected = set()
    for start, end in itertools.combinations(range(len(words) + 1), 2):
        for cuts in itertools.combinations(range(start + 1, end), len(pattern) - 1):
            parts = list(zip(pattern, [start, *cuts], [*cuts, end], strict=True))
            if all(item is SLOT or words[i:j] == (item,) for item, i, j in parts):
                at = tuple(i for item, i, _ in parts if item is not SLOT)
                expected.add(((start, end), tuple((i, j) for item, i, j in parts if item is SLOT), at))
    assert len(found) == len(set(found))
    assert set(found) == {(span, slots) for span, slots, _ in expected}
    assert set(literal_positions(pattern, words)) == {at for _, _, at in expected}


@given(lexicons(), sentences)
def test_silent_words_are_not_read(lexicon, words):
    """The spoken words are those that are not silent, in their order; a silent word is a known word."""
    silenced = lexicon.silence("um")
    noisy = tuple(w for word in words for w in ("um", word))
    assert silenced.spoken(noisy) == words
    assert silenced.knows("um")
    assert silenced.voice("um").spoken(noisy) == noisy
    assert silenced.unknown((*noisy, "zork", "zork")) == [*silenced.unknown(words), "zork"]
