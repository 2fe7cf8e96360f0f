"""Grounded symbol systems as dependency trees: which word takes which as an argument.

A node is a word; its children, in the order of the sentence, are its arguments (so the order of arguments is that of
the words, not of attachment). How many arguments a word takes is not fixed: a word owns a set of arities.
(Neural-Symbolic Recursive Machine, "Grounded symbol system".)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from nesy.derivation import Derivation

ROOT = -1
"""The head of the word that has none."""

LEFT, RIGHT, SHIFT = range(3)
"""The actions of an arc-standard parser: the top of the stack takes the second as an argument, or the second the top,
or the next word is put on the stack."""


@dataclass(frozen=True)
class Dependency:
    """A tree over the words 0 .. n-1.

    Attributes:
        heads: per word the word that takes it as an argument; `ROOT` for exactly one.
    """

    heads: tuple[int, ...]

    @property
    def root(self) -> int:
        return self.heads.index(ROOT)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """Per word its arguments, in the order of the sentence."""
        found: list[list[int]] = [[] for _ in self.heads]
        for word, head in enumerate(self.heads):
            if head != ROOT:
                found[head].append(word)
        return tuple(map(tuple, found))

    def upwards(self) -> Iterator[int]:
        """The words, each after its arguments."""
        order = [self.root]
        for word in order:
            order.extend(self.children[word])
        return reversed(order)

    def actions(self) -> list[int] | None:
        """The arc-standard actions that build the tree, arcs as early as possible (the static oracle); None where the
        tree is not projective.
        """
        waiting = [len(children) for children in self.children]
        stack: list[int] = []
        actions: list[int] = []
        front = 0
        while front < len(self.heads) or len(stack) > 1:
            if len(stack) > 1 and self.heads[stack[-2]] == stack[-1] and not waiting[stack[-2]]:
                actions.append(LEFT)
                waiting[stack[-1]] -= 1
                del stack[-2]
            elif len(stack) > 1 and self.heads[stack[-1]] == stack[-2] and not waiting[stack[-1]]:
                actions.append(RIGHT)
                waiting[stack[-2]] -= 1
                del stack[-1]
            elif front < len(self.heads):
                actions.append(SHIFT)
                stack.append(front)
                front += 1
            else:
                return None
        return actions


def follow(actions: Iterable[int], length: int) -> Dependency:
    """The tree that a complete sequence of actions builds over so many words."""
    heads = [ROOT] * length
    stack: list[int] = []
    front = 0
    for action in actions:
        if action == SHIFT:
            stack.append(front)
            front += 1
        elif action == LEFT:
            heads[stack.pop(-2)] = stack[-1]
        else:
            word = stack.pop()
            heads[word] = stack[-1]
    return Dependency(tuple(heads))


def of_derivation(derivation: Derivation) -> Dependency:
    """A derivation as a dependency tree: the first of a node's own words takes the others and the parts as arguments.

    A node without a word of its own is headed by its first part. Words that the language ignores hang on the root.
    """
    heads = [ROOT] * len(derivation.words)
    top: dict[Derivation, int] = {}
    for node in reversed(list(derivation.nodes())):
        if not node.children:
            top[node] = node.start - derivation.start
            continue
        own = [child for child in node.children if not child.children and child.value is None]
        head = top[node] = top[(own or node.children)[0]]
        for child in node.children:
            if top[child] != head:
                heads[top[child]] = head
    root = top[derivation]
    return Dependency(tuple(root if head == ROOT and word != root else head for word, head in enumerate(heads)))


def arities(trees: Iterable[tuple[Sequence[str], Dependency]]) -> dict[str, frozenset[int]]:
    """Per word the numbers of arguments with which it occurs."""
    found: dict[str, set[int]] = {}
    for words, tree in trees:
        for word, children in zip(words, tree.children, strict=True):
            found.setdefault(word, set()).add(len(children))
    return {word: frozenset(counts) for word, counts in found.items()}
