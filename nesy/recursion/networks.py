"""Programs and terms as networkx graphs, and terms back from them."""

from __future__ import annotations

from typing import Any

import networkx

from nesy.errors import InputError
from nesy.machine.expressions import calls
from nesy.recursion.definitions import Definitions
from nesy.terms import Term


def call_graph(definitions: Definitions) -> networkx.DiGraph:
    """Which function calls which, or hands it on; an edge holds the lines of the clauses (`lines`)."""
    graph = networkx.DiGraph()
    graph.add_nodes_from((*definitions.functions, *definitions.learned))
    for name, clauses in definitions.functions.items():
        for clause in clauses:
            inside = [*calls(clause.body), *(calls(clause.guard) if clause.guard is not None else ())]
            for called in dict.fromkeys(inside):
                if called in graph:
                    graph.add_edge(name, called)
                    graph.edges[name, called].setdefault("lines", []).append(clause.line)
    return graph


def term_graph(value: Any) -> networkx.DiGraph:
    """A tree with a node per constructor, constant and sequence, numbered from the root (0) on.

    A node's `label` is the constructor's name or the constant, its `kind` one of ``term``, ``constant`` and
    ``sequence``; an edge's `position` is the argument's place.
    """
    graph = networkx.DiGraph()
    stack: list[tuple[Any, int | None, int]] = [(value, None, 0)]
    while stack:
        part, parent, position = stack.pop()
        node = graph.number_of_nodes()
        if isinstance(part, Term):
            graph.add_node(node, kind="term", label=part.name)
            below = part.arguments
        elif isinstance(part, tuple):
            graph.add_node(node, kind="sequence", label="[]")
            below = part
        else:
            graph.add_node(node, kind="constant", label=part)
            below = ()
        if parent is not None:
            graph.add_edge(parent, node, position=position)
        stack.extend((inside, node, k) for k, inside in reversed(list(enumerate(below))))
    return graph


def term_of(graph: networkx.DiGraph) -> Any:
    """The value of a tree as `term_graph` makes it, whatever its nodes are called.

    Raises:
        InputError: the graph is no tree, or a node says not what it is.
    """
    if not graph or not networkx.is_arborescence(graph):
        raise InputError(f"a graph of {len(graph)} nodes that is no tree", expected="a tree with edges from the root")
    (root,) = (node for node, degree in graph.in_degree() if degree == 0)
    values: dict[Any, Any] = {}
    for node in networkx.dfs_postorder_nodes(graph, root):
        below = sorted(graph.successors(node), key=lambda child: graph.edges[node, child].get("position", 0))
        arguments = tuple(values.pop(child) for child in below)
        label, kind = graph.nodes[node].get("label"), graph.nodes[node].get("kind", "term")
        if kind == "term" and isinstance(label, str):
            values[node] = Term(label, arguments)
        elif kind == "sequence":
            values[node] = arguments
        elif kind == "constant" and isinstance(label, int | str) and not arguments:
            values[node] = label
        else:
            raise InputError(f"the node {node!r} with kind {kind!r} and label {label!r}", expected="as term_graph says")
    return values[root]
