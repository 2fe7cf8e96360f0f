"""Recursions from examples: they are found, all that are found fit, and steps run as their expressions do."""

import numpy as np
import pytest

from nesy.errors import Undefined
from nesy.search.bank import Bank, learnable
from nesy.search.folds import MISSES, Steps, folds
from nesy.search.groups import Group, explains
from nesy.search.meaning import ELEMENT, RESULT, closure
from nesy.search.universe import Universe

PRIMITIVES = learnable()
TARGETS = {
    "a + (a - 1) + ... + 1": (1, lambda a: a * (a + 1) // 2, [(n,) for n in (0, 1, 2, 3, 5, 6)]),
    "a to the power b": (2, lambda a, b: a**b, [(2, 0), (3, 1), (2, 3), (3, 2), (5, 2), (1, 4)]),
    "every token twice": (1, lambda a: tuple(t for t in a for _ in "12"), [(tuple("PQRST"[:n]),) for n in range(5)]),
}


def examples(universe, function, inputs):
    return [Group(6.0, 3.0, ((tuple(map(universe.id, x)), frozenset((universe.id(function(*x)),))),)) for x in inputs]


@pytest.mark.parametrize("name", TARGETS)
def test_recursions_are_found_and_fit(name):
    """Some recursion explains everything, and none that is given out misses more than is allowed."""
    arity, function, inputs = TARGETS[name]
    universe = Universe()
    groups = examples(universe, function, inputs)
    found = list(folds(universe, groups, arity, PRIMITIVES))
    missed = [sum(not explains(universe, meaning, group) for group in groups) for meaning in found]
    assert min(missed) == 0
    assert max(missed) <= MISSES


def test_dear_recursions_are_not_looked_for():
    """All that is found below a size is found, and nothing where even the shortest recursion is too large."""
    universe = Universe()
    groups = examples(universe, lambda a: 2 * a, [(n,) for n in range(7)])
    every = list(folds(universe, groups, 1, PRIMITIVES))
    cheapest = min(meaning.cost for meaning in every)
    bounded = list(folds(universe, groups, 1, PRIMITIVES, dearest=cheapest + 1))
    assert {m for m in every if m.cost <= cheapest} <= set(bounded) <= set(every)
    assert len(bounded) < len(every)
    assert not list(folds(universe, groups, 1, PRIMITIVES, dearest=5))


@pytest.mark.parametrize("primitives", ["lists arithmetic booleans", "peano"])
def test_steps_run_as_their_expressions_do(primitives):
    """A step that is put together from the rows below it has the value of its expression, or none."""
    universe = Universe()
    rows = [[2, 5, 1], [3, 0, 4], [1, 2, 3]]
    columns = np.array([[universe.id(n) for n in row] for row in rows])
    constants = [(0, 2)] if primitives == "peano" else [(0, 2), (1, 2), (("X",), 2)]
    bank = Bank(universe, columns, ["a", RESULT, ELEMENT], constants, learnable(primitives), 20_000)
    steps = Steps(bank, (), 400, 6)
    assert 100 < len(steps.rows) <= 400
    for row in steps.rows:
        expression = closure(bank.expression(row))
        for a, r, h in [*zip(*rows, strict=True), (("A", "B"), 2, 1), (True, 1, ()), (0, ("C",), 0)]:
            environment = {"a": a, RESULT: r, ELEMENT: h}
            assert outcome(steps.compiled(row), environment) == outcome(expression, environment)


def outcome(run, environment):
    try:
        value = run(dict(environment))
    except Undefined:
        return None
    return type(value), value
