"""The exact solver against brute force, on every kind of rule."""

from __future__ import annotations

import gc
import weakref

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nesy.puzzles.candidates import Candidates, fits
from nesy.puzzles.domains import Domains
from nesy.puzzles.exact import count_solutions, solve, solver
from nesy.puzzles.model import AllDifferent, Count, Element, Linear, Product, Table
from nesy.puzzles.search import search
from tests.puzzles.models import brute_force, fixed, grid, model, queens, sudoku

COMPARATORS = st.sampled_from(["<=", "=", "!="])
NUMBERS = st.integers(-3, 5)


def scopes(variables: int, most: int = 4):
    return st.lists(st.integers(0, variables - 1), min_size=1, max_size=most).map(tuple)


@st.composite
def constraints(draw, domains, integers):
    """One rule over variables with these domains; sums and products over integers alone."""
    count = len(domains)
    kinds = ["different", "table", "element", "count"] + ["shifted", "linear", "product"] * integers
    kind = draw(st.sampled_from(kinds))
    scope = draw(scopes(count))
    some = st.sampled_from(sorted({value for domain in domains for value in domain}, key=str))
    match kind:
        case "different":
            return AllDifferent(scope)
        case "shifted":
            return AllDifferent(scope, tuple(draw(NUMBERS) for _ in scope))
        case "linear":
            weights = tuple(draw(NUMBERS) for _ in scope)
            return Linear(scope, weights, draw(COMPARATORS), draw(st.integers(-8, 12)))
        case "product":
            return Product(scope, draw(COMPARATORS), draw(st.integers(-8, 12)))
        case "table":
            row = st.tuples(*(some for _ in scope))
            return Table(scope, frozenset(draw(st.lists(row, max_size=10))), draw(st.booleans()))
        case "element":
            array = draw(scopes(count, 3))
            return Element((*draw(scopes(count, 1)), *draw(scopes(count, 1)), *array), tuple(draw(some) for _ in array))
        case "count":
            values = frozenset(draw(st.lists(some, max_size=2)))
            return Count(scope, values, draw(st.sampled_from(["<=", ">=", "=", "!="])), draw(st.integers(0, 4)))


@st.composite
def instances(draw):
    """Small instances with rules of all kinds, some of them with names as values or with wide gaps."""
    pool = draw(st.sampled_from([(-2, -1, 0, 1, 2, 3), (1, 2, 3, 4), ("a", "b", "c", 1), (-500, 0, 1, 2, 700)]))
    domain = st.lists(st.sampled_from(pool), min_size=1, max_size=4, unique=True).map(tuple)
    domains = draw(st.lists(domain, min_size=1, max_size=4))
    integers = all(isinstance(value, int) for domain in domains for value in domain)
    rules = draw(st.lists(constraints(domains, integers), max_size=4))
    made = model(domains, rules)
    variable = draw(st.integers(0, len(domains) - 1))
    return fixed(made, {variable: domains[variable][0]} if draw(st.booleans()) else {})


@st.composite
def instances_of_different(draw):
    """Small instances whose rules are all all-different, some of them with as many values as variables."""
    pool = draw(st.sampled_from([(-1, 0, 1, 2, 3), (2, 3, 4), (0, 40, 80)]))
    domain = st.lists(st.sampled_from(pool), min_size=1, max_size=5, unique=True).map(tuple)
    domains = draw(st.lists(st.one_of(st.just(pool), domain), min_size=2, max_size=5))
    rules = []
    for _ in range(draw(st.integers(1, 3))):
        scope = tuple(draw(st.lists(st.integers(0, len(domains) - 1), min_size=1, unique=True)))
        rules.append(AllDifferent(scope, tuple(draw(NUMBERS) for _ in scope) if draw(st.booleans()) else ()))
    made = model(domains, rules)
    return fixed(made, {0: domains[0][-1]} if draw(st.booleans()) else {})


@given(instances(), st.sampled_from(["full", "weak"]))
@settings(max_examples=250)
def test_the_same_solutions_as_brute_force(of, propagation):
    found = solver(of.model, propagation).search(of.domains, limit=10**6)
    assert found.complete
    assert len(set(found.solutions)) == len(found.solutions)
    assert set(found.solutions) == brute_force(of)


@given(instances(), st.randoms(use_true_random=False))
def test_preferences_change_the_order_alone(of, random):
    preferences = [[random.choice([0.0, random.uniform(-9, 9)]) for _ in domain] for domain in of.model.domains]
    compiled = solver(of.model)
    plain = compiled.search(of.domains, limit=10**6)
    guided = compiled.search(of.domains, limit=10**6, preferences=preferences)
    assert set(plain.solutions) == set(guided.solutions)
    assert guided.complete


@pytest.mark.parametrize(("n", "count"), [(4, 2), (5, 10), (6, 4), (7, 40), (8, 92)])
def test_queens(n, count):
    assert count_solutions(fixed(queens(n), {}), 1000) == count


def test_sudoku():
    of = grid(sudoku(3), "000000010400000000020000000000050407008000300001090000300400200050100000000806000")
    answer = solve(of, unique=True)
    assert answer.status == "solved"
    assert answer.unique
    assert "".join(map(str, answer.values)) == (
        "693784512487512936125963874932651487568247391741398625319475268856129743274836159"
    )


@pytest.mark.parametrize("extra", [(), (Count((0,), frozenset({0}), "<=", 1),)])
def test_more_pigeons_than_holes(extra):
    """Matching proves at once what search alone would take 12! assignments for."""
    pigeons = model([tuple(range(12))] * 13 + [(20, 21)], [AllDifferent(tuple(range(14))), *extra])
    answer = solve(fixed(pigeons, {}))
    assert answer.status == "unsatisfiable"
    assert answer.nodes < 1000


@given(instances())
def test_thorough_propagation_gives_the_same_solutions(of):
    engine = Domains(of.model).thorough()
    assert set(search(engine, of.domains, limit=10**6).solutions) == brute_force(of)


@given(instances_of_different())
def test_candidates_give_the_same_solutions(of):
    assume(fits(of.model))
    for engine in (Candidates(of.model), Candidates(of.model).thorough(), Candidates(of.model, weak=True)):
        found = search(engine, of.domains, limit=10**6)
        assert found.complete
        assert set(found.solutions) == brute_force(of)


@pytest.mark.parametrize("make", [lambda: sudoku(2), lambda: model([(1, 2)] * 2, [Linear((0, 1), (1, 1), "=", 3)])])
def test_a_solver_goes_with_its_model(make):
    one = make()
    assert solver(one) is solver(one)
    seen = weakref.ref(one)
    del one
    gc.collect()
    assert seen() is None
