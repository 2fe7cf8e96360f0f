"""Strongly connected components of a graph: the groups of definitions that refer to each other."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import TypeVar

import networkx

Node = TypeVar("Node", bound=Hashable)


def components(successors: Mapping[Node, Collection[Node]]) -> list[list[Node]]:
    """The components, each one after those that it leads to; successors that are no key are left out.

    Nodes that nothing else orders stand in the order of the keys.
    """
    place = {node: position for position, node in enumerate(successors)}
    graph = networkx.DiGraph()
    graph.add_nodes_from(successors)
    graph.add_edges_from((node, other) for node in successors for other in successors[node] if other in place)
    groups = networkx.condensation(graph)
    members = {group: sorted(groups.nodes[group]["members"], key=place.__getitem__) for group in groups}
    ordered = networkx.lexicographical_topological_sort(groups.reverse(), key=lambda group: place[members[group][0]])
    return [members[group] for group in ordered]
