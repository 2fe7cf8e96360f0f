"""What the answers say about every image, on sentences small enough to enumerate."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.learn.grounding.belief import Belief
from nesy.learn.grounding.expectation import expect, soften, value
from nesy.learn.grounding.sequences import Sequences
from nesy.learn.lexicon import Sense
from nesy.learn.precedence import Precedence
from nesy.machine.expressions import Call, Variable
from nesy.search.meaning import of_expression

SUM = Sense((None, "p", None), of_expression(2, Call("+", (Variable("a"), Variable("b")))))


def belief() -> Belief:
    made = Belief((None,) * 5)
    for constant in (0, 1, 2):
        made = made.constant(constant)
    made = made.assign(3, "p").add(SUM)
    return Belief(made.words, made.senses, Precedence({SUM: 0}, {(SUM, 0): 0, (SUM, 1): 1}))


def sentence(answer: int, length: int = 3) -> Sequences:
    lengths = np.array([length])
    return Sequences(torch.zeros((length, 1, 8, 8), dtype=torch.uint8), lengths, (answer,), ("int",), (8, 8), 0.0)


@given(st.integers(0, 10_000), st.integers(0, 4))
@settings(max_examples=30, deadline=None)
def test_the_posterior_is_that_of_all_readings(seed, answer):
    known = belief()
    language = known.language(("int",))
    rows = np.log(np.random.default_rng(seed).dirichlet(np.ones(4), 3))
    log_probs = np.hstack([rows, np.full((3, 1), -50.0)])
    found = expect(known, language, sentence(answer), np.array([0]), log_probs, shortcut=False)
    joint = np.zeros((3, 5))
    for symbols in product(range(4), repeat=3):
        if value(language, [known.words[s] or "" for s in symbols]) == answer:
            joint[range(3), list(symbols)] += np.exp(rows[range(3), list(symbols)].sum())
    if joint.any():
        assert np.allclose(found.targets, joint / joint[0].sum(), atol=0.02)
        assert np.exp(found.log_joint[0]) == pytest.approx(joint[0].sum(), rel=0.02)
    else:
        assert found.weights[0] == 0


def test_the_best_reading_stands_for_all_where_nothing_is_summed():
    known = belief()
    rows = np.log(np.array([[0.4, 0.5, 0.1, 1e-9], [0.01, 0.01, 0.01, 0.97], [0.1, 0.3, 0.6, 1e-9]]))
    log_probs = np.hstack([rows, np.full((3, 1), -50.0)])
    found = expect(
        known, known.language(("int",)), sentence(2), np.array([0]), log_probs, shortcut=False, marginalise=False
    )
    assert found.targets.argmax(1).tolist() == [0, 3, 2]
    assert set(np.unique(found.targets)) == {0.0, 1.0}


def test_doubt_lets_no_symbol_be_impossible():
    known = belief()
    log_probs = np.array([[0.0, -100.0, -100.0, -100.0, -100.0]])
    found = np.exp(soften(known, log_probs, 0.2))
    assert found[0] == pytest.approx([0.85, 0.05, 0.05, 0.05, 0.0])


def test_a_wrong_answer_weighs_little():
    known = belief()
    rows = np.log(np.array([[0.98, 0.01, 0.01, 1e-9], [0.003, 0.003, 0.004, 0.99], [0.98, 0.01, 0.01, 1e-9]]))
    log_probs = np.hstack([rows, np.full((3, 1), -50.0)])
    chance = dict.fromkeys(range(5), 0.2)
    right, wrong = (
        expect(known, known.language(("int",)), sentence(y), np.array([0]), log_probs, chance=chance) for y in (0, 4)
    )
    assert right.weights[0] > 0.95 > 0.1 > wrong.weights[0]
