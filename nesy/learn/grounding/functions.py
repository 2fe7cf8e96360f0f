"""The functions that a word may mean: cheapest first, each once per behaviour.

A *table* holds a function's values, as ids of a universe, on every choice of arguments among the constants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nesy.machine.expressions import Call, Expression, Literal, Variable, calls, variables
from nesy.machine.primitives import PRELUDE, Primitive
from nesy.machine.values import Value, kind
from nesy.search.bank import EXPANDED, Bank, allowed
from nesy.search.meaning import (
    ELEMENT,
    PARAMETERS,
    RESULT,
    Fold,
    Meaning,
    Solved,
    expression_cost,
    named,
    of_expression,
)
from nesy.search.universe import UNDEFINED, Ids, Universe

WORK = {1: 4_000_000, 2: 20_000_000}
"""Entries (functions times choices of arguments) that are evaluated, by arity."""
DEEPEST = 8  # cost of a closed form
MOST = 100_000  # closed forms
STEPS, STEP_COST = 1200, 5  # of recursions


@dataclass(frozen=True, eq=False)
class Library:
    """Functions of one arity, cheapest first.

    Attributes:
        tables: (functions, C ** arity) ids; the last argument runs fastest.
        costs: (functions,) description length in nodes.
        make: the function with a number.
    """

    tables: Ids
    costs: NDArray[np.float64]
    make: Callable[[int], Meaning]


@dataclass(eq=False)
class Functions:
    """Libraries over constants, made when they are asked for.

    Args:
        constants: ids of the C constants.
        others: values that there are beside the constants; functions that differ only on them are kept apart.
        primitives: what programs are made of.
        found: what was learned before and programs may call, by name.
    """

    universe: Universe
    constants: Ids
    others: Sequence[Value]
    primitives: Sequence[Primitive]
    found: Mapping[str, Meaning] = field(default_factory=dict)
    _libraries: dict[int, Library] = field(default_factory=dict)

    def like(self, other: Functions | None) -> bool:
        """Whether another one has the same libraries."""
        return (
            other is not None
            and np.array_equal(self.constants, other.constants)
            and list(self.others) == list(other.others)
            and self.found == other.found
        )

    def of(self, arity: int) -> Library:
        """The library of an arity, 1 or 2."""
        if arity not in self._libraries:
            forms = self._closed_forms(arity)
            if "succ" in {p.name for p in self.primitives}:
                forms = joined(forms, self._recursions(arity))
            self._libraries[arity] = distinct(forms)
        return self._libraries[arity]

    def table(self, meaning: Meaning) -> Ids:
        """(C ** arity,) ids of a meaning's values."""
        choices = product(self.constants.tolist(), repeat=meaning.arity)
        return np.array([meaning(self.universe, arguments) for arguments in choices], dtype=np.int64)

    def _columns(self, arity: int) -> Ids:
        """(arity, choices): every choice of constants, then some of other values."""
        grid = np.array(list(product(self.constants.tolist(), repeat=arity)), dtype=np.int64)
        wide = np.array([self.universe.id(v) for v in self.others], dtype=np.int64)
        rng = np.random.default_rng(0)
        more = rng.choice(np.concatenate([wide, self.constants]), (2 * len(wide), arity))
        return np.concatenate([grid, more]).T

    def _calls(self) -> tuple[Solved, ...]:
        return tuple(
            named(name, meaning, " ".join([self._kind] * (meaning.arity + 1))) for name, meaning in self.found.items()
        )

    @property
    def _kind(self) -> str:
        return kind(self.universe.values[int(self.constants[0])])  # type: ignore[arg-type]

    def _kinds(self) -> set[str]:
        return {kind(self.universe.values[i]) for i in self.constants} | {kind(v) for v in self.others}

    def _literals(self) -> list[tuple[Value, int]]:
        small: dict[str, tuple[Value, ...]] = {"int": (0, 1, 2, -1), "bool": (True, False), "seq": ((),)}
        literals = [(value, 2) for name in sorted(self._kinds()) for value in small[name]]
        return allowed(self.primitives, literals)

    def _closed_forms(self, arity: int) -> Library:
        columns, library = self._columns(arity), self._calls()
        primitives = [p for p in self.primitives if fits(p, self._kinds())]
        bank = Bank(self.universe, columns, PARAMETERS[:arity], self._literals(), [*primitives, *library], WORK[arity])
        rows: list[Ids] = []
        costs: list[float] = []
        while not bank.exhausted and bank.cost < DEEPEST and len(costs) < MOST:
            level = bank.grow()[1]
            rows.append(level[:, : len(self.constants) ** arity])
            costs += [float(bank.cost)] * len(level)

        def make(number: int) -> Meaning:
            expression = bank.expression(number)
            used = set(calls(expression))
            return of_expression(arity, expression, tuple(p for p in library if p.name in used))

        return Library(np.concatenate(rows), np.array(costs), make)

    def _recursions(self, arity: int) -> Library:
        """``f(0) = base``, ``f(n + 1) = step`` over the last argument or the first, in Peano's arithmetic."""
        columns, library = self._columns(arity), self._calls()
        made: list[Fold] = []
        rows: list[Ids] = []
        for over in range(arity):
            others = [PARAMETERS[k] for k in range(arity) if k != over]
            bases: list[Expression] = [*map(Variable, others), Literal(0), EXPANDED["succ"](Literal(0))]
            steps = self._steps(others, library)
            for base, step in product(bases, steps):
                made.append(Fold(over, "int", base, step))
                rows.append(self._run(made[-1], columns, library))
        costs = np.array([3.0 + expression_cost(f.base) + expression_cost(f.step) for f in made])
        tables = np.stack(rows)[:, : len(self.constants) ** arity]

        def make(number: int) -> Meaning:
            fold = made[number]
            used = {*calls(fold.base), *calls(fold.step)}
            return Meaning(arity, fold, costs[number], tuple(p for p in library if p.name in used))

        return Library(tables, costs, make)

    def _steps(self, others: Sequence[str], library: Sequence[Solved]) -> list[Expression]:
        rng = np.random.default_rng(1)
        sample = [[self.universe.id(int(n)) for n in rng.integers(0, 12, 24)] for _ in (*others, RESULT, ELEMENT)]
        bank = Bank(
            self.universe,
            np.array(sample, dtype=np.int64),
            [*others, RESULT, ELEMENT],
            self._literals(),
            [*self.primitives, *library],
            2_000_000,
        )
        steps: list[Expression] = []
        while not bank.exhausted and bank.cost < STEP_COST and len(steps) < STEPS:
            first, level = bank.grow()
            expressions = (bank.expression(first + k) for k in range(len(level)))
            steps += [e for e in expressions if RESULT in set(variables(e))]
        return steps[:STEPS]

    def _run(self, fold: Fold, columns: Ids, library: Sequence[Solved]) -> Ids:
        """The fold on every column at once; UNDEFINED beyond small numbers."""
        functions = {**PRELUDE, **{p.name: p for p in library}}
        sizes = self.universe.arrays()[1][columns[fold.over]]
        environment = dict(zip(PARAMETERS, columns, strict=False))
        result = evaluate(self.universe, fold.base, environment, functions)
        out = np.where(sizes == 0, result, UNDEFINED)
        for n in range(int(min(sizes.max(), 100))):
            environment |= {RESULT: result, ELEMENT: np.full_like(result, self.universe.id(n))}
            result = evaluate(self.universe, fold.step, environment, functions)
            out = np.where(sizes == n + 1, result, out)
            result = np.where(sizes > n + 1, result, UNDEFINED)
        return out


