"""From examples to programs: which meaning explains most of them for the shortest description?

Examples come in groups: a group is one sentence, its alternatives are the ways in which that
sentence could be an application of the unknown word; a program explains the group if it
explains one alternative. (Multiple-instance learning; sentences with several readings.)
"""

from __future__ import annotations

import functools
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import Any

import numpy as np

from nesy.machine.expressions import Call, Expression, Literal, Variable
from nesy.machine.primitives import Primitive
from nesy.machine.values import Value, kind
from nesy.search.bank import Bank, allowed
from nesy.search.folds import folds
from nesy.search.groups import Group, constants_for, distinct, explains, values_of
from nesy.search.meaning import (
    PARAMETERS,
    Meaning,
    Solved,
    constant,
    of_expression,
)
from nesy.search.naturals import naturals, solved_in
from nesy.search.retrieval import Programs
from nesy.search.universe import LARGEST, Universe

NODE = 2.5  # bits a node of a program
MISS = 3.0  # bits that a sentence costs which is read wrongly: log2 of .5 over the share of noise
SHOWN = 18  # groups that the enumeration looks at
SHALLOW, DEEP = 4, 30  # cost up to which is enumerated: if a closed form fits already, else
ROUNDS = 3  # of counterexample-guided search
AFFINE, SOLVED = 12, 20  # examples of an affine closed form, and systems solved for each choice of its terms
LOOKED_UP = 12  # functions of natural numbers that are taken from the library
READINGS = 4  # alternatives of a group that it looks at


@dataclass(frozen=True, slots=True)
class Found:
    """A program with the bits it explains minus its cost in bits, and the share of groups explained."""

    meaning: Meaning
    score: float
    share: float


def synthesise(
    universe: Universe,
    groups: Sequence[Group],
    arity: int,
    primitives: Sequence[Primitive],
    *,
    library: Sequence[Solved] = (),
    work: int = 3_000_000,
    recursion: bool = True,
    equivalence: bool = True,
    best: int = 3,
    programs: Programs | None = None,
) -> list[Found]:
    """The best programs for the groups, best first.

    Args:
        arity: number of arguments, 0 to 3.
        library: solved meanings (`nesy.search.meaning.named`) that programs may call beside the primitives.
        work: entries that the enumeration may evaluate; 0: closed forms only.
        recursion: try structural recursion where nothing else explains most groups.
        equivalence: keep one of the programs that give the same on the examples.
        best: how many programs to return.
        programs: found before; if one of them explains all groups, there is no search.
    """
    groups = distinct(groups)
    if not groups:
        return []
    if arity == 0:
        return rank(universe, groups, [constant(v) for v in _targets(universe, groups)], best)
    remembered = rank(universe, groups, programs.like(universe, groups), best) if programs is not None else []
    if programs is not None and remembered and remembered[0].share == 1.0 and remembered[0].score > 0:
        programs.answered += 1
        return remembered
    shown, primitives, library = informative(universe, groups), [*primitives, *library], tuple(library)
    counting = _counting(universe, groups, arity, primitives, library, work) if equivalence else []
    found: list[Found] = rank(universe, groups, counting, best)
    looked_at: list[list[Group]] = []
    while shown not in looked_at and len(looked_at) < ROUNDS:
        looked_at.append(shown)
        candidates = [of_expression(arity, e) for e in _concatenations(universe, shown, arity)]
        if {"+", "*"} <= {p.name for p in primitives}:
            candidates += [of_expression(arity, e) for e in _affine(universe, shown, arity)]
        known = rank(universe, shown, [f.meaning for f in found] + candidates, 1)
        floor = known[0].score if known else 0.0
        deepest = SHALLOW if known and known[0].share == 1.0 else DEEP
        candidates += [
            of_expression(arity, e, solved_in(e, library))
            for e in _enumerate(universe, shown, arity, primitives, floor, work, deepest, equivalence)
        ]
        found = rank(universe, groups, [f.meaning for f in found] + candidates, best)
        refuting = [g for g in groups if not found or not explains(universe, found[0].meaning, g)]
        if not found or not refuting or all(g in shown for g in refuting):
            break
        shown = [*(g for g in shown if g not in refuting)][: SHOWN - min(len(refuting), 6)] + refuting[:6]
    if recursion and arity < 3 and (not found or found[0].share < 0.85):
        bits = sum(group.weight for group in groups) - max([0.0, *(f.score for f in found)])
        recursions = list(folds(universe, shown, arity, primitives, library, bits / NODE))
        found = rank(universe, groups, [f.meaning for f in found] + recursions, best)
    if _boolean(universe, groups):
        found = [replace(f, meaning=replace(f.meaning, cost=min(f.meaning.cost, _table(arity, f)))) for f in found]
    return found


