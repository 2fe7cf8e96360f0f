"""Dividing sentences whose parts are not understood: what comes out is what the parts are worth."""

import random

from hypothesis import given
from hypothesis import strategies as st

from nesy.cli.demo import scan_pairs
from nesy.learn import Learner
from nesy.learn.chart import Chart
from nesy.learn.divide import divisions, possible, sources
from nesy.learn.lexicon import Lexicon, Sense, word_sense
from nesy.machine.expressions import Call, Variable
from nesy.search.meaning import of_expression
from nesy.search.universe import Universe

JOIN = of_expression(2, Call("++", (Variable("a"), Variable("b"))))
NAMES = ("dax", "lug", "wif", "zup")
phrases = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple)


def worth(words):
    """Every word is the token of its capital letters."""
    return tuple(word.upper() for word in words)


@given(st.lists(st.tuples(phrases, phrases), min_size=1, max_size=12))
def test_sources_are_true_of_the_pairs(pairs):
    """A token's sources are words without which it (nearly) never comes; its own word is one of them."""
    data = [((*x, "and", *y), worth(x + y)) for x, y in pairs]
    for token, words in sources(data).items():
        holding = [set(x) for x, y in data if token in y]
        assert token.lower() in words
        assert all(sum(word in x for x in holding) >= 0.93 * len(holding) for word in words)
        assert not possible((token,), set(NAMES) - words, sources(data))
        assert possible((token,), words, sources(data))


@given(phrases, phrases)
def test_parts_have_their_values(left, right):
    """Where nothing but ``and`` is known, each side's true value is among those that it may have; where the sides
    have no word in common it is the only one."""
    universe = Universe()
    source = {word.upper(): frozenset((word,)) for word in NAMES}
    lexicon = Lexicon().add(Sense((None, "and", None), JOIN))
    chart = Chart(universe, lexicon, (*left, "and", *right))
    found = dict(divisions(chart, [worth(left + right)], source))
    for (start, end), phrase in (((0, len(left)), left), ((len(left) + 1, len(chart.words)), right)):
        if not set(left) & set(right):
            assert found[start, end] == {universe.id(worth(phrase))}
        elif (start, end) in found:
            assert universe.id(worth(phrase)) in found[start, end]


def test_a_known_side_gives_the_other():
    universe = Universe()
    lexicon = Lexicon().add(Sense((None, "and", None), JOIN), word_sense("dax", ("DAX",)))
    chart = Chart(universe, lexicon, ("dax", "and", "wif", "zup"))
    found = dict(divisions(chart, [("DAX", "ZUP", "WIF")], {}))
    assert found == {(2, 4): frozenset((universe.id(("ZUP", "WIF")),))}


def test_scan_from_sixty_pairs():
    """Hardly a sentence of sixty random ones is short; the language is found all the same."""
    pairs = scan_pairs()
    rng = random.Random(5)
    learner = Learner(seed=0, budget=60).fit(rng.sample(pairs, 60))
    test = rng.sample(pairs, 1000)
    assert learner.reliable
    assert learner.score(test) == (1000, 1000)
