"""Formulas to constraints: for every rule the strongest kind that says it.

What no kind says directly is written out as a table where its variables have few enough combinations; else its parts
get variables of their own, which the other variables determine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

from nesy.errors import Undefined
from nesy.puzzles.budget import Budget
from nesy.puzzles.formulas import (
    FORMULAS,
    Element,
    Formula,
    Member,
    Row,
    Sum,
    Symbolic,
    Variable,
    scope,
    undefinable,
    value,
)
from nesy.puzzles.model import AllDifferent, Comparator, Constraint, Count, Linear, Product, Table, Value
from nesy.puzzles.model import Element as ElementConstraint
from nesy.puzzles.space import Space

MAX_TABLE = 100_000
"""The largest number of combinations that are written out as a table."""
MAX_SMALL = 10_000
"""Up to so many combinations, an equation of two variables and a comparison of what is no plain sum are a table."""


class TooLarge(Exception):
    """A formula that no constraint says, with too many combinations for a table."""

    def __init__(self, formula: Symbolic, combinations: int) -> None:
        super().__init__(combinations)
        self.formula, self.combinations = formula, combinations


class Poster:
    """Turns formulas into constraints over the variables of a space.

    Attributes:
        helpers: variables made here, with the parts of rules that they stand for.
    """

    def __init__(self, space: Space, budget: Budget) -> None:
        self._space, self._budget = space, budget
        self._tables: dict[object, frozenset[tuple[Value, ...]]] = {}
        self._parts: dict[Symbolic, Variable] = {}
        self._open: set[Symbolic] = set()
        self._found: list[Constraint] = []
        self.helpers: list[tuple[Variable, Symbolic]] = []

    def constraints(self, truth: Symbolic) -> list[Constraint]:
        """What has to hold for the condition to be true.

        Raises:
            TooLarge: neither constraints nor a table say it.
        """
        self._found = []
        self._post(truth)
        for constraint in self._found:
            self._budget.spend("places", len(constraint.scope))
        return self._found

    def _post(self, truth: Symbolic) -> None:
        match truth:
            case True:
                return
            case False:
                self._found.append(Table((0,), frozenset()))
            case Member(variable, values):
                self._found.append(Table((variable,), frozenset((item,) for item in values)))
            case Formula("and", inside):
                for part in inside:
                    self._post(part)
            case Formula("all_different", inside):
                self._all_different(inside)
            case Formula("<=" | "=" | "!=" as comparator, (difference,)):
                self._comparison(comparator, difference, truth)
            case Row(inside, rows) if _plain(inside):
                self._row(inside, rows, False)
            case Formula("not", (Row(inside, rows),)) if _plain(inside):
                self._row(inside, rows, True)
            case Formula("not", (Formula("same", (Variable(left), Variable(right))),)):
                self._found.append(AllDifferent((left, right)))
            case Formula("or", inside) if (common := _common(inside)) is not None:
                self._found.append(Count(tuple(part.variable for part in inside), common, ">=", 1))
            case _:
                self._general(truth)

    def _general(self, truth: Symbolic) -> None:
        """A condition of no kind of its own: a table, else its parts by helpers."""
        if self._small(truth):
            self._table(truth)
            return
        match truth:
            case Formula("or", inside):
                self._found.append(Count(tuple(self._bit(part) for part in inside), frozenset({1}), ">=", 1))
            case Formula("not" | "iff" as operator, inside):
                self._table(Formula(operator, tuple(Member(self._bit(part), frozenset({1})) for part in inside)))
            case Formula("same", (left, right)):
                self._table(Formula("same", (self._helper(left), self._helper(right))))
            case Row(inside, rows):
                self._row(tuple(map(self._helper, inside)), rows, False)
            case _:
                raise TooLarge(truth, self._space.combinations(scope(truth)))

    # comparisons

    def _comparison(self, comparator: Comparator, difference: Symbolic, truth: Symbolic) -> None:
        total = difference if isinstance(difference, Sum) else Sum(((difference, 1),), 0)
        terms = [term for term, _ in total.terms]
        if _plain(terms):
            self._linear(comparator, total)
        elif len(terms) == 1 and self._single(comparator, *total.terms[0], total.constant):
            return
        elif comparator == "=" and (parts := _equation(total)):
            self._element(*parts)
        elif self._space.combinations(scope(truth)) <= (
            MAX_SMALL if len(terms) > 1 or _counts(terms[0]) else MAX_TABLE
        ):
            self._table(truth)
        else:
            self._post(self._space.compare(comparator, self._space.sum(self._plainly(total)), 0))

    def _plainly(self, total: Sum) -> Iterator[tuple[Symbolic, int]]:
        """The terms of a sum with helpers for what is no variable."""
        for term, coefficient in total.terms:
            for part in term.parts if _counts(term) else ():
                yield Variable(self._bit(part)), coefficient
            if not _counts(term):
                yield self._helper(term), coefficient
        yield total.constant, 1

    def _linear(self, comparator: Comparator, total: Sum) -> None:
        variables = tuple(term.number for term, _ in total.terms)
        coefficients = tuple(coefficient for _, coefficient in total.terms)
        opposite = len(variables) == 2 and coefficients in ((1, -1), (-1, 1))
        if comparator == "!=" and opposite:
            # x - y + c != 0: x + c and y differ
            offset = total.constant * coefficients[0]
            self._found.append(AllDifferent(variables, (offset, 0) if offset else ()))
        elif comparator == "=" and len(variables) <= 2 and self._space.combinations(variables) <= MAX_SMALL:
            self._table(Formula("=", (total,)))
        else:
            self._found.append(Linear(variables, coefficients, comparator, -total.constant))

    def _single(self, comparator: Comparator, term: Symbolic, coefficient: int, constant: int) -> bool:
        """``coefficient * term + constant <comparator> 0`` of one term that is no variable, if a kind says it."""
        if coefficient not in (1, -1):
            return False
        bound = -constant * coefficient
        match term:
            case Formula("count", inside) if (common := _common(inside)) is not None:
                sign = ">=" if comparator == "<=" and coefficient < 0 else comparator
                self._found.append(Count(tuple(part.variable for part in inside), common, sign, bound))
                return True
            case Formula("*", factors) if _plain(factors) and (coefficient > 0 or comparator != "<="):
                if len(set(factors)) < len(factors) or len(factors) == 2:
                    return False
                self._found.append(Product(tuple(factor.number for factor in factors), comparator, bound))
                return True
        return False

    def _element(self, element: Element, result: Symbolic) -> None:
        """The entry of the array is the result."""
        plain = isinstance(result, Variable) and _plain([*element.indices, *(entry for _, entry in element.entries)])
        if plain and len(element.indices) == 1 and len(element.entries) > 1:
            entries = tuple(entry.number for _, entry in element.entries)
            keys = tuple(key[0] for key, _ in element.entries)
            self._found.append(ElementConstraint((element.indices[0].number, result.number, *entries), keys))
            return
        indices = tuple(self._helper(index) for index in element.indices)
        self._post(self._space.row(indices, [key for key, _ in element.entries]))
        for key, entry in element.entries:
            elsewhere = self._space.negate(self._space.row(indices, [key]))
            self._post(self._space.either([elsewhere, self._space.compare("=", entry, result)]))

    # differences

    def _all_different(self, inside: Sequence[Symbolic]) -> None:
        shifted = [_shift(part) for part in inside]
        variables = [pair[0] for pair in shifted if pair and pair[0] is not None]
        if None in shifted or len(set(variables)) < len(variables):
            for number, left in enumerate(inside):
                for right in inside[:number]:
                    self._post(self._space.compare("!=", left, right))
            return
        pairs = [pair for pair in shifted if pair is not None]
        constants = [offset for variable, offset in pairs if variable is None]
        places = [(variable, offset) for variable, offset in pairs if variable is not None]
        for variable, offset in places:
            taken = {constant - offset if offset else constant for constant in constants}
            allowed = frozenset(item for item in self._space.domains[variable] if item not in taken)
            if len(allowed) < len(self._space.domains[variable]):
                self._found.append(Table((variable,), frozenset((item,) for item in allowed)))
        if len(places) > 1:
            offsets = tuple(offset for _, offset in places)
            scope_ = tuple(variable for variable, _ in places)
            self._found.append(AllDifferent(scope_, offsets if any(offsets) else ()))

    # tables

    def _small(self, truth: Symbolic) -> bool:
        return self._space.combinations(scope(truth)) <= MAX_TABLE

    def _table(self, truth: Symbolic) -> None:
        """All combinations of the variables of a condition that make it true."""
        variables = scope(truth)
        domains = [self._space.domains[variable] for variable in variables]
        key = (_renumbered(truth, {variable: position for position, variable in enumerate(variables)}), tuple(domains))
        if key not in self._tables:
            self._budget.spend("steps", prod(map(len, domains)))
            self._tables[key] = frozenset(_true(truth, variables, domains))
            self._budget.spend("cells", len(self._tables[key]) * len(variables))
        self._found.append(Table(variables, self._tables[key]))

    def _row(self, inside: Sequence[Symbolic], rows: frozenset[tuple[Value, ...]], negated: bool) -> None:
        """Variables and constants that together are a row of a table, or none."""
        first: dict[Symbolic, int] = {}
        for position, part in enumerate(inside):
            first.setdefault(part, position)
        variables = [(part.number, position) for part, position in first.items() if isinstance(part, Variable)]
        kept = frozenset(
            tuple(row[position] for _, position in variables)
            for row in rows
            if all(
                row[position] == (row[first[part]] if isinstance(part, Variable) else part)
                for position, part in enumerate(inside)
            )
            and all(row[position] in self._space.domains[variable] for variable, position in variables)
        )
        self._found.append(Table(tuple(variable for variable, _ in variables), kept, negated))

    # helpers

    def _bit(self, truth: Symbolic) -> int:
        """A variable that is 1 where the condition is true, else 0."""
        return self._helper(Formula("count", (truth,))).number

    def _helper(self, formula: Symbolic) -> Variable:
        """A variable that has the value of the formula."""
        if isinstance(formula, Variable):
            return formula
        if formula not in self._parts:
            if not isinstance(formula, FORMULAS):
                self._parts[formula] = self._new([formula], formula)
            elif self._space.combinations(scope(formula)) <= (MAX_SMALL if _counts(formula) else MAX_TABLE):
                self._parts[formula] = self._tabled(formula)
            else:
                if formula in self._open:  # its parts are no smaller than itself
                    raise TooLarge(formula, self._space.combinations(scope(formula)))
                self._open.add(formula)
                self._parts[formula] = self._composed(formula)
        return self._parts[formula]

    def _tabled(self, formula: Symbolic) -> Variable:
        variables = scope(formula)
        domains = [self._space.domains[variable] for variable in variables]
        self._budget.spend("steps", prod(map(len, domains)))
        rows = list(_valued(formula, variables, domains))
        helper = self._new(dict.fromkeys(row[-1] for row in rows), formula)
        self._budget.spend("cells", len(rows) * (len(variables) + 1))
        self._found.append(Table((*variables, helper.number), frozenset(rows)))
        return helper

    def _composed(self, formula: Symbolic) -> Variable:
        """A helper for a formula of too many combinations, by helpers for its parts."""
        match formula:
            case Formula("count", (truth,)):
                return self._reified(truth)
            case Formula("count", inside):
                helper = self._new(range(len(inside) + 1), formula)
                self._post(self._space.compare("=", formula, helper))
                return helper
            case Sum(terms, constant):
                plain = [(self._helper(term), coefficient) for term, coefficient in terms]
                low, high = constant, constant
                for term, coefficient in plain:
                    ends = [coefficient * int(item) for item in self._space.domains[term.number]]
                    low, high = low + min(ends), high + max(ends)
                if high - low > MAX_TABLE:
                    raise TooLarge(formula, self._space.combinations(scope(formula)))
                helper = self._new(range(low, high + 1), formula)
                self._linear("=", Sum((*plain, (helper, -1)), constant))
                return helper
            case Element(_, entries):
                values = dict.fromkeys(item for _, entry in entries for item in self._values(entry))
                helper = self._new(values, formula)
                self._element(formula, helper)
                return helper
            case Formula("*" | "min" | "max" as operator, inside) if len(inside) > 2:
                half = len(inside) // 2
                sides = [inside[:half], inside[half:]]
                wholes = [self._helper(Formula(operator, side) if len(side) > 1 else side[0]) for side in sides]
                return self._helper(Formula(operator, tuple(wholes)))
        raise TooLarge(formula, self._space.combinations(scope(formula)))

    def _reified(self, truth: Symbolic) -> Variable:
        """A helper that is 1 where a condition of too many combinations is true."""
        match truth:
            case Formula("and" | "or" | "iff" | "not" as operator, inside) if len(inside) != 2 or operator in (
                "and",
                "or",
            ):
                bits = tuple(Member(self._bit(part), frozenset({1})) for part in inside)
                if operator == "not":
                    return self._helper(Formula("count", (Formula("not", bits),)))
                total = self._helper(Formula("count", bits))
                need = len(bits) if operator == "and" else 1
                reached = frozenset(item for item in self._space.domains[total.number] if int(item) >= need)
                return self._helper(Formula("count", (Member(total.number, reached),)))
            case Formula("<=" | "=" | "!=" as comparator, (difference,)) if not undefinable(difference):
                # a helper of what may have no value would make the whole rule false there, not this part of it
                return self._helper(Formula("count", (Formula(comparator, (self._helper(difference),)),)))
        raise TooLarge(truth, self._space.combinations(scope(truth)))

    def _values(self, formula: Symbolic) -> Iterable[Value]:
        if isinstance(formula, Variable):
            return self._space.domains[formula.number]
        if not isinstance(formula, FORMULAS):
            return [formula]
        return self._space.domains[self._helper(formula).number]

    def _new(self, domain: Iterable[Value], formula: Symbolic) -> Variable:
        helper = self._space.add(tuple(domain))
        self._budget.spend("variables")
        self._budget.spend("values", len(self._space.domains[helper.number]))
        self.helpers.append((helper, formula))
        return helper


def _plain(formulas: Iterable[Symbolic]) -> bool:
    """Whether all are variables."""
    return all(isinstance(formula, Variable) for formula in formulas)


def _counts(formula: Symbolic) -> bool:
    """Whether a formula says how many of several conditions are true."""
    return isinstance(formula, Formula) and formula.operator == "count" and len(formula.parts) > 1


def _common(truths: Sequence[Symbolic]) -> frozenset[Value] | None:
    """The values of conditions on one variable each, if these are the same for different variables."""
    if not all(isinstance(truth, Member) for truth in truths):
        return None
    (first, *_) = truths
    alike = all(truth.values == first.values for truth in truths)
    values: frozenset[Value] = first.values
    return values if alike and len({truth.variable for truth in truths}) == len(truths) else None


def _shift(formula: Symbolic) -> tuple[int | None, Any] | None:
    """Variable and offset of ``x + offset``; no variable for a constant; None for anything else."""
    match formula:
        case Variable(number):
            return number, 0
        case Sum(((Variable(number), 1),), constant):
            return number, constant
    return None if isinstance(formula, FORMULAS) else (None, formula)


def _equation(total: Sum) -> tuple[Element, Symbolic] | None:
    """Element and result of ``element = result``."""
    match total:
        case Sum(((Element() as element, 1 | -1 as sign),), constant):
            return element, -constant * sign
        case Sum(((Element() as element, 1 | -1 as sign), (Variable() as result, other)), 0) if other == -sign:
            return element, result
        case Sum(((Variable() as result, other), (Element() as element, 1 | -1 as sign)), 0) if other == -sign:
            return element, result
    return None


def _true(truth: Symbolic, variables: Sequence[int], domains: Sequence[Sequence[Value]]) -> Iterator[tuple[Value, ...]]:
    for row in product(*domains):
        try:
            if value(truth, dict(zip(variables, row, strict=True))):
                yield row
        except Undefined:
            continue


def _valued(
    formula: Symbolic, variables: Sequence[int], domains: Sequence[Sequence[Value]]
) -> Iterator[tuple[Value, ...]]:
    for row in product(*domains):
        try:
            yield *row, value(formula, dict(zip(variables, row, strict=True)))
        except Undefined:
            continue


def _renumbered(formula: Symbolic, numbers: dict[int, int]) -> Symbolic:
    """The formula over other variables."""
    match formula:
        case Variable(number):
            return Variable(numbers[number])
        case Member(number, values):
            return Member(numbers[number], values)
        case Sum(terms, constant):
            return Sum(tuple((_renumbered(term, numbers), c) for term, c in terms), constant)
        case Row(inside, rows):
            return Row(tuple(_renumbered(part, numbers) for part in inside), rows)
        case Formula(operator, inside):
            return Formula(operator, tuple(_renumbered(part, numbers) for part in inside))
        case Element(indices, entries):
            return Element(
                tuple(_renumbered(index, numbers) for index in indices),
                tuple((key, _renumbered(entry, numbers)) for key, entry in entries),
            )
    return formula
