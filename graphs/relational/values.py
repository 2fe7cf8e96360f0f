"""The recurrent relational network over (variable, value) nodes that are pooled per rule.

It is equivariant to every renaming of variables and values that the rules allow, and independent of the sizes of
domains and rules, so that one set of weights serves all problems made of the relations it was trained on.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from graphs.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from graphs.relational.constraint_graph import VARIABLE, ConstraintGraph, Pools
from graphs.relational.pooling import hear, pool_sum

KIND = "value network"

State = tuple[Tensor, Tensor]
"""Hidden and cell state, (n, b, d) each."""


class PoolMessages(nn.Module):
    """What each node hears from its pools: the sum over them of ``relu(g(pool - self, self))``.

    `g` is linear, so it is applied once per pool and once per node:
    ``g(pool - self, self) = A pool + (B - A) self + bias``.

    Args:
        channels: d.
        features: width of the memberships' features; they shift what a member sends and what it hears.
    """

    def __init__(self, channels: int, features: int = 0) -> None:
        super().__init__()
        self.pool = nn.Linear(channels, channels, bias=False)
        self.self_ = nn.Linear(channels, channels)
        self.sends = nn.Linear(features, channels, bias=False) if features else None
        self.hears = nn.Linear(features, channels, bias=False) if features else None

    def forward(self, said: Tensor, pools: Pools) -> Tensor:
        """(n, b, d) -> (n, b, d): from what each node says to what it hears."""
        if self.sends is not None and self.hears is not None:
            return self._featured(said, pools, self.sends, self.hears)
        own = linear(said, self.self_.weight - self.pool.weight, self.self_.bias)
        return hear(self.pool(pool_sum(said, pools)), own, pools)

    def _featured(self, said: Tensor, pools: Pools, sends: nn.Linear, hears: nn.Linear) -> Tensor:
        if pools.features is None:
            raise ValueError("the memberships have no features; expected (e, f)")
        own = (said[pools.members] + sends(pools.features)[:, None]).relu()  # (e, b, d)
        counts = torch.diff(pools.starts, append=pools.starts.new_tensor([len(own)]))
        pool = torch.repeat_interleave(torch.arange(pools.num_pools, device=counts.device), counts)
        total = own.new_zeros(pools.num_pools, *own.shape[1:]).index_add(0, pool, own)
        heard = self.pool(total[pool] - own) + self.self_(own) + hears(pools.features)[:, None]
        return torch.zeros_like(said).index_add(0, pools.members, heard.relu())


class ValueNetwork(nn.Module):
    """A recurrent relational network over the values view of constraint problems.

    Per step: each node says ``m = relu(W h)``; it hears from its pools of each relation, the other values of its
    variable among them; what it heard and its input go through a linear layer and an LSTM cell; one logit per node, and
    a softmax over each variable's values. The structure of arXiv 1711.08028, section 2, with messages summed per rule.

    Args:
        in_channels: width of a node's input.
        hidden_channels: d.
        relations: name -> width of the features of its memberships.
    """

    def __init__(
        self, in_channels: int = 3, hidden_channels: int = 32, relations: dict[str, int] | None = None
    ) -> None:
        super().__init__()
        self.relations = {"different": 0} if relations is None else dict(relations)
        d = self.hidden_channels = hidden_channels
        self.in_channels = in_channels
        self.send = nn.Linear(d, d)
        widths = {**self.relations, VARIABLE: 0}
        self.messages = nn.ModuleDict({name: PoolMessages(d, width) for name, width in widths.items()})
        self.input = nn.Linear(in_channels, d)
        self.update = nn.ModuleDict({name: nn.Linear(d, d, bias=False) for name in (*self.relations, VARIABLE)})
        self.cell = nn.LSTMCell(d, d)
        self.read = nn.Linear(d, 1)

    def start(self, num_nodes: int, batch: int) -> State:
        """The state before the first step."""
        zeros = self.read.weight.new_zeros(num_nodes, batch, self.hidden_channels)
        return zeros, zeros.clone()

    def step(self, drive: Tensor, state: State, graph: ConstraintGraph) -> tuple[Tensor, State]:
        """One step.

        Args:
            drive: (n, b, d) what the input contributes at every step.
            state: of the step before.

        Returns:
            logits (n, b), and the state.
        """
        h, c = state
        n, b, d = h.shape
        said = self.send(h).relu()
        z = drive
        for name, message in self.messages.items():
            if name in graph.relations:
                z = z + self.update[name](message(said, graph.relations[name]))
        h, c = self.cell(z.relu().view(n * b, d), (h.view(n * b, d), c.view(n * b, d)))
        return self.read(h).view(n, b), (h.view(n, b, d), c.view(n, b, d))

    def forward(
        self, x: Tensor, graph: ConstraintGraph, steps: int = 32, state: State | None = None
    ) -> tuple[Tensor, State]:
        """(n, b, in_channels) -> logits (steps, n, b) and the last state.

        Args:
            graph: shared by the b instances.
            state: to go on from.
        """
        state = self.start(*x.shape[:2]) if state is None else state
        drive = self.input(x)
        logits = []
        for _ in range(steps):
            out, state = self.step(drive, state, graph)
            logits.append(out)
        return torch.stack(logits), state

    @torch.no_grad()
    def widened(self, hidden_channels: int) -> ValueNetwork:
        """The same function with more channels: those that are new listen to all, and nobody listens to them yet.

        Training can go on from there, as in Net2Net (arXiv 1511.05641), without what was learned being lost.
        """
        d, wide = self.hidden_channels, ValueNetwork(self.in_channels, hidden_channels, self.relations)
        if hidden_channels < d:
            raise ValueError(f"{hidden_channels} channels cannot hold the {d} of the network")
        for name, old in self.state_dict().items():
            gates = 4 if name.startswith("cell.") else 1
            new = wide.get_parameter(name).view(gates, -1, *wide.get_parameter(name).shape[1:])
            old = old.view(gates, -1, *old.shape[1:])
            inside = tuple(map(slice, old.shape))
            new[inside[:2]] = 0
            new[inside] = old
        return wide

    def save(self, path: str | os.PathLike[str], **about: Any) -> None:
        """Write the network to a file; `about` says how it came to be and may hold any JSON values."""
        sizes = {"in_channels": self.in_channels, "hidden_channels": self.hidden_channels, "relations": self.relations}
        save_checkpoint(path, KIND, {"sizes": sizes, "about": about}, self.state_dict())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """A saved network.

        Raises:
            CheckpointError: the file holds no such network.
            OSError: it cannot be read.
        """
        header, tensors = load_checkpoint(path, KIND)
        try:
            network = cls(**header["sizes"])
            network.load_state_dict(tensors)
        except (KeyError, TypeError, RuntimeError, AttributeError):
            raise CheckpointError(f"{os.fspath(path)}: the weights do not fit the sizes that it states") from None
        return network


def log_probabilities(logits: Tensor, graph: ConstraintGraph) -> Tensor:
    """Log-softmax of (..., n, b) logits over the values of each variable."""
    *steps, n, b = logits.shape
    index = graph.variable[:, None].expand(n, b).expand(*steps, n, b)
    shape = (*steps, graph.num_variables, b)
    highest = logits.new_full(shape, float("-inf")).scatter_reduce(-2, index, logits.detach(), "amax")
    shifted = logits - highest.gather(-2, index)
    total = logits.new_zeros(shape).scatter_add(-2, index, shifted.exp())
    return shifted - total.log().gather(-2, index)


def relations_of(graphs: Iterable[ConstraintGraph]) -> dict[str, int]:
    """Name -> width of features of all relations in some graphs: what a `ValueNetwork` for them needs."""
    found: dict[str, int] = {}
    for graph in graphs:
        for name, pools in graph.relations.items():
            if name != VARIABLE:
                found[name] = 0 if pools.features is None else pools.features.shape[1]
    return found
