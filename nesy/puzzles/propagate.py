"""Propagators: per constraint a function that removes values which no solution of that constraint has.

A propagator takes the masks of all variables (over the positions of `Alignment`), changes them in place and returns
the variables that it changed, or None if the constraint cannot be kept. It never removes a value that a solution
has, and once every variable of its scope is fixed it returns None exactly if the constraint is broken.

What they reach: all-different: naked and hidden singles, and with `matchings` all that can be removed. Tables, in
either sense: all that can be removed, and so for linear sums and products over few combinations, which become tables.
Other sums and products: bounds. Element and count: all that can be removed, if no variable occurs twice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import combinations, product
from math import prod
from typing import TypeAlias

from nesy.puzzles.alignment import Alignment, bits
from nesy.puzzles.matching import supported
from nesy.puzzles.model import AllDifferent, Constraint, Count, Element, Linear, Product, Table, Value

Propagator: TypeAlias = Callable[[list[int]], "Sequence[int] | None"]

_FEW = 3000
"""A sum or a product over at most so many combinations of values becomes a table."""


def propagators(constraint: Constraint, alignment: Alignment) -> list[Propagator]:
    """The functions that propagate one constraint."""
    if not constraint.scope:
        return [] if constraint.holds(()) else [lambda domains: None]
    match plain(constraint):
        case AllDifferent() as rule:
            return _all_different(rule, alignment)
        case Table() as rule:
            return [_table(rule, alignment)]
        case (Linear() | Product()) as rule:
            if rule.comparator != "<=" and _combinations(rule.scope, alignment) <= _FEW:
                return [_table(_listed(rule, alignment), alignment)]
            return [_linear(rule, alignment) if isinstance(rule, Linear) else _product(rule, alignment)]
        case Element() as rule:
            return [_element(rule, alignment)]
        case Count() as rule:
            return [_count(rule, alignment)]


def matchings(constraint: Constraint, alignment: Alignment) -> list[Propagator]:
    """What removes all that `propagators` of an all-different rule may leave, at a higher price."""
    rule = plain(constraint)
    if not isinstance(rule, AllDifferent) or len(rule.scope) < 3 or (rule.offsets and not alignment.dense):
        return []
    return [_matching(rule)]


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
        return [_naked(rule)]
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
        return _narrowed(domains, last, kept)

    return [propagate]


def _narrowed(domains: list[int], variable: int, kept: int) -> Sequence[int] | None:
    if kept == domains[variable]:
        return ()
    domains[variable] = kept
    return (variable,) if kept else None


# All-different


def _all_different(rule: AllDifferent, alignment: Alignment) -> list[Propagator]:
    if rule.offsets and not alignment.dense:
        return [_apart(x, y, p - q, alignment) for (x, p), (y, q) in combinations(terms(rule), 2)]
    if len(rule.scope) < 3:
        return [_naked(rule)]
    union = 0
    for variable, shift in terms(rule):
        union |= alignment.full[variable] << shift
    every = union if union.bit_count() == len(rule.scope) else 0
    return [_hidden(rule, every) if every else _naked(rule)]


def terms(rule: AllDifferent) -> list[tuple[int, int]]:
    """Per variable by how much its mask is shifted for its offset; the smallest is 0."""
    offsets = rule.offsets or (0,) * len(rule.scope)
    lowest = min(offsets, default=0)
    return [(variable, offset - lowest) for variable, offset in zip(rule.scope, offsets, strict=True)]


def _apart(x: int, y: int, difference: int, alignment: Alignment) -> Propagator:
    """``x + difference != y``."""
    place, values = alignment.positions, alignment.values

    def propagate(domains: list[int]) -> Sequence[int] | None:
        for one, other, sign in ((x, y, difference), (y, x, -difference)):
            mask = domains[one]
            if not mask & (mask - 1):
                taken = place.get(values[mask.bit_length() - 1] + sign)  # type: ignore[operator]
                if taken is not None and domains[other] >> taken & 1:
                    return _narrowed(domains, other, domains[other] & ~(1 << taken))
        return ()

    return propagate


def _naked(rule: AllDifferent) -> Propagator:
    """A value that one variable has is taken from the others."""
    shifts = terms(rule)

    def propagate(domains: list[int]) -> Sequence[int] | None:
        changed: list[int] = []
        done = 0
        while True:
            fixed = 0
            for variable, shift in shifts:
                mask = domains[variable]
                if not mask & (mask - 1):
                    mask <<= shift
                    if mask & fixed or not mask:
                        return None
                    fixed |= mask
            if fixed == done:
                return changed
            done = fixed
            for variable, shift in shifts:
                mask = domains[variable]
                if mask & (mask - 1) and mask << shift & fixed:
                    mask &= ~(fixed >> shift)
                    if not mask:
                        return None
                    domains[variable] = mask
                    changed.append(variable)

    return propagate


def _hidden(rule: AllDifferent, every: int) -> Propagator:
    """As many values as variables: naked singles, and a value that only one variable can have is that variable's."""
    naked = _naked(rule)
    shifts = terms(rule)

    def propagate(domains: list[int]) -> Sequence[int] | None:
        changed: list[int] = []
        while True:
            more = naked(domains)
            if more is None:
                return None
            changed += more
            once = twice = 0
            for variable, shift in shifts:
                mask = domains[variable] << shift
                twice |= once & mask
                once |= mask
            if once != every:
                return None
            lone = once & ~twice
            found = False
            for variable, shift in shifts:
                mask = domains[variable]
                only = mask << shift & lone
                if only and mask & (mask - 1):
                    if only & (only - 1):
                        return None
                    domains[variable] = only >> shift
                    changed.append(variable)
                    found = True
            if not found:
                return changed

    return propagate


