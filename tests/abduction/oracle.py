"""Brute force for abduction: every word sequence, every tree, every node, over operators and constants."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from nesy.errors import NesyError
from nesy.lang.language import Language
from nesy.machine.values import Value

Tree = tuple  # (start, end, function, *children); the function of brackets is None


@dataclass(frozen=True, eq=False)
class Toy:
    """A language with its operators said once more, in Python."""

    language: Language
    constants: dict[str, Value]
    infix: dict[str, Callable[..., Value]]
    postfix: dict[str, Callable[..., Value]]
    brackets: bool
    assumable: Callable[[Value], list[Value]]  # from an answer to all values that a node might have to have

    @property
    def words(self) -> list[str]:
        return [*self.constants, *self.infix, *self.postfix, *(["(", ")"] if self.brackets else [])]

    def trees(self, words: tuple[str, ...], start: int, end: int) -> Iterator[Tree]:
        """Every way to put a part of a sentence together, whatever the precedence."""
        if end - start == 1 and words[start] in self.constants:
            value = self.constants[words[start]]
            yield (start, end, lambda: value)
        if end - start > 1 and words[end - 1] in self.postfix:
            for inner in self.trees(words, start, end - 1):
                yield (start, end, self.postfix[words[end - 1]], inner)
        if self.brackets and end - start > 2 and words[start] == "(" and words[end - 1] == ")":
            for inner in self.trees(words, start + 1, end - 1):
                yield (start, end, None, inner)
        for at in range(start + 1, end - 1):
            if words[at] in self.infix:
                for left, right in product(self.trees(words, start, at), self.trees(words, at + 1, end)):
                    yield (start, end, self.infix[words[at]], left, right)

    @cache  # noqa: B019 - two toys live as long as the tests
    def sentences(self, length: int) -> list[tuple[tuple[str, ...], list[tuple[int, Tree]]]]:
        """The sentences of a length, each with its trees and how many parts of them moved."""
        found = []
        for words in product(self.words, repeat=length):
            trees = list(self.trees(words, 0, length))
            if trees:
                found.append((words, [(self.moved(words, tree), tree) for tree in trees]))
        return found

    def moved(self, words: tuple[str, ...], tree: Tree) -> int:
        try:
            known = {(node.start, node.end) for node in self.language.parse(words).nodes()}
        except NesyError:
            return 0
        return len({node[:2] for node in nodes(tree)} - known)

    def cheapest(self, costs: np.ndarray, answer: Value, levels: set[str], attachment: float, meaning: float) -> float:
        """The least cost of a repair; infinite where there is none."""
        best = math.inf
        number = {word: k for k, word in enumerate(self.words)}
        read = tuple(self.words[k] for k in costs.argmin(axis=1))
        for words, trees in self.sentences(len(costs)):
            if "symbol" not in levels and words != read:
                continue
            symbols = float(sum(costs[place, number[word]] for place, word in enumerate(words)))
            for moved, tree in trees:
                cost = symbols + attachment * moved
                if cost >= best or (moved and "attachment" not in levels):
                    continue
                if value(tree) == answer:
                    best = cost
                elif "meaning" in levels and cost + meaning < best:
                    supposed = (value(tree, node, v) for node in nodes(tree) if node[2] for v in self.assumable(answer))
                    if any(v == answer for v in supposed):
                        best = cost + meaning
        return best


def nodes(tree: Tree) -> Iterator[Tree]:
    yield tree
    for child in tree[3:]:
        yield from nodes(child)


def value(tree: Tree, assumed: Tree | None = None, v: Value = ()) -> Value:
    if tree is assumed:
        return v
    _, _, function, *children = tree
    values = [value(child, assumed, v) for child in children]
    return function(*values) if function else values[0]


ARITHMETIC = Toy(
    Language.load(
        "sums",
        text="""
%grammar
?start: sum
?sum: product | sum "+" product -> plus
?product: atom | product "*" atom -> times
?atom: "1" -> one | "2" -> two | "3" -> three | "(" sum ")"
%semantics
plus(a, b) = a + b
times(a, b) = a * b
one = 1
two = 2
three = 3
%domain
values: integers
""",
    ),
    {"1": 1, "2": 2, "3": 3},
    {"+": lambda a, b: a + b, "*": lambda a, b: a * b},
    {},
    True,
    lambda answer: list(range(-90, 91)),
)

SEQUENCES = Toy(
    Language.load(
        "moves",
        text="""
%grammar
?start: s
s: s "and" s -> both
 | s "twice" -> twice
 | "a" -> a
 | "b" -> b
%semantics
both(x, y) = x ++ y
twice(x) = x ++ x
a = [A]
b = [B]
%domain
values: sequences
""",
    ),
    {"a": ("A",), "b": ("B",)},
    {"and": lambda x, y: x + y},
    {"twice": lambda x: x + x},
    False,
    lambda answer: [answer[i:j] for i in range(len(answer) + 1) for j in range(i, len(answer) + 1)],
)
