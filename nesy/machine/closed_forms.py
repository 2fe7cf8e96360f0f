"""Recursions over natural numbers as plain arithmetic, so that large numbers cost nothing. Speed only.

``plus(n + 1, b) = plus(n, b) + 1`` takes a step for every unit of its argument; ``a + b`` does not. A short
expression takes the place of a function that calls itself where both agree on small numbers, and where one step
of the function, with the expression for its calls of itself, gives the expression again, on small numbers and on
large ones: that is the induction step, and its arguments get smaller. Everything else runs as it is written:
arguments that are negative or no integers, and those for which the expression has no value.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import product

from nesy.errors import NesyError, Undefined
from nesy.machine.compile import Compiled, Function, Key
from nesy.machine.expressions import Call, Clause, Expression, Let, Literal, Successor, Variable, calls
from nesy.machine.primitives import PRELUDE

PARAMETERS = ("a", "b")
SMALL = 7  # numbers below it are run as the function is written
STEPPED = 13  # below it one step is looked at
FUEL = 600  # calls that a run on small numbers may make, or one where the expression has no value
LARGE = (40, 1_000, 1_000_000_007)  # one step is looked at for random numbers below each of these
DRAWN = 40

Run = Callable[..., object]
Step = Callable[..., object]
"""``step(itself, *arguments)``: the function's value where it calls `itself` instead of itself."""


def closed_forms(clauses: Sequence[Clause]) -> dict[Key, Function]:
    """Fast functions for those of the clauses that count, by name and number of arguments."""
    found: dict[Key, Function] = {}
    for key, form in counting_forms(clauses).items():  # callees first
        written = [c for c in clauses if (c.name, len(c.patterns)) not in found]
        slow, short = Compiled(written, given=found), Compiled(written, given=found, fuel=FUEL)
        found[key] = guarded(form, partial(slow.call, key[0]), partial(short.call, key[0]))
    return found


def counting_forms(clauses: Sequence[Clause]) -> dict[Key, Expression]:
    """The expressions for those of the clauses that count, of the parameters `PARAMETERS`."""
    own: dict[Key, list[Clause]] = {}
    for clause in clauses:
        own.setdefault((clause.name, len(clause.patterns)), []).append(clause)
    counting = [key for key in own if 1 <= key[1] <= 2 and any(key[0] in calls(c.body) for c in own[key])]
    found: dict[Key, Expression] = {}
    for key in sorted(counting, key=lambda k: len(_needed(k[0], own))):
        needed = _needed(key[0], own)
        form = _form(key, tuple(c for c in clauses if c.name in needed))
        if form is not None:
            found[key] = form
    return found


