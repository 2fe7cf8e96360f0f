"""Phrases with very many values: only those that fit the answer are made, and nothing is lost."""

import numpy as np
import pytest

import nesy.forest.reader
from nesy import language
from nesy.forest import Reader

COLUMNS = """%grammar
start: column -> first | start column -> more
column: digit digit -> add
digit: D -> number
D: /[0-9]/
%semantics
first(c) = c
more(s, c) = 10 * s + c
number(w) = int(w)
add(a, b) = a + b
"""
FLAT = """%grammar
start: digit digit -> add | start digit digit -> more
digit: D -> number
D: /[0-9]/
%semantics
add(a, b) = a + b
more(s, a, b) = 10 * s + a + b
number(w) = int(w)
"""
RIGHT = """%grammar
?start: digit | digit "+" start -> add
digit: D -> number
D: /[0-9]/
%semantics
number(w) = int(w)
add(a, s) = 3 * s - a
"""
JOINED = """%grammar
start: word -> one | word start -> both
word: W -> same
W: /[a-z]/
%semantics
one(w) = w
both(w, s) = w ++ reverse(s)
same(w) = w
"""
TWISTED = COLUMNS.replace("more(s, c) = 10 * s + c", "more(s, c) = s * s + c")


@pytest.mark.parametrize(
    ("text", "words"),
    [(COLUMNS, "0123"), (FLAT, "0123"), (RIGHT, "012+"), (JOINED, "abcd")],
    ids=["columns", "flat", "right", "joined"],
)
def test_equals_the_full_forest(text, words, monkeypatch):
    rng = np.random.default_rng(0)
    log_probs = [rng.normal(size=(n, 4)) for n in (6, 6, 4, 5, 7)]
    full = Reader(language(text=text), list(words))
    values = [list(full.distribution(array, prune=0)) for array in log_probs]
    answers = [found[len(found) // 3] if found else 0 for found in values]
    expected = full.posterior(log_probs, answers, prune=0)
    readings = full.best(log_probs, answers)
    monkeypatch.setattr(nesy.forest.reader, "CROWD", 10)
    monkeypatch.setattr(nesy.forest.reader, "MOST_SEQUENCES", 0)
    found = Reader(language(text=text), list(words)).posterior(log_probs, answers, prune=0)
    assert not found.capped.any()
    np.testing.assert_allclose(found.log_joint, expected.log_joint)
    np.testing.assert_allclose(found.log_any, expected.log_any)
    for one, other in zip(found.symbols, expected.symbols, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
    again = full.best(log_probs, answers)
    assert [r and (r.symbols, r.value) for r in again] == [r and (r.symbols, r.value) for r in readings]


def test_fifteen_digits():
    """Posterior by digits and carries, computed by hand, column by column."""
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 10, (2, 15))
    answer = int("".join(map(str, first))) + int("".join(map(str, second)))
    log_prob = np.log(rng.dirichlet(np.ones(10), 30))
    found = Reader(language(text=COLUMNS), list("0123456789")).posterior([log_prob], [answer], prune=0)
    # forward over carries from the last column: state = carry into the next column
    digits = [answer // 10**k % 10 for k in range(15)]
    state = {0: 1.0}
    for k in range(15):
        p, q = np.exp(log_prob[28 - 2 * k]), np.exp(log_prob[29 - 2 * k])
        after: dict[int, float] = {}
        for carry, weight in state.items():
            for a in range(10):
                for b in range(10):
                    total = a + b + carry
                    fits = total == answer // 10**14 if k == 14 else total % 10 == digits[k]
                    if fits:
                        next_carry = 0 if k == 14 else total // 10
                        after[next_carry] = after.get(next_carry, 0.0) + weight * p[a] * q[b]
        state = after
    assert found.log_joint[0] == pytest.approx(np.log(state[0]))
    assert not found.capped.any()
    np.testing.assert_allclose(found.symbols[0].sum(axis=1), 1)


def test_a_cap_is_reported_where_no_inverse_helps(monkeypatch):
    monkeypatch.setattr(nesy.forest.reader, "CROWD", 10)
    monkeypatch.setattr(nesy.forest.reader, "MOST", 20)
    monkeypatch.setattr(nesy.forest.reader, "MOST_SEQUENCES", 0)
    log_prob = np.random.default_rng(0).normal(size=(6, 4))
    found = Reader(language(text=TWISTED), list("0123")).posterior([log_prob], [100])
    assert found.capped.all()
