"""The search for the clauses of a function from its values on some arguments.

For each way to distinguish cases, every clause has a list of bodies that are consistent with its own examples, by
cost; a recursive call whose value is not among the examples may have any. Programs are put together in the order of
their cost, and every choice of a body is tried on the examples at once that need no clause without one.
The search goes on in rounds: in round n no expression in a program costs more than n. (Structural recursion from
examples that need not hold the values of recursive calls: Miltner et al., "Bottom-up synthesis of recursive
functional programs using angelic execution", POPL 2022; Lee & Cho, "Inductive synthesis of structurally recursive
functional programs from non-recursive expressions", POPL 2023.)
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from nesy.search.recursion.assembled import Assembled, Heads, explains
from nesy.search.recursion.bank import Bank, Entry, Environment, Row
from nesy.search.recursion.bodies import Bodies, Body
from nesy.search.recursion.cases import Leaf, Shape, inside, nested, rules, taken_apart
from nesy.search.recursion.operators import LibraryFunction, Operators
from nesy.search.recursion.schemes import Scheme, Trees, accumulating, alone, families
from nesy.search.recursion.store import UNDEFINED, Store, Stuck
from nesy.terms import Value
from nesy.types import BOOL, Declarations, Signature, Type

TARGETS, PROBES = 30, 12
"""Rows of a clause with and without an expected value."""
BRANCHING = 10
"""What a second call on the same parts with other arguments adds to the cost of a program."""
TRIES = 20_000
"""Choices of bodies for one way to distinguish cases in one round."""
PRESUMED = 4
"""Cost of the expressions that tell, before the search, what the function gives where there is no recursion."""


Run = Callable[[Environment], int]


@dataclass(frozen=True, eq=False)
class Candidate:
    """Clauses that explain the examples that the search was given.

    Attributes:
        signatures: of the functions; the first one is that of the examples.
        clauses: the heads with their bodies.
        cost: of the bodies, the clauses, and the patterns inside patterns.
        unused: variables that no body mentions.
        guessed: the heads that no example reaches.
    """

    signatures: Mapping[str, Signature]
    clauses: tuple[tuple[Leaf, Body], ...]
    cost: int
    unused: int
    guessed: tuple[Leaf, ...]

    def assembled(self, store: Store) -> Assembled:
        """The functions, ready to run."""
        return Assembled(Heads(store, [leaf for leaf, _ in self.clauses]), [body.runner() for _, body in self.clauses])


class Search:
    """What one search knows.

    Args:
        library: the functions that clauses may call.
        examples: arguments and value.
        taken: names that helpers must not have.
        constants: integers and strings that clauses may hold.
        presume: evaluate calls without recursion by the cheapest expressions that explain such examples.
        tick: called now and then; may raise to end the search.
    """

    def __init__(
        self,
        declarations: Declarations,
        library: Sequence[LibraryFunction],
        name: str,
        signature: Signature,
        examples: Sequence[tuple[tuple[Value, ...], Value]],
        *,
        taken: Sequence[str] = (),
        constants: Sequence[int | str] = (),
        presume: bool = True,
        seed: int = 0,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self.declarations, self.name, self.signature, self.tick = declarations, name, signature, tick
        self.store = Store()
        self.schemes = [
            alone(name, signature),
            *families(declarations, name, signature, taken),
            accumulating(name, signature, taken),
        ]
        types = [t for s in self.schemes for f in s.functions.values() for t in (*f.parameters, f.result)]
        self.operators = Operators(self.store, declarations, library, types, constants)
        numbered = [(tuple(map(self.store.number, given)), self.store.number(value)) for given, value in examples]
        self.examples = sorted(dict.fromkeys(numbered), key=lambda example: self._size(example[0]))
        self.targets = dict(self.examples)
        self.rng = random.Random(seed)
        self.known = _Known(self, list(self._presumed()) if presume else [])
        self._bodies: dict[tuple[Scheme, Leaf], Bodies] = {}
        self._arguments: dict[tuple[Scheme, Leaf], tuple[list[Environment], list[int]]] = {}
        self._trees: dict[Scheme, list[tuple[int, Trees]]] = {}
        self.best: int | None = None

    # ---------------------------------------------------------------- rounds

    def round(self, number: int) -> Iterator[Candidate]:
        """The programs of a round that cost no more than `best`.

        The cost of their most expensive expression, and twice that of further distinctions, make the round's number.
        """
        for scheme in self.schemes:
            for handicap, trees in self._skeletons(scheme):
                if number > handicap:
                    yield from self._programs(scheme, trees, number - handicap)

    def _skeletons(self, scheme: Scheme) -> list[tuple[int, Trees]]:
        """The ways to distinguish cases, with the round before the first one that looks at them."""
        if scheme not in self._trees:
            first, free, depth = (2, 2, 1) if scheme.helper else (1, 1, 1) if scheme.family is not None else (0, 3, 2)
            found: dict[frozenset[Leaf], tuple[int, Trees]] = {}
            layer = list(scheme.start(self.declarations))
            for moves in range(free + 1):
                for trees in layer:
                    handicap = first + max(0, moves - 1) + sum(map(nested, trees))
                    found.setdefault(frozenset(leaf for tree in trees for leaf in tree), (handicap, trees))
                layer = [more for trees in layer for more in scheme.further(self.declarations, trees, depth)]
            self._trees[scheme] = list(found.values())
        return self._trees[scheme]

    def _programs(self, scheme: Scheme, trees: Trees, level: int) -> Iterator[Candidate]:
        """Programs with these patterns, cheaper ones first."""
        leaves = sorted((leaf for tree in trees for leaf in tree), key=lambda leaf: self._order(scheme, leaf))
        rowless = tuple(leaf for leaf in leaves if leaf.function == scheme.main and not self._rows(scheme, leaf)[0])
        overhead = len(leaves) + sum(map(nested, trees)) + 2 * len(rowless)
        if any(not any(leaf.match(self.store, row) for leaf in trees[0]) for row in self.targets):
            return
        choices = []
        for leaf in leaves:
            choices.append(self._of(scheme, leaf).up_to(level))
            if not choices[-1]:
                return
        puzzle = _Puzzle(self, leaves, choices, level)
        for total in range(puzzle.least, puzzle.most + 1):
            if self.best is not None and total + overhead > self.best:
                return
            for bodies in puzzle.solutions(total):
                cost = total + overhead + BRANCHING * sum(map(_branching, leaves, bodies))
                if self.best is not None and cost > self.best:
                    continue
                clauses = dict(zip(leaves, bodies, strict=True))
                ordered = tuple((leaf, clauses[leaf]) for tree in trees for leaf in tree)
                yield Candidate(scheme.functions, ordered, cost, sum(_unused(*clause) for clause in ordered), rowless)

    def _order(self, scheme: Scheme, leaf: Leaf) -> tuple[bool, int]:
        """Clauses with examples and without recursion first."""
        return not self._rows(scheme, leaf)[1], len(leaf.places)

    # ---------------------------------------------------------------- clauses

    def _of(self, scheme: Scheme, leaf: Leaf) -> Bodies:
        """The bodies of a clause."""
        key = (scheme, leaf)
        if key not in self._bodies:
            rows, targets = self._rows(scheme, leaf)
            result = scheme.functions[leaf.function].result
            callees = scheme.callees(leaf.function)
            anything = {
                t
                for callee in callees
                for k, t in enumerate(callee.signature.parameters)
                if k >= len(leaf.shapes) or leaf.shapes[k].head is None
            }
            operators = self.operators.useful({result, BOOL, *anything})
            bank = Bank(self.store, leaf, rows, operators, callees, self.known, self.tick)
            only = scheme.helper if scheme.helper and leaf.function == scheme.main else None
            self._bodies[key] = Bodies(bank, result, targets, only)
        return self._bodies[key]

    def _rows(self, scheme: Scheme, leaf: Leaf) -> tuple[list[Environment], list[int]]:
        """Arguments that fit a clause, as values of its places, and the expected values of the first of them."""
        key = (scheme, leaf)
        if key not in self._arguments:
            self._arguments[key] = self._fitting(scheme, leaf)
        return self._arguments[key]

    def _fitting(self, scheme: Scheme, leaf: Leaf) -> tuple[list[Environment], list[int]]:
        if leaf.function != scheme.main:
            return self._matching(leaf, self._helper_arguments(scheme, leaf.function))[:PROBES], []
        expected = [(leaf.match(self.store, row), target) for row, target in self.examples]
        fitting = [(row, target) for row, target in expected if row is not None][:TARGETS]
        rows = [row for row, _ in fitting]
        further = [row for row in self._matching(leaf, self._smaller) if row not in set(rows)]
        return rows + further[:PROBES], [target for _, target in fitting]

    def _matching(self, leaf: Leaf, arguments: Sequence[Row]) -> list[Environment]:
        matched = (leaf.match(self.store, row) for row in arguments)
        return list(dict.fromkeys(row for row in matched if row is not None))

    def _helper_arguments(self, scheme: Scheme, function: str) -> list[Row]:
        """Arguments of a helper or companion; what is accumulated is not known."""
        rows = [row for row, _ in self.examples]
        if scheme.helper:
            marks = (self.store.make(Stuck("?"), (self.store.constant(k),)) for k in range(len(rows)))
            return [(*row, mark) for row, mark in zip(rows, marks, strict=False)] + [
                (*row, self.store.make(Stuck("?"), (self.store.constant(-k),)))
                for k, row in enumerate(self._smaller, 1)
            ]
        assert scheme.family is not None
        type_ = scheme.functions[function].parameters[scheme.family]
        own = self.signature.parameters[scheme.family]
        return [
            (*row[: scheme.family], part, *row[scheme.family + 1 :])
            for row in rows
            for inner, part in self._parts(own, row[scheme.family])
            if inner == type_
        ]

    @cached_property
    def _smaller(self) -> list[Row]:
        """Arguments that recursion may lead to, and others that examples are made of."""
        found = {
            (*row[:k], part, *row[k + 1 :]): None
            for row, _ in self.examples[:TARGETS]
            for k, (type_, number) in enumerate(zip(self.signature.parameters, row, strict=True))
            for inner, part in self._parts(type_, number)
            if inner == type_
        }
        near = [row for row in sorted(found, key=self._size) if row not in self.targets]
        choices = [list(self._pools.get(t, {})) for t in self.signature.parameters]
        mixed = []
        if all(choices):
            mixed = [tuple(self.rng.choice(pool) for pool in choices) for _ in range(4 * PROBES)]
        half = near[: 2 * PROBES]
        return list(dict.fromkeys(row for pair in zip(half, mixed, strict=False) for row in pair)) + near[2 * PROBES :]

    @cached_property
    def _pools(self) -> dict[Type, dict[int, None]]:
        """The values that are in the arguments, by type."""
        pools: dict[Type, dict[int, None]] = {}
        for row, _ in self.examples[:TARGETS]:
            for type_, number in zip(self.signature.parameters, row, strict=True):
                for inner, part in self._parts(type_, number):
                    pools.setdefault(inner, {})[part] = None
        return pools

    def probes(self, most: int) -> list[Row]:
        """Arguments on which programs are compared, smaller ones first."""
        choices = [sorted(self._pools.get(t, {}), key=self.store.sizes.__getitem__) for t in self.signature.parameters]
        mixed = [tuple(self.rng.choice(pool) for pool in choices) for _ in range(most if all(choices) else 0)]
        return sorted({*self._smaller, *mixed} - self.targets.keys(), key=lambda row: (self._size(row), row))[:most]

    def _parts(self, type_: Type, number: int) -> Iterator[tuple[Type, int]]:
        """A value and everything inside, with types."""
        stack = [(type_, number)]
        while stack:
            type_, number = stack.pop()
            yield type_, number
            for head, types in rules(self.declarations, type_):
                parts = taken_apart(self.store, number, head) if types else None
                if parts is not None:
                    stack += zip(types, parts, strict=True)

    def _size(self, row: Row) -> int:
        return sum(self.store.sizes[number] for number in row)

    # ---------------------------------------------------------------- what is presumed

    def _presumed(self) -> Iterator[tuple[Leaf, list[Run]]]:
        """For each case without recursion, the cheapest expressions that explain its examples."""
        for position, type_ in enumerate(self.signature.parameters):
            for head, parts in rules(self.declarations, type_):
                if any(type_ in inside(self.declarations, part) for part in parts):
                    continue
                shapes = [Shape(t) for t in self.signature.parameters]
                shapes[position] = Shape(type_, head, tuple(map(Shape, parts)))
                leaf = Leaf(self.name, tuple(shapes))
                fitting = self._cheapest(leaf)
                if fitting:
                    yield leaf, fitting

    def _cheapest(self, leaf: Leaf) -> list[Run]:
        matched = [(leaf.match(self.store, row), target) for row, target in self.examples[:TARGETS]]
        fitting = [(row, target) for row, target in matched if row is not None]
        rows = [row for row, _ in fitting] + self._matching(leaf, self._smaller)[:PROBES]
        operators = self.operators.useful({self.signature.result})
        bank = Bank(self.store, leaf, rows, operators, (), lambda *_: None, self.tick)
        bodies = Bodies(bank, self.signature.result, [target for _, target in fitting])
        if not fitting:
            return []
        for cost in range(1, PRESUMED + 1):
            found = [entry.runner() for entry in bodies.plain(cost)]
            if found:
                return [lambda row, run=run: run(row, _no_call) for run in found]  # type: ignore[misc]
        return []


class _Known:
    """What is known of the function: the examples, and what is presumed of calls without recursion."""

    def __init__(self, search: Search, presumed: Sequence[tuple[Leaf, list[Run]]]) -> None:
        self.search, self.presumed = search, presumed
        self._values: dict[tuple[str, Row], int | None] = {(search.name, row): v for row, v in search.examples}

    def __call__(self, function: str, arguments: Row) -> int | None:
        key = (function, arguments)
        if key not in self._values:
            self._values[key] = self._presumed(arguments) if function == self.search.name else None
        return self._values[key]

    def _presumed(self, arguments: Row) -> int | None:
        """What all expressions agree on that are presumed for the cases that fit."""
        store = self.search.store
        values = set()
        for leaf, runs in self.presumed:
            environment = leaf.match(store, arguments)
            if environment is not None:
                values |= {run(environment) for run in runs}
        return values.pop() if len(values) == 1 and UNDEFINED not in values else None


def _no_call(function: str, arguments: Row) -> int:
    return UNDEFINED


def _branching(leaf: Leaf, body: Body) -> int:
    """How many calls on one and the same parts of the arguments are made with different other arguments.

    Such a function takes time that is exponential in the depth of these parts.
    """
    inside = {k for k, place in enumerate(leaf.places) if place.inside}

    def descent(call: Entry) -> tuple[object, ...]:
        return call.made, *(part.made if part.made in inside else None for part in call.parts)

    return max(len(calls) - len(set(map(descent, calls))) for calls in body.paths())


def _unused(leaf: Leaf, body: Body) -> int:
    used = set(body.places())
    return sum(k not in used and place.shape.head is None for k, place in enumerate(leaf.places))


class _Puzzle:
    """Bodies for the clauses of one skeleton."""

    def __init__(
        self,
        search: Search,
        leaves: Sequence[Leaf],
        choices: Sequence[Mapping[int, list[Body]]],
        level: int,
    ) -> None:
        self.search, self.leaves, self.clauses = search, leaves, Heads(search.store, leaves)
        self.choices, self.level, self.tries = choices, level, 0
        self.least = sum(min(by_cost) for by_cost in choices)
        self.most = sum(max(by_cost) for by_cost in choices)

    def solutions(self, total: int) -> Iterator[tuple[Body, ...]]:
        """The choices of bodies of this cost together that explain the examples; one costs `level` somewhere."""
        if any(body.level == self.level for by_cost in self.choices for bodies in by_cost.values() for body in bodies):
            yield from self._complete((), total, self.search.examples)

    def _complete(
        self, chosen: tuple[Body, ...], total: int, open_: Sequence[tuple[Row, int]]
    ) -> Iterator[tuple[Body, ...]]:
        position = len(chosen)
        if position == len(self.leaves):
            if not open_ and any(body.level == self.level for body in chosen):
                yield chosen
            return
        rest = self.choices[position + 1 :]
        least, most = sum(min(c) for c in rest), sum(max(c) for c in rest)
        for cost, bodies in self.choices[position].items():
            if not least <= total - cost <= most:
                continue
            for body in bodies:
                self.search.tick()
                self.tries += 1
                if self.tries > TRIES:
                    return
                left = self._explained((*chosen, body), open_)
                if left is not None:
                    yield from self._complete((*chosen, body), total - cost, left)

    def _explained(self, chosen: tuple[Body, ...], open_: Sequence[tuple[Row, int]]) -> list[tuple[Row, int]] | None:
        return explains(Assembled(self.clauses, [body.runner() for body in chosen]), self.search.name, open_)
