"""A guide changes the order, never the answer, and costs a constant factor at most."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from nesy.puzzles import exact
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import AllDifferent, Array, Model, Rule
from nesy.puzzles.restarts import guided_search
from nesy.puzzles.solver import solver
from nesy.solving.guide import Advice
from nesy.solving.solve import solve


def latin(n: int) -> Model:
    rows = [AllDifferent(tuple(n * r + c for c in range(n))) for r in range(n)]
    columns = [AllDifferent(tuple(n * r + c for r in range(n))) for c in range(n)]
    rules = tuple(Rule(f"line[{i}]", line) for i, line in enumerate(rows + columns))
    cells = {(r, c): n * r + c for r in range(n) for c in range(n)}
    return Model("latin", (tuple(range(n)),) * (n * n), rules, (Array("cell", (tuple(range(n)),) * 2, cells),))


SQUARE = latin(5)


def preferences(seed: int) -> list[list[float]]:
    dice = random.Random(seed)
    return [[dice.random() for _ in range(5)] for _ in range(25)]


def instance(seed: int) -> Instance:
    dice = random.Random(seed)
    domains = [1 << dice.randrange(5) if dice.random() < 0.25 else 31 for _ in range(25)]
    return Instance(SQUARE, tuple(domains))


class Dice:
    """A guide that knows nothing."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __call__(self, instances):
        return [Advice(preferences(self.seed + i)) for i in range(len(instances))]


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_any_guide_gives_the_same_verdict_and_a_verified_answer(puzzle, guide):
    one = instance(puzzle)
    plain, guided = solve(one), solve(one, guide=Dice(guide), unique=True)
    assert plain.status == guided.status
    if guided.values is None:
        return
    assert guided.unique == (exact.count_solutions(one, 2) == 1)
    assert one.verified(guided.values)
    if guided.other is not None:
        assert one.verified(guided.other)
        assert guided.other != guided.values


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 3))
def test_any_guide_costs_a_constant_factor(puzzle, patience, limit):
    one = instance(puzzle)
    plain = solver(SQUARE).search(one.domains, limit=limit)
    guided = guided_search(solver(SQUARE), one.domains, preferences(puzzle + 1), limit=limit, patience=patience)
    assert guided.fails <= 4 * max(plain.fails, patience) + 2 * patience
    assert len(set(guided.solutions)) == len(guided.solutions) == len(plain.solutions)


def test_the_budget_is_for_all_turns():
    one = Instance(latin(9), latin(9).full)
    found = guided_search(solver(one.model), one.domains, [[0.0] * 9] * 81, max_nodes=3, patience=1)
    assert (found.nodes, found.complete, found.solutions) == (3, False, ())


def test_many_instances_in_order():
    many = [instance(seed) for seed in range(20)]
    assert [a.status for a in solve(many, guide=Dice(0))] == [solve(one).status for one in many]
