"""Other attachments: the readings that a sentence has when precedence is not binding, by how many parts moved.

Rules that hand each other on (``?sum: product | ...``) only order what may stand where; taken as one rule they
derive every way to put the same constructions together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import networkx as nx

from nesy.abduction.trees import Deduction, Sentence, Tree
from nesy.errors import NesyError
from nesy.lang.chart import Chart, Forest, Node
from nesy.lang.grammar import START, Production, unit_order
from nesy.lang.lalr import Stuck

LONGEST = 40
"""Sentences with more words are read as the language reads them."""

Span = tuple[int, int]
Skeleton = tuple[Production, tuple["Skeleton | int", ...], int]
"""A tree without values: production, parts, end."""


class Attachments:
    """The readings of sentences beside the one that a language prefers."""

    def __init__(self, deduction: Deduction) -> None:
        self.deduction = deduction

    def others(self, sentence: Sentence, preferred: Tree) -> Iterator[tuple[int, Tree]]:
        """Other trees of the same words that have a value, each with how many of its parts moved, in that order.

        A part has moved if no part of the preferred tree has the same words. Where none has (the same words, combined
        by other productions) one is counted.
        """
        forest = self.chart.forest(sentence.names) if len(sentence.names) <= LONGEST else None
        if forest is None or isinstance(forest, Stuck):
            return
        counted = Counted(forest, frozenset((node.start, node.end) for node in preferred.nodes()))
        same = _shape(preferred)
        for moved in range(counted.most((START, 0, len(sentence.names))) + 1):
            for skeleton in counted.trees((START, 0, len(sentence.names)), moved):
                tree = self.valued(sentence, skeleton)
                if isinstance(tree, Tree) and (moved or _shape(tree) != same):
                    yield max(1, moved), tree

    @cached_property
    def chart(self) -> Chart:
        """The parser of the grammar in which each family of rules that hand each other on is one rule."""
        grammar = self.deduction.language.grammar
        units = [p for p in grammar.productions if self.deduction.hands_on(p)]
        family: dict[str, str] = {}
        for group in nx.connected_components(nx.Graph((p.head, p.body[0]) for p in units)):
            family.update(dict.fromkeys(group, START if START in group else min(group)))

        def merged(p: Production) -> Production:
            return replace(p, head=family.get(p.head, p.head), body=tuple(family.get(s, s) for s in p.body))

        productions = tuple(merged(p) for p in grammar.productions if p not in units)
        _, cyclic = unit_order(productions)
        return Chart(grammar if cyclic is not None else replace(grammar, productions=productions))

    def valued(self, sentence: Sentence, skeleton: Skeleton | int) -> Tree | int | None:
        """A skeleton as a tree with values; None where some part has none."""
        if isinstance(skeleton, int):
            return skeleton
        production, parts, end = skeleton
        built = [self.valued(sentence, part) for part in parts]
        known = tuple(part for part in built if part is not None)
        if len(known) < len(built):
            return None
        original = self.deduction.language.grammar.productions[production.index]
        if self.deduction.hands_on(original):
            return known[0]
        try:
            return self.deduction.node(sentence, original, known, end)
        except NesyError:
            return None


@dataclass(eq=False)
class Counted:
    """The trees of a forest by how many of their parts are not among the `known` ones."""

    forest: Forest
    known: frozenset[Span]
    _bounds: dict[Node, tuple[int, int]] = field(default_factory=dict)

    def trees(self, node: Node, moved: int) -> Iterator[Skeleton]:
        """The trees of a node with this many parts moved."""
        for reading in self.forest.readings(node, None):
            children = self.forest.children(reading)
            for parts in self.sequences(children, moved - self.own(node, children)):
                yield reading[0], parts, node[2]

    def sequences(self, parts: Sequence[Node | int], moved: int) -> Iterator[tuple[Skeleton | int, ...]]:
        """The ways to derive parts with this many moved among them."""
        if not parts:
            if moved == 0:
                yield ()
            return
        first, rest = parts[0], parts[1:]
        if isinstance(first, int):
            yield from ((first, *others) for others in self.sequences(rest, moved))
            return
        least, most = self.bounds(first)
        rest_least = sum(self.bounds(part)[0] for part in rest if not isinstance(part, int))
        for here in range(least, min(most, moved - rest_least) + 1):
            for tree in self.trees(first, here):
                yield from ((tree, *others) for others in self.sequences(rest, moved - here))

    def own(self, node: Node, children: Sequence[Node | int]) -> int:
        """Whether a node moved and no child is to be counted for the same words."""
        _, start, end = node
        inside = any(not isinstance(child, int) and child[1:] == (start, end) for child in children)
        return int(start < end and (start, end) not in self.known and not inside)

    def most(self, node: Node) -> int:
        """The largest number of parts that a tree of a node moves."""
        return self.bounds(node)[1]

    def bounds(self, node: Node) -> tuple[int, int]:
        """The least and the largest number of parts that a tree of a node moves."""
        if node not in self._bounds:
            sums = []
            for reading in self.forest.readings(node, None):
                children = self.forest.children(reading)
                own = self.own(node, children)
                below = [self.bounds(child) for child in children if not isinstance(child, int)]
                sums.append((own + sum(low for low, _ in below), own + sum(high for _, high in below)))
            self._bounds[node] = min(low for low, _ in sums), max(high for _, high in sums)
        return self._bounds[node]


def _shape(tree: Tree) -> list[tuple[str, int, int]]:
    return [(node.production.clause, node.start, node.end) for node in tree.nodes()]