def _matching(rule: AllDifferent) -> Propagator:
    """All that can be removed, by bipartite matching; offsets need dense integers."""
    shifts = terms(rule)

    def propagate(domains: list[int]) -> Sequence[int] | None:
        kept = supported([domains[variable] << shift for variable, shift in shifts])
        if kept is None:
            return None
        changed = []
        for (variable, shift), mask in zip(shifts, kept, strict=True):
            mask = domains[variable] & mask >> shift
            if mask != domains[variable]:
                if not mask:
                    return None
                domains[variable] = mask
                changed.append(variable)
        return changed

    return propagate


# Tables


def _combinations(scope: tuple[int, ...], alignment: Alignment) -> int:
    return prod(alignment.full[variable].bit_count() for variable in scope)


def _listed(rule: Linear | Product, alignment: Alignment) -> Table:
    """A sum or a product as the table of what satisfies it."""
    choices = [[alignment.values[place] for place in bits(alignment.full[variable])] for variable in rule.scope]
    return Table(rule.scope, frozenset(row for row in product(*choices) if rule.holds(row)))


def _table(rule: Table, alignment: Alignment) -> Propagator:
    """Generalised arc consistency with one mask over the rows per variable and value.

    A positive table keeps a value that a valid row has. A negated one removes a value if the valid rows with it are
    as many as there are combinations of the other variables' values: then all of them are forbidden.
    """
    scope, rows = _distinct(rule)
    rows = [row for row in rows if all(value in alignment.positions for value in row)]
    holds: list[dict[int, int]] = [{} for _ in scope]
    for number, row in enumerate(rows):
        for column, value in zip(holds, row, strict=True):
            bit = 1 << alignment.positions[value]
            column[bit] = column.get(bit, 0) | 1 << number
    columns = list(zip(scope, holds, strict=True))
    every = (1 << len(rows)) - 1

    def valid_rows(domains: list[int]) -> int:
        valid = every
        for variable, column in columns:
            mask = domains[variable]
            having = 0
            while mask:
                low = mask & -mask
                mask ^= low
                having |= column.get(low, 0)
            valid &= having
        return valid

    def positive(domains: list[int]) -> Sequence[int] | None:
        valid = valid_rows(domains)
        if not valid:
            return None
        changed = []
        for variable, column in columns:
            mask = kept = domains[variable]
            while mask:
                low = mask & -mask
                mask ^= low
                if not column.get(low, 0) & valid:
                    kept ^= low
            if kept != domains[variable]:
                domains[variable] = kept
                changed.append(variable)
        return changed

    def negative(domains: list[int]) -> Sequence[int] | None:
        valid = valid_rows(domains)
        if not valid:
            return ()
        sizes = prod(domains[variable].bit_count() for variable in scope)
        changed = []
        for variable, column in columns:
            mask = kept = domains[variable]
            others = sizes // mask.bit_count()
            while mask:
                low = mask & -mask
                mask ^= low
                if (column.get(low, 0) & valid).bit_count() == others:
                    kept ^= low
            if kept != domains[variable]:
                if not kept:
                    return None
                domains[variable] = kept
                changed.append(variable)
                return changed  # the counts above are of the old masks; the propagator runs again
        return changed

    return negative if rule.negated else positive