def _counting(
    universe: Universe,
    groups: Sequence[Group],
    arity: int,
    primitives: Sequence[Primitive],
    library: tuple[Solved, ...],
    work: int,
) -> list[Meaning]:
    """Functions of natural numbers that explain many groups, from the library of all short ones."""
    peano = any(p.name == "succ" for p in primitives)
    if not (peano or (work and any(p.name == "+" for p in primitives))):
        return []
    examples = []
    for group in groups:
        alternatives: Any = []
        for arguments, targets in group.alternatives:
            given, wanted = _naturals(universe, arguments), _naturals(universe, targets)
            if len(given) == arity and wanted:
                alternatives.append((given, frozenset(wanted)))
        if alternatives:
            examples.append((group.weight, group.miss, alternatives))
    if 2 * len(examples) < len(groups):
        return []
    known = naturals(arity, tuple(p for p in primitives if p not in library), library, peano)
    best = list(known.best(examples, NODE, LOOKED_UP))
    if work and arity == 2 and not any(all(explains(universe, m, g) for g in groups) for m in best[:3]):
        binary = [p for p in primitives if p.parameters == ("int", "int") and p.result == "int"]
        binary += [p for p in library if len(p.parameters) == 2 and p not in binary]
        composed = known.composed(binary, examples, NODE, LOOKED_UP)
        best += [of_expression(arity, e, solved_in(e, library)) for e in composed]
    return best


def _naturals(universe: Universe, ids: Iterable[int]) -> tuple[int, ...]:
    """Those of the values that are natural numbers."""
    values = (universe.values[i] for i in ids)
    return tuple(v for v in values if v.__class__ is int and v >= 0)


def _boolean(universe: Universe, groups: Sequence[Group]) -> bool:
    """Whether all arguments and targets are booleans."""
    ids = {i for g in groups for arguments, targets in g.alternatives for i in (*arguments, *targets)}
    return bool((universe.arrays()[0][list(ids)] == 2).all())


def _table(arity: int, found: Found) -> float:
    """A boolean function never costs more than its truth table; ties go to the shorter program."""
    return float(2**arity) / NODE + 0.02 * found.meaning.cost


def rank(universe: Universe, groups: Sequence[Group], meanings: Sequence[Meaning], best: int) -> list[Found]:
    """Score programs on all groups; equal bodies once; best first."""
    found = []
    for meaning in dict.fromkeys(meanings):
        matched = [explains(universe, meaning, group) for group in groups]
        bits = sum(group.weight if hit else -group.miss for group, hit in zip(groups, matched, strict=True))
        if any(matched):
            found.append(Found(meaning, bits - NODE * meaning.cost, sum(matched) / len(groups)))
    found.sort(key=lambda f: -f.score)
    return found[:best]


