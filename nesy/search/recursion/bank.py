"""Typed bottom-up enumeration of the expressions that the body of a clause may be, cost by cost.

Of expressions that agree on all rows the first is kept (Albarghouthi, Gulwani & Kincaid, CAV 2013). A row is a list of
arguments that fit the clause; where the function's own value for a recursive call is not known, the call is stuck
(`nesy.search.recursion.store`), so expressions that agree do so whatever the function turns out to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from nesy.machine.expressions import Call, Expression, Variable
from nesy.search.recursion.cases import Leaf
from nesy.search.recursion.operators import Operator, function_operator
from nesy.search.recursion.store import UNDEFINED, Store, Stuck
from nesy.types import Function, Signature, Type

Row = tuple[int, ...]
Environment = tuple[int, ...]
Caller = Callable[[str, Row], int]
"""Applies a function that is being looked for."""

ENTRIES = 40_000
"""Expressions of one bank."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An expression with its values on the rows.

    Attributes:
        made: a place's index, an operator, or a function that is looked for.
    """

    cost: int
    type: Type
    values: Row
    made: int | Operator | str
    parts: tuple[Entry, ...] = ()

    @property
    def level(self) -> int:
        """The cost, as there is only one part."""
        return self.cost

    def expression(self, names: Sequence[str]) -> Expression:
        """The expression, where the places have these names."""
        if isinstance(self.made, int):
            return Variable(names[self.made])
        parts = tuple(part.expression(names) for part in self.parts)
        return Call(self.made, parts) if isinstance(self.made, str) else self.made.write(parts)

    def places(self) -> Iterator[int]:
        """The places that it mentions, with repetitions."""
        if isinstance(self.made, int):
            yield self.made
        for part in self.parts:
            yield from part.places()

    def paths(self) -> Iterator[frozenset[Entry]]:
        """The recursive calls that are made together."""
        inside = frozenset(call for part in self.parts for calls in part.paths() for call in calls)
        yield inside | {self} if isinstance(self.made, str) else inside

    def runner(self) -> Callable[[Environment, Caller], int]:
        """A function that evaluates it."""
        made, parts = self.made, [part.runner() for part in self.parts]
        if isinstance(made, int):
            return lambda environment, call: environment[made]
        if isinstance(made, str):
            return lambda environment, call: call(made, tuple([part(environment, call) for part in parts]))
        apply = made.apply
        match parts:
            case []:
                constant = apply()
                return lambda environment, call: constant
            case [one]:
                return lambda environment, call: apply(one(environment, call))
            case [one, other]:
                return lambda environment, call: apply(one(environment, call), other(environment, call))
        return lambda environment, call: apply(*[part(environment, call) for part in parts])


@dataclass(frozen=True, slots=True)
class Callee:
    """A function that a clause may call.

    Attributes:
        descends: whether an argument must be a proper part of the caller's; not where a function calls its helper.
    """

    name: str
    signature: Signature
    descends: bool = True


class Bank:
    """Expressions over the places of a clause.

    Args:
        rows: the values of the places, one tuple a row.
        callees: the functions that are looked for and that the clause may call.
        known: their values so far as they are known.
        tick: called now and then; may raise to end the search.
    """

    def __init__(
        self,
        store: Store,
        leaf: Leaf,
        rows: Sequence[Environment],
        operators: Sequence[Operator],
        callees: Sequence[Callee],
        known: Callable[[str, Row], int | None],
        tick: Callable[[], None],
    ) -> None:
        self.store, self.leaf, self.rows, self.callees, self.known = store, leaf, rows, callees, known
        places = leaf.places
        applied = [function_operator(store, p.shape.type) for p in places if isinstance(p.shape.type, Function)]
        self.operators = [*operators, *applied]
        self.tick = tick
        self.cost = 0
        self.made = 0
        self._levels: dict[tuple[Type, int], list[Entry]] = {}
        self._seen: dict[Type, set[Row]] = {}
        self._variables = [
            Entry(1, place.shape.type, tuple(row[index] for row in rows), index)
            for index, place in enumerate(places)
            if not place.constant
        ]
        self._calls = [(callee, self._positions(callee)) for callee in callees]

    def level(self, type_: Type, cost: int) -> list[Entry]:
        """The expressions of a type and a cost."""
        while self.cost < cost:
            self._grow()
        return self._levels.get((type_, cost), [])

    def _grow(self) -> None:
        self.cost += 1
        if self.cost == 1:
            for entry in self._variables:
                self._keep(entry)
        for operator in self.operators:
            if operator.parameters:
                self._apply(operator)
            elif operator.cost == self.cost:
                number = operator.apply()
                self._keep(Entry(self.cost, operator.result, (number,) * len(self.rows), operator))
        for callee, positions in self._calls:
            self._call(callee, positions)

    def _apply(self, operator: Operator) -> None:
        apply = operator.apply
        for costs in _compositions(self.cost - operator.cost, len(operator.parameters)):
            levels = [self._levels.get((t, c), []) for t, c in zip(operator.parameters, costs, strict=True)]
            for parts in product(*levels):
                if self.made > ENTRIES:
                    return
                values = tuple(map(apply, *[part.values for part in parts]))
                self._keep(Entry(self.cost, operator.result, values, operator, parts))

    def _keep(self, entry: Entry) -> None:
        self.made += 1
        if not self.made % 256:
            self.tick()
        seen = self._seen.setdefault(entry.type, set())
        if entry.values not in seen and (any(entry.values) or not self.rows):
            seen.add(entry.values)
            self._levels.setdefault((entry.type, self.cost), []).append(entry)

    # ---------------------------------------------------------------- calls of what is looked for

    def _positions(self, callee: Callee) -> list[tuple[Entry | None, list[Entry], bool]]:
        """For each argument: the caller's own one, the proper parts of it, and whether it may be anything else."""
        whole = {p.parameter: e for p, e in self._by_place() if not p.inside}
        found = []
        for k, type_ in enumerate(callee.signature.parameters):
            own = whole.get(k)
            own = own if own is not None and own.type == type_ else None
            parts = [e for p, e in self._by_place() if p.inside and p.parameter == k and e.type == type_]
            distinguished = k < len(self.leaf.shapes) and self.leaf.shapes[k].head is not None
            found.append((own, parts, not distinguished and (callee.descends or own is None)))
        return found

    def _by_place(self) -> list[tuple[Any, Entry]]:
        places = self.leaf.places
        return [(places[e.made], e) for e in self._variables if isinstance(e.made, int)]

    def _call(self, callee: Callee, positions: list[tuple[Entry | None, list[Entry], bool]]) -> None:
        """Calls in which at least one argument is a proper part of the caller's, and the others are the caller's own,
        which cost nothing, or proper parts too, or anything where the clauses make no distinction.
        """
        choices = [
            (([(0, own)] if own else []) + [(1, part) for part in parts], parts, free) for own, parts, free in positions
        ]
        for costs in _compositions(self.cost - 1, len(positions), least=0):
            options = []
            for (fixed, _, free), (own, _, _), cost, type_ in zip(
                choices, positions, costs, callee.signature.parameters, strict=True
            ):
                chosen = [entry for own_cost, entry in fixed if own_cost == cost]
                if free and cost:
                    chosen += [e for e in self._levels.get((type_, cost), []) if e is not own and e not in chosen]
                options.append(chosen)
            for parts in product(*options):
                if self.made > ENTRIES:
                    return
                smaller = any(part in inner for part, (_, inner, _) in zip(parts, choices, strict=True))
                if smaller or not callee.descends:
                    values = tuple(
                        self._called(callee.name, row) for row in zip(*[p.values for p in parts], strict=True)
                    )
                    self._keep(Entry(self.cost, callee.signature.result, values, callee.name, parts))

    def _called(self, name: str, arguments: Row) -> int:
        if UNDEFINED in arguments:
            return UNDEFINED
        found = self.known(name, arguments)
        return self.store.make(Stuck(name), arguments) if found is None else found


def _compositions(total: int, parts: int, least: int = 1) -> Iterator[tuple[int, ...]]:
    """The ways to write a number as a sum of so many, none below `least`."""
    if parts == 0:
        if total == 0:
            yield ()
        return
    if parts == 1:
        if total >= least:
            yield (total,)
        return
    for first in range(least, total - least * (parts - 1) + 1):
        for rest in _compositions(total - first, parts - 1, least):
            yield (first, *rest)
