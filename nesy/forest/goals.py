"""What a phrase must be worth for its sentence to have a given value, from the sentence down to the phrases.

Where a phrase may have very many values (a number of fifteen digits), few of them fit the answer. They are found by the
inverses of the clauses, the other parts being known: if ``10 * s + d`` is 97 and d is a digit, s is 9.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nesy.forest.cells import Ints
from nesy.forest.inside import Inside, Place
from nesy.forest.rules import NOTHING, Rule
from nesy.forest.values import UNDEFINED
from nesy.search.inverses import solve

Equation = tuple[Rule, tuple[int, ...], int]
"""The rule that will complete a prefix, the packs of what comes after the prefix, and the value that shall result."""


class Unsolvable(Exception):
    """The values that would do are not finitely many, or the form of a clause does not tell them."""


class Goals:
    """Which values are of use in the places that were too crowded.

    Args:
        inside: a pass that left out crowded places.
        targets: per sequence the id of its value.

    Attributes:
        keys: per crowded place the (row << 32) | value that are of use, sorted.

    Raises:
        Unsolvable: there is no telling.
    """

    def __init__(self, inside: Inside, targets: Ints) -> None:
        self.inside, self.rules = inside, inside.rules
        self.values: dict[Place, set[tuple[int, int]]] = {}
        self.equations: dict[Place, set[tuple[int, Equation]]] = {}
        self._solved: dict[tuple[int, tuple[int, ...], tuple[int, ...], int], list[int]] = {}
        batch = inside.batch
        for row, length, target in zip(batch.start.tolist(), batch.lengths.tolist(), targets.tolist(), strict=False):
            if (self.rules.root, length) in inside.crowded and target != UNDEFINED:
                self.values.setdefault((self.rules.root, length), set()).add((row, target))
        for length in range(int(batch.lengths.max(initial=0)), -1, -1):
            for state in reversed(self.rules.order):
                self._place(state, length)

    @property
    def keys(self) -> dict[Place, Ints]:
        return {
            place: np.array(sorted(row << 32 | value for row, value in found), dtype=np.int64)
            for place, found in self.values.items()
        }

    def _place(self, state: int, length: int) -> None:
        for row, value in self.values.get((state, length), ()):
            for rule in self.rules.rules[state]:
                self._rule(rule, row, length, (rule, (), value))
        for row, equation in self.equations.get((state, length), ()):
            for rule in self.rules.rules[state]:
                self._rule(rule, row, length, equation)

    def _rule(self, rule: Rule, row: int, length: int, equation: Equation) -> None:
        crowded = self.inside.crowded
        if rule.left == NOTHING:
            return
        if rule.right == NOTHING:
            if (rule.left, length) in crowded:
                self._ask((rule.left, length), row, (), equation)
            return
        final, after, value = equation
        for cut in range(length + 1):
            left, right = (rule.left, cut), (rule.right, length - cut)
            if left in crowded and right in crowded:
                raise Unsolvable
            if left in crowded:
                for pack in self._packs(right, row + cut, rule.keeps[1]):
                    self._ask(left, row, (), (final, pack + after, value))
            elif right in crowded:
                for pack in self._packs(left, row, rule.keeps[0]):
                    self._ask(right, row + cut, pack, equation)

    def _packs(self, place: Place, row: int, kept: bool) -> Iterable[tuple[int, ...]]:
        """What a place that is known may contribute at a row."""
        cell = self.inside.cells.get(place)
        if cell is None:
            return []
        entries = cell.value[cell.first[row] : cell.first[row + 1]].tolist()
        return [(pack,) for pack in entries] if kept else [()] * bool(entries)

    def _ask(self, place: Place, row: int, before: tuple[int, ...], equation: Equation) -> None:
        rule, after, value = equation
        if place[0] not in self.rules.single:
            self.equations.setdefault(place, set()).add((row, equation))
        elif rule.table is None:
            self.values.setdefault(place, set()).add((row, value))
        else:
            found = self._solve(rule, before, after, value)
            self.values.setdefault(place, set()).update((row, one) for one in found)

    def _solve(self, rule: Rule, before: tuple[int, ...], after: tuple[int, ...], value: int) -> list[int]:
        key = (rule.production, before, after, value)
        found = self._solved.get(key)
        if found is None:
            if rule.production not in self.rules.bodies:
                raise Unsolvable
            names, body = self.rules.bodies[rule.production]
            values = self.rules.values
            first, last = ([v for pack in packs for v in values.packs[pack]] for packs in (before, after))
            others = [name for slot, name in enumerate(names) if slot != len(first)]
            if len(others) != len(first) + len(last):
                raise Unsolvable
            given = dict(zip(others, first + last, strict=True))
            exact = solve(body, names[len(first)], given, values.value(value))
            if exact is None:
                raise Unsolvable
            found = self._solved[key] = [one for one in map(values.id, exact) if one != UNDEFINED]
        return found
