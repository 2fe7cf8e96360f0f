"""A puzzle as the values view that `graphs.ValueNetwork` reads: one node per variable and value, pooled per rule."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from graphs.relational.constraint_graph import VARIABLE, ConstraintGraph, Pools
from nesy.errors import InputError
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import AllDifferent, Constraint, Count, Element, Linear, Model, Product, Table, Value

CHANNELS = 3
"""Input of a node: its value is given; it is ruled out by what is given; its variable is open."""

MAX_MEMBERSHIPS = 20_000_000

Member: TypeAlias = tuple[int, tuple[float, ...]]
"""A node and its features."""

Nodes: TypeAlias = list[dict[Value, int]]
"""Per variable the node of each value."""

_NAMES = {"<=": "at_most", ">=": "at_least", "=": "equal", "!=": "unequal"}
_GRAPHS: WeakKeyDictionary[Model, ConstraintGraph] = WeakKeyDictionary()


def graph(model: Model) -> ConstraintGraph:
    """The graph of a model, made once.

    Node ``first[v] + i`` stands for value i of variable v. Relations:

    - ``variable``: the values of one variable; exactly one holds.
    - ``permutation``, ``different``: an all-different rule's nodes of one value; exactly one, or at most one, holds.
    - ``row``, ``no_row``: the nodes of one row of a table.
    - ``element``: index, value and array node of one key and one value.
    - ``linear_*``, ``product_*``, ``count_*``: all nodes that contribute, with their share of what is possible and the
      bound.

    Raises:
        InputError: more than `MAX_MEMBERSHIPS` memberships.
    """
    if model not in _GRAPHS:
        _GRAPHS[model] = _build(model)
    return _GRAPHS[model]


def inputs(instances: Sequence[Instance]) -> Tensor:
    """(n, b, `CHANNELS`): what is given of instances of one model."""
    model = instances[0].model
    columns = []
    for instance in instances:
        rows = []
        for mask, values in zip(instance.domains, model.domains, strict=True):
            fixed = mask.bit_count() == 1
            rows += [_input(bool(mask >> i & 1), fixed) for i in range(len(values))]
        columns.append(rows)
    return torch.tensor(columns, dtype=torch.float32).transpose(0, 1).contiguous()


def firsts(model: Model) -> list[int]:
    """Per variable its first node, and the number of nodes at the end."""
    first = [0]
    for values in model.domains:
        first.append(first[-1] + len(values))
    return first


def _input(possible: bool, fixed: bool) -> tuple[float, float, float]:
    return (float(possible and fixed), float(not possible), float(possible and not fixed))


def _build(model: Model) -> ConstraintGraph:
    first = firsts(model)
    node: Nodes = [
        {value: start + i for i, value in enumerate(d)} for start, d in zip(first, model.domains, strict=False)
    ]
    pools: dict[str, list[list[Member]]] = {VARIABLE: [[_member(n) for n in nodes.values()] for nodes in node]}
    size = first[-1]
    for rule in model.rules:
        for relation, members in _pools(rule.constraint, node):
            pools.setdefault(relation, []).append(members)
            size += len(members)
        if size > MAX_MEMBERSHIPS:
            raise InputError(
                f"the puzzle {model.name} has more than {MAX_MEMBERSHIPS:,} places where values meet in rules",
                expected="a smaller puzzle",
                mend="solve it without a network",
            )
    variable = torch.repeat_interleave(torch.tensor([len(d) for d in model.domains]))
    relations = {name: _tensors(found, first[-1]) for name, found in pools.items()}
    return ConstraintGraph(variable, relations, len(model.domains))


def _tensors(pools: list[list[Member]], num_nodes: int) -> Pools:
    members = torch.tensor([node for pool in pools for node, _ in pool], dtype=torch.long)
    sizes = torch.tensor([len(pool) for pool in pools])
    features = [feature for pool in pools for _, feature in pool]
    tensor = torch.tensor(features, dtype=torch.float32) if features and features[0] else None
    return Pools.build(members, torch.repeat_interleave(sizes), num_nodes, tensor)


def _pools(constraint: Constraint, node: Nodes) -> Iterator[tuple[str, list[Member]]]:
    """The pools of one rule, each with its relation."""
    match constraint:
        case AllDifferent():
            yield from _different(constraint, node)
        case Table(scope, rows, negated):
            for row in sorted(rows, key=str):
                members = [_member(node[v][value]) for v, value in zip(scope, row, strict=True) if value in node[v]]
                if len(members) == len(scope):
                    yield "no_row" if negated else "row", members
        case Element():
            yield from _element(constraint, node)
        case Count(scope, values, comparator, bound):
            counted = [_member(n, bound / len(scope)) for v in scope for value, n in node[v].items() if value in values]
            if counted:
                yield f"count_{_NAMES[comparator]}", counted
        case Linear(scope, coefficients, comparator, bound):
            terms = [
                {n: float(c * _number(value)) for value, n in node[v].items()}
                for v, c in zip(scope, coefficients, strict=True)
            ]
            yield f"linear_{_NAMES[comparator]}", _shares(terms, bound)
        case Product(scope, comparator, bound):
            logs = [{n: math.log1p(abs(_number(value))) for value, n in node[v].items()} for v in scope]
            yield f"product_{_NAMES[comparator]}", _shares(logs, math.log1p(abs(bound)))


def _different(constraint: AllDifferent, node: Nodes) -> Iterator[tuple[str, list[Member]]]:
    offsets = constraint.offsets or (0,) * len(constraint.scope)
    meeting: dict[Value, list[Member]] = {}
    for v, offset in zip(constraint.scope, offsets, strict=True):
        for value, n in node[v].items():
            meeting.setdefault(_number(value) + offset if offset else value, []).append(_member(n))
    relation = "permutation" if len(meeting) == len(constraint.scope) else "different"
    yield from ((relation, members) for members in meeting.values() if len(members) > 1)


def _element(constraint: Element, node: Nodes) -> Iterator[tuple[str, list[Member]]]:
    index, value, *array = constraint.scope
    for key, v in zip(constraint.keys, array, strict=True):
        for found, n in node[v].items():
            if key in node[index] and found in node[value]:
                chosen = [_member(node[index][key], 1.0, 0.0, 0.0), _member(node[value][found], 0.0, 1.0, 0.0)]
                yield "element", [*chosen, _member(n, 0.0, 0.0, 1.0)]


def _shares(terms: list[dict[int, float]], bound: float) -> list[Member]:
    """Per node its share of the range of the sum, beside the bound's place in that range."""
    low = sum(min(term.values()) for term in terms)
    width = sum(max(term.values()) for term in terms) - low or 1.0
    slack = (bound - low) / width
    return [_member(n, (value - min(term.values())) / width, slack) for term in terms for n, value in term.items()]


def _member(node: int, *features: float) -> Member:
    return node, features


def _number(value: Value) -> int:
    if isinstance(value, str):
        raise TypeError(f"{value!r} in arithmetic; expected an integer")
    return value
