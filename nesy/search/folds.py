"""Structural recursions from examples: bases and steps are enumerated, and run on the examples."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np

from nesy.errors import Undefined
from nesy.machine.expressions import Expression, Literal, Variable
from nesy.machine.primitives import PRELUDE, Primitive
from nesy.machine.values import Value, kind
from nesy.search.bank import EXPANDED, Bank, allowed
from nesy.search.groups import Group, constants_for, values_of
from nesy.search.meaning import (
    ELEMENT,
    PARAMETERS,
    RESULT,
    Compiled,
    Fold,
    Meaning,
    Solved,
    applied,
    closure,
    expression_cost,
    recursion,
)
from nesy.search.naturals import solved_in
from nesy.search.universe import UNDEFINED, Ids, Universe

RUN = 6000  # recursions that are run
STEPS, LARGEST_STEP, STEP_WORK = 4000, 6, 400_000  # steps, their cost, and entries evaluated for them
RECURSION = 3  # nodes of a recursion beside its base and its step
DEEPEST = 12  # recursion depth of the examples that filter steps
EXAMPLES = 8  # on which recursions are run
MISSES = 1  # of them that may be missed


def folds(
    universe: Universe,
    shown: Sequence[Group],
    arity: int,
    primitives: Sequence[Primitive],
    library: tuple[Solved, ...] = (),
    dearest: float = math.inf,
) -> Iterator[Meaning]:
    """The structural recursions over one parameter that fit all of some examples but one.

    Args:
        dearest: the nodes of a recursion from which on it is not looked for.
    """
    _, targets = values_of(universe, shown)
    results = {kind(t) for t in targets}
    for over in range(arity):
        kinds = Counter(kind(universe.values[g.alternatives[0][0][over]]) for g in shown)  # type: ignore[arg-type]
        for domain in ("int", "seq"):
            if kinds[domain] * 2 < len(shown):
                continue
            for result in sorted(results):
                yield from _over(universe, shown, arity, primitives, over, domain, result, library, dearest)


def _over(
    universe: Universe,
    shown: Sequence[Group],
    arity: int,
    primitives: Sequence[Primitive],
    over: int,
    domain: str,
    result: str,
    library: tuple[Solved, ...],
    dearest: float,
) -> Iterator[Meaning]:
    others = [k for k in range(arity) if k != over]
    examples = sorted(
        [g for g in shown if len(g.alternatives) == 1] or shown,
        key=lambda g: _size(universe, g.alternatives[0][0][over]),
    )
    examples = [g for g in examples if _size(universe, g.alternatives[0][0][over]) <= DEEPEST][:EXAMPLES]
    if len(examples) < 3:
        return
    bases = _bases(others, primitives, result)
    constants: list[tuple[Value, int]] = [(0, 2), (1, 2)] if "int" in (domain, result) else []
    constants += constants_for(universe, shown)
    constants = [
        c for i, c in enumerate(constants) if all(c[0] != d[0] or kind(c[0]) != kind(d[0]) for d in constants[:i])
    ]
    bank = Bank(
        universe,
        _samples(universe, examples, others, over, domain, result),
        [PARAMETERS[k] for k in others] + [RESULT, ELEMENT],
        allowed(primitives, constants),
        [p for p in primitives if p.name not in ("init", "last")],
        STEP_WORK,
    )
    largest = min(LARGEST_STEP, dearest - RECURSION - min(map(expression_cost, bases)))
    steps = Steps(bank, library, min(STEPS, RUN // len(bases)), largest)
    for base in bases:
        start = closure(base)
        for row in steps.rows:
            run = recursion(over, domain, start, steps.compiled(row), PARAMETERS[:arity])
            if _fits(universe, run, examples):
                step = bank.expression(row)
                cost = RECURSION + expression_cost(base) + expression_cost(step)
                yield Meaning(arity, Fold(over, domain, base, step), cost, solved_in(step, library))


def _bases(others: Sequence[int], primitives: Sequence[Primitive], result: str) -> list[Expression]:
    """The parameters that are not recursed over, and the constants of a kind to begin with."""
    literals = allowed(primitives, [(v, 1) for v in ((), 0, 1, True, False) if kind(v) == result])
    bases: list[Expression] = [Variable(PARAMETERS[k]) for k in others]
    bases += [Literal(value) for value, _ in literals]
    if result == "int" and len(literals) == 1:
        bases.append(EXPANDED["succ"](Literal(0)))
    return bases


class Steps:
    """The rows of a bank that hold the result for the rest, the cheapest first, each compiled when it is run.

    A row is compiled from the rows that it is made of, and these only once.
    """

    def __init__(self, bank: Bank, library: Sequence[Solved], most: int, largest: float) -> None:
        self.bank = bank
        self.library = {**PRELUDE, **{p.name: p for p in library}}
        self._recursive: list[bool] = []
        self._compiled: dict[int, Compiled] = {}
        while not bank.exhausted and bank.cost < largest and sum(self._recursive) < most:
            _, rows = bank.grow()
            for _ in range(len(rows)):
                head, *parts = bank.made(len(self._recursive))
                self._recursive.append(head == Variable(RESULT) or any(self._recursive[p] for p in parts))
        self.rows = list(islice((row for row, recursive in enumerate(self._recursive) if recursive), most))

    def compiled(self, row: int) -> Compiled:
        found = self._compiled.get(row)
        if found is None:
            found = self._compiled[row] = self._compile(row)
        return found

    def _compile(self, row: int) -> Compiled:
        head, *parts = self.bank.made(row)
        if isinstance(head, Primitive) and head.name not in EXPANDED:
            return applied(head, [self.compiled(part) for part in parts])
        return closure(self.bank.expression(row), self.library)


def _size(universe: Universe, i: int) -> int:
    value = universe.values[i]
    return len(value) if isinstance(value, tuple) else abs(int(value or 0))


def _fits(universe: Universe, run: Callable[..., Value], examples: Sequence[Group]) -> bool:
    misses = 0
    for group in examples:
        if not any(_result(universe, run, arguments) in targets for arguments, targets in group.alternatives):
            misses += 1
            if misses > MISSES:
                return False
    return True


def _result(universe: Universe, run: Callable[..., Value], arguments: tuple[int, ...]) -> int:
    try:
        value = run(*(universe.values[a] for a in arguments))
    except Undefined:
        return UNDEFINED
    if isinstance(value, tuple):
        return universe.id(value) if len(value) <= 400 else UNDEFINED
    return universe.id(value) if abs(value) < 1 << 62 else UNDEFINED


def _samples(
    universe: Universe, examples: Sequence[Group], others: Sequence[int], over: int, domain: str, result: str
) -> Ids:
    """Inputs on which steps are told apart: others' values, plausible results, predecessors."""
    rows = []
    for group in examples:
        arguments, targets = group.alternatives[0]
        given = [universe.values[a] for a in arguments]
        value = given[over]
        first: Value = 2
        if isinstance(value, tuple):
            first = value[:1] or ("?",)
        elif value is not None and kind(value) == "int":
            first = max(0, int(value) - 1)
        target = universe.values[next(iter(targets))]
        plausible = (
            target if target is not None and kind(target) == result else {"int": 3, "bool": True}.get(result, ())
        )
        rows.append([universe.id(given[k]) for k in others] + [universe.id(plausible), universe.id(first)])  # type: ignore[arg-type]
    extra: dict[str, tuple[Value, Value]] = {"int": (5, 7), "bool": (True, False), "seq": (("p",), ("p", "q"))}
    for n in range(2):
        rows.append(
            [
                *rows[0][: len(others)],
                universe.id(extra[result][n]),
                universe.id(4 + n if domain == "int" else ("uv"[n],)),
            ]
        )
    return np.array(rows, dtype=np.int64).T
