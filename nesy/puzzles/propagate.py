"""Propagators: per constraint a function that removes values which no solution of that constraint has.

What they reach: all-different: naked and hidden singles, and with `matchings` all that can be removed. Tables, in
either sense: all that can be removed, and so for linear sums and products over few combinations, which become tables.
Other sums and products: bounds. Element and count: all that can be removed, if no variable occurs twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product as combinations
from math import prod

from nesy.puzzles.alignment import Alignment, bits
from nesy.puzzles.arithmetic import linear, product
from nesy.puzzles.different import different, matching, naked
from nesy.puzzles.model import AllDifferent, Constraint, Count, Element, Linear, Product, Table
from nesy.puzzles.propagator import Propagator, narrowed
from nesy.puzzles.selection import count, element
from nesy.puzzles.tables import table

_FEW = 3000
"""A sum or a product over at most so many combinations of values becomes a table."""


def propagators(constraint: Constraint, alignment: Alignment) -> list[Propagator]:
    """The functions that propagate one constraint."""
    if not constraint.scope:
        return [] if constraint.holds(()) else [lambda domains: None]
    match plain(constraint):
        case AllDifferent() as rule:
            return different(rule, alignment)
        case Table() as rule:
            return [table(rule, alignment)]
        case (Linear() | Product()) as rule:
            if rule.comparator != "<=" and _combinations(rule.scope, alignment) <= _FEW:
                return [table(_listed(rule, alignment), alignment)]
            return [linear(rule, alignment) if isinstance(rule, Linear) else product(rule, alignment)]
        case Element() as rule:
            return [element(rule, alignment)]
        case Count() as rule:
            return [count(rule, alignment)]


def matchings(constraint: Constraint, alignment: Alignment) -> list[Propagator]:
    """What removes all that `propagators` of an all-different rule may leave, at a higher price."""
    rule = plain(constraint)
    if not isinstance(rule, AllDifferent) or len(rule.scope) < 3 or (rule.offsets and not alignment.dense):
        return []
    return [matching(rule)]


def plain(constraint: Constraint) -> Constraint:
    """The constraint, or an all-different that says the same: ``x - y != k``."""
    match constraint:
        case Linear(scope=(x, y), coefficients=(1, -1), comparator="!=", bound=bound):
            return AllDifferent((x, y), (0, bound) if bound else ())
        case Linear(scope=(x, y), coefficients=(-1, 1), comparator="!=", bound=bound):
            return AllDifferent((x, y), (bound, 0) if bound else ())
    return constraint


def forward_checks(constraint: Constraint, alignment: Alignment) -> list[Propagator]:
    """Weak propagation: a constraint acts once all but one of its variables are fixed, all-different on each."""
    rule = plain(constraint)
    if not constraint.scope:
        return propagators(constraint, alignment)
    if isinstance(rule, AllDifferent) and (not rule.offsets or alignment.dense):
        return [naked(rule)]
    scope, values = constraint.scope, alignment.values

    def propagate(domains: list[int]) -> Sequence[int] | None:
        open_ = {variable for variable in scope if domains[variable] & (domains[variable] - 1)}
        if len(open_) > 1:
            return ()
        last = open_.pop() if open_ else scope[0]
        kept = 0
        for position in bits(domains[last]):
            tried = [position if variable == last else domains[variable].bit_length() - 1 for variable in scope]
            if constraint.holds([values[one] for one in tried]):
                kept |= 1 << position
        return narrowed(domains, last, kept)

    return [propagate]


def _combinations(scope: tuple[int, ...], alignment: Alignment) -> int:
    return prod(alignment.full[variable].bit_count() for variable in scope)


def _listed(rule: Linear | Product, alignment: Alignment) -> Table:
    """A sum or a product as the table of what satisfies it."""
    choices = [[alignment.values[place] for place in bits(alignment.full[variable])] for variable in rule.scope]
    return Table(rule.scope, frozenset(row for row in combinations(*choices) if rule.holds(row)))
