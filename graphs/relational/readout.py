"""One answer per graph: the read-out of a relational network where the question is about the whole graph."""

from __future__ import annotations

from torch import Tensor, nn

from graphs.relational.mlp import MLP


class GraphReadout(nn.Module):
    """The sum over the nodes of each graph, then an MLP (arXiv 1711.08028: bAbI and Pretty-CLEVR).

        network = RecurrentRelationalNetwork(40, 128, 128, steps=4)
        logits = GraphReadout(128, 128, words)(network.states(x, edge_index), batch, num_graphs)

    Args:
        widths: channels of the states, of each hidden layer, of the answer.
        dropout: share of the last hidden layer that is dropped in training.
    """

    def __init__(self, *widths: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.mlp = MLP(*widths, dropout=dropout)

    def forward(self, states: Tensor, batch: Tensor, num_graphs: int) -> Tensor:
        """(steps, n, widths[0]) -> (steps, num_graphs, widths[-1]).

        Args:
            batch: (n,) the graph of each node.
        """
        pooled = states.new_zeros(states.size(0), num_graphs, states.size(2)).index_add(1, batch, states)
        return self.mlp(pooled)
