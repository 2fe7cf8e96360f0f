"""Groups of images that look alike, lengths that leave sentences unexplained, constants among wrong answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.learn.grounding.belief import Belief
from nesy.learn.grounding.looks import alike, distances, k_means
from nesy.learn.grounding.unexplained import inserted, strange
from nesy.learn.grounding.words import constants, rivals, unite
from nesy.learn.lexicon import Sense
from nesy.learn.precedence import Precedence
from nesy.machine.expressions import Call, Variable
from nesy.neural.recogniser import as_pixels
from nesy.search.meaning import of_expression
from tests.learn.grounding.glyphs import Signs

SUM = of_expression(2, Call("+", (Variable("a"), Variable("b"))))


def test_one_sign_is_one_look():
    signs = Signs("abc")
    labels = np.tile(np.arange(3), 60)
    images = np.stack([signs.draw("abc"[k]) for k in labels])
    groups = alike(as_pixels(images), np.zeros((len(labels), 2)))
    pure = sum(np.bincount(labels[groups == g]).max() for g in np.unique(groups))
    assert pure / len(labels) > 0.8


@given(st.integers(0, 1000), st.integers(1, 30), st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_every_point_is_in_the_group_of_its_nearest_centre(seed, points, count):
    rng = np.random.default_rng(seed)
    cloud = rng.normal(size=(points, 3))
    groups = k_means(cloud, count, rng)
    assert groups.shape == (points,)
    assert set(groups) <= set(range(count))


def test_distances_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    points, centres = rng.normal(size=(5, 4)), rng.normal(size=(3, 4))
    assert np.allclose(distances(points, centres), ((points[:, None] - centres) ** 2).sum(2))


def test_wrong_answers_make_no_length_strange():
    rng = np.random.default_rng(0)
    lengths = np.repeat([3, 5, 7], 100)
    wrong = rng.random(300) < 0.05
    assert len(strange(lengths, wrong)) == 0
    assert set(lengths[strange(lengths, wrong | (lengths == 7))]) == {7}


@pytest.mark.parametrize("wrong", [0, 25])
def test_rare_answers_of_single_images_are_no_constants(wrong):
    rng = np.random.default_rng(1)
    answers = [int(d) for d in rng.integers(0, 10, 500)]
    for k in range(wrong):
        answers[k] = int(rng.integers(10, 90))
    assert constants(answers, 16) == list(range(10))


def test_few_answers_are_all_constants():
    assert constants([3, 1, 4, 1, 5], 16) == [1, 3, 4, 5]


def test_words_in_one_place_are_rivals_and_others_may_be_one():
    plus, minus, before = (Sense(p, SUM) for p in ((None, "p", None), (None, "m", None), ("n", None, None)))
    belief = Belief(("p", "m", "n"), (plus, minus, before))
    assert rivals(belief, 0, 1)
    assert not rivals(belief, 0, 2)
    united = unite(belief, 0, 2)
    assert united.words == ("p", "m", None)
    assert {s.pattern for s in united.senses} == {(None, "p", None), (None, "m", None), ("p", None, None)}


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("place", range(5))
def test_a_new_level_leaves_the_order_of_the_old_ones(place, right):
    low, high, new = (Sense((None, w, None), SUM) for w in "lhn")
    levels = {low: 0, high: 1}
    old = Precedence(levels, {(s, slot): levels[s] + (slot == (not right)) for s in levels for slot in (0, 1)})
    found = inserted(old, new, place)
    assert found.level[low] < found.level[high]
    for parent in (low, high):
        for slot in (0, 1):
            for child in (low, high):
                assert found.forbids(parent, slot, child) == old.forbids(parent, slot, child)
    if place % 2:
        mate = (low, high)[place // 2]
        assert found.level[new] == found.level[mate]
        assert [found.threshold[new, k] for k in (0, 1)] == [found.threshold[mate, k] for k in (0, 1)]
    else:
        assert found.level[new] not in (found.level[low], found.level[high])
