"""Precedence from short sentences holds for long ones."""

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.learn.chart import Chart, Edges
from nesy.learn.lexicon import SLOT, Lexicon, Sense, word_sense
from nesy.learn.precedence import Evidence, Precedence, evidence, fit_precedence
from nesy.machine.expressions import Call, Literal, Variable
from nesy.search.meaning import of_expression
from nesy.search.universe import Universe

A, B = Variable("a"), Variable("b")


def bracketed(*parts):
    """A meaning that writes its tree: no two parses have one value."""
    whole = Literal(("(",))
    for part in parts:
        whole = Call("++", (whole, part if isinstance(part, Variable) else Literal((part,))))
    return Call("++", (whole, Literal((")",))))


def infix(word):
    return Sense((SLOT, word, SLOT), of_expression(2, bracketed(A, word, B)))


def prefix(word):
    return Sense((word, SLOT), of_expression(1, bracketed(word, A)))


def value(words, table):
    """The right value by precedence climbing; `table` gives the level and the side of each operator."""
    position = 0

    def operand():
        nonlocal position
        word = words[position]
        position += 1
        if word in table and table[word][1] == "prefix":
            inner = phrase(table[word][0])
            return ("(", word, *inner, ")")
        return (word.upper(),)

    def phrase(least):
        nonlocal position
        left = operand()
        while position < len(words) and table[words[position]][0] >= least:
            word = words[position]
            level, side = table[word]
            position += 1
            right = phrase(level + (side == "left"))
            left = ("(", *left, word, *right, ")")
        return left

    return phrase(0)


@st.composite
def tables(draw, most=4):
    """Two to four infix operators, each on a level; the operators of one level group to one side."""
    count = draw(st.integers(2, most))
    sides = draw(st.lists(st.sampled_from(("left", "right")), min_size=count, max_size=count))
    levels = draw(st.lists(st.integers(0, count - 1), min_size=count, max_size=count))
    return {f"o{n}": (level, sides[level]) for n, level in enumerate(levels)}


def sentence(operators, rng):
    words = [rng.choice("xyz")]
    for operator in operators:
        words += [operator, rng.choice("xyz")]
    return tuple(words)


def lexicon_of(table, atoms="xyz"):
    senses = [prefix(w) if side == "prefix" else infix(w) for w, (_, side) in table.items()]
    return Lexicon((*senses, *(word_sense(w, (w.upper(),)) for w in atoms)))


def fitted(universe, lexicon, table, sentences):
    edges = Edges()
    weighed = {}
    for words in sentences:
        chart = Chart(universe, lexicon, words, edges)
        goal = universe.id(value(words, table))
        found = evidence((mask, v == goal) for v, _, mask in chart.root)
        if found is not None:
            weighed[found] = weighed.get(found, 0.0) + 1.0
    return fit_precedence(lexicon, edges, weighed, random.Random(0))


@given(tables(), st.integers(0, 10**6))
@settings(max_examples=40)
def test_short_sentences_fix_long_ones(table, seed):
    """Fitted on all sentences of two operators (each seen with several operands), every sentence of up to five
    operators has exactly one reading left, the right one."""
    rng = random.Random(seed)
    universe, lexicon = Universe(), lexicon_of(table)
    short = [sentence(pair, rng) for pair in itertools.product(table, repeat=2) for _ in range(3)]
    precedence, share = fitted(universe, lexicon, table, short)
    assert share == pytest.approx(1)
    settled = replace(lexicon, forbidden=precedence.edges())
    for count in (1, 2, 3, 3, 4, 4, 5, 5):
        words = sentence(rng.choices(list(table), k=count), rng)
        readings = Chart(universe, settled, words).root
        assert [universe.values[v] for v, _, _ in readings] == [value(words, table)]


