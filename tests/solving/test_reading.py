"""The most probable reading, against looking at every solution."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesy.errors import InputError
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import AllDifferent, Array, Count, Linear, Model, Rule, Table
from nesy.solving.reading import most_probable


def small(kinds: str, constraints) -> Model:
    """Variables x[1], x[2], ... over 1..4 or names, with these constraints."""
    domain = (1, 2, 3, 4) if kinds == "numbers" else ("red", "green", "blue")
    count = 1 + max(variable for constraint in constraints for variable in constraint.scope)
    array = Array("x", (tuple(range(1, count + 1)),), {(k + 1,): k for k in range(count)})
    rules = tuple(Rule(f"rule[{k}]", constraint) for k, constraint in enumerate(constraints))
    return Model("small", (domain,) * count, rules, (array,))


LINES = [tuple(range(4 * r, 4 * r + 4)) for r in range(4)] + [tuple(range(c, 16, 4)) for c in range(4)]
BOXES = [tuple(8 * a + 2 * b + 4 * i + j for i in range(2) for j in range(2)) for a in range(2) for b in range(2)]
SQUARES = small("numbers", [AllDifferent(scope) for scope in LINES + BOXES])
MIXED = small(
    "numbers",
    [
        AllDifferent((0, 1, 2)),
        AllDifferent((3, 4), (0, 1)),
        Linear((1, 3, 5), (1, 1, -1), "<=", 3),
        Table((2, 4), frozenset({(1, 2), (2, 2), (3, 1), (4, 4)})),
        Count((0, 3, 5), frozenset({1, 2}), ">=", 2),
    ],
)
NAMES = small("names", [AllDifferent((0, 1)), AllDifferent((1, 2)), AllDifferent((2, 3)), AllDifferent((3, 0, 4))])


def solutions(model: Model) -> list[tuple]:
    return [values for values in itertools.product(*model.domains) if not model.violated(values)]


def squares() -> list[tuple]:
    """All 288 grids: four rows that break no rule so far."""
    grids = [()]
    for _ in range(4):
        grids = [
            grid + row
            for grid in grids
            for row in itertools.permutations((1, 2, 3, 4))
            if not any(
                len({(grid + row)[v] for v in scope if v < len(grid) + 4}) < sum(v < len(grid) + 4 for v in scope)
                for scope in LINES + BOXES
            )
        ]
    return grids


SOLUTIONS = {SQUARES: squares(), MIXED: solutions(MIXED), NAMES: solutions(NAMES)}
chances = st.integers(0, 12).map(lambda k: -k / 4) | st.just(-math.inf)


@st.composite
def seen(draw, model):
    """Log-probabilities of some variables."""
    variables = draw(st.sets(st.integers(0, len(model.domains) - 1), max_size=9))
    return {v: draw(st.lists(chances, min_size=(n := len(model.domains[v])), max_size=n)) for v in variables}


def oracle(model, log_probabilities, unique):
    """The log-probability of the best reading, from all solutions; minus infinity if there is none."""
    readings = {}
    for values in SOLUTIONS[model]:
        reading = tuple(values[v] for v in sorted(log_probabilities))
        readings[reading] = readings.get(reading, 0) + 1
    return max(
        (
            sum(
                log_probabilities[v][model.domains[v].index(x)]
                for v, x in zip(sorted(log_probabilities), r, strict=True)
            )
            for r, count in readings.items()
            if count == 1 or not unique
        ),
        default=-math.inf,
    )


@pytest.mark.parametrize("model", [SQUARES, MIXED, NAMES], ids=["squares", "mixed", "names"])
@given(data=st.data(), unique=st.booleans())
def test_it_is_the_most_probable(model, data, unique):
    log_probabilities = data.draw(seen(model))
    best = oracle(model, log_probabilities, unique)
    found = most_probable(model, log_probabilities, unique=unique)
    if best == -math.inf:
        assert found.status == "unsatisfiable"
        assert found.answer.values is None
        return
    assert found.status == "solved"
    assert found.log_probability == pytest.approx(best)
    assert found.answer.instance.verified(found.answer.values)
    assert found.values == {v: found.answer.values[v] for v in log_probabilities}
    for change in found.changes:
        row, domain = log_probabilities[change.variable], model.domains[change.variable]
        assert row[domain.index(change.read)] == max(row)
        assert row[domain.index(change.corrected)] == pytest.approx(max(row) - change.cost)
        assert found.values[change.variable] == change.corrected != change.read
        assert (change.conflict is not None) or unique


@given(data=st.data())
def test_a_conflict_says_why(data):
    log_probabilities = data.draw(seen(SQUARES))
    for change in most_probable(SQUARES, log_probabilities).changes:
        values = change.conflict.values
        assert values[change.variable] == change.read
        agree = [all(grid[v] == x for v, x in values.items()) for grid in SOLUTIONS[SQUARES]]
        assert not any(agree)
        for left_out in values:
            rest = {v: x for v, x in values.items() if v != left_out}
            assert any(all(grid[v] == x for v, x in rest.items()) for grid in SOLUTIONS[SQUARES])


def test_two_equal_digits_in_a_row():
    chance = {0: [-0.1, -3.0, -9.0, -9.0], 1: [-0.2, -9.0, -2.0, -9.0]}
    found = most_probable(SQUARES, chance)
    assert found.values == {0: 1, 1: 3}
    (change,) = found.changes
    assert (change.read, change.corrected, change.cost) == (1, 3, pytest.approx(1.8))
    assert change.conflict.values == {0: 1, 1: 1}
    assert [rule.label for rule in change.conflict.rules] == ["rule[0]"]


def test_what_is_known_beforehand_is_kept():
    given = Instance(SQUARES, (0b1000, *SQUARES.full[1:]))
    found = most_probable(given, {1: [-9.0, -9.0, -2.0, 0.0]})
    assert (found.answer["x[1]"], found.answer["x[2]"]) == (4, 3)


def test_budgets():
    same = dict.fromkeys(range(8), (-1.0, -1.1, -1.2, -1.3))
    found = most_probable(SQUARES, same, max_readings=1)
    assert (found.status, found.looked_at, found.values) == ("unknown", 1, {})
    assert most_probable(SQUARES, same, max_seconds=1e-9).status == "unknown"


def test_nothing_seen_is_only_solved():
    found = most_probable(SQUARES, {})
    assert (found.status, found.changes, found.log_probability) == ("solved", (), 0)
    assert most_probable(SQUARES, {}, unique=True).status == "unsatisfiable"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({0: [0.0]}, r"x\[1\]: 1 log-probabilities; expected 4, one for each value"),
        ({3: [0.0, float("nan"), 0.0, 0.0]}, r"x\[4\]: log-probabilities that are no numbers"),
        ({99: [0.0]}, "variable 99; expected 0 to 15"),
    ],
)
def test_bad_input(row, message):
    with pytest.raises(InputError, match=message):
        most_probable(SQUARES, row)


def test_explanations_are_beyond_the_budget():
    """Time that ends while the changes are explained does not take the reading away."""
    chance = {0: [-0.1, -3.0, -9.0, -9.0], 1: [-0.2, -9.0, -2.0, -9.0], 15: [-5.0, -0.1, -9.0, -9.0]}
    seconds = 1e-5
    while (found := most_probable(SQUARES, chance, max_seconds=seconds)).status == "unknown":
        seconds *= 1.05
    assert [change.conflict.values for change in found.changes] == [{0: 1, 1: 1}]
