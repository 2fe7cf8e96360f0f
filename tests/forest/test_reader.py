"""The packed forest against the enumeration of all symbol sequences and all their derivations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nesy.forest.reader
from nesy import language
from nesy.errors import InputError, OutsideLanguage
from nesy.forest import Reader

ARITHMETIC = """%grammar
?start: e
?e: t | e "+" t -> plus | e "-" t -> minus
?t: a | a "*" t -> times | a "/" t -> over
?a: N -> number | "(" e ")"
N: /[0-9]/
%semantics
number(w) = int(w)
plus(a, b) = a + b
minus(a, b) = monus(a, b)
times(a, b) = a * b
over(a, b) = a div b
"""
AMBIGUOUS = """%grammar
start: e "."?
e: N -> number | e "+" e -> plus | e e -> beside | "!"+ N -> bang
N: /[0-9]/
%ignore "~"
%semantics
number(w) = int(w)
plus(a, b) = a + b
beside(a, b) = a * b + 1
bang(a) = 0 - int(a)
"""
SEQUENCES = """%grammar
start: _pair | items | "not" flag -> negation
_pair: items "," items
items: A+ -> join
?flag: "yes" -> yes | "no" -> no | items "=" items -> same
A: /[A-C]/
%semantics
start(a, b) = b ++ reverse(a)
start(a) = a
join(a) = a
yes = true
no = false
same(a, b) = a == b
negation(p) = not p
"""
LANGUAGES = [
    (ARITHMETIC, [*"012+-*/()"]),
    (AMBIGUOUS, [*"12+~!.", None, "1"]),
    (SEQUENCES, ["A", "B", ",", "not", "yes", "no", "="]),
]


def readings(lang, words, log_prob):
    """(symbols, value, log-probability) of every derivation of every sequence of symbols."""
    length, many = log_prob.shape
    for symbols in itertools.product(range(many), repeat=length):
        sentence = [words[s] for s in symbols]
        if None in sentence:
            continue
        try:
            derivations = lang.derivations(sentence, limit=10_000)
        except OutsideLanguage:
            continue
        for derivation in derivations:
            yield symbols, derivation.value, sum(log_prob[i, s] for i, s in enumerate(symbols))


@st.composite
def cases(draw):
    text, words = draw(st.sampled_from(LANGUAGES))
    length = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    log_prob = rng.normal(size=(length, len(words))) * draw(st.sampled_from([0.3, 3.0, 30.0]))
    return language(text=text), words, log_prob - np.logaddexp.reduce(log_prob, axis=1, keepdims=True)


@settings(max_examples=20, deadline=None)
@given(cases(), st.integers(0, 1 << 30))
def test_equals_enumeration(case, seed):
    lang, words, log_prob = case
    reader = Reader(lang, words)
    every = list(readings(lang, words, log_prob))
    values = list({(value.__class__, value): value for _, value, _ in every}.values())
    answer = values[seed % len(values)] if values else 0
    found = reader.posterior([log_prob], [answer], prune=0, productions=bool(seed % 2))  # by chart, or by a list
    mine = [(s, p) for s, value, p in every if value == answer and value.__class__ is answer.__class__]
    joint = np.logaddexp.reduce([p for _, p in mine]) if mine else -np.inf
    expected = np.zeros_like(log_prob)
    for symbols, p in mine:
        expected[range(len(symbols)), symbols] += np.exp(p - joint)
    assert found.log_joint[0] == pytest.approx(joint, rel=1e-9, abs=1e-9)
    assert found.log_any[0] == pytest.approx(np.logaddexp.reduce([p for *_, p in every] or [-np.inf]), rel=1e-9)
    np.testing.assert_allclose(found.symbols[0], expected, atol=1e-9)
    assert len(reader.distribution(log_prob, prune=0)) == len(values)
    listed = [reading.log_prob for reading in itertools.islice(reader.readings(log_prob), 30)]
    np.testing.assert_allclose(listed, sorted((p for *_, p in every), reverse=True)[:30])
    best = reader.best([log_prob])[0]
    if not every:
        assert best is None
    else:
        assert best.log_prob == pytest.approx(max(p for *_, p in every))
        with_answer = reader.best([log_prob], [answer])[0]
        assert with_answer.log_prob == pytest.approx(max(p for _, p in mine))
        assert with_answer.value == answer
        assert answer in [d.value for d in lang.derivations(with_answer.words)]


def test_sequences_of_different_length_together():
    reader = Reader(language(text=ARITHMETIC), [*"012+-*/()"])
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(n, 9)) for n in (5, 1, 0, 3, 9, 3)]
    together = reader.posterior(arrays, [1] * 6, prune=0)
    for i, array in enumerate(arrays):
        alone = reader.posterior([array], [1], prune=0)
        assert alone.log_joint[0] == pytest.approx(together.log_joint[i])
        np.testing.assert_allclose(alone.symbols[0], together.symbols[i], atol=1e-12)


def test_spans_are_what_parts_are_worth_by_themselves():
    reader = Reader(language(text=ARITHMETIC), [*"012+-*/()"])
    log_prob = np.random.default_rng(0).normal(size=(5, 9))
    spans = reader.spans(log_prob, prune=0)
    assert spans["start", 0, 5] == pytest.approx(reader.distribution(log_prob, prune=0))
    alone = reader.distribution(log_prob[:3], prune=0)
    assert spans["e", 0, 3] == pytest.approx(alone)
    assert all(0 <= i < j <= 5 and (j - i) % 2 for _, i, j in spans)


def test_productions_are_counted():
    reader = Reader(language(text=ARITHMETIC), [*"012+-*/()"])
    log_prob = np.full((3, 9), -20.0)
    log_prob[range(3), (1, 3, 2)] = 0  # 1 + 2
    counts = reader.posterior([log_prob] * 4, [3] * 4, productions=True, prune=0).productions
    productions = reader.language.grammar.productions
    used = {str(p): round(c, 3) for p, c in zip(productions, counts, strict=True) if c > 1e-3}
    assert [count for name, count in used.items() if "plus" in name] == [4]
    assert [count for name, count in used.items() if "number" in name] == [8]


def test_nothing_underflows():
    """Sixty symbols, each a hundred nats below the symbol that does not fit."""
    text = '%grammar\nstart: "a" -> one | "a" start -> more\n%semantics\none = 1\nmore(n) = n + 1\n'
    log_prob = np.tile([-100.0, 0.0], (60, 1))
    found = Reader(language(text=text), ["a", None]).posterior([log_prob], [60], prune=0)
    assert found.log_joint[0] == pytest.approx(-6000)
    assert found.log_any[0] == pytest.approx(-6000)
    np.testing.assert_allclose(found.symbols[0], np.tile([1.0, 0.0], (60, 1)))


@pytest.mark.parametrize("budget", [0, 20_000])
def test_the_best_reading_has_a_value(budget, monkeypatch):
    monkeypatch.setattr(nesy.forest.reader, "BUDGET", budget)
    reader = Reader(language(text=ARITHMETIC), [*"012+-*/()"])
    log_prob = np.full((5, 9), -5.0)
    log_prob[range(5), (2, 6, 1, 4, 1)] = 0  # 2 / 1 - 1
    log_prob[2, 0] = 0.5  # rather 2 / 0 - 1
    (best,) = reader.best([log_prob])
    assert (best.words, best.value) == (("2", "/", "1", "-", "1"), 1)


def test_values_are_forgotten_in_time(monkeypatch):
    monkeypatch.setattr(nesy.forest.reader, "MOST_VALUES", 10)
    reader = Reader(language(text=ARITHMETIC), [*"012+-*/()"])
    log_probs = [np.random.default_rng(n).normal(size=(5, 9)) for n in range(3)]
    first = reader.posterior(log_probs, [1, 2, 3], prune=0).log_joint
    np.testing.assert_allclose(reader.posterior(log_probs, [1, 2, 3], prune=0).log_joint, first)


def test_wrong_input():
    with pytest.raises(InputError, match="not a word"):
        Reader(language(text=ARITHMETIC), ["1", "x"])
    reader = Reader(language(text=ARITHMETIC), ["1", "+"])
    with pytest.raises(InputError, match="shape"):
        reader.posterior([np.zeros((3, 5))], [1])
    with pytest.raises(InputError, match="no number"):
        reader.posterior([np.full((1, 2), np.nan)], [1])
    with pytest.raises(InputError, match="answers"):
        reader.posterior([np.zeros((1, 2))], [])
