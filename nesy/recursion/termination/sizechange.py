"""The size-change principle (Lee, Jones and Ben-Amram, POPL 2001).

A *size-change graph* of a call from f to g has an arc from parameter i of f to parameter j of g where the value that
g is given for j does not exceed the one that f was given for i; the arc is strict where it is smaller. A sequence of
calls, each from the function that the one before called, is a *multipath*; connected arcs along it are a thread.

If every infinite multipath has a thread with infinitely many strict arcs then no infinite sequence of calls exists,
because sizes are well-founded. The compositions of multipaths are finitely many graphs, their *closure*, and it is
enough that every idempotent graph in it from a function to itself has a strict arc from a parameter to itself
(their theorem 4).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

Site = TypeVar("Site")

LIMIT = 6_000
"""Compositions that a closure may take before the question stays open."""


class Undecided(Exception):
    """The closure takes more compositions than are allowed."""


@dataclass(frozen=True)
class Graph:
    """A size-change graph.

    Attributes:
        arcs: (i, j, whether it is strict), at most one for every i and j.
    """

    arcs: frozenset[tuple[int, int, bool]]

    def __matmul__(self, other: Graph) -> Graph:
        """The composition, this call first: an arc is strict if one of its two parts is."""
        strict: dict[tuple[int, int], bool] = {}
        for i, j, first in self.arcs:
            for middle, k, second in other.arcs:
                if middle == j:
                    strict[i, k] = strict.get((i, k), False) or first or second
        return Graph(frozenset((i, k, s) for (i, k), s in strict.items()))

    def __le__(self, other: Graph) -> bool:
        """Whether the other one has all its arcs, strict where they are strict here."""
        return all(arc in other.arcs or (not arc[2] and (*arc[:2], True) in other.arcs) for arc in self.arcs)

    @cached_property
    def descends(self) -> bool:
        """Whether a power of it, and so the idempotent one, has a strict arc from a parameter to itself."""
        power, seen = self, set[Graph]()
        while power not in seen:
            if any(i == j and strict for i, j, strict in power.arcs):
                return True
            seen.add(power)
            power = power @ self
        return False


@dataclass(frozen=True, slots=True)
class Step(Generic[Site]):
    """A call site with its size-change graph."""

    source: str
    target: str
    graph: Graph
    site: Site


@dataclass(frozen=True, slots=True)
class Multipath(Generic[Site]):
    """Calls that follow each other, and the composition of their graphs."""

    steps: tuple[Step[Site], ...]
    graph: Graph

    @property
    def ends(self) -> tuple[str, str]:
        """The function that makes the first call, and the one that the last call is of."""
        return self.steps[0].source, self.steps[-1].target


def closure(steps: Iterable[Step[Site]]) -> Iterator[Multipath[Site]]:
    """The multipaths, the shortest first, without those whose graph has all arcs of another one between its ends.

    What is left out descends if the other one does, and so do its extensions (Fogarty and Vardi, "Efficient Büchi
    universality checking", 2010).

    Raises:
        Undecided: more than `LIMIT` compositions.
    """
    following: dict[str, list[Step[Site]]] = {}
    for step in steps:
        following.setdefault(step.source, []).append(step)
    queue = deque(Multipath((step,), step.graph) for own in following.values() for step in own)
    found: dict[tuple[str, str], list[Graph]] = {}
    compositions = 0
    while queue:
        path = queue.popleft()
        least = found.setdefault(path.ends, [])
        if any(graph <= path.graph for graph in least):
            continue
        least[:] = [graph for graph in least if not path.graph <= graph] + [path.graph]
        yield path
        extensions = following.get(path.ends[1], ())
        compositions += len(extensions)
        if compositions > LIMIT:
            raise Undecided
        queue.extend(Multipath((*path.steps, step), path.graph @ step.graph) for step in extensions)


def undescending(steps: Iterable[Step[Site]]) -> dict[str, Multipath[Site]]:
    """Per function that has one: a shortest multipath from it to itself along which no argument gets ever smaller.

    Raises:
        Undecided: as `closure`.
    """
    found: dict[str, Multipath[Site]] = {}
    for path in closure(steps):
        source, target = path.ends
        if source == target and not path.graph.descends:
            found.setdefault(source, path)
    return found