def _needed(name: str, own: Mapping[Key, Sequence[Clause]]) -> set[str]:
    """The functions that a call of one may call, itself among them."""
    found, waiting = set(), [name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += (other for key in own if key[0] == name for c in own[key] for other in calls(c.body))
    return found


@lru_cache(maxsize=1000)
def _form(key: Key, clauses: tuple[Clause, ...]) -> Expression | None:
    """The expression for one of the functions that the clauses define."""
    name, arity = key
    own = [c for c in clauses if (c.name, len(c.patterns)) == key]
    others = [c for c in clauses if (c.name, len(c.patterns)) != key]
    found = closed_forms(others)
    others = [c for c in others if (c.name, len(c.patterns)) not in found]
    slow = Compiled([*own, *others], fuel=FUEL, given=found)
    known: Function = slow.function(name, arity)
    once = Compiled(
        [replace(c, name=f"{name}'") for c in own] + others,
        fuel=FUEL,
        given={**found, key: lambda *arguments: known(*arguments)},
    )

    def step(recursion: Function, *arguments: object) -> object:
        nonlocal known
        known = recursion
        return once.call(f"{name}'", *arguments)

    literals = {n for c in clauses for part in (*c.patterns, c.body, c.guard) for n in _integers(part)}
    return closed_form(arity, partial(slow.call, name), step, literals)


def _integers(part: object) -> Iterator[int]:
    """The numbers in a pattern or an expression."""
    match part:
        case Literal(value) if value.__class__ is int:
            yield value
        case Call(_, arguments):
            for argument in arguments:
                yield from _integers(argument)
        case Successor(below):
            yield from (1 + n for n in (0, *_integers(below)))
        case Let(_, value, body):
            yield from (*_integers(value), *_integers(body))


def guarded(form: Expression, otherwise: Function, undefined: Function) -> Function:
    """The expression on natural numbers, another function on everything else.

    Args:
        undefined: for natural numbers that the expression has no value for: there the clauses end soon or not at all.
    """
    fast = evaluator(form)

    def run(*arguments: object) -> object:
        if not all(a.__class__ is int and a >= 0 for a in arguments):
            return otherwise(*arguments)
        try:
            return fast(*arguments)
        except Undefined:
            return undefined(*arguments)

    return run


def closed_form(arity: int, run: Run, step: Step, literals: Collection[int] = ()) -> Expression | None:
    """A short expression of ``a`` (and ``b``) that is the function on natural numbers; None if there is none.

    Args:
        arity: 1 or 2.
        run: the function; it raises a `NesyError` where it has no value or takes long.
        step: the function with its calls of itself handed out.
        literals: numbers that the function's text holds: one step is looked at around them too.
    """
    box = list(product(range(SMALL), repeat=arity)) if arity > 1 else [(n,) for n in range(2 * SMALL)]
    values: list[tuple[tuple[int, ...], object]] = []
    missing: list[tuple[int, ...]] = []
    for point in box:
        value = _value(run, point)
        if value is None:
            missing.append(point)
        else:
            values.append((point, value))
        if len(missing) > 0.3 * len(box) or not (value is None or value.__class__ is int):
            return None
    for form, fast in _forms(arity):
        if all(_value(fast, p) in (v, None) for p, v in values) and all(_value(fast, p) is None for p in missing):
            shared = sum(_value(fast, p) is not None for p, _ in values)
            if shared >= 0.7 * len(values) and _inductive(arity, fast, step, literals):
                return form
    return None


def _inductive(arity: int, fast: Run, step: Step, literals: Collection[int]) -> bool:
    """Whether one step of the function gives the expression again, and calls itself with less."""
    asked: list[tuple[object, ...]] = []

    def itself(*arguments: object) -> object:
        asked.append(arguments)
        if not all(a.__class__ is int and a >= 0 for a in arguments):
            raise Undefined("not a natural number")
        return fast(*arguments)

    shrinking = set(range(arity))
    for point in _points(arity, literals):
        expected = _value(fast, point)
        if expected is None:
            continue
        asked.clear()
        if _value(lambda *arguments: step(itself, *arguments), point) != expected:
            return False
        shrinking = {k for k in shrinking if all(0 <= inner[k] < point[k] for inner in asked)}  # type: ignore[operator]
        if not shrinking:
            return False
    return True


def _points(arity: int, literals: Collection[int]) -> Iterator[tuple[int, ...]]:
    yield from product(range(STEPPED), repeat=arity)
    rng = random.Random(0)
    odd = sorted({m for n in literals for m in (abs(n) - 1, abs(n), abs(n) + 1, 2 * abs(n)) if m >= STEPPED})
    if odd:
        yield from product([*odd, *rng.choices(range(100), k=DRAWN)], repeat=arity)
    for largest in LARGE:
        for _ in range(DRAWN):
            yield tuple(rng.randrange(rng.randrange(1, largest + 1) + 1) for _ in range(arity))


def _value(run: Run, point: tuple[int, ...]) -> object:
    try:
        return run(*point)
    except (NesyError, RecursionError):
        return None


def _undefined() -> object:
    raise Undefined("no value")


# ---------------------------------------------------------------- the expressions


def evaluator(form: Expression) -> Callable[..., object]:
    """The expression as a function of ``a`` (and ``b``); integers only. It raises `Undefined` where it has no value."""
    match form:
        case Variable(name):
            return (lambda a, b=0: a) if name == PARAMETERS[0] else (lambda a, b: b)
        case Literal(value):
            return lambda a, b=0: value
        case Call(name, (left, right)):
            function, one, other = PRELUDE[name].function, evaluator(left), evaluator(right)
            return lambda *arguments: function(one(*arguments), other(*arguments))
    raise TypeError(form)


@lru_cache
def _forms(arity: int) -> tuple[tuple[Expression, Run], ...]:
    """Short expressions that differ on small numbers, with their functions, the shortest first."""
    leaves: list[Expression] = [*map(Variable, PARAMETERS[:arity]), *map(Literal, range(4))]
    points = [(n,) for n in (0, 1, 2, 3, 5, 8, 11)] if arity == 1 else list(product((0, 1, 2, 3, 5), (0, 1, 2, 4, 7)))
    seen: dict[tuple[object, ...], tuple[Expression, Run]] = {}

    def keep(forms: Iterator[Expression]) -> list[Expression]:
        new = []
        for form in forms:
            fast = evaluator(form)
            signature = tuple(_value(fast, point) for point in points)
            if signature not in seen and any(value is not None for value in signature):
                seen[signature] = form, fast
                new.append(form)
        return new

    first = keep(iter(leaves))
    second = keep(_joined(first, first))
    keep(_joined(second, first))
    return tuple(seen.values())


def _joined(longer: Sequence[Expression], leaves: Sequence[Expression]) -> Iterator[Expression]:
    for one, other in product(longer, leaves):
        yield Call("+", (one, other))
        yield Call("*", (one, other))
        for function in ("monus", "div", "mod", "min", "max"):
            yield Call(function, (one, other))
            yield Call(function, (other, one))
        yield _rounded_up(one, other)
        yield _rounded_up(other, one)


def _rounded_up(a: Expression, b: Expression) -> Expression:
    """``a / b`` rounded up."""
    return Call("div", (Call("+", (a, Call("monus", (b, Literal(1))))), b))


__all__ = ["closed_form", "closed_forms", "evaluator", "guarded"]
