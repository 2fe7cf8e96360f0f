"""Running a trained network until every node has settled; a node that has is not updated any more.

    found = settle(network, x, edge_index, steps=64)
    found.logits, found.updates

Others still hear it. Only the edges into nodes that are still at work are computed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from graphs.relational.messages import heard_at
from graphs.relational.network import RecurrentRelationalNetwork
from graphs.relational.wiring import Wiring


@dataclass(frozen=True)
class Settled:
    """Where a network came to rest.

    Attributes:
        logits: (n, out_channels) each node's last read-out.
        updates: (n,) how many steps each node took part in.
    """

    logits: Tensor
    updates: Tensor


@torch.no_grad()
def settle(
    network: RecurrentRelationalNetwork,
    x: Tensor,
    edge_index: Tensor | Wiring,
    edge_attr: Tensor | None = None,
    steps: int | None = None,
    *,
    confidence: float = 0.99,
    patience: int = 3,
) -> Settled:
    """Read-outs of all nodes; arguments as of the network.

    Args:
        confidence, patience: a node settles when its most probable class was the same in so many steps one after the
            other, each time with at least this probability.
    """
    wiring, edge_attr = network.wired(x, edge_index, edge_attr)
    n, incoming = len(x), wiring.incoming
    x = h = network.encoder(x)
    memory = None
    logits = network.readout(h)
    answer, streak = torch.full((n,), -1, device=h.device), torch.zeros(n, dtype=torch.int64, device=h.device)
    updates, active = torch.zeros_like(streak), torch.arange(n, device=h.device)
    edges = edge_attr
    for step in range(network.steps if steps is None else steps):
        network.at_step(step)
        m = heard_at(network.message, h, active, incoming, edges)
        state, memory = network.update(x[active], h[active], m, memory)
        h = h.index_copy(0, active, state)
        logits[active] = network.readout(state)
        updates[active] += 1
        sure, best = logits[active].softmax(1).max(1)
        same = (best == answer[active]) & (sure >= confidence)
        streak[active] = torch.where(same, streak[active] + 1, (sure >= confidence).long())
        answer[active] = best
        open_ = streak[active] < patience
        if not open_.any():
            break
        if not open_.all():
            kept, incoming = incoming.select(open_)
            edges = None if edges is None else edges[kept]
            memory = None if memory is None else (memory[0][open_], memory[1][open_])
            active = active[open_]
    return Settled(logits, updates)
