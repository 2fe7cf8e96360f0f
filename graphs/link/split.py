"""The links of a graph, divided for training, validation and test, so that no part knows anything of another.

In each part stand a graph that a model may see and pairs that it is asked about: links, and as many pairs without one.
A pair of nodes, in whatever direction, stands in one part only, as a link or as a negative; no negative is a link
anywhere. A model that is asked about test links sees training links alone, unless validation links are asked for.

What no splitter can do: training links are in the graph that training sees. Training has to hide those it asks about,
as `graphs.fit_links` does. Shapes: n nodes, e edges (an undirected link is two), p pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self, TypeAlias, get_args

import torch
from torch import Tensor

from graphs.checks import check_edge_index, check_no_duplicates
from graphs.link.negatives import Negatives
from graphs.link.pairs import PairSpace

Part: TypeAlias = Literal["train", "valid", "test"]


@dataclass(frozen=True, eq=False)
class LinkPart:
    """A part of a split.

    Attributes:
        edge_index: (2, e) what a model may see; both directions of a link unless the graph is directed.
        edge_label_index: (2, p) pairs that it is asked about, links first.
        edge_label: (p,) 1.0: a link, 0.0: none.
        fresh: where further negatives of this part come from: neither links nor negatives of other parts. It draws on
            the CPU wherever the rest is.
    """

    edge_index: Tensor
    edge_label_index: Tensor
    edge_label: Tensor
    fresh: Negatives

    @property
    def positives(self) -> Tensor:
        """(2, ...) pairs that are links."""
        return self.edge_label_index[:, self.edge_label == 1]

    @property
    def negatives(self) -> Tensor:
        """(2, ...) pairs that are none."""
        return self.edge_label_index[:, self.edge_label == 0]

    def to(self, device: torch.device | str) -> Self:
        """The same on a device."""
        names = ("edge_index", "edge_label_index", "edge_label")
        return replace(self, **{name: getattr(self, name).to(device) for name in names})


@dataclass(frozen=True, eq=False)
class LinkSplit:
    """Three parts of a graph's links.

    Attributes:
        train, valid, test: the parts.
        num_nodes: n.
        directed: whether links have a direction.
    """

    train: LinkPart
    valid: LinkPart
    test: LinkPart
    num_nodes: int
    directed: bool = False

    def part(self, name: Part) -> LinkPart:
        """The part of this name.

        Raises:
            ValueError: there is none.
        """
        if name not in get_args(Part):
            raise ValueError(f"part: {name!r}, expected one of {', '.join(get_args(Part))}")
        found: LinkPart = getattr(self, name)
        return found

    def to(self, device: torch.device | str) -> Self:
        """The same on a device."""
        return replace(self, **{name: getattr(self, name).to(device) for name in ("train", "valid", "test")})


def split_links(
    edge_index: Tensor,
    num_nodes: int | tuple[int, int] | None = None,
    *,
    val: float = 0.1,
    test: float = 0.2,
    seed: int = 0,
    directed: bool = False,
    negatives: float = 1.0,
    inductive: bool = False,
    show_valid: bool = False,
) -> LinkSplit:
    """Divide the links of a graph.

    Args:
        edge_index: (2, e) links, each once; of an undirected graph all in one direction or all in both. Their order
            and direction do not change the split.
        num_nodes: n. Two numbers, (a, b): the graph is bipartite, and every link joins one of the first a nodes with
            one of the b nodes after them; negatives do so too.
        val, test: shares of the links, rounded down.
        seed: of the division and of the negatives.
        directed: whether links have a direction. Links u -> v and v -> u get into the same part, as one of them says
            much about the other; the shares are of the pairs so linked. Negatives are pairs without a link in either
            direction.
        negatives: how many per link. What Hits@k says depends on it.
        inductive: `val` and `test` are shares of the nodes, and training sees nothing of these nodes. Validation adds
            its nodes to the graph with half of their links and asks about the other half; so does the test. Links
            between nodes of validation and of test are left out.
        show_valid: whether the graph at test has the validation links, as some published protocols do.

    Returns:
        The parts, on the device of `edge_index`.

    Raises:
        ValueError: bad edges, a loop, an edge twice; shares that do not leave links in every part; too few pairs
            without a link.
    """
    space, links = _links(edge_index, num_nodes, directed)
    if not (val >= 0 and test >= 0 and val + test < 1):
        raise ValueError(f"val {val}, test {test}: expected shares of at least 0 that leave a part for training")
    generator = torch.Generator().manual_seed(seed)
    divide = _by_nodes if inductive else _by_links
    split = divide(links, Negatives(space, links.new_empty(0), directed), (val, test), negatives, show_valid, generator)
    return split.to(edge_index.device)


def _links(edge_index: Tensor, num_nodes: int | tuple[int, int] | None, directed: bool) -> tuple[PairSpace, Tensor]:
    """The pairs that could be links, and (2, l) links, checked, in an order that only depends on the graph."""
    total = sum(num_nodes) if isinstance(num_nodes, tuple) else num_nodes
    n = check_edge_index(edge_index, total)
    edges = edge_index.cpu()
    if not edges.numel():
        raise ValueError(f"edge_index: shape {tuple(edges.shape)}, expected at least one link to divide")
    if loops := int((edges[0] == edges[1]).sum()):
        raise ValueError(f"edge_index: {loops} loops, expected none; use torch_geometric.utils.remove_self_loops")
    check_no_duplicates(edges, n)
    space = PairSpace.between(*num_nodes) if isinstance(num_nodes, tuple) else PairSpace.all(n)
    numbers = space.number(edges)
    if (numbers < 0).any():
        raise ValueError(f"edge_index: {int((numbers < 0).sum())} links within a side of num_nodes {num_nodes}")
    if directed:
        return space, edges[:, (edges[0] * n + edges[1]).argsort()]
    unique, counts = numbers.unique(return_counts=True)
    if counts.min() != counts.max():
        raise ValueError(
            f"edge_index: {int((counts == 1).sum())} of {unique.numel()} links stand in one direction, the others in "
            "both, expected all alike; use torch_geometric.utils.to_undirected, or directed=True"
        )
    return space, space.pair(unique)


def _by_links(
    links: Tensor,
    source: Negatives,
    shares: tuple[float, float],
    per_link: float,
    show_valid: bool,
    generator: torch.Generator,
) -> LinkSplit:
    numbers, group = source.space.number(links).unique(return_inverse=True)
    rank = torch.randperm(numbers.numel(), generator=generator)[group]
    first, second = (int(share * numbers.numel()) for share in shares)
    part = (rank >= first).long() + (rank >= first + second)
    valid, test, train = (links[:, part == k] for k in range(3))
    _check_sizes(valid=(valid, shares[0]), test=(test, shares[1]), train=(train, 1.0))
    free = source.without(links)
    counts = [int(per_link * some.size(1)) for some in (train, valid, test)]
    of_train, of_valid, of_test = free.draw(sum(counts), generator).split(counts, dim=1)
    seen = _edges(train, source.directed)
    at_test = _edges(torch.cat([train, valid], 1), source.directed) if show_valid else seen
    return LinkSplit(
        _part(seen, train, of_train, free.without(of_valid).without(of_test)),
        _part(seen, valid, of_valid, free.without(of_train).without(of_test)),
        _part(at_test, test, of_test, free.without(of_train).without(of_valid)),
        source.space.place.numel(),
        source.directed,
    )


def _by_nodes(
    links: Tensor,
    source: Negatives,
    shares: tuple[float, float],
    per_link: float,
    show_valid: bool,
    generator: torch.Generator,
) -> LinkSplit:
    n = source.space.place.numel()
    if show_valid or source.space.size != n * (n - 1) // 2:
        raise ValueError("inductive: expected neither show_valid nor a bipartite graph")
    first, second = (int(share * n) for share in shares)
    valid, test, old = torch.randperm(n, generator=generator).split([first, second, n - first - second])
    among = Negatives(PairSpace.touching(old, old[:0], n), links.new_empty(0), source.directed)
    known = links[:, among.space.number(links) >= 0]
    _check_sizes(train=(known, 1.0))
    seen = _edges(known, source.directed)
    free = among.without(known)
    train = _part(seen, known, free.draw(int(per_link * known.size(1)), generator), free)

    def extended(new: Tensor, name: str, share: float) -> LinkPart:
        space = PairSpace.touching(new, old, n)
        theirs = links[:, space.number(links) >= 0]
        numbers, group = space.number(theirs).unique(return_inverse=True)
        shown = torch.randperm(numbers.numel(), generator=generator)[group] < numbers.numel() // 2
        asked = theirs[:, ~shown]
        _check_sizes(**{name: (asked, share)})
        free = Negatives(space, links.new_empty(0), source.directed).without(links)
        drawn = free.draw(int(per_link * asked.size(1)), generator)
        graph = torch.cat([seen, _edges(theirs[:, shown], source.directed)], 1)
        return _part(graph, asked, drawn, free)

    extensions = extended(valid, "valid", shares[0]), extended(test, "test", shares[1])
    return LinkSplit(train, *extensions, n, source.directed)


def _check_sizes(**parts: tuple[Tensor, float]) -> None:
    for name, (links, share) in parts.items():
        if share > 0 and not links.size(1):
            raise ValueError(f"no links for {name}: the graph has too few for a share of {share:g}")


def _part(graph: Tensor, links: Tensor, negatives: Tensor, fresh: Negatives) -> LinkPart:
    label = torch.cat([torch.ones(links.size(1)), torch.zeros(negatives.size(1))])
    return LinkPart(graph, torch.cat([links, negatives], 1), label, fresh)


def _edges(links: Tensor, directed: bool) -> Tensor:
    return links if directed else torch.cat([links, links.flip(0)], 1)
