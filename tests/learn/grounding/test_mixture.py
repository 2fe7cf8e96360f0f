"""Words by a mixture: planted functions are found, and none in answers that say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from nesy.learn.grounding.conflicts import Votes, fit_levels
from nesy.learn.grounding.functions import Functions
from nesy.learn.grounding.mixture import Mixture
from nesy.learn.lexicon import Sense
from nesy.machine.expressions import Call, Variable
from nesy.search.bank import learnable
from nesy.search.meaning import of_expression
from nesy.search.universe import Universe

PLANTED = {
    "a + b": lambda a, b: a + b,
    "a * b": lambda a, b: a * b,
    "monus": lambda a, b: max(0, a - b),
    "a + 2b": lambda a, b: a + 2 * b,
}


def sentences(functions, places, count, rng, noise=0.1):
    """Probabilities of 7 symbols (6 constants and one more) and answers of sentences of two constants and a word."""
    arguments = rng.integers(0, 6, (count, 2))
    which = rng.integers(0, len(functions), count)
    slots = [k for k in range(3) if k != places]
    probabilities = np.full((count, 3, 7), noise / 6)
    for column, place in enumerate(slots):
        probabilities[np.arange(count), place, arguments[:, column]] = 1 - noise
    probabilities[:, places, :6] = rng.dirichlet(np.ones(6), count)
    answers = [functions[w](int(a), int(b)) for w, (a, b) in zip(which, arguments, strict=True)]
    return probabilities, answers


def mixture(probabilities, answers):
    universe = Universe()
    ids = universe.ids(answers)
    functions = Functions(universe, universe.ids(list(range(6))), (), learnable("arithmetic"))
    return Mixture(probabilities, ids, range(6), functions), universe


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("names", [["a + b"], ["a * b", "monus"], ["a + b", "monus", "a + 2b"]])
def test_planted_functions_are_found(names, place):
    rng = np.random.default_rng(0)
    planted = [PLANTED[name] for name in names]
    found, universe = mixture(*sentences(planted, place, 200 * len(names), rng))
    found.grow(4)
    tables = {tuple(universe.values[i] for i in c.table) for c in found.components}
    wanted = {tuple(f(a, b) for a in range(6) for b in range(6)) for f in planted}
    assert tables == wanted
    assert {c.places[0] for c in found.components} == {place}


def test_shuffled_answers_hold_no_word():
    rng = np.random.default_rng(1)
    probabilities, answers = sentences(list(PLANTED.values()), 1, 400, rng)
    found, _ = mixture(probabilities, [answers[i] for i in rng.permutation(len(answers))])
    assert found.grow(4) == []


def test_targets_are_distributions_of_what_is_explained():
    rng = np.random.default_rng(2)
    found, _ = mixture(*sentences([PLANTED["a + b"]], 1, 100, rng))
    found.grow(2)
    from dataclasses import replace

    found.components[0] = replace(found.components[0], symbols=(6,))
    responsibilities = found.fit(found.components)[2]
    targets = found.targets(responsibilities)
    assert np.allclose(targets.sum(2), responsibilities[:, :1])
    assert targets[:, 1, 6] == pytest.approx(responsibilities[:, 0])


def senses(*names):
    meaning = of_expression(2, Call("+", (Variable("a"), Variable("b"))))
    return [Sense((None, name, None), meaning) for name in names]


def test_levels_follow_the_votes():
    times, plus, minus = senses("*", "+", "-")
    first, second = Votes(0.0, -50.0), Votes(-50.0, 0.0)
    votes = {
        (x, y): first if x is times or y is not times else second
        for x in (times, plus, minus)
        for y in (times, plus, minus)
    }
    found = fit_levels([times, plus, minus], votes)
    assert found.level == {times: 1, plus: 0, minus: 0}
    assert found.threshold == {(s, k): found.level[s] + k for s in (times, plus, minus) for k in (0, 1)}


def test_right_associative_where_the_votes_say_so():
    (power,) = senses("^")
    found = fit_levels([power], {(power, power): Votes(-50.0, 0.0)})
    assert found.threshold == {(power, 0): 1, (power, 1): 0}


def test_without_votes_there_is_one_level():
    found = fit_levels(senses("*", "+", "-"), {})
    assert set(found.level.values()) == {0}
