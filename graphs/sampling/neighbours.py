"""The surroundings of some nodes: neighbours, neighbours of these, and so on, all or some of them.

Shapes: n nodes, e edges; s seeds; m nodes and k edges of a part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from graphs.checks import check_edge_index
from graphs.rows import members, offsets_of


@dataclass(frozen=True, eq=False)
class Subgraph:
    """A part of a graph, its nodes numbered anew.

    Attributes:
        nodes: (m,) the number of each in the whole graph; the seeds come first, in their order.
        edge_index: (2, k) between places in `nodes`.
        edges: (k,) the place of each edge in the whole graph's edge_index, for its features.
    """

    nodes: Tensor
    edge_index: Tensor
    edges: Tensor

    def to(self, device: torch.device | str) -> Self:
        """The same on a device."""
        return type(self)(self.nodes.to(device), self.edge_index.to(device), self.edges.to(device))


class NeighbourSampler:
    """Samples what is upstream of some nodes: what a network of as many layers as hops may hear there.

    With all neighbours of one hop more than a network has layers (the last for the degrees by which many normalise),
    the seeds get what they would get in the whole graph.

    Args:
        edge_index: (2, e), sources in row 0. It is kept on the CPU.
        num_nodes: n.
        fanouts: for each hop, of how many incoming edges of a node at most; -1: of all. They are drawn without
            replacement.
        induced: the part has all edges among its nodes, not only those by which they were found.

    Raises:
        ValueError: bad edges; a fanout below -1.
    """

    def __init__(
        self, edge_index: Tensor, num_nodes: int | None = None, *, fanouts: Sequence[int], induced: bool = False
    ) -> None:
        self.num_nodes = check_edge_index(edge_index, num_nodes)
        if min(fanouts, default=0) < -1:
            raise ValueError(f"fanouts {tuple(fanouts)}: expected numbers of edges, or -1 for all")
        self.fanouts, self.induced = tuple(fanouts), induced
        source, target = edge_index.cpu()
        self._edge = target.argsort(stable=True)
        self._source = source[self._edge]
        self._offsets = offsets_of(target.bincount(minlength=self.num_nodes))
        self._place = torch.full((self.num_nodes,), -1)  # in the part at hand; -1 everywhere between calls

    def sample(self, seeds: Tensor, generator: torch.Generator) -> Subgraph:
        """The part around (s,) distinct nodes; the generator is of the CPU.

        Raises:
            ValueError: a seed stands twice or does not exist.
        """
        seeds = seeds.cpu()
        check_edge_index(seeds.expand(2, -1), self.num_nodes, name="seeds")
        if seeds.unique().numel() != seeds.numel():
            raise ValueError(f"seeds: {seeds.numel() - seeds.unique().numel()} stand twice, expected each once")
        nodes, found = seeds, []
        frontier, at = seeds, torch.arange(seeds.numel())
        self._place[seeds] = at
        for fanout in self.fanouts:
            entries, receiver = self._incoming(frontier, fanout, generator)
            found.append((entries, at[receiver]))
            sources = self._source[entries]
            frontier = sources[self._place[sources] < 0].unique()
            at = torch.arange(nodes.numel(), nodes.numel() + frontier.numel())
            self._place[frontier] = at
            nodes = torch.cat([nodes, frontier])
        if self.induced:
            entries, target = self._incoming(nodes, -1, generator)
            inside = self._place[self._source[entries]] >= 0
            entries, target = entries[inside], target[inside]
        else:
            empty = seeds[:0]
            entries, target = (
                (torch.cat([empty, *parts]) for parts in zip(*found, strict=True)) if found else 2 * [empty]
            )
        edge_index = torch.stack([self._place[self._source[entries]], target])
        self._place[nodes] = -1
        return Subgraph(nodes, edge_index, self._edge[entries])

    def _incoming(self, nodes: Tensor, fanout: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Sorted edges into (k,) nodes, at most `fanout` into each: their places, and which of the nodes receives."""
        receiver, entries = members(self._offsets, nodes)
        rank = entries - self._offsets[nodes][receiver]
        if fanout < 0 or not receiver.numel() or int(rank.max()) < fanout:
            return entries, receiver
        chance = torch.rand(receiver.numel(), generator=generator, dtype=torch.double)
        kept = (receiver + chance).argsort()[rank < fanout].sort().values  # receivers stay in order, so `rank` holds
        return entries[kept], receiver[kept]
