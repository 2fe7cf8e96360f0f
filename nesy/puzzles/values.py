"""What the names of a puzzle may stand for while it is grounded, apart from variables.

Integers, truth values and names are Python's `int`, `bool` and `str`; a tuple is a `tuple`; a set is a `range`,
an `Items` or a `Graph`; a table is a `Mapping`.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from nesy.errors import InputError
from nesy.numerals import integer
from nesy.puzzles.model import Value

Data: TypeAlias = Any
"""int | bool | str | tuple | range | Items | Graph | Mapping."""

MAX_INTEGER = 1 << 60


@dataclass(frozen=True)
class Items:
    """A set, in the order in which it was written."""

    values: tuple[Data, ...]

    @classmethod
    def of(cls, values: Iterable[Data]) -> Items:
        """The set of the values, each once."""
        return cls(tuple(dict.fromkeys(values)))

    @cached_property
    def members(self) -> frozenset[Data]:
        """The values, for fast membership."""
        return frozenset(self.values)


@dataclass(frozen=True)
class Graph:
    """The set of the edges of a graph, and its nodes.

    Attributes:
        edges: pairs of nodes.
        nodes: all of them, isolated ones too.
    """

    edges: tuple[tuple[Data, Data], ...]
    nodes: tuple[Data, ...]

    @cached_property
    def members(self) -> frozenset[Data]:
        """The edges, for fast membership."""
        return frozenset(self.edges)

    @classmethod
    def of(cls, edges: Iterable[Data], nodes: Iterable[Data] = ()) -> Graph:
        """The graph with these edges and, besides their ends, these nodes."""
        edges = tuple(edges)
        return cls(edges, tuple(dict.fromkeys([*nodes, *(end for edge in edges for end in edge[:2])])))


def data(value: object, what: str) -> Data:
    """A Python object as the value of a parameter: numbers, strings, sequences, sets, dicts and networkx graphs.

    Args:
        what: the parameter's name, for messages.

    Raises:
        InputError: an object of another kind.
    """
    match value:
        case bool() | str():
            return value
        case range() | Items() | Graph():
            return value
        case list() | tuple():
            return tuple(data(item, what) for item in value)
        case set() | frozenset():
            return Items.of(sorted((data(item, what) for item in value), key=order))
        case Mapping():
            return {key(own, what): data(item, what) for own, item in value.items()}
    if hasattr(value, "nodes") and hasattr(value, "edges"):  # networkx, without importing it
        pairs = [(edge[0], edge[1]) for edge in value.edges]
        return Graph.of(data(pairs, what), data(list(value.nodes), what))
    try:
        return small(operator.index(value))  # type: ignore[arg-type]
    except (TypeError, OverflowError):
        kind = type(value).__name__
        expected = "integers, names, sequences, sets, dicts or a networkx graph"
        raise InputError(f"{what} holds a {kind}: {value!r:.40}", expected=expected) from None


def small(number: int) -> int:
    """The number itself.

    Raises:
        OverflowError: it is beyond what solvers compute with.
    """
    if not -MAX_INTEGER < number < MAX_INTEGER:
        raise OverflowError(f"a number beyond {MAX_INTEGER:,}")
    return number


def word(text: str) -> Value:
    """What a word of an instance stands for: an integer where it is one, else a name."""
    number = integer(text)
    return text if number is None or abs(number) >= MAX_INTEGER else number


def elements(value: Data) -> Collection[Data] | None:
    """What a collection holds, a table's keys; None for what is none."""
    match value:
        case tuple() | range():
            return value
        case Items(values):
            return values
        case Graph(edges):
            return edges
        case Mapping():
            return list(value)
    return None


def contains(value: Data, item: Data) -> bool:
    """Whether a collection holds the item."""
    match value:
        case range():
            return type(item) is int and item in value
        case Items() | Graph():
            return item in value.members
    return item in value


def order(value: Data) -> tuple[bool, Any, str]:
    """A sorting key for data of any kind: numbers first, then by their text."""
    return (type(value) is not int, value if type(value) is int else 0, write(value))


def write(value: Data) -> str:
    """The value for messages and labels."""
    match value:
        case bool():
            return "true" if value else "false"
        case range():
            return f"{value.start}..{value.stop - 1}"
        case tuple():
            return f"({', '.join(map(write, value))})"
        case Items(values):
            return "{" + ", ".join(map(write, values)) + "}"
        case Graph(edges):
            return "{" + ", ".join(map(write, edges)) + "}"
        case Mapping():
            return "{" + ", ".join(f"{write(key)}: {write(item)}" for key, item in value.items()) + "}"
    return str(value)


def flat(index: Iterable[Data]) -> tuple[Data, ...]:
    """An index without the parentheses inside: ``((1, 2), 3)`` is ``(1, 2, 3)``."""
    found: list[Data] = []
    for part in index:
        found.extend(flat(part) if isinstance(part, tuple) else [part])
    return tuple(found)


def key(index: object, what: str) -> Data:
    """A key of a dict; in text, which is all that JSON has, ``"1, 2"`` is a pair and ``"3"`` a number."""
    if not isinstance(index, str):
        return data(index, what)
    parts = [word(part.strip().strip("\"'")) for part in index.strip("()[] ").split(",")]
    return tuple(parts) if len(parts) > 1 else parts[0]