def _distinct(rule: Table) -> tuple[tuple[int, ...], list[tuple[Value, ...]]]:
    """Scope and rows with each variable once; rows that give one variable two values match nothing and go."""
    scope = tuple(dict.fromkeys(rule.scope))
    rows: dict[tuple[Value, ...], None] = {}
    for row in rule.rows:
        found = dict(zip(rule.scope, row, strict=True))
        if all(found[variable] == value for variable, value in zip(rule.scope, row, strict=True)):
            rows[tuple(found[variable] for variable in scope)] = None
    return scope, list(rows)


# Arithmetic


def _linear(rule: Linear, alignment: Alignment) -> Propagator:
    """Bounds: each term is at most what the smallest values of the others leave; both ways for an equation."""
    weights: dict[int, int] = {}
    for variable, weight in zip(rule.scope, rule.coefficients, strict=True):
        weights[variable] = weights.get(variable, 0) + weight
    terms = [(variable, weight) for variable, weight in weights.items() if weight]
    if rule.comparator == "!=":
        return _unequal(terms, rule.bound, alignment)
    up = _at_most(terms, rule.bound, alignment)
    if rule.comparator == "<=":
        return up
    down = _at_most([(variable, -weight) for variable, weight in terms], -rule.bound, alignment)

    def both(domains: list[int]) -> Sequence[int] | None:
        first = up(domains)
        if first is None:
            return None
        second = down(domains)
        return None if second is None else [*first, *second]

    return both


