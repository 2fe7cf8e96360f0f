"""Recursions as plain arithmetic: they give what the clauses give, at any size, and nothing else is touched."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.errors import NesyError
from nesy.lang.clauses import read_clauses
from nesy.lang.language import Language
from nesy.lang.names import resolve
from nesy.machine.closed_forms import closed_forms
from nesy.machine.compile import Compiled

TEXT = """plus(0, b) = b
plus(n + 1, b) = plus(n, b) + 1
minus(a, 0) = a
minus(a, n + 1) = monus(minus(a, n), 1)
times(0, b) = 0
times(n + 1, b) = plus(b, times(n, b))
over(0, b) = 0
over(n + 1, b) = over(minus(n + 1, b), b) + 1
larger(0, b) = b
larger(a, 0) = a
larger(n + 1, m + 1) = larger(n, m) + 1
half(0) = 0
half(1) = 0
half(n + 2) = half(n) + 1
rest(a, b) = if a < b then a else rest(monus(a, b), b)
"""
EXPECTED = {
    ("plus", 2): lambda a, b: a + b,
    ("minus", 2): lambda a, b: max(0, a - b),
    ("times", 2): lambda a, b: a * b,
    ("over", 2): lambda a, b: -(-a // b),
    ("larger", 2): max,
    ("half", 1): lambda a: a // 2,
    ("rest", 2): lambda a, b: a % b,
}


def clauses(text):
    return resolve(read_clauses(text, None), None)


FAST = closed_forms(clauses(TEXT))
SLOW = Compiled(clauses(TEXT))


def test_what_is_found():
    assert FAST.keys() == EXPECTED.keys()


@given(st.sampled_from(sorted(EXPECTED)), st.integers(0, 10**30), st.integers(1, 10**30))
def test_right_at_any_size(key, a, b):
    arguments = (a, b)[: key[1]]
    assert FAST[key](*arguments) == EXPECTED[key](*arguments)


@settings(deadline=None)
@given(st.sampled_from(sorted(EXPECTED)), st.integers(-3, 30) | st.booleans(), st.integers(-3, 30) | st.just(("A",)))
def test_the_clauses_decide(key, a, b):
    """Also what has no value has none: negative numbers, zero divisors, values of other kinds."""
    if b == 0 and key[0] in ("over", "rest"):
        return  # runs until its fuel is spent, in both
    arguments = (a, b)[: key[1]]

    def outcome(run):
        try:
            return run(*arguments)
        except NesyError as error:
            return str(error)

    assert outcome(FAST[key]) == outcome(lambda *given: SLOW.call(key[0], *given))


@pytest.mark.parametrize(
    "text",
    [
        "f(70, b) = 0\nf(0, b) = b\nf(n + 1, b) = f(n, b) + 1",  # one exception far away
        "f(0, b) = b\nf(n + 1, b) = if n == 900 then 0 else f(n, b) + 1",
        "f(0, b) = b\nf(n + 1, b) when n < 50 = f(n, b) + 1\nf(n + 1, b) = f(n, b) + 2",
        "f(n) = f(n)",
        "f(0) = 0\nf(n + 1) = f(n + 1)",
        "f(0) = 1\nf(n + 1) = f(n) * (n + 1)",  # no short form
        "f(0) = 0\nf(n + 1) = g(n)\ng(0) = 0\ng(n + 1) = f(n)",
        "f([]) = 0\nf([h] ++ t) = f(t) + 1",
        "f(0) = []\nf(n + 1) = f(n) ++ [A]",
    ],
)
def test_what_is_left_alone(text):
    assert closed_forms(clauses(text)) == {}


def test_a_language_counts_to_a_billion():
    text = f"""%grammar
?start: WORD -> number
    | start "x" WORD -> apply
WORD: /[0-9]+/
%semantics
number(w) = int(w)
apply(a, w) = times(a, int(w))
{TEXT}"""
    language = Language.load(text=text)
    started = time.monotonic()
    assert language.run("987654321 x 123456789") == 987654321 * 123456789
    assert language.parse("987654321 x 123456789").value == 987654321 * 123456789
    assert language.derivations("987654321 x 123456789")[0].value == 987654321 * 123456789
    assert time.monotonic() - started < 5


def test_no_value_is_seen_soon():
    started = time.monotonic()
    with pytest.raises(NesyError):
        FAST["over", 2](3, 0)
    assert FAST["over", 2](0, 0) == 0
    assert time.monotonic() - started < 1
