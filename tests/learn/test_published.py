"""The published configuration, on small languages."""

from __future__ import annotations

import random

import pytest
import torch

from nesy.dependency import Dependency
from nesy.errors import InputError, NesyError
from nesy.learn import Learner
from nesy.learn.published import Published
from nesy.learn.published.learner import Deduced
from nesy.learn.published.semantics import Nothing, Semantics
from nesy.neural.transitions import TransitionParser
from nesy.search.bank import learnable

ARITIES = {**{str(digit): 0 for digit in range(4)}, "+": 2, "(": None}


def semantics(**given) -> Semantics:
    """Digits as remembered, ``+`` as it was seen on small numbers."""
    found = Semantics(ARITIES, learnable("arithmetic"), seed=0)
    ids = found.universe.id
    observed = [(str(digit), (), ids(digit)) for digit in range(4)]
    observed += [("+", (ids(a), ids(b)), ids(a + b)) for a in range(4) for b in range(3)]
    found.update(observed)
    return found


def test_remembered_outputs_then_programs():
    words = semantics()
    ids = words.universe.id
    assert words.call("2", []) == ids(2)
    assert words.call("+", [ids(3), ids(2)]) == ids(5)
    assert words.call("+", [ids(3), ids(3)]) is Nothing.MISSING  # never seen
    assert words.call("+", [ids(3)]) is Nothing.MISSING
    assert words.call("(", []) is Nothing.EMPTY
    assert words.trust("+") == 0.0
    for _ in range(4):
        words.update([("+", (ids(a), ids(b)), ids(a + b)) for a in range(4) for b in range(3)])
    assert words.symbols["+"].program is not None  # found at the fifth update
    assert words.trust("+") == pytest.approx(12 / 20)  # a binary word needs 20 examples
    assert words.call("+", [ids(3), ids(3)]) == ids(6)


def test_one_edit_repairs_a_tree():
    words = semantics()
    ids = words.universe.id
    tree = Dependency((1, -1, 1))
    deduced = Deduced(words, ("3", "+", "1"), tree)
    assert deduced.value == ids(4)
    assert deduced.abduce(frozenset((ids(5),)))
    assert deduced.value == ids(5)
    assert len(list(deduced.observations())) == 3
    # ``3 + 3`` was never seen, so the only thing to assert is what ``+`` gives
    unseen = Deduced(words, ("3", "+", "3"), tree)
    assert unseen.value is Nothing.MISSING
    assert unseen.abduce(frozenset((ids(6),)))
    assert {(w, i): o for w, i, o in unseen.observations()}["+", (ids(3), ids(3))] == ids(6)
    # one argument too many: no edit helps
    assert not Deduced(words, ("3", "+", "1", "2"), Dependency((1, -1, 1, 1))).abduce(frozenset((ids(6),)))


def test_the_arity_constraint():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        parser = TransitionParser(["f", "x"], arities={"f": 1, "x": 0}, embedding=4, hidden=4).eval()
    (trees,) = parser.search([["f", "f", "x", "x"]], beam=100)
    free = TransitionParser(["f", "x"], embedding=4, hidden=4).eval().search([["f", "f", "x", "x"]], beam=100)[0]
    assert {tree.heads for tree, _ in trees} < {tree.heads for tree, _ in free}


def sums(count: int, seed: int) -> list[tuple[str, str]]:
    generator = random.Random(seed)
    found = []
    for _ in range(count):
        numbers = [generator.randrange(4) for _ in range(generator.choice([1, 2, 2, 3]))]
        found.append((" + ".join(map(str, numbers)), str(sum(numbers))))
    return found


@pytest.mark.parametrize("parses", ["sampled", "beam"])
def test_it_learns_sums(parses):
    learner = Published(ARITIES, primitives="arithmetic", epochs=25, parses=parses, rate=1e-3, budget=40)
    learner.fit(sums(150, 0))
    right, total = learner.score(sums(50, 1))
    assert right >= 0.9 * total
    assert learner.history[-1].right > 0.9
    assert learner.history[-1].number == len(learner.history)


def test_without_abduction_nothing_is_ever_learned():
    learner = Published(ARITIES, primitives="arithmetic", epochs=2, abduction=False)
    learner.fit(sums(60, 0))
    assert learner.score(sums(50, 1))[0] == 0


def test_the_learner_with_a_neural_parser(tmp_path):
    learner = Learner(parser="transitions", arities=ARITIES, primitives="arithmetic", budget=6).fit(sums(150, 0))
    assert learner.predict("1 + 2") == "3"
    derivation = learner.derive("1 + 2 + 3")
    assert derivation.value == 6
    assert derivation.words == ("1", "+", "2", "+", "3")
    assert learner.score(sums(20, 2))[1] == 20
    with pytest.raises(NesyError, match="not written as a definition file"):
        learner.save(str(tmp_path / "learned.nesy"))


def test_bad_input():
    with pytest.raises(InputError, match="no pairs"):
        Published(ARITIES).fit([])
    with pytest.raises(InputError, match="no arity for the word '7'"):
        Published(ARITIES).fit([("7", "7")])
    with pytest.raises(NesyError, match="no value"):
        Published(ARITIES).run("1 + 1")
    with pytest.raises(InputError, match="no arities for the neural parser"):
        Learner(paper=True)
    with pytest.raises(InputError, match="expected forest or transitions"):
        Learner(parser="greedy")
