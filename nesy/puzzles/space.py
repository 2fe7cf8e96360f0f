"""The variables of a puzzle while it is grounded, and the formulas over them in their simplest form.

Every constructor folds constants; a condition on a single variable becomes a `Member`; sums are collected.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from nesy.errors import Undefined
from nesy.puzzles.formulas import (
    FORMULAS,
    NUMBERS,
    TRUTHS,
    Element,
    Formula,
    Member,
    Row,
    Sum,
    Symbolic,
    Variable,
    divided,
    scope,
    undefinable,
    value,
)
from nesy.puzzles.model import Value, compared
from nesy.puzzles.values import small

MAX_UNARY = 10_000
"""The largest domain over which a condition on one variable is written out."""


class Space:
    """Variables by number, with their domains."""

    def __init__(self) -> None:
        self.domains: list[tuple[Value, ...]] = []

    def add(self, domain: Sequence[Value]) -> Variable:
        """A new variable."""
        self.domains.append(tuple(domain))
        return Variable(len(self.domains) - 1)

    def combinations(self, variables: Iterable[int]) -> int:
        """How many assignments these variables have."""
        return prod(len(self.domains[variable]) for variable in variables)

    # kinds

    def is_truth(self, formula: Symbolic) -> bool:
        """Whether it is true or false."""
        match formula:
            case Formula("if", (_, yes, no)):
                return self.is_truth(yes) and self.is_truth(no)
            case Formula(operator):
                return operator in TRUTHS
            case Element(_, entries):
                return all(self.is_truth(entry) for _, entry in entries)
        return isinstance(formula, bool | Member | Row)

    def is_number(self, formula: Symbolic) -> bool:
        """Whether it is an integer."""
        match formula:
            case Variable(number):
                return all(type(item) is int for item in self.domains[number])
            case Formula("if", (_, yes, no)):
                return self.is_number(yes) and self.is_number(no)
            case Formula(operator):
                return operator in NUMBERS
            case Element(_, entries):
                return all(self.is_number(entry) for _, entry in entries)
        return type(formula) is int or isinstance(formula, Sum)

    def is_value(self, formula: Symbolic) -> bool:
        """Whether it is what a variable may stand for: an integer or a name."""
        return isinstance(formula, str | Variable | Element) or self.is_number(formula) or _is_choice(formula)

    # numbers

    def sum(self, terms: Iterable[tuple[Symbolic, int]]) -> Symbolic:
        """``sum(coefficient * term)``."""
        collected: dict[Symbolic, int] = {}
        constant = 0
        for term, coefficient in terms:
            if isinstance(term, int):
                constant += term * coefficient
                continue
            inside, extra = (term.terms, term.constant) if isinstance(term, Sum) else (((term, 1),), 0)
            constant += extra * coefficient
            for atom, factor in inside:
                collected[atom] = collected.get(atom, 0) + factor * coefficient
        left = tuple((atom, small(factor)) for atom, factor in collected.items() if factor)
        small(constant)
        if not left:
            return constant
        return left[0][0] if not constant and len(left) == 1 and left[0][1] == 1 else Sum(left, constant)

    def product(self, factors: Iterable[Symbolic]) -> Symbolic:
        """The product of numbers."""
        constant, rest = 1, []
        for factor in factors:
            match factor:
                case int():
                    constant = small(constant * factor)
                case Sum(((atom, coefficient),), 0):
                    constant = small(constant * coefficient)
                    rest.append(atom)
                case Formula("*", inside):
                    rest.extend(inside)
                case _:
                    rest.append(factor)
        if not rest or constant == 0:
            return constant
        return self.sum([(rest[0] if len(rest) == 1 else Formula("*", tuple(rest)), constant)])

    def divide(self, operator: str, left: Symbolic, right: Symbolic) -> Symbolic:
        """``left div right`` or ``left mod right``; constants may raise `Undefined`."""
        if isinstance(left, int) and isinstance(right, int):
            return divided(operator, left, right)
        return Formula(operator, (left, right))

    def extreme(self, operator: str, formulas: Sequence[Symbolic]) -> Symbolic:
        """``min``, ``max`` or ``abs`` of numbers."""
        formula = Formula(operator, tuple(formulas))
        return formula if scope(formula) else value(formula, {})

    def count(self, truths: Iterable[Symbolic]) -> Symbolic:
        """How many of the conditions are true."""
        truths = list(truths)
        known = sum(truth is True for truth in truths)
        left = tuple(truth for truth in truths if not isinstance(truth, bool))
        return self.sum([(Formula("count", left), 1), (known, 1)]) if left else known

    # conditions

    def compare(self, comparator: str, left: Symbolic, right: Symbolic) -> Symbolic:
        """``left <comparator> right``: of numbers; with = and != of values."""
        if comparator in (">", ">="):
            left, right, comparator = right, left, {">": "<", ">=": "<="}[comparator]
        if not (self.is_number(left) and self.is_number(right)):
            return self.same(left, right) if comparator == "=" else self.all_different([left, right])
        terms = [(left, 1), (right, -1)] if comparator != "<" else [(left, 1), (right, -1), (1, 1)]
        difference = self.sum(terms)
        comparator = "<=" if comparator == "<" else comparator
        if isinstance(difference, int):
            return compared(difference, comparator, 0)
        return self.unary(Formula(comparator, (difference,)))

    def same(self, left: Symbolic, right: Symbolic) -> Symbolic:
        """Whether two values are equal."""
        constants = [not isinstance(side, FORMULAS) for side in (left, right)]
        return left == right if all(constants) or left == right else self.unary(Formula("same", (left, right)))

    def row(self, formulas: Sequence[Symbolic], rows: Iterable[tuple[Value, ...]]) -> Symbolic:
        """Whether the values are one of the rows."""
        kept = frozenset(rows)
        return self.unary(Row(tuple(formulas), kept)) if kept else False

    def element(self, indices: Sequence[Symbolic], entries: Iterable[tuple[tuple[Value, ...], Symbolic]]) -> Symbolic:
        """The entry whose key the indices are."""
        return Element(tuple(indices), tuple(entries))

    def all_different(self, formulas: Sequence[Symbolic]) -> Symbolic:
        """Whether the values are pairwise different."""
        constants = [formula for formula in formulas if not isinstance(formula, FORMULAS)]
        if len(set(constants)) < len(constants) or len(set(formulas)) < len(formulas):
            return False
        return True if len(formulas) == len(constants) else self.unary(Formula("all_different", tuple(formulas)))

    def both(self, truths: Iterable[Symbolic]) -> Symbolic:
        """Whether all conditions are true."""
        return self._join("and", truths, True)

    def either(self, truths: Iterable[Symbolic]) -> Symbolic:
        """Whether some condition is true."""
        return self._join("or", truths, False)

    def equivalent(self, left: Symbolic, right: Symbolic) -> Symbolic:
        """Whether two conditions are both true or both false."""
        if isinstance(left, bool):
            return right if left else self.negate(right)
        if isinstance(right, bool):
            return left if right else self.negate(left)
        return self.unary(Formula("iff", (left, right)))

    def choose(self, condition: Symbolic, yes: Symbolic, no: Symbolic) -> Symbolic:
        """``if condition then yes else no``."""
        if isinstance(condition, bool):
            return yes if condition else no
        if self.is_truth(yes):
            return self.both([self.either([self.negate(condition), yes]), self.either([condition, no])])
        return Formula("if", (condition, yes, no))

    def negate(self, truth: Symbolic) -> Symbolic:
        """Whether a condition is false."""
        match truth:
            case bool():
                return not truth
            case Member(variable, values):
                return Member(variable, frozenset(self.domains[variable]) - values)
            case Formula("not", (inside,)):
                return inside
            case Formula("and", inside):
                return self.either(map(self.negate, inside))
            case Formula("or", inside):
                return self.both(map(self.negate, inside))
            case Formula("<=", (difference,)) if not undefinable(truth):
                return self.compare("<", 0, difference)
            case Formula("=" | "!=" as operator, (difference,)) if not undefinable(truth):
                return Formula("=" if operator == "!=" else "!=", (difference,))
        return Formula("not", (truth,))

    def unary(self, truth: Symbolic) -> Symbolic:
        """The condition, as a `Member` or a constant if it is on one variable only."""
        variables = scope(truth)
        if not variables:
            return value(truth, {})
        if len(variables) > 1 or len(self.domains[variables[0]]) > MAX_UNARY:
            return truth
        (variable,) = variables
        domain = self.domains[variable]
        if isinstance(truth, Member):
            kept = truth.values.intersection(domain)
        else:
            kept = frozenset(item for item in domain if _holds(truth, variable, item))
        if not kept or len(kept) == len(domain):
            return bool(kept)
        return Member(variable, kept)

    def _join(self, operator: str, truths: Iterable[Symbolic], neutral: bool) -> Symbolic:
        """``and`` or ``or`` of conditions."""
        found: dict[Symbolic, None] = {}
        for truth in truths:
            if truth is (not neutral):
                return not neutral
            inside = truth.parts if isinstance(truth, Formula) and truth.operator == operator else (truth,)
            found.update((part, None) for part in inside if part is not neutral)
        if not found:
            return neutral
        return self.unary(Formula(operator, tuple(found))) if len(found) > 1 else next(iter(found))


def _is_choice(formula: Symbolic) -> bool:
    return isinstance(formula, Formula) and formula.operator == "if"


def _holds(truth: Symbolic, variable: int, item: Value) -> bool:
    try:
        return bool(value(truth, {variable: item}))
    except Undefined:
        return False
