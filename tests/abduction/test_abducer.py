"""Abduction: the cheapest repair, against brute force over every word sequence, tree and node."""

from __future__ import annotations

import math
import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.abduction import Abducer, Success
from nesy.errors import InputError
from nesy.lang.language import Language
from tests.abduction.oracle import ARITHMETIC, SEQUENCES

LEVELS = ("symbol", "attachment", "meaning")
PRICES = st.sampled_from([0.5, 1.0, 2.0, 4.5])


@st.composite
def problems(draw):
    toy = draw(st.sampled_from([ARITHMETIC, SEQUENCES]))
    length = draw(st.integers(1, 5))
    costs = np.array(
        draw(
            st.lists(
                st.lists(PRICES, min_size=len(toy.words), max_size=len(toy.words)), min_size=length, max_size=length
            )
        )
    )
    words, _ = draw(st.sampled_from(toy.sentences(length) or [((toy.words[0],) * length, [])]))
    for place, word in enumerate(words):
        costs[place, toy.words.index(word) if draw(st.integers(0, 9)) else 0] = 0.0
        costs[place] -= costs[place].min()
    if toy is ARITHMETIC:
        answer = draw(st.integers(1, 20))
    else:
        answer = tuple(draw(st.lists(st.sampled_from("AB"), max_size=5)))
    levels = draw(st.sets(st.sampled_from(LEVELS)))
    return toy, costs, answer, levels, draw(PRICES), draw(PRICES)


@settings(max_examples=150, deadline=None)
@given(problems())
def test_the_first_repair_is_a_cheapest_one(problem):
    toy, costs, answer, levels, attachment, meaning = problem
    abducer = Abducer(toy.language, toy.words, levels=levels, attachment=attachment, meaning=meaning, budget=1_000_000)
    found = abducer.abduce(-costs, answer)
    least = toy.cheapest(costs, answer, levels, attachment, meaning)
    if least == math.inf:
        assert (found.status, found.after) == ("impossible", None)
        return
    assert found.cost == pytest.approx(least)
    assert found.after is not None
    assert found.after.value == answer
    assert found.status == ("repaired" if found.edits else "unchanged")
    assert sum(edit.cost for edit in found.edits) == pytest.approx(found.cost)
    assert {edit.level for edit in found.edits} <= levels
    read = [toy.words[k] for k in costs.argmin(axis=1)]
    changed = [(e.start, e.before, e.after) for e in found.edits if e.level == "symbol"]
    assert changed == [(k, a, b) for k, (a, b) in enumerate(zip(read, found.words, strict=True)) if a != b]


@settings(max_examples=40, deadline=None)
@given(problems())
def test_repairs_come_in_the_order_of_their_costs(problem):
    toy, costs, answer, levels, attachment, meaning = problem
    abducer = Abducer(toy.language, toy.words, levels=levels, attachment=attachment, meaning=meaning, budget=60)
    repairs = list(abducer.repairs(-costs, answer))
    prices = [repair.cost for repair in repairs]
    assert prices == sorted(prices)
    assert {repair.after.value for repair in repairs} <= {answer}
    assert len({(repair.words, repair.edits) for repair in repairs}) == len(repairs)


def test_each_level():
    abducer = Abducer(ARITHMETIC.language)
    (edit,) = abducer.abduce("1 + 2 * 3", "9").edits
    assert (edit.level, edit.start, edit.end, edit.before, edit.after) == ("attachment", 0, 3, "2 * 3", "1 + 2")
    (edit,) = abducer.abduce("3 + 3", "9").edits
    assert (edit.level, edit.start, edit.before, edit.after) == ("symbol", 1, "+", "*")
    (edit,) = abducer.abduce("1 + 2", "50").edits
    assert (edit.level, edit.before, edit.after) == ("meaning", "1", "48")


def test_trust_decides_which_meaning_is_doubted():
    trust = {"plus": 0.999, "one": 0.999, "two": 0.6}
    found = Abducer(ARITHMETIC.language, levels=["meaning"], trust=trust).abduce("1 + 2", "50")
    (edit,) = found.edits
    assert (edit.start, edit.before, edit.after) == (2, "2", "49")
    assert edit.cost == pytest.approx(math.log(0.6 / 0.4))
    certain = dict.fromkeys(["plus", "one", "two"], 1.0)
    assert Abducer(ARITHMETIC.language, levels=["meaning"], trust=certain).abduce("1 + 2", "50").status == "impossible"


def test_words_of_open_terminals_are_found_by_inverses():
    found = Abducer(Language.load("calculator")).abduce("7 * 4", 10**20)
    assert found.words == ("25000000000000000000", "*", "4")


def test_several_edits_and_a_budget():
    abducer = Abducer(ARITHMETIC.language, levels=["symbol"], budget=20_000)
    found = abducer.abduce("1 + + 1", "2")
    assert found.status == "impossible"
    found = abducer.abduce("1 + 1 + 1 ) 1", "7")
    assert (found.status, found.after.value) == ("repaired", 7)
    assert len(found.edits) == 3
    poor = Abducer(ARITHMETIC.language, levels=["symbol"], budget=found.expanded - 1)
    assert poor.abduce("1 + 1 + 1 ) 1", "7").status == "budget spent"


def test_success_over_a_set():
    abducer = Abducer(ARITHMETIC.language, levels=["symbol"], budget=40)
    examples = [("1 + 2", "3"), ("1 + 2", "2"), ("1", "2"), ("1", "7"), ("1 + 1 * 1 + 1", "64")]
    success = abducer.success(examples)
    assert success == Success(unchanged=1, repaired=2, spent=1, impossible=1)
    assert success.rate == 0.5
    assert Success(unchanged=3).rate == 1.0


def test_long_sentences_and_ignored_words():
    language = Language.load(
        "loud", text='%grammar\nstart: start "b" | "a" -> a\n%ignore "um"\n%semantics\nstart(x) = x ++ [B]\na = [A]\n'
    )
    words = ["a", "um"] + ["b", "um"] * 300
    found = Abducer(language, levels=["attachment", "meaning"]).abduce(words, ("C",) + ("B",) * 300)
    (edit,) = found.edits
    assert (edit.level, edit.start, edit.end, edit.after) == ("meaning", 0, 1, "C")


@pytest.mark.parametrize(
    ("log_probs", "message"),
    [
        (np.zeros((2, 3)), "log-probabilities of shape (2, 3); expected (n, 7)"),
        (np.zeros(7), "log-probabilities of shape (7,)"),
        (np.full((1, 7), np.nan), "NaN"),
        (np.full((1, 7), -np.inf), "no symbol with a word is possible at place 1"),
    ],
)
def test_bad_log_probabilities(log_probs, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Abducer(ARITHMETIC.language, ARITHMETIC.words).abduce(log_probs, "3")


def test_an_answer_of_another_kind():
    with pytest.raises(InputError, match=r"'A B' is no value of the language; expected integers"):
        Abducer(ARITHMETIC.language).abduce("1", "A B")


def test_functions_given_in_python_are_called_and_inverted():
    text = '%grammar\nstart: "one" -> one | start "up" -> up\n%semantics\none = 1\n%domain\nvalues: integers\n'
    language = Language.load("given", text=text, given={"up": lambda a: a + 10})
    found = Abducer(language, levels=["meaning"]).abduce("one up up", "25")
    (edit,) = found.edits
    assert (edit.before, edit.after) == ("1", "5")


def test_powers_do_not_take_for_ever():
    started = time.monotonic()
    Abducer(Language.load("calculator"), budget=300).abduce("- 7 - 7 ^ - - 7", "-35")
    assert time.monotonic() - started < 30
