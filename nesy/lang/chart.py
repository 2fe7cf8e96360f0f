"""The general parser: every grammar, every ambiguity, words that may be several terminals.

An Earley recogniser, then a walk over what it found. Of several readings of a phrase the first
that has a value counts: the one whose production comes first in the file, then the one whose
earlier parts are longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from nesy.errors import Undefined
from nesy.lang.grammar import START, Grammar, Production, nullable, unit_order
from nesy.lang.lalr import Action, Stuck

MAX_SPLITS = 8
"""How many ways to divide a phrase are tried per production."""

Node = tuple[str, int, int]
"""A rule and the part of the sentence that it derives: from, to."""

Reading = tuple[Production, tuple[int, ...]]
"""A production and the positions between its symbols."""


class Chart:
    """A parser for any grammar without cycles."""

    def __init__(self, grammar: Grammar) -> None:
        self.by_head = grammar.by_head
        self.nullable = nullable(grammar.productions)
        self.beginning: dict[str, dict[str, list[Production]]] = {}
        """Per rule its productions by the terminal that they begin with; the others under the empty name."""
        for head, productions in self.by_head.items():
            by_first = self.beginning[head] = {}
            for production in productions:
                first = production.body[0] if production.body else ""
                by_first.setdefault("" if first in self.by_head else first, []).append(production)
        self.rank, _ = unit_order(grammar.productions)

    def parse(self, names: Sequence[Sequence[str]], leaves: Sequence[Any], actions: Sequence[Action]) -> Any:
        """The value of a sentence, or `Stuck`.

        Args:
            names: the terminals that each word may be.
            leaves: the value of each word.
            actions: per production.

        Raises:
            Undefined: no reading has a value.
        """
        forest = self.forest(names)
        if isinstance(forest, Stuck):
            return forest
        return _Evaluation(forest, leaves, actions).value((START, 0, len(names)))

    def every(
        self, names: Sequence[Sequence[str]], leaves: Sequence[Any], actions: Sequence[Action], limit: int
    ) -> list[Any] | Stuck:
        """The values of up to `limit` derivations that have one, the preferred first, or `Stuck`."""
        forest = self.forest(names)
        if isinstance(forest, Stuck):
            return forest
        found: dict[Node, list[Any]] = {}
        for node in self._reachable(forest, (START, 0, len(names))):
            values = found[node] = []
            for reading in forest.readings(node, limit):
                choices = [
                    [leaves[part]] if isinstance(part, int) else found[part] for part in forest.children(reading)
                ]
                for arguments in product(*choices):
                    if len(values) == limit:
                        break
                    with suppress(Undefined):
                        values.append(actions[reading[0].index](list(arguments), node[2]))
        return found[START, 0, len(names)]

    def _reachable(self, forest: Forest, root: Node) -> list[Node]:
        """The nodes below a root, each after what it is made of."""
        nodes = {root: None}
        order = [root]
        for node in order:
            for reading in forest.readings(node, None):
                for part in forest.children(reading):
                    if isinstance(part, tuple) and part not in nodes:
                        nodes[part] = None
                        order.append(part)
        return sorted(nodes, key=lambda node: (node[2] - node[1], self.rank[node[0]]))

    def forest(self, names: Sequence[Sequence[str]]) -> Forest | Stuck:
        """Every derivation of a sentence, packed, or `Stuck`."""
        forest = Forest(self, names)
        waiting: list[dict[str, list[tuple[Production, int, int]]]] = []
        items: dict[tuple[Production, int, int], None] = dict.fromkeys((p, 0, 0) for p in self.by_head[START])
        for position in range(len(names) + 1):
            wanted: dict[str, list[tuple[Production, int, int]]] = {}
            waiting.append(wanted)
            self._close(items, wanted, waiting, forest, position)
            after: dict[tuple[Production, int, int], None] = {}
            for name in names[position] if position < len(names) else ():
                after.update(dict.fromkeys((p, dot + 1, origin) for p, dot, origin in wanted.get(name, ())))
            if not after and position < len(names):
                return Stuck(position, self._expected(wanted))
            items = after
        if (START, 0, len(names)) not in forest.productions:
            return Stuck(len(names), self._expected(waiting[-1]))
        return forest

    def _expected(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """The terminals that could stand where these symbols could begin."""
        found: dict[str, None] = {}
        for symbol in wanted:
            found.update(dict.fromkeys(self.beginning.get(symbol, [symbol])))
        found.pop("", None)
        return tuple(found)

    def _close(
        self,
        items: dict[tuple[Production, int, int], None],
        wanted: dict[str, list[tuple[Production, int, int]]],
        waiting: list[dict[str, list[tuple[Production, int, int]]]],
        forest: Forest,
        position: int,
    ) -> None:
        """Predict and complete at one position until nothing is new."""
        queue = list(items)
        seen = set(queue)
        near = ("", *forest.names[position]) if position < len(forest.names) else ("",)

        def add(item: tuple[Production, int, int]) -> None:
            if item not in seen:
                seen.add(item)
                queue.append(item)

        for item in queue:
            production, dot, origin = item
            if dot < len(production.body):
                symbol = production.body[dot]
                first = symbol not in wanted
                wanted.setdefault(symbol, []).append(item)
                if symbol in self.by_head and first:
                    by_first = self.beginning[symbol]
                    for predicted in (p for name in near for p in by_first.get(name, ())):
                        add((predicted, 0, position))
                if symbol in self.nullable:
                    add((production, dot + 1, origin))
            elif forest.complete(production, origin, position):
                for above, at, start in list(waiting[origin].get(production.head, ())):
                    add((above, at + 1, start))


@dataclass(eq=False)
class Forest:
    """What a chart found: which production derives which part of the sentence."""

    chart: Chart
    names: Sequence[Sequence[str]]
    productions: dict[Node, list[Production]] = field(default_factory=dict)
    ends: dict[tuple[str, int], list[int]] = field(default_factory=dict)

    def complete(self, production: Production, start: int, end: int) -> bool:
        """Note a completed production; whether its rule is new for this part."""
        node = (production.head, start, end)
        if node in self.productions:
            self.productions[node].append(production)
            return False
        self.productions[node] = [production]
        self.ends.setdefault((production.head, start), []).append(end)
        return True

    def readings(self, node: Node, limit: int | None = MAX_SPLITS) -> Iterator[Reading]:
        """The ways to derive a node, the preferred first, at most `limit` per production."""
        _, start, end = node
        for production in sorted(self.productions[node], key=lambda p: p.index):
            for positions in islice(self._splits(production.body, 0, start, end, set()), limit):
                yield production, positions

    def children(self, reading: Reading) -> list[Node | int]:
        """The parts of a reading: nodes, and positions of words."""
        production, positions = reading
        parts: list[Node | int] = []
        for symbol, start, end in zip(production.body, positions, positions[1:], strict=False):
            parts.append((symbol, start, end) if symbol in self.chart.by_head else start)
        return parts

    def _splits(
        self, body: tuple[str, ...], index: int, start: int, end: int, dead: set[tuple[int, int]]
    ) -> Iterator[tuple[int, ...]]:
        """The positions between the symbols of a body from `index` on; `dead` remembers failures."""
        if index == len(body):
            if start == end:
                yield (start,)
            return
        found = False
        for step in self._steps(body, index, start, end):
            if (index + 1, step) not in dead:
                for rest in self._splits(body, index + 1, step, end, dead):
                    found = True
                    yield (start, *rest)
        if not found:
            dead.add((index, start))

    def _steps(self, body: tuple[str, ...], index: int, position: int, end: int) -> Iterator[int]:
        """Where the symbol at `index` may end if it starts at `position`, the farthest first."""
        symbol = body[index]
        if symbol not in self.chart.by_head:
            fits = position < end and symbol in self.names[position]
            return iter((position + 1,) if fits else ())
        if index == len(body) - 1:
            return iter((end,) if (symbol, position, end) in self.productions else ())
        return iter(sorted((e for e in self.ends.get((symbol, position), ()) if e <= end), reverse=True))


class _Evaluation:
    """Values of nodes, each computed once, on a stack of its own."""

    def __init__(self, forest: Forest, leaves: Sequence[Any], actions: Sequence[Action]) -> None:
        self.forest, self.leaves, self.actions = forest, leaves, actions
        self.values: dict[Node, Any] = {}
        self.failures: dict[Node, Undefined] = {}

    def value(self, root: Node) -> Any:
        stack = [(root, self.forest.readings(root))]
        current: dict[Node, Reading | None] = {}
        while stack:
            node, readings = stack[-1]
            reading = current.get(node) or next(readings, None)
            if reading is None:
                self.failures.setdefault(node, Undefined("no reading has a value"))
                stack.pop()
                continue
            current[node] = reading
            below = self._missing(reading)
            if below is not None:
                stack.append((below, self.forest.readings(below)))
            elif self._settle(node, reading):
                stack.pop()
            else:
                current[node] = None
        if root not in self.values:
            raise self.failures[root]
        return self.values[root]

    def _missing(self, reading: Reading) -> Node | None:
        for part in self.forest.children(reading):
            if isinstance(part, tuple) and part not in self.values and part not in self.failures:
                return part
        return None

    def _settle(self, node: Node, reading: Reading) -> bool:
        """Try to give the node the value of this reading."""
        arguments = []
        for part in self.forest.children(reading):
            if isinstance(part, int):
                arguments.append(self.leaves[part])
            elif part in self.values:
                arguments.append(self.values[part])
            else:
                self.failures.setdefault(node, self.failures[part])
                return False
        try:
            self.values[node] = self.actions[reading[0].index](arguments, node[2])
        except Undefined as failure:
            self.failures.setdefault(node, failure)
            return False
        return True
