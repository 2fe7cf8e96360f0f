"""What scores pairs of nodes: a network or a heuristic, called alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from torch import Tensor

Scorer: TypeAlias = Callable[[Tensor], Tensor]
"""(2, p) pairs of nodes of one graph -> (p,) scores, the higher the likelier a link."""


class LinkModel(Protocol):
    """What `evaluate_links` asks of a model."""

    def __call__(self, x: Tensor | None, edge_index: Tensor, edge_label_index: Tensor, /) -> Tensor:
        """Score pairs: the same as ``scorer(x, edge_index)(edge_label_index)``.

        Args:
            x: (n, c) features of the nodes, dense or sparse CSR; None: they have none.
            edge_index: (2, e) edges, both directions of each if the graph is undirected.
            edge_label_index: (2, p) pairs.

        Returns:
            (p,) logits, or scores in the case of a heuristic.
        """

    def scorer(self, x: Tensor | None, edge_index: Tensor, /) -> Scorer:
        """What needs a graph only, done once for many batches of pairs."""