@given(tables(most=3), st.integers(0, 3), st.integers(0, 10**6))
@settings(max_examples=25)
def test_prefix_operators_too(table, level, seed):
    """The same with a prefix operator among them that binds tighter than some and looser than others."""
    rng = random.Random(seed)
    levels = {word: (2 * n, side) for word, (n, side) in table.items()}
    table = {**levels, "p": (2 * level + 1, "prefix")}
    universe, lexicon = Universe(), lexicon_of(table)

    def decorated(operators):
        words = []
        for word in sentence(operators, rng):
            if word in "xyz" and rng.random() < 0.4:
                words.append("p")
            words.append(word)
        return tuple(words)

    operators = list(levels)
    short = [decorated(pair) for pair in itertools.product(operators, repeat=2) for _ in range(8)]
    short += [("p", *sentence((o,), rng)) for o in operators] + [("x", o, "p", "y") for o in operators]
    short = [s for s in short if unambiguous(s, table)]
    precedence, _ = fitted(universe, lexicon, table, short)
    settled = replace(lexicon, forbidden=precedence.edges())
    for count in (1, 2, 3, 4):
        for _ in range(3):
            words = decorated(rng.choices(operators, k=count))
            if unambiguous(words, table):
                readings = Chart(universe, settled, words).root
                assert [universe.values[v] for v, _, _ in readings] == [value(words, table)]


def unambiguous(words, table):
    """Whether no prefix operator is the right operand of an operator that binds tighter: such sentences are
    written with brackets, and a grammar by levels does not have them."""
    return all(
        table[before][1] != "prefix" and table[before][0] <= table["p"][0]
        for before, word in itertools.pairwise(words)
        if word == "p" and before in table
    )


@given(tables(), st.integers(0, 10**6))
@settings(max_examples=20)
def test_some_wrong_sentences_do_no_harm(table, seed):
    """A tenth of the sentences with the value of another reading change nothing."""
    rng = random.Random(seed)
    universe, lexicon = Universe(), lexicon_of(table)
    pairs = list(itertools.product(table, repeat=2))
    edges, weighed = Edges(), {}
    for pair in pairs:
        for k in range(10):
            words = sentence(pair, rng)
            root = Chart(universe, lexicon, words, edges).root
            goal = universe.id(value(words, table))
            found = evidence((mask, (v == goal) is (k > 0)) for v, _, mask in root)
            weighed[found] = weighed.get(found, 0.0) + 1.0
    precedence, share = fit_precedence(lexicon, edges, weighed, random.Random(seed))
    assert share == pytest.approx(0.9)
    settled = replace(lexicon, forbidden=precedence.edges())
    for pair in pairs:
        words = sentence(pair, rng)
        assert [universe.values[v] for v, _, _ in Chart(universe, settled, words).root] == [value(words, table)]


def test_same_seed_same_table():
    """The fit is a function of its arguments and the seed."""
    table = {"o0": (0, "left"), "o1": (1, "right"), "o2": (1, "right")}
    rng = random.Random(3)
    sentences = [sentence(pair, rng) for pair in itertools.product(table, repeat=2)]
    first, second = (fitted(Universe(), lexicon_of(table), table, sentences)[0] for _ in range(2))
    assert first == second


@given(st.lists(st.tuples(st.integers(0, 15), st.booleans()), max_size=6))
def test_evidence_keeps_minimal_edge_sets(readings):
    """Evidence holds the edge sets of right and of wrong readings that contain no other of the same side; there is
    none where nothing is right, or nothing has to be forbidden, or nothing can be."""
    found = evidence(readings)
    right = {mask for mask, good in readings if good}
    wrong = {mask for mask, good in readings if not good}
    if found is None:
        assert not right or (0 in right and (not wrong or 0 in wrong))
        return
    for kept, masks in ((found.right, right), (found.wrong, wrong)):
        assert set(kept) <= masks
        assert all(any(k & mask == k for k in kept) for mask in masks)
        assert not any(a != b and a & b == a for a in kept for b in kept)


def test_no_evidence_leaves_one_reading_each():
    """Without evidence the default is one level on which infix operators group to the left."""
    lexicon = lexicon_of({"o0": (0, "left")})
    precedence, share = fit_precedence(lexicon, Edges(), {Evidence((1,), ()): 1.0}, random.Random(0))
    sense = lexicon.senses[0]
    assert precedence.edges() == {(sense, 1, sense)}
    assert share <= 1
    assert Precedence().edges() == frozenset()