def _at_most(terms: list[tuple[int, int]], bound: int, alignment: Alignment) -> Propagator:
    integers: list[int] = [value for value in alignment.values if isinstance(value, int)]

    def propagate(domains: list[int]) -> Sequence[int] | None:
        slack = bound
        least = []
        for variable, weight in terms:
            mask = domains[variable]
            place = (mask & -mask).bit_length() - 1 if weight > 0 else mask.bit_length() - 1
            least.append(weight * integers[place])
            slack -= least[-1]
        if slack < 0:
            return None
        changed = []
        for (variable, weight), smallest in zip(terms, least, strict=True):
            mask = domains[variable]
            if weight > 0:
                kept = mask & (1 << bisect_right(integers, (slack + smallest) // weight)) - 1
            else:
                kept = mask & -1 << bisect_left(integers, -((slack + smallest) // -weight))
            if kept != mask:
                domains[variable] = kept
                changed.append(variable)
        return changed

    return propagate


def _unequal(terms: list[tuple[int, int]], bound: int, alignment: Alignment) -> Propagator:
    values, positions = alignment.values, alignment.positions

    def propagate(domains: list[int]) -> Sequence[int] | None:
        rest, last = bound, None
        for variable, weight in terms:
            mask = domains[variable]
            if not mask & (mask - 1):
                rest -= weight * values[mask.bit_length() - 1]  # type: ignore[operator]
            elif last is None:
                last = variable, weight
            else:
                return ()
        if last is None:
            return () if rest else None
        variable, weight = last
        place = positions.get(rest // weight) if rest % weight == 0 else None
        return () if place is None else _narrowed(domains, variable, domains[variable] & ~(1 << place))

    return propagate


Interval: TypeAlias = tuple[int, int]


def _times(a: Interval, b: Interval) -> Interval:
    corners = a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]
    return min(corners), max(corners)


def _product(rule: Product, alignment: Alignment) -> Propagator:
    """Bounds: a value stays if the interval of the others' product allows it; factors divide what is not zero."""
    scope, bound, comparator = rule.scope, rule.bound, rule.comparator
    integers: list[int] = [value for value in alignment.values if isinstance(value, int)]

    def possible(value: int, others: Interval) -> bool:
        low, high = _times((value, value), others)
        if comparator == "<=":
            return low <= bound
        if comparator == "!=":
            return not low == high == bound
        return low <= bound <= high and (not bound or (value != 0 and bound % value == 0))

    def propagate(domains: list[int]) -> Sequence[int] | None:
        ranges = []
        for variable in scope:
            mask = domains[variable]
            ranges.append((integers[(mask & -mask).bit_length() - 1], integers[mask.bit_length() - 1]))
        after = [(1, 1)]
        for one in reversed(ranges):
            after.append(_times(after[-1], one))
        before = (1, 1)
        changed = []
        for number, variable in enumerate(scope):
            others = _times(before, after[len(scope) - number - 1])
            before = _times(before, ranges[number])
            mask = domains[variable]
            kept = sum(1 << place for place in bits(mask) if possible(integers[place], others))
            if kept != mask:
                if not kept:
                    return None
                domains[variable] = kept
                changed.append(variable)
        return changed

    return propagate


# Element and count


def _element(rule: Element, alignment: Alignment) -> Propagator:
    index, value, *array = rule.scope
    chosen: dict[int, int] = {}
    for key, variable in zip(rule.keys, array, strict=True):
        if key in alignment.positions:  # of two equal keys the first one counts
            chosen.setdefault(1 << alignment.positions[key], variable)

    def propagate(domains: list[int]) -> Sequence[int] | None:
        old = domains[index], domains[value]
        wanted = domains[value]
        keys = reachable = 0
        for bit, variable in chosen.items():
            if domains[index] & bit and domains[variable] & wanted:
                keys |= bit
                reachable |= domains[variable]
        domains[index] &= keys
        domains[value] &= reachable
        if not domains[index] or not domains[value]:
            return None
        changed = [variable for variable, mask in zip((index, value), old, strict=True) if domains[variable] != mask]
        if not domains[index] & (domains[index] - 1):
            only = chosen[domains[index]]
            more = _narrowed(domains, only, domains[only] & domains[value])
            return None if more is None else [*changed, *more]
        return changed

    return propagate


def _count(rule: Count, alignment: Alignment) -> Propagator:
    scope, bound, comparator = rule.scope, rule.bound, rule.comparator
    counted = alignment.mask(rule.values)

    def propagate(domains: list[int]) -> Sequence[int] | None:
        surely = possibly = 0
        for variable in scope:
            mask = domains[variable]
            if mask & counted:
                possibly += 1
                surely += not mask & ~counted
        no_more = comparator in ("<=", "=") and surely >= bound
        all_needed = comparator in (">=", "=") and possibly <= bound
        if (no_more and surely > bound) or (all_needed and possibly < bound):
            return None
        if comparator == "!=":
            if surely == possibly:
                return None if surely == bound else ()
            if possibly - surely > 1:
                return ()
            no_more, all_needed = possibly == bound, surely == bound
        changed = []
        for variable in scope:
            mask = domains[variable]
            if (no_more or all_needed) and mask & counted and mask & ~counted:
                domains[variable] = mask & ~counted if no_more else mask & counted
                changed.append(variable)
        return changed

    return propagate
