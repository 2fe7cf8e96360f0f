"""Laws of phrases: the statistic is Dunning's, phrases cover a sentence, what is irregular is one phrase."""

import math
import random
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

import nesy
from nesy.learn.phrases import Phrases, likelihood_ratio, links
from nesy.learn.write import write

FILLERS = [f"w{k}" for k in range(30)]
NOT = {"i am": "je ne suis pas", "he is": "il n est pas"}
FRAMES = {"i am": "je suis", "he is": "il est"}


def sentences(seed, noise=0):
    """Frames with fillers, some with a word between that is regular (very), some with one that is not (not); and
    unrelated pairs.
    """
    rng = random.Random(seed)
    pairs = []
    for k, word in enumerate(rng.sample(FILLERS, len(FILLERS))):
        for shift, (frame, said) in enumerate(FRAMES.items()):
            kinds = [(f"{frame}", said), (f"{frame} very", f"{said} tres"), (f"{frame} not", NOT[frame])]
            x, y = kinds[(k + shift) % 3]
            pairs.append((f"{x} {word} .", f"{y} {word.upper()} ."))
    for k in range(noise):
        pairs.append((f"he a{k} b{k} !", f"c{k} il d{rng.randrange(noise)} !"))
    return pairs


def split(pairs):
    return [(tuple(x.split()), tuple(y.split())) for x, y in pairs]


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_likelihood_ratio_is_the_g_test(both, first, second, rest):
    total = both + first + second + rest
    found = likelihood_ratio(both, both + first, both + second, total)
    if both * total <= (both + first) * (both + second):
        assert found == 0
        return
    rows, columns = (both + first, second + rest), (both + second, first + rest)
    cells = ((both, 0, 0), (first, 0, 1), (second, 1, 0), (rest, 1, 1))
    direct = 2 * sum(n * math.log(n * total / (rows[r] * columns[c])) for n, r, c in cells if n)
    assert math.isclose(found, direct, abs_tol=1e-6)


@given(st.integers(0, 1000))
def test_words_are_linked_with_their_tokens(seed):
    found = links(split(sentences(seed, noise=20)))
    assert all(found[word.upper()] == word for word in FILLERS)


@given(st.integers(0, 1000))
def test_phrases_say_what_was_not_seen(seed):
    phrases = Phrases(split(sentences(seed, noise=20)))
    for frame, word in product(FRAMES, FILLERS):
        for between, said in (("", FRAMES[frame]), (" very", f"{FRAMES[frame]} tres"), (" not", NOT[frame])):
            words = tuple(f"{frame}{between} {word} .".split())
            assert " ".join(phrases.said(list(phrases.split(words)))) == f"{said} {word.upper()} ."


@given(st.integers(0, 1000), st.lists(st.sampled_from(["i", "am", "not", "very", "w1", "?"]), max_size=8))
def test_a_sentence_is_split_into_phrases(seed, words):
    phrases = Phrases(split(sentences(seed)))
    parts = list(phrases.split(tuple(words)))
    assert [word for part in parts for word in part] == words
    assert all(part in phrases.table or len(part) == 1 for part in parts)


def test_the_written_language_reads_as_it_is_split():
    phrases = Phrases(split(sentences(3, noise=30)))
    language = nesy.language(text=write(*phrases.lexicon(), ("seq",)).text)
    for words in ("i am very w1 .", "he is not w2 .", "i am not very w3 .", "he is w4 w5 ."):
        assert language.run(words) == phrases.said(list(phrases.split(tuple(words.split()))))


def test_the_learner_says_phrases_where_nothing_else_explains_much():
    learner = nesy.Learner(budget=2).fit(sentences(0, noise=120))
    assert not learner.reliable
    assert learner.predict("i am not very w1 .") == "je ne suis pas tres W1 ."
    assert learner.predict("he is w2 .") == "il est W2 ."
