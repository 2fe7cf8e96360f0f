"""Neural common neighbours: a link is scored by the vectors of its ends and of the neighbours that they share.

Wang, Yang and Zhang, *Neural common neighbor with completion for link prediction*, ICLR 2024, arXiv 2302.00890,
section 4. Shapes: n nodes, e edges, p pairs, c channels.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import torch
from torch import Tensor, nn

from graphs.checks import check_edge_index, check_features
from graphs.link.adjacency import Adjacency
from graphs.link.common import Paths, common_paths
from graphs.link.encoder import Encoder, features
from graphs.link.head import Head
from graphs.link.model import Scorer
from graphs.link.walks import WalkTerm
from graphs.sparse import SparseMatrix


class Options(TypedDict, total=False):
    """Of `NCN` and `NCNC`; see there."""

    num_nodes: int | None
    layers: int
    walks: int
    directed: bool
    edge_types: int
    feature_dropout: float
    dropout: float
    last_dropout: float
    edge_dropout: float
    common_dropout: float
    head_dropout: float
    last_layers: int


class Encoded(NamedTuple):
    """What is known of a graph before pairs are asked about.

    Attributes:
        x: (n, c).
        adjacency: whose common neighbours count; in training some entries are dropped.
    """

    x: Tensor
    adjacency: Adjacency


class Weighted(NamedTuple):
    """Nodes that count for a pair by a weight, (m,) each, in any order."""

    pair: Tensor
    node: Tensor
    weight: Tensor


class NCN(nn.Module):
    """``logit = f(a g(sum of x'_w over common neighbours w of i and j) + q(x_i x_j))``.

    Undirected graphs: scores are the same for (i, j) and (j, i). In evaluation mode a pair's score does not depend on
    what else is asked.

    Args:
        in_channels: of the features, which may be dense or sparse. 0: there are none, and nodes are known by their
            degree (and by what follows).
        hidden_channels: c.
        num_nodes: n, to learn a vector for every node too; such a model knows no other nodes.
        layers: convolutions of the encoder.
        walks: if not 0, the pair has a further term over the walks between its ends up to this length (see
            `graphs.link.walks`). It makes the difference where nodes have no features, and in bipartite graphs, where
            no pair has common neighbours.
        directed: whether links have a direction: scores differ by it, and so does what goes along links.
        edge_types: how many types of edges there are; the same.
        feature_dropout, dropout, last_dropout, edge_dropout: of the encoder, see `graphs.link.encoder`.
        common_dropout: share of the adjacency's entries that are not seen when neighbours are counted, in training.
        head_dropout, last_layers: of the head.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        *,
        num_nodes: int | None = None,
        layers: int = 1,
        walks: int = 0,
        directed: bool = False,
        edge_types: int = 1,
        feature_dropout: float = 0.0,
        dropout: float = 0.0,
        last_dropout: float = 0.0,
        edge_dropout: float = 0.0,
        common_dropout: float = 0.0,
        head_dropout: float = 0.0,
        last_layers: int = 1,
    ) -> None:
        super().__init__()
        self.in_channels, self.num_nodes = in_channels, num_nodes
        self.directed, self.edge_types = directed, edge_types
        self.common_dropout = common_dropout
        kinds = edge_types * (2 if directed else 1)
        self.encoder = Encoder(
            in_channels,
            hidden_channels,
            num_nodes=num_nodes,
            layers=layers,
            kinds=kinds,
            feature_dropout=feature_dropout,
            dropout=dropout,
            last_dropout=last_dropout,
            edge_dropout=edge_dropout,
        )
        self.head = Head(hidden_channels, directed=directed, kinds=kinds, dropout=head_dropout, last_layers=last_layers)
        self.walks = WalkTerm(walks, hidden_channels, dropout=head_dropout) if walks else None

    def forward(
        self,
        x: Tensor | SparseMatrix | None,
        edge_index: Tensor | Adjacency,
        edge_label_index: Tensor,
        edge_type: Tensor | None = None,
    ) -> Tensor:
        """Score pairs of nodes.

        Args:
            x: (n, in_channels) features; None: there are none.
            edge_index: (2, e) edges, of an undirected graph in one direction or both; or an adjacency made of them.
            edge_label_index: (2, p) pairs.
            edge_type: (e,) int64, from 0, where there are several types.

        Returns:
            (p,) logits.

        Raises:
            ValueError: tensors that do not fit, or name nodes that do not exist.
        """
        return self.scorer(x, edge_index, edge_type)(edge_label_index)

    def scorer(
        self, x: Tensor | SparseMatrix | None, edge_index: Tensor | Adjacency, edge_type: Tensor | None = None
    ) -> Scorer:
        """What needs the graph only, done once for many batches of pairs."""
        encoded = self.encode(x, edge_index, edge_type)
        return lambda pairs: self.logits(encoded, self.check_pairs(encoded, pairs))

    def encode(
        self, x: Tensor | SparseMatrix | None, edge_index: Tensor | Adjacency, edge_type: Tensor | None = None
    ) -> Encoded:
        """The vectors of all nodes."""
        adjacency = edge_index if isinstance(edge_index, Adjacency) else self.adjacency(x, edge_index, edge_type)
        h = self.encoder(features(x), adjacency)
        if self.training and self.common_dropout:
            kept = torch.rand(adjacency.keys.shape, device=h.device) >= self.common_dropout
            adjacency = adjacency.select(kept)
        return Encoded(h, adjacency)

    def adjacency(
        self, x: Tensor | SparseMatrix | None, edge_index: Tensor, edge_type: Tensor | None = None
    ) -> Adjacency:
        """The graph as the model sees it; to be made once if it is used often."""
        if (x is None) != (self.in_channels == 0):
            raise ValueError(
                f"x: {None if x is None else tuple(x.shape)}, expected "
                + (f"(n, {self.in_channels})" if self.in_channels else "None, as in_channels is 0")
            )
        if isinstance(x, Tensor):
            check_features(x, self.num_nodes)
        if x is not None and x.shape[1] != self.in_channels:
            raise ValueError(f"x: {tuple(x.shape)}, expected (n, {self.in_channels})")
        known = self.num_nodes if x is None else x.shape[0]
        if known is None:  # a node without links is like any other such node: the last stands for all of them
            known = 1 + (check_edge_index(edge_index) if edge_index.numel() else 0)
        check_edge_index(edge_index, known)
        if (edge_type is None) != (self.edge_types == 1):
            raise ValueError(f"edge_type: {'None' if edge_type is None else 'given'}, but edge_types={self.edge_types}")
        return Adjacency.of(edge_index, known, directed=self.directed, edge_type=edge_type, edge_types=self.edge_types)

    def check_pairs(self, encoded: Encoded, pairs: Tensor) -> Tensor:
        """Pairs of nodes of the graph."""
        n = encoded.adjacency.num_nodes
        if self.num_nodes is None and not self.in_channels:
            check_edge_index(pairs, int(pairs.max()) + 1 if pairs.numel() else n, name="edge_label_index")
            return pairs.clamp(max=n - 1)  # see `adjacency`
        check_edge_index(pairs, n, name="edge_label_index")
        return pairs

    def logits(self, encoded: Encoded, pairs: Tensor, completed: Weighted | None = None) -> Tensor:
        """Score pairs; further nodes may count as common neighbours by a weight."""
        x, adjacency = encoded
        term = self.head.pair(*x.index_select(0, pairs.flatten()).chunk(2))
        if self.walks is not None:
            term = term + self.walks(adjacency.whole or adjacency, pairs)
        present, common = self._common(x, common_paths(adjacency, pairs), completed)
        return self.head(term.index_add(0, present, common.to(term.dtype)))

    def _common(self, x: Tensor, paths: Paths, completed: Weighted | None) -> tuple[Tensor, Tensor]:
        """Which pairs have common neighbours, (k,), and the term of these, (k, c)."""
        pair, node, first, second = paths
        weight = None
        if completed is not None:
            weight = torch.cat([completed.weight.new_ones(pair.numel()), completed.weight])
            pair, node = torch.cat([pair, completed.pair]), torch.cat([node, completed.node])
        nodes, place = node.unique(return_inverse=True)
        carried = self.head.carried(x.index_select(0, nodes))
        if self.head.factors is not None:
            seen, likely = carried[place].split([first.numel(), node.numel() - first.numel()])
            carried = torch.cat([self.head.along(seen, first, second), likely])
            place = torch.arange(node.numel(), device=node.device)
        if weight is not None:
            pair, order = pair.sort(stable=True)
            place, weight = place[order], weight[order]
        present, row = pair.unique_consecutive(return_inverse=True)
        entries = SparseMatrix.from_rows(row, place, weight, (present.numel(), carried.size(0)))
        return present, self.head.common(entries, carried)
