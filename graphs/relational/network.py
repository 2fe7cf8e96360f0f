"""The recurrent relational network (Palm, Paquet, Winther, arXiv 1711.08028).

Every node holds a state h, at first what the encoder makes of its input x. In each step

    m_j = sum over edges i -> j of f([h_i, h_j, edge_ij])        what the node hears
    u_j = g([m_j, x_j])
    h_j, c_j = LSTM(u_j, h_j, c_j)                               h_j, c_j at first 0
    o_j = r(h_j)                                                 read out after every step

with f and g MLPs of three ReLU layers and a linear one, all steps with the same weights. The loss is the mean over the
steps, so that the network learns to converge; a trained network may run for more steps than it was trained for.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

from graphs.relational.deltas import add_deltas
from graphs.relational.messages import at_edges, heard, heard_by_edges, heard_lean
from graphs.relational.mlp import MLP
from graphs.relational.wiring import Wiring

Memory: TypeAlias = tuple[Tensor, Tensor] | None
"""Of an LSTM cell: its output and its memory; None: not yet any, or no such cell."""

Mode: TypeAlias = Literal["fast", "lean", "edges"]
FORMS = {"fast": heard, "lean": heard_lean, "edges": heard_by_edges}


class RecurrentRelationalNetwork(nn.Module):
    """Steps of message passing over any graph, read out at every step.

    Args:
        in_channels: of a node's input.
        hidden_channels: of states and messages, and of all hidden layers.
        out_channels: of a node's read-out.
        steps: how many, unless a call says otherwise.
        edge_channels: of an edge's input, 0: edges have none.
        recurrence: ``"lstm"``; ``"none"``: h_j = MLP([x_j, h_j, m_j]) with one hidden layer (the paper's Pretty-CLEVR).
        layers: linear layers of the encoder, of f and of g.
        rank: of the deltas by which the weights of f, g and the cell change from step to step, see
            `graphs.relational.deltas`; 0: none, as published.
        mode: how messages are computed, with the same parameters and the same result: ``"fast"``; ``"lean"``, which
            keeps a fraction of the memory for the gradient; ``"edges"``, the formula as published. May be changed at
            any time. See `graphs.relational.messages`.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        steps: int = 32,
        *,
        edge_channels: int = 0,
        recurrence: Literal["lstm", "none"] = "lstm",
        layers: int = 4,
        rank: int = 0,
        mode: Mode = "fast",
    ) -> None:
        super().__init__()
        if recurrence not in ("lstm", "none") or mode not in FORMS:
            raise ValueError(
                f"recurrence {recurrence!r}, mode {mode!r}: expected lstm or none, and one of {', '.join(FORMS)}"
            )
        if layers < 2 or steps < 1 or rank < 0:
            raise ValueError(f"layers {layers}, steps {steps}, rank {rank}: expected at least 2, 1 and 0")
        hidden = [hidden_channels] * layers
        self.in_channels, self.hidden_channels, self.edge_channels = in_channels, hidden_channels, edge_channels
        self.steps, self.mode = steps, mode
        self.encoder = MLP(in_channels, *hidden)
        self.message = MLP(2 * hidden_channels + edge_channels, *hidden)
        if recurrence == "lstm":
            self.post = MLP(2 * hidden_channels, *hidden)
            self.cell: nn.LSTMCell | None = nn.LSTMCell(hidden_channels, hidden_channels)
        else:
            self.post = MLP(3 * hidden_channels, hidden_channels, hidden_channels)
            self.cell = None
        self.readout = nn.Linear(hidden_channels, out_channels)
        parts = [part for part in (self.message, self.post, self.cell) if part is not None and rank]
        self._deltas = [delta for part in parts for delta in add_deltas(part, steps, rank)]

    def forward(
        self, x: Tensor, edge_index: Tensor | Wiring, edge_attr: Tensor | None = None, steps: int | None = None
    ) -> Tensor:
        """Read-outs of all nodes after every step.

        Args:
            x: (n, in_channels).
            edge_index: (2, e), sources and targets; or a `Wiring` of it, if the same graph comes again.
            edge_attr: (e, edge_channels), in the order of `edge_index`.

        Returns:
            (steps, n, out_channels).
        """
        return self.readout(self.states(x, edge_index, edge_attr, steps))

    def states(
        self, x: Tensor, edge_index: Tensor | Wiring, edge_attr: Tensor | None = None, steps: int | None = None
    ) -> Tensor:
        """(steps, n, hidden_channels): states of all nodes after every step; arguments as in `forward`."""
        wiring, edge_attr = self.wired(x, edge_index, edge_attr)
        edges = edge_attr
        x = h = self.encoder(x)
        memory = None
        found = []
        for step in range(self.steps if steps is None else steps):
            self.at_step(step)
            if edge_attr is not None and self.mode == "fast" and (step == 0 or self._deltas):
                edges = at_edges(self.message, edge_attr)
            m = FORMS[self.mode](self.message, h, wiring, edges)
            h, memory = self.update(x, h, m, memory)
            found.append(h)
        return torch.stack(found)

    def wired(self, x: Tensor, edge_index: Tensor | Wiring, edge_attr: Tensor | None) -> tuple[Wiring, Tensor | None]:
        """The edges in the order of their targets, and their inputs in the same order.

        Raises:
            ValueError: shapes do not fit.
        """
        wiring = edge_index if isinstance(edge_index, Wiring) else Wiring.of(edge_index, len(x))
        if x.shape != (wiring.num_nodes, self.in_channels):
            raise ValueError(f"x: {tuple(x.shape)}, expected ({wiring.num_nodes}, {self.in_channels})")
        shape = None if edge_attr is None else tuple(edge_attr.shape)
        expected = (wiring.num_edges, self.edge_channels) if self.edge_channels else None
        if shape != expected:
            raise ValueError(f"edge_attr: {shape}, expected {expected}")
        return wiring, None if edge_attr is None else edge_attr[wiring.order]

    def at_step(self, step: int) -> None:
        """Use the weights of this step."""
        for delta in self._deltas:
            delta.step = step

    def update(self, x: Tensor, h: Tensor, m: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """New states of some nodes, from their inputs, states, what they heard, and the recurrent cell's memory."""
        if self.cell is None:
            return self.post(torch.cat([x, h, m], 1)), None
        memory = self.cell(self.post(torch.cat([m, x], 1)), memory)
        return memory[0], memory