def informative(universe: Universe, groups: Sequence[Group]) -> list[Group]:
    """The groups to look at first: few alternatives, distinct and not too large arguments."""

    def rank_of(group: Group) -> tuple[int, float]:
        arguments = group.alternatives[0][0]
        values = [universe.values[a] for a in arguments]
        repeated = len(arguments) - len(set(arguments))
        small = sum(1 for v in values if (len(v) < 2 if isinstance(v, tuple) else v in (0, 1)))
        size = sum(len(v) if isinstance(v, tuple) else 0 for v in values)
        return len(group.alternatives), repeated + 0.5 * small + 0.05 * size

    order = sorted(groups, key=rank_of)
    clear = [g for g in order if len(g.alternatives) == len(order[0].alternatives)]
    half = order[: 2 * SHOWN // 3]
    rest = [g for g in order if g not in half]
    odd = [g for g in clear if g in rest][:: max(1, len(rest) // SHOWN)]  # edge cases: empty, equal, zero
    return (half + odd + rest)[:SHOWN]


def _targets(universe: Universe, groups: Sequence[Group]) -> list[Value]:
    counts: Counter[int] = Counter()
    for group in groups:
        counts.update({t for _, targets in group.alternatives for t in targets})
    return [universe.values[t] for t, _ in counts.most_common(6)]  # type: ignore[misc]


def usable(primitives: Sequence[Primitive], universe: Universe, shown: Sequence[Group]) -> list[Primitive]:
    """Leave out primitives on kinds that neither the arguments nor the targets have."""
    arguments, targets = values_of(universe, shown)
    have = {kind(v) for v in arguments}
    want = {kind(v) for v in targets}
    kinds = have | want

    def fits(p: Primitive) -> bool:
        if p.name == "unit":
            return "seq" in want and bool(have - {"seq"})
        if p.name == "if":
            return True
        if p.name in ("==", "<"):
            return "int" in have or p.name == "=="
        if p.name in ("and", "not"):
            return "bool" in kinds
        return p.parameters[0] in kinds

    return [p for p in primitives if fits(p)]


def _enumerate(
    universe: Universe,
    shown: Sequence[Group],
    arity: int,
    primitives: Sequence[Primitive],
    floor: float,
    work: int,
    deepest: int,
    equivalence: bool,
) -> Iterator[Expression]:
    """Expressions that improve on `floor`, from a bank over the shown groups' alternatives.

    Of few examples no more expressions are evaluated than of many, since more would fit them by chance.
    """
    examples = [(g, a) for g, group in enumerate(shown) for a in group.alternatives[:READINGS]]
    work = work * min(SHOWN, len(examples)) // SHOWN
    columns = np.array([[arguments[k] for _, (arguments, _) in examples] for k in range(arity)], dtype=np.int64)
    width = max(len(targets) for _, (_, targets) in examples)
    wanted = np.full((width, len(examples)), -1, dtype=np.int64)
    for column, (_, (_, targets)) in enumerate(examples):
        for row, target in enumerate(sorted(targets)):
            wanted[row, column] = target
    starts = np.flatnonzero(np.diff([-1] + [g for g, _ in examples]))
    weights = np.array([group.weight for group in shown])
    misses = np.array([group.miss for group in shown])
    constants = allowed(primitives, constants_for(universe, shown))
    bank = Bank(
        universe, columns, PARAMETERS[:arity], constants, usable(primitives, universe, shown), work, equivalence
    )
    best = floor
    total = float(weights.sum())
    while not bank.exhausted and bank.cost < deepest and total - NODE * (bank.cost + 1) > best:
        first, rows = bank.grow()
        if not len(rows):
            if bank.cost > 4:
                break
            continue
        hits = (rows[:, None, :] == wanted[None, :, :]).any(axis=1)
        matched = np.logical_or.reduceat(hits, starts, axis=1)
        scores = matched @ weights - ~matched @ misses - NODE * bank.cost
        for row in np.argsort(-scores)[:4].tolist():
            if scores[row] > best - 2 * NODE and matched[row].any():
                yield bank.expression(first + row)
        best = max(best, float(scores.max()))


def _concatenations(universe: Universe, shown: Sequence[Group], arity: int) -> Iterator[Expression]:
    """Closed forms: the target cut into pieces of the arguments and constant tokens."""
    clear = [g for g in shown if len(g.alternatives) <= 2] or list(shown[:2])
    long = heapq.nlargest(2, clear[3:], key=lambda g: max(map(_length, values_of(universe, [g])[1])))
    seeds = [*clear[:3], *long]  # short ones tell less: two tokens swapped are two tokens reversed
    found: dict[Expression, None] = {}
    for group in seeds:
        arguments, targets = group.alternatives[0]
        values = [universe.values[a] for a in arguments]
        for target in targets:
            goal = universe.values[target]
            if isinstance(goal, tuple) and len(goal) <= 40:
                for expression in _segmentations(goal, values):
                    found[expression] = None
    yield from found


def _length(value: Value) -> int:
    return len(value) if isinstance(value, tuple) else 0


def _affine(universe: Universe, shown: Sequence[Group], arity: int) -> Iterator[Expression]:
    """Closed forms: sums of integer multiples of the arguments and a constant, solved from as many examples."""
    clear = [g.alternatives[0] for g in shown if len(g.alternatives) == 1] or [g.alternatives[0] for g in shown]
    examples = []
    for arguments, targets in clear:
        values = [universe.values[i] for i in (*arguments, *targets)]
        if len(targets) == 1 and all(v is not None and kind(v) == "int" and abs(v) < LARGEST for v in values):  # type: ignore[arg-type]
            examples.append(values)
    table = np.array(examples[:AFFINE], dtype=np.float64).reshape(-1, arity + 1)
    features = np.hstack([table[:, :arity], np.ones((len(table), 1))])
    for size in range(1, arity + 2):
        for used in combinations(range(arity + 1), size):
            for rows in islice(combinations(range(len(table)), size), SOLVED):
                square = features[np.ix_(rows, used)]
                if abs(np.linalg.det(square)) < 0.5:
                    continue
                factors = np.linalg.solve(square, table[list(rows), -1]).round()
                fits = (features[:, used] @ factors == table[:, -1]).sum()
                if factors.all() and fits > size and 2 * fits >= len(table):
                    yield _sum_of({k: int(f) for k, f in zip(used, factors, strict=True)}, arity)
                    break


def _sum_of(factors: dict[int, int], arity: int) -> Expression:
    """Multiples of the arguments, and under the number `arity` the constant."""
    terms: list[Expression] = []
    for k, factor in factors.items():
        if k == arity:
            terms.append(Literal(factor))
        else:
            variable = Variable(PARAMETERS[k])
            terms.append(variable if factor == 1 else Call("*", (Literal(factor), variable)))
    return functools.reduce(lambda a, b: Call("+", (a, b)), terms)


def _pieces(values: Sequence[Value | None]) -> list[tuple[tuple[object, ...], Expression, int]]:
    pieces: list[tuple[tuple[object, ...], Expression, int]] = []
    for name, value in zip(PARAMETERS, values, strict=False):
        if isinstance(value, tuple) and value:
            v = Variable(name)
            pieces.append((value, v, 2))
            if len(value) > 1:
                pieces.append((value[::-1], Call("reverse", (v,)), 3))
                pieces.append((value[:1], Call("head", (v,)), 3))
                pieces.append((value[-1:], Call("last", (v,)), 3))
                pieces.append((value[1:], Call("tail", (v,)), 3))
                pieces.append((value[:-1], Call("init", (v,)), 3))
                pieces.append((value[:1], Call("head", (Call("init", (v,)),)), 5))  # nothing of a single token
                pieces.append((value[-1:], Call("last", (Call("tail", (v,)),)), 5))
            if len(value) > 2:
                pieces.append((value[1:-1], Call("tail", (Call("init", (v,)),)), 4))
    return pieces


def _segmentations(goal: tuple[object, ...], values: Sequence[Value | None], limit: int = 24) -> Iterator[Expression]:
    """Ways to write `goal` as a concatenation, cheapest first (uniform-cost search)."""
    pieces = _pieces(values)
    constants: dict[object, Expression] = {}
    queue: list[tuple[int, int, int, tuple[Expression, ...]]] = [(0, 0, 0, ())]
    expanded = produced = tick = 0
    while queue and expanded < 400 and produced < limit:
        cost, _, position, parts = heapq.heappop(queue)
        expanded += 1
        if position == -len(goal):
            produced += 1
            yield join(parts)
            continue
        start = -position
        for value, expression, price in pieces:
            if goal[start : start + len(value)] == value:
                tick += 1
                again = 1 if expression in parts else price
                heapq.heappush(queue, (cost + again, tick, -(start + len(value)), (*parts, expression)))
        token = goal[start]
        literal = constants.setdefault(token, Literal((token,)))
        if len({p for p in parts if isinstance(p, Literal)} | {literal}) <= 3:
            tick += 1
            price = 1 if literal in parts else 4
            heapq.heappush(queue, (cost + price, tick, -(start + 1), (*parts, literal)))


def join(parts: Sequence[Expression]) -> Expression:
    """``p1 ++ p2 ++ ...``, as repeated halves where the parts repeat (they are shared then)."""
    if not parts:
        return Literal(())
    for period in range(1, len(parts)):
        repeats = len(parts) // period
        if len(parts) % period == 0 and repeats > 1 and all(parts[i] == parts[i % period] for i in range(len(parts))):
            once = join(parts[:period])
            return _repeat(once, repeats)
    if len(parts) == 1:
        return parts[0]
    return Call("++", (join(parts[:-1]), parts[-1])) if len(parts) > 2 else Call("++", (parts[0], parts[1]))


def _repeat(once: Expression, times: int) -> Expression:
    if times == 1:
        return once
    if times % 2 == 0:
        half = _repeat(once, times // 2)
        return Call("++", (half, half))
    return Call("++", (_repeat(once, times - 1), once))
