"""Conflicts are conflicts, and none of their rules or givens can be left out."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given

from nesy.puzzles.conflict import conflict, conflicting_givens
from nesy.puzzles.exact import solve
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import Count, Linear
from tests.puzzles.models import brute_force, fixed, grid, model, sudoku
from tests.puzzles.test_exact import instances


def under(of: Instance, rules) -> Instance:
    return Instance(replace(of.model, rules=tuple(rules)), of.domains)


@given(instances())
def test_a_conflict_is_minimal(of):
    assume(not brute_force(of))
    rules = conflict(of)
    assert not brute_force(under(of, rules))
    for rule in rules:
        assert brute_force(under(of, [other for other in rules if other is not rule]))
    found = conflicting_givens(of, rules)
    assert not brute_force(under(fixed(of.model, found), rules))
    for variable in found:
        assert brute_force(under(fixed(of.model, {v: x for v, x in found.items() if v != variable}), rules))


@given(instances())
def test_what_has_a_solution_has_no_conflict(of):
    assume(brute_force(of))
    assert conflict(of) == ()
    assert solve(of, why=True).conflict is None


def test_it_is_named():
    x = model([(1, 2, 3)] * 3, [Count((0, 1, 2), frozenset({3}), "<=", 1), Linear((0, 1), (1, 1), "<=", 3)])
    answer = solve(fixed(x, {0: 2, 1: 2}), why=True)
    assert answer.status == "unsatisfiable"
    assert [rule.label for rule in answer.conflict] == ["r[1]"]
    assert conflicting_givens(answer.instance, answer.conflict) == {0: 2, 1: 2}


def test_in_a_sudoku():
    of = grid(sudoku(3), "55" + "0" * 79)
    assert [rule.label for rule in conflict(of)] in (["row[0]"], ["box[0, 0]"])
    assert conflicting_givens(of, conflict(of)) == {0: 5, 1: 5}
