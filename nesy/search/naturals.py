"""All short functions of natural numbers that some primitives make, recursions among them: made once, ranked by size.

Every function is a table of its values on small numbers; of those with equal tables the cheapest is kept
(observational equivalence). Examples are then looked up instead of searched for. The recursions follow one schema,

    f(0, b) = base        f(n + 1, b) = step(n, b, r)  with  r = f(a', b')

where the inner call is f(n, b), f(n, b - 1), or f(a', b) with an a' that other functions make smaller:
``f(monus(n + 1, b), b)`` divides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np
from numpy.typing import NDArray

from nesy.machine.expressions import Call, Expression, Literal, Variable, variables
from nesy.machine.primitives import Primitive
from nesy.machine.values import kind
from nesy.search.bank import Bank, allowed
from nesy.search.meaning import (
    ELEMENT,
    PARAMETERS,
    RESULT,
    Fold,
    Meaning,
    Solved,
    expression_cost,
    of_expression,
)
from nesy.search.universe import Universe

SIZES = {1: 25, 2: 13, 3: 5}  # numbers below it are in the tables, by number of arguments
LARGEST = 1 << 20  # larger results are left out
WORK = {1: 60_000, 2: 250_000, 3: 250_000}  # entries evaluated for the expressions
STEP_WORK = 60_000  # and for the steps of recursions
STEPS = 250
DEFINED = 0.7  # share of the table that must have a value
NONE = -1
MADE = 64  # libraries kept
COMPOSED, LOOKED_AT = 250, 16  # expressions that are put together, and examples on which they are looked at

Table = NDArray[np.int64]
Example = tuple[float, float, Sequence[tuple[tuple[int, ...], frozenset[int]]]]
"""Bits if explained, bits lost if not, and alternatives (arguments, results)."""


@dataclass(frozen=True)
class Library:
    """Functions of one number of arguments.

    Attributes:
        meanings: the functions, cheapest first.
        tables: (functions, size, ..., size), their values; `NONE` where there is none.
    """

    meanings: tuple[Meaning, ...]
    tables: Table

    @property
    def size(self) -> int:
        return int(self.tables.shape[1])

    def best(
        self,
        examples: Sequence[Example],
        node: float,
        most: int,
    ) -> Iterator[Meaning]:
        """The functions that explain most for their size.

        Args:
            node: bits that a node costs.
            most: how many to give.
        """
        score = -node * np.array([meaning.cost for meaning in self.meanings])
        any_hit = np.zeros(len(score), dtype=bool)
        for weight, miss, alternatives in examples:
            hits = np.zeros(len(score), dtype=bool)
            looked = False
            for arguments, results in alternatives:
                if max(arguments) < self.size:
                    looked = True
                    column = self.tables[:, *arguments]  # type: ignore[arg-type]
                    for result in results:
                        hits |= column == result
            if looked:
                score += np.where(hits, weight, -miss)
                any_hit |= hits
        for row in _largest(score, most):
            if any_hit[row]:
                yield self.meanings[row]

    def composed(
        self,
        functions: Sequence[Primitive],
        examples: Sequence[Example],
        node: float,
        most: int,
    ) -> Iterator[Expression]:
        """Calls of a function of two arguments with short expressions for them: one more step than the library holds.

        They are looked at on a few of the examples only, and none is kept.
        """
        bodies = [(k, m.body) for k, m in enumerate(self.meanings) if isinstance(m.body, Expression)][:COMPOSED]
        costs = np.array([self.meanings[k].cost for k, _ in bodies])
        tables = self.tables[[k for k, _ in bodies]]
        vector = _Vector([p for p in functions if isinstance(p, Solved)])
        inside = [e for e in examples if all(max(arguments) < self.size for arguments, _ in e[2])]
        inside = sorted(inside, key=lambda e: len(e[2]))[:LOOKED_AT]
        columns = {
            arguments: np.unique(tables[:, *arguments], return_inverse=True)  # type: ignore[arg-type, call-overload]
            for _, _, alternatives in inside
            for arguments, _ in alternatives
        }
        found: list[tuple[float, Expression]] = []
        for function in functions:
            score = -node * (1 + costs[:, None] + costs[None, :])
            for weight, miss, alternatives in inside:
                hits = np.zeros(score.shape, dtype=bool)
                for arguments, results in alternatives:
                    values, where = columns[arguments]
                    made = vector.call(function.name, [values[:, None], values[None, :]])
                    for result in results:
                        hits |= (made == result)[where][:, where]
                score += np.where(hits, weight, -miss)
            for flat in _largest(score.ravel(), most):
                one, other = divmod(flat, len(bodies))
                expression = Call(function.name, (bodies[one][1], bodies[other][1]))
                found.append((float(score[one, other]), expression))
        yield from (expression for _, expression in sorted(found, key=lambda f: -f[0])[:most])


def _largest(scores: NDArray[np.float64], most: int) -> list[int]:
    """The places of the largest, the largest first; of equal ones the first."""
    if most >= len(scores):
        return np.argsort(-scores, kind="stable").tolist()  # type: ignore[no-any-return]
    least = np.partition(scores, -most)[-most]
    places = np.flatnonzero(scores >= least)
    return places[np.argsort(-scores[places], kind="stable")][:most].tolist()  # type: ignore[no-any-return]


@lru_cache(maxsize=MADE)
def naturals(arity: int, primitives: tuple[Primitive, ...], solved: tuple[Solved, ...], recursion: bool) -> Library:
    """The library that primitives, and functions solved before, make.

    Args:
        arity: 1, 2 or 3.
        recursion: with recursions, of at most two arguments.
    """
    primitives = tuple(p for p in primitives if "seq" not in p.parameters and p.name != "unit")
    found: dict[bytes, tuple[float, int, Meaning, Table]] = {}

    def keep(meaning: Meaning, table: Table) -> None:
        if (table != NONE).mean() >= DEFINED:
            key = table.tobytes()
            if key not in found or meaning.cost < found[key][0]:
                found[key] = meaning.cost, len(found), meaning, table

    for expression, table in _expressions(arity, primitives, solved):
        keep(of_expression(arity, expression, solved_in(expression, solved)), table)
    if recursion and arity <= 2:
        for meaning, table in _recursions(arity, primitives, solved):
            keep(meaning, table)
    entries = sorted(found.values(), key=lambda entry: entry[:2])
    tables = np.array([table for *_, table in entries], dtype=np.int64)
    return Library(tuple(meaning for _, _, meaning, _ in entries), tables)


def solved_in(expression: Expression, solved: Sequence[Solved]) -> tuple[Solved, ...]:
    """Those of the solved functions that an expression calls."""
    names = set(_calls(expression))
    return tuple(p for p in solved if p.name in names)


def _calls(expression: Expression) -> Iterator[str]:
    if isinstance(expression, Call):
        yield expression.function
        for argument in expression.arguments:
            yield from _calls(argument)


def _expressions(
    arity: int, primitives: Sequence[Primitive], solved: Sequence[Solved]
) -> Iterator[tuple[Expression, Table]]:
    """Expressions of the parameters with their tables."""
    universe, size = Universe(), SIZES[arity]
    grid = np.indices((size,) * arity).reshape(arity, -1)
    ids = np.array([universe.id(n) for n in range(size)], dtype=np.int64)
    constants = allowed(primitives, [(0, 2), (1, 2), (2, 2)])
    bank = Bank(universe, ids[grid], PARAMETERS[:arity], constants, [*primitives, *solved], WORK[arity])
    while not bank.exhausted:
        first, rows = bank.grow()
        if not len(rows) and bank.cost > 4:
            break
        kinds, numbers = universe.arrays()
        values = np.where((kinds == 1) & (numbers >= 0) & (numbers < LARGEST), numbers, NONE)[rows]
        for row in np.flatnonzero((values != NONE).mean(axis=1) >= DEFINED).tolist():
            yield bank.expression(first + row), values[row].reshape((size,) * arity)


# ---------------------------------------------------------------- recursions


def _recursions(
    arity: int, primitives: Sequence[Primitive], solved: Sequence[Solved]
) -> Iterator[tuple[Meaning, Table]]:
    """Recursions over one parameter with their tables."""
    for over in range(arity):
        others = [PARAMETERS[k] for k in range(arity) if k != over]
        steps = _steps(others, primitives, solved)
        bases = _bases(others, primitives)
        run = _Steps(steps, solved)
        for again, inner in _inner_calls(arity, over, primitives, solved):
            tables = _run(run, bases, arity, inner)
            extra = sum(map(expression_cost, again)) if again else 0
            for b, base in enumerate(bases):
                for s, step in enumerate(steps):
                    cost = 3 + expression_cost(base) + expression_cost(step) + extra
                    used = (step, *(again or ()))
                    library = tuple(p for p in solved if any(p in solved_in(e, solved) for e in used))
                    table = tables[b, s].T if over else tables[b, s]
                    yield Meaning(arity, Fold(over, "int", base, step, again), cost, library), table


def _steps(others: Sequence[str], primitives: Sequence[Primitive], solved: Sequence[Solved]) -> list[Expression]:
    """Steps that differ, the shortest first."""
    universe, rng = Universe(), np.random.default_rng(0)
    names = [*others, RESULT, ELEMENT]
    drawn = rng.integers(0, 13, size=(len(names), 40))
    drawn[-2, 20:] = rng.integers(0, 60, size=20)
    columns = np.array([[universe.id(int(n)) for n in row] for row in drawn], dtype=np.int64)
    constants = allowed(primitives, [(0, 2), (1, 2), (2, 2)])
    bank = Bank(universe, columns, names, constants, [*primitives, *solved], STEP_WORK)
    found: list[Expression] = []
    while not bank.exhausted and bank.cost < 7 and len(found) < STEPS:
        first, rows = bank.grow()
        if not len(rows) and bank.cost > 4:
            break
        integers = (universe.arrays()[0][rows] == 1).any(axis=1)
        for row in np.flatnonzero(integers).tolist():
            expression = bank.expression(first + row)
            if RESULT in variables(expression):
                found.append(expression)
    return found[:STEPS]


def _bases(others: Sequence[str], primitives: Sequence[Primitive]) -> list[Expression]:
    literals = {value for value, _ in allowed(primitives, [(0, 1), (1, 1)])}
    one: Expression = Literal(1) if 1 in literals else Call("+", (Literal(0), Literal(1)))
    return [*map(Variable, others), Literal(0), one]


def _inner_calls(
    arity: int, over: int, primitives: Sequence[Primitive], solved: Sequence[Solved]
) -> Iterator[tuple[tuple[Expression, ...] | None, Table]]:
    """Arguments of the inner call, and for each pair of arguments (the one recursed over first) the arguments there."""
    size = SIZES[arity]
    here = np.indices((size,) * arity)
    pred = np.maximum(here - 1, 0)
    yield None, np.concatenate([pred[:1], here[1:]])
    this = Variable(PARAMETERS[over])
    if arity == 1:
        two_less = Call("monus", (this, Literal(2))) if _holds(primitives, "+") else _pred(_pred(this))
        yield (two_less,), np.maximum(here - 2, 0)
        return
    other = Variable(PARAMETERS[1 - over])

    def ordered(first: Expression, second: Expression) -> tuple[Expression, ...]:
        return (second, first) if over else (first, second)

    yield ordered(_pred(this), _pred(other)), pred
    smaller = [p for p in (*solved, *primitives) if p.name == "monus" or (p in solved and len(p.parameters) == 2)]
    for function in smaller:
        inside = Call(function.name, (this, other))
        table = _Vector(solved).call(function.name, [here[0], here[1]])
        inner = table[1:, 1:]
        if (inner < here[0][1:, 1:]).mean() >= DEFINED and (inner >= 0).all():
            yield ordered(inside, other), np.stack([table, here[1]])


def _holds(primitives: Sequence[Primitive], name: str) -> bool:
    return any(p.name == name for p in primitives)


def _pred(expression: Expression) -> Expression:
    return Call("monus", (expression, Literal(1)))


def _run(steps: _Steps, bases: Sequence[Expression], arity: int, inner: Table) -> Table:
    """(bases, steps, size, ...): the tables of all recursions, row by row of the argument recursed over."""
    size = SIZES[arity]
    rest = (size,) * (arity - 1)
    other = np.arange(size)
    tables = np.full((len(bases), steps.count, size, *rest), NONE, dtype=np.int64)
    for b, base in enumerate(bases):
        tables[b, :, 0] = _Vector(()).value(base, dict.fromkeys(variables(base), other))
    flat = tables.reshape(len(bases) * steps.count, size, *rest)
    for n in range(1, size):
        at = inner[:, n]  # (arity, ...): where the inner call of each entry of this row looks
        below = (at[0] >= 0) & (at[0] < n)
        index = tuple(np.clip(part, 0, size - 1) for part in at)
        result = np.where(below, flat[(slice(None), *index)], NONE)
        result = result.reshape(len(bases), steps.count, *rest)
        tables[:, :, n] = steps.apply(result, n - 1, other)
    return tables


class _Steps:
    """Steps of one shape are evaluated together."""

    def __init__(self, steps: Sequence[Expression], solved: Sequence[Solved]) -> None:
        self.count = len(steps)
        self.vector = _Vector(solved)
        shapes: dict[Expression, list[tuple[int, list[Expression]]]] = defaultdict(list)
        for number, step in enumerate(steps):
            leaves: list[Expression] = []
            shape = _shape(step, leaves)
            shapes[shape].append((number, leaves))
        self.shapes = [
            (shape, np.array([n for n, _ in members]), [leaves for _, leaves in members])
            for shape, members in shapes.items()
        ]

    def apply(self, result: Table, below: int, other: Table) -> Table:
        """The next row: `result` (bases, steps, ...) of the inner call, for the predecessor and the other argument."""
        found = np.full(result.shape, NONE, dtype=np.int64)
        for shape, numbers, leaves in self.shapes:
            environment: dict[str, Table] = {}
            for slot in range(len(leaves[0])):
                column = np.empty((result.shape[0], len(numbers), *result.shape[2:]), dtype=np.int64)
                for row, own in enumerate(leaves):
                    leaf = own[slot]
                    if leaf == Variable(RESULT):
                        column[:, row] = result[:, numbers[row]]
                    elif leaf == Variable(ELEMENT):
                        column[:, row] = below
                    elif isinstance(leaf, Literal):
                        column[:, row] = leaf.value
                    else:
                        column[:, row] = other
                environment[str(slot)] = column
            found[:, numbers] = self.vector.value(shape, environment)
        return np.where((result != NONE) & (found >= 0) & (found < LARGEST), found, NONE)


def _shape(expression: Expression, leaves: list[Expression]) -> Expression:
    """The expression with numbered variables for its leaves."""
    if isinstance(expression, Call):
        return Call(expression.function, tuple(_shape(a, leaves) for a in expression.arguments))
    leaves.append(expression)
    return Variable(str(len(leaves) - 1))


class _Vector:
    """Expressions on arrays of natural numbers; `NONE` where there is no value."""

    def __init__(self, solved: Sequence[Solved]) -> None:
        self.solved = {p.name: p for p in solved}

    def value(self, expression: Expression, environment: dict[str, Table]) -> Table:
        match expression:
            case Variable(name):
                return environment[name]
            case Literal(value):
                return np.asarray(int(value) if kind(value) == "int" else NONE)
            case Call(function, arguments):
                return self.call(function, [self.value(a, environment) for a in arguments])
        raise TypeError(expression)

    def call(self, function: str, given: list[Table]) -> Table:
        if function == "if":
            condition, yes, no = given
            return np.where(condition == 1, yes, np.where(condition == 0, no, NONE))
        if function in self.solved:
            return self._solved(self.solved[function], given)
        if function == "not":
            return np.where(given[0] == NONE, NONE, 1 - given[0])
        if function not in _VECTOR:
            return np.full(np.broadcast_shapes(*(g.shape for g in given)), NONE)
        left, right = given
        undefined = (left == NONE) | (right == NONE)
        found = _VECTOR[function](left, right)
        return np.where(undefined | (found >= LARGEST), NONE, found)

    def _solved(self, function: Solved, given: list[Table]) -> Table:
        meaning = function.meaning
        if meaning.closed is not None:
            environment = dict(zip(PARAMETERS, given, strict=False))
            value = self.value(meaning.closed, environment)
            bad = reduce(np.logical_or, [g == NONE for g in given])
            return np.where(bad, NONE, value)
        shape = np.broadcast_shapes(*(g.shape for g in given))
        points = np.stack([np.broadcast_to(g, shape).ravel() for g in given], axis=1)
        unique, inverse = np.unique(points, axis=0, return_inverse=True)
        values = np.array([_value(meaning, row) for row in unique.tolist()], dtype=np.int64)
        return values[inverse.ravel()].reshape(shape)


def _value(meaning: Meaning, arguments: Sequence[int]) -> int:
    from nesy.errors import Undefined

    if min(arguments) < 0 or max(arguments) > 60:
        return NONE
    try:
        found = meaning.run(*arguments)
    except Undefined:
        return NONE
    return int(found) if kind(found) == "int" and 0 <= found < LARGEST else NONE  # type: ignore[arg-type, operator]


def _quotient(a: Table, b: Table) -> Table:
    return np.where(b > 0, a // np.maximum(b, 1), NONE)


_VECTOR: dict[str, Callable[[Table, Table], Table]] = {
    "+": lambda a, b: a + b,
    "monus": lambda a, b: np.maximum(a - b, 0),
    "*": lambda a, b: a * b,
    "div": _quotient,
    "mod": lambda a, b: np.where(b > 0, a % np.maximum(b, 1), NONE),
    "min": np.minimum,
    "max": np.maximum,
    "<": lambda a, b: (a < b).astype(np.int64),
    "==": lambda a, b: (a == b).astype(np.int64),
    "and": np.minimum,
}
