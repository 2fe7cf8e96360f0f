"""Terms as graphs for PyTorch Geometric: a node for each part of a value, an edge from each part to those inside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch_geometric.data import Data

from nesy.errors import InputError
from nesy.quoting import capitalised
from nesy.recursion.data.encode import OPEN
from nesy.recursion.definitions import Definitions
from nesy.terms import Term, Value, parts, read_term, show


def constructor_ids(definitions: Definitions, constants: Sequence[Value] = ()) -> dict[str, int]:
    """Numbers for the constructors of a program, sequences (``[``), truth values and further constants."""
    tokens = [*definitions.declarations.constructors, OPEN, "false", "true"]
    tokens += map(show, constants)
    return {token: number for number, token in enumerate(dict.fromkeys(tokens))}


def term_graph(value: Value, ids: Mapping[str, int]) -> Data:
    """The graph of a value; nodes stand outside before inside, left to right, so node 0 is the value itself.

    Args:
        ids: of `constructor_ids`.

    Returns:
        `x` (n, 1): the constructor's number; an integer or string has its own.
        `edge_index` (2, n - 1): from the outer part to the inner one.
        `edge_attr` (n - 1, 1): which argument the inner one is, 0 for the first.

    Raises:
        InputError: a part has no number.
    """
    nodes: list[int] = []
    edges: list[tuple[int, int]] = []
    places: list[int] = []
    stack: list[tuple[Value, int, int]] = [(value, -1, 0)]
    while stack:
        part, parent, place = stack.pop()
        node = len(nodes)
        nodes.append(_id(part, ids))
        if parent >= 0:
            edges.append((parent, node))
            places.append(place)
        stack.extend((inner, node, i) for i, inner in reversed([*enumerate(parts(part))]))
    return Data(
        x=torch.tensor(nodes).unsqueeze(1),
        edge_index=torch.tensor(edges, dtype=torch.long).reshape(-1, 2).t().contiguous(),
        edge_attr=torch.tensor(places, dtype=torch.long).unsqueeze(1),
    )


def graph_term(graph: Data, ids: Mapping[str, int]) -> Value:
    """The value of a graph that `term_graph` made.

    Raises:
        InputError: it is none of a tree.
    """
    tokens = {number: token for token, number in ids.items()}
    inside: list[list[tuple[int, int]]] = [[] for _ in range(graph.num_nodes or 0)]
    for (parent, node), place in zip(graph.edge_index.t().tolist(), graph.edge_attr[:, 0].tolist(), strict=True):
        if not parent < node < len(inside):
            raise InputError(f"an edge from node {parent} to {node}", expected="outer parts before inner ones")
        inside[parent].append((place, node))
    values: dict[int, Value] = {}
    for node in reversed(range(len(inside))):
        token = tokens.get(int(graph.x[node, 0]))
        if token is None:
            raise InputError(f"the number {int(graph.x[node, 0])} of no constructor")
        arguments = tuple(values.pop(child) for _, child in sorted(inside[node]))
        values[node] = _value(token, arguments)
    if set(values) != {0}:
        raise InputError(f"a graph of {len(values)} trees", expected="one tree")
    return values[0]


def _id(part: Value, ids: Mapping[str, int]) -> int:
    token = part.name if isinstance(part, Term) else OPEN if isinstance(part, tuple) else show(part)
    if token not in ids:
        raise InputError(f"{token} has no number", mend="hand it to constructor_ids as a constant")
    return ids[token]


def _value(token: str, arguments: tuple[Value, ...]) -> Value:
    if token == OPEN:
        return arguments
    return Term(token, arguments) if capitalised(token) else read_term(token)
