"""Grounded rules say what the expressions say, whatever kind of constraint they become."""

import pytest
from hypothesis import Phase, given, settings

import nesy
from nesy.lang.puzzle import print_expression, read_expression
from nesy.puzzles import post
from nesy.puzzles.exact import solver, values
from tests.puzzles.oracle import assignments, holds, numbers, truths

DOMAINS = {"x": range(4), "y": range(1, 4), "z": range(-1, 2)}


def solutions(puzzle):
    """All solutions, of the declared variables only; each must be found once."""
    model = puzzle.model()
    visible = sorted(v for array in model.arrays if not array.hidden for v in array.variables.values())
    found = solver(model).search(model.full, limit=10_000)
    assert found.complete
    rows = [tuple(values(model, positions)[v] for v in visible) for positions in found.solutions]
    assert len(set(rows)) == len(rows), "helpers follow from the declared variables"
    return set(rows)


def puzzle(rule):
    """Three variables and a rule."""
    lines = [f"var {name} : {domain.start}..{domain.stop - 1}" for name, domain in DOMAINS.items()]
    return nesy.puzzle(text="\n".join(["%puzzle", *lines, f"rule r: {rule}"]))


def expected(expression):
    return {tuple(names.values()) for names in assignments(DOMAINS) if holds(expression, names)}


@pytest.mark.parametrize("limit", [100_000, 12])
@settings(max_examples=60, phases=[Phase.explicit, Phase.generate])  # shrinking would solve thousands of puzzles
@given(expression=truths)
def test_a_rule_has_the_solutions_of_its_expression(limit, expression):
    """By tables, and with tables of at most twelve rows by helpers, where every part of a rule is small enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(post, "MAX_TABLE", limit)
        patch.setattr(post, "MAX_SMALL", limit)
        try:
            found = solutions(puzzle(print_expression(expression)))
        except nesy.InputError as error:
            reason = str(error)
            found = None
    if found is None:
        constant = "has no entry" in reason or "a divisor that is not 0" in reason
        assert constant or (limit == 12 and "combinations" in reason)
        return
    assert found == expected(expression)


@given(numbers | truths)
def test_printing_and_reading(expression):
    assert read_expression(print_expression(expression)) == expression
