"""Graphs of networkx and PyG as the tensors that this package works on, and back.

    graph = Graph.from_networkx(networkx.karate_club_graph())
    split = split_links(graph.edge_index, graph.num_nodes, directed=graph.directed)

Shapes: n nodes, e edges, c channels.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeAlias

import networkx as nx
import torch
from torch import Tensor
from torch_geometric.data import Data, HeteroData

from graphs.checks import check_edge_index, check_features

EdgeType: TypeAlias = tuple[str, str, str]
"""Of PyG: type of the source, relation, type of the target."""


@dataclass(frozen=True, eq=False)
class Graph:
    """A graph in tensors. Nodes of all types are numbered together, type after type.

    Attributes:
        edge_index: (2, e); both directions of an undirected edge.
        num_nodes: n.
        directed: whether edges have a direction.
        x: (n, c) features of the nodes, or None.
        names: n names of the nodes, or None: their numbers.
        node_types, node_type: names of the types, and (n,) which of them each node has; None: nodes have none.
        edge_types, edge_type: the same of edges, (e,).
    """

    edge_index: Tensor
    num_nodes: int
    directed: bool = False
    x: Tensor | None = None
    names: tuple[Hashable, ...] | None = None
    node_types: tuple[str, ...] = ()
    node_type: Tensor | None = None
    edge_types: tuple[EdgeType, ...] = ()
    edge_type: Tensor | None = None

    def __post_init__(self) -> None:
        check_edge_index(self.edge_index, self.num_nodes)
        if self.x is not None:
            check_features(self.x, self.num_nodes)

    @classmethod
    def from_networkx(cls, graph: nx.Graph, x: str | None = None) -> Graph:
        """A graph of networkx, directed or not; nodes keep their order and their names.

        Args:
            graph: its attributes are left behind, but for
            x: the attribute of every node that holds its features, a sequence of numbers.

        Raises:
            ValueError: no nodes; a node without the attribute, features of different lengths.
        """
        names = tuple(graph.nodes)
        place = {name: k for k, name in enumerate(names)}
        edges = [(place[u], place[v]) for u, v in graph.edges()]
        if not graph.is_directed():
            edges += [(v, u) for u, v in edges if u != v]
        edge_index = torch.tensor(edges, dtype=torch.int64).view(-1, 2).T.contiguous()
        features = None if x is None else _stacked({name: graph.nodes[name].get(x) for name in names}, x)
        return cls(edge_index, len(names), graph.is_directed(), features, names)

    def to_networkx(self, x: str = "x") -> nx.Graph:
        """A graph of networkx; features become the attribute `x`, types become ``type``."""
        graph: nx.Graph = nx.DiGraph() if self.directed else nx.Graph()
        names = self.names or tuple(range(self.num_nodes))
        for k, name in enumerate(names):
            node: dict[str, Any] = {} if self.x is None else {x: self.x[k].to_dense().tolist()}
            if self.node_type is not None:
                node["type"] = self.node_types[int(self.node_type[k])]
            graph.add_node(name, **node)
        kinds: list[dict[str, EdgeType]] = [{}] * self.edge_index.size(1)
        if self.edge_type is not None:
            kinds = [{"type": self.edge_types[kind]} for kind in self.edge_type.tolist()]
        for (u, v), kind in zip(self.edge_index.T.tolist(), kinds, strict=True):
            graph.add_edge(names[u], names[v], **kind)
        return graph

    @classmethod
    def from_data(cls, data: Data) -> Graph:
        """A graph of PyG; undirected if all edges are there in both directions.

        Raises:
            ValueError: it has no edge_index; bad edges or features.
        """
        if data.edge_index is None:
            raise ValueError("data.edge_index: None, expected edges; those of an adj_t are not read")
        return cls(data.edge_index, data.num_nodes, not data.is_undirected(), data.x)

    def to_data(self) -> Data:
        """A graph of PyG."""
        return Data(x=self.x, edge_index=self.edge_index, num_nodes=self.num_nodes)

    @classmethod
    def from_hetero(cls, data: HeteroData) -> Graph:
        """A graph with types of nodes and edges; it is taken as directed.

        Raises:
            ValueError: bad edges; features of some types of nodes only, or of different widths.
        """
        counts = [data[kind].num_nodes for kind in data.node_types]
        first = dict(zip(data.node_types, torch.tensor([0, *counts]).cumsum(0).tolist(), strict=False))
        edges, kinds = [torch.empty(2, 0, dtype=torch.int64)], [torch.empty(0, dtype=torch.int64)]
        for number, kind in enumerate(data.edge_types):
            edge_index = data[kind].edge_index
            for row, (side, end) in enumerate((("source", kind[0]), ("target", kind[2]))):
                check_edge_index(edge_index[row].expand(2, -1), data[end].num_nodes, name=f"{side}s of {kind}")
            edges.append(edge_index + torch.tensor([[first[kind[0]]], [first[kind[2]]]], device=edge_index.device))
            kinds.append(torch.full((edge_index.size(1),), number))
        return cls(
            torch.cat(edges, 1),
            sum(counts),
            directed=True,
            x=_of_all_types(data),
            node_types=tuple(data.node_types),
            node_type=torch.arange(len(counts)).repeat_interleave(torch.tensor(counts)),
            edge_types=tuple(data.edge_types),
            edge_type=torch.cat(kinds),
        )

    def to_hetero(self) -> HeteroData:
        """A graph of PyG with types.

        Raises:
            ValueError: nodes or edges have no types, or nodes of a type do not follow each other.
        """
        if self.node_type is None or self.edge_type is None:
            raise ValueError("node_type or edge_type: None, expected types; a graph without them goes to_data()")
        if (self.node_type.diff() < 0).any():
            raise ValueError("node_type: expected ascending, nodes of a type after each other")
        data = HeteroData()
        first = torch.searchsorted(self.node_type, torch.arange(len(self.node_types) + 1))
        for name, start, stop in zip(self.node_types, first.tolist(), first[1:].tolist(), strict=False):
            data[name].num_nodes = stop - start
            if self.x is not None:
                data[name].x = self.x[start:stop]
        for number, kind in enumerate(self.edge_types):
            ends = torch.tensor([self.node_types.index(kind[0]), self.node_types.index(kind[2])])
            data[kind].edge_index = self.edge_index[:, self.edge_type == number] - first[ends][:, None]
        return data


def _of_all_types(data: HeteroData) -> Tensor | None:
    found = {kind: data[kind].get("x") for kind in data.node_types}
    widths = {kind: None if x is None else x.size(-1) for kind, x in found.items()}
    if len(set(widths.values())) != 1:
        raise ValueError(
            f"x: widths {widths}, expected the same of all types of nodes; put a Linear before, or leave x out"
        )
    return None if None in widths.values() else torch.cat(list(found.values()))


def _stacked(values: dict[Hashable, Any], name: str) -> Tensor:
    lengths = {node: None if value is None else len(value) for node, value in values.items()}
    if len(set(lengths.values())) != 1 or None in lengths.values():
        node = next(
            node for node, length in lengths.items() if length is None or length != next(iter(lengths.values()))
        )
        raise ValueError(f"{name} of node {node!r}: {values[node]!r}, expected as many numbers as every other node has")
    return torch.tensor([list(map(float, value)) for value in values.values()])
