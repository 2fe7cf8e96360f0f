"""Strongly connected components of a graph: the groups of definitions that refer to each other."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def components(successors: Mapping[Node, Collection[Node]]) -> list[list[Node]]:
    """The components, each one after those that it leads to (Tarjan 1972); successors that are no key are left out."""
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    open_: dict[Node, None] = {}  # the nodes of components that are not complete, in the order of the visit
    found: list[list[Node]] = []
    for root in successors:
        if root in index:
            continue
        path: list[tuple[Node, Iterator[Node]]] = []

        def enter(node: Node, path: list[tuple[Node, Iterator[Node]]] = path) -> None:
            index[node] = low[node] = len(index)
            open_[node] = None
            path.append((node, iter(successors[node])))

        enter(root)
        while path:
            node, rest = path[-1]
            for other in rest:
                if other in successors and other not in index:
                    enter(other)
                    break
                if other in open_:
                    low[node] = min(low[node], index[other])
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    low[above] = min(low[above], low[node])
                if low[node] == index[node]:
                    found.append(_closed(node, open_))
    return found


def _closed(first: Node, open_: dict[Node, None]) -> list[Node]:
    """Takes a component, which ends with the node that was visited first, off the open nodes."""
    component: list[Node] = []
    while not component or component[-1] != first:
        component.append(open_.popitem()[0])
    return component[::-1]