def evaluate(
    universe: Universe, expression: Expression, environment: Mapping[str, Ids], functions: Mapping[str, Primitive]
) -> Ids:
    """An expression on columns of ids."""
    match expression:
        case Variable(name):
            return environment[name]
        case Literal(value):
            return np.full_like(next(iter(environment.values())), universe.id(value))
        case Call(function, arguments):
            return universe.apply(
                functions[function], [evaluate(universe, a, environment, functions) for a in arguments]
            )
    raise TypeError(expression)


def joined(first: Library, second: Library) -> Library:
    """The functions of both, cheapest first."""
    split = len(first.costs)
    costs = np.concatenate([first.costs, second.costs])
    order = np.argsort(costs, kind="stable")

    def make(number: int) -> Meaning:
        k = int(order[number])
        return first.make(k) if k < split else second.make(k - split)

    return Library(np.concatenate([first.tables, second.tables])[order], costs[order], make)


def distinct(library: Library) -> Library:
    """Of functions with equal tables the first."""
    first = np.sort(np.unique(library.tables, axis=0, return_index=True)[1])
    return Library(library.tables[first], library.costs[first], lambda k: library.make(int(first[k])))


def fits(primitive: Primitive, kinds: set[str]) -> bool:
    """Whether a primitive is of any use for values of these kinds."""
    if primitive.name in ("if", "ifzero"):
        return bool({"bool", "int"} & kinds)
    if primitive.name == "unit":
        return "seq" in kinds and len(kinds) > 1
    known = kinds | ({"bool"} if "int" in kinds else set())
    return set(primitive.parameters) - {"any"} <= known
