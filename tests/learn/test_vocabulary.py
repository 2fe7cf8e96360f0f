"""Laws of vocabularies: what they say is so, whatever is deleted, and nothing is said of few words."""

import random

from hypothesis import given
from hypothesis import strategies as st

from nesy.learn.vocabulary import LARGE, NAMES, Occurrences, Vocabulary
from nesy.machine.expressions import Call, Variable

A, B = Variable("a"), Variable("b")
SEEDS = st.integers(0, 10_000)


def deleting(words: int, pairs: int, seed: int, kept: float, renamed: bool):
    """Sentences of names behind one of three operators; some names are deleted, the rest denote their tokens."""
    rng = random.Random(seed)
    names = [f"n{k}" for k in range(words)]
    token = dict(zip(names, rng.sample([f"T{k}" for k in range(words)], words) if renamed else names, strict=True))
    data = []
    for _ in range(pairs):
        chosen = rng.sample(names, rng.randint(1, 4))
        output = [token[name] for name in chosen if rng.random() < kept]
        data.append(((rng.choice(["f", "g", "h"]), *chosen), " ".join(output)))
    return data, token


@given(SEEDS, st.sampled_from([0.4, 0.7, 1.0]))
def test_names_are_found_though_much_is_deleted(seed, kept):
    data, token = deleting(NAMES, 400, seed, kept, renamed=True)
    found = Vocabulary.of(data)
    assert dict(found.names) == token
    assert not found.itself


@given(SEEDS, st.integers(80, 200))
def test_names_of_few_pairs_are_hardly_ever_wrong(seed, pairs):
    data, token = deleting(40, pairs, seed, 0.6, renamed=True)
    names = Vocabulary.of(data).names
    assert sum(token.get(word) != t for word, t in names.items()) <= 0.1 * len(names)
    assert names.keys().isdisjoint("fgh")


@given(SEEDS)
def test_words_that_denote_themselves_and_those_that_may(seed):
    data, token = deleting(60, 150, seed, 0.5, renamed=False)
    found = Vocabulary.of(data)
    present = {w for words, _ in data for w in words} & token.keys()
    assert found.itself <= present
    assert len(present - found.itself) <= 2
    assert not found.names


@given(SEEDS, st.booleans())
def test_few_words_are_no_vocabulary(seed, renamed):
    data, _ = deleting((NAMES if renamed else LARGE) - 1, 300, seed, 0.8, renamed)
    assert Vocabulary.of(data).words == frozenset()


def test_numerals_are_numbers():
    data = [((str(n), "+", str(n + 1)), str(2 * n + 1)) for n in range(20)]
    assert Vocabulary.of(data).numbers


def test_neighbours_show_what_stands_side_by_side():
    names = [chr(97 + k) for k in range(20)]
    rng = random.Random(0)
    sentences = [rng.sample(names, 4) for _ in range(40)]
    for turned, body in ((False, (A, B)), (True, (B, A))):
        data = [(tuple(s), " ".join(reversed(s) if turned else s)) for s in sentences]
        assert Vocabulary.of(data).beside.meaning.body == Call("++", body)
    scattered = [(tuple(s), " ".join(rng.sample(s, 4))) for s in sentences]
    assert Vocabulary.of(scattered).beside is None


def test_only_source():
    seen = Occurrences([(("f", "x"), "X"), (("g", "x"), ""), (("f", "y"), "Y")])
    assert seen.source("x", "X")
    assert not seen.source("y", "X")
