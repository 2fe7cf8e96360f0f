"""Networks for Pretty-CLEVR (arXiv 1711.08028, section 3.2): a relational network, and an MLP to compare it with."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from graphs.datasets.pretty_clevr import OBJECTS, SceneQuestions
from graphs.relational.complete import complete_graphs
from graphs.relational.mlp import MLP, keep_signals
from graphs.relational.network import RecurrentRelationalNetwork
from graphs.relational.readout import GraphReadout

ATTRIBUTES = 2 * OBJECTS
ASKED = ATTRIBUTES + OBJECTS
"""Channels of a question: its anchor and its jumps."""


class SceneNetwork(nn.Module):
    """Eight objects that talk with each other, read out as a whole after every step.

    A node is an object: position, colour, shape and the question. All pairs exchange messages and know their distance.
    There is no recurrent cell: h = MLP([x, h, m]); all MLPs have one hidden layer.

    Args:
        channels: of states, messages and hidden layers.
        steps: how often messages are exchanged.
        dropout: of the hidden layer of the answer.
    """

    def __init__(self, channels: int = 128, steps: int = 4, *, dropout: float = 0.5) -> None:
        super().__init__()
        self.network = RecurrentRelationalNetwork(
            2 + 2 * OBJECTS + ASKED, channels, channels, steps, edge_channels=1, recurrence="none", layers=2
        )
        self.readout = GraphReadout(channels, channels, ATTRIBUTES, dropout=dropout)
        keep_signals(self)
        with torch.no_grad():  # sums over the objects begin as moderate as what is summed
            self.network.message.layers[-1].weight.div_(OBJECTS)
            self.readout.mlp.layers[0].weight.div_(OBJECTS)

    def forward(self, batch: SceneQuestions, steps: int | None = None) -> Tensor:
        """(steps, b, 16) logits of the answers."""
        count, device = len(batch.jumps), batch.jumps.device
        edge_index = complete_graphs(torch.full((count,), OBJECTS, device=device), loops=False)
        places = batch.positions.flatten(0, 1)
        attributes = torch.cat([one_hot(batch.colours, OBJECTS), _shapes(batch)], 2).flatten(0, 1)
        x = torch.cat([places, attributes, _question(batch).repeat_interleave(OBJECTS, 0)], 1)
        distances = (places[edge_index[0]] - places[edge_index[1]]).norm(dim=1, keepdim=True)
        states = self.network.states(x, edge_index, distances, steps)
        scene = torch.arange(count, device=device).repeat_interleave(OBJECTS)
        return self.readout(states, scene, count)


class SceneMLP(nn.Module):
    """All that is known of a scene and a question, in one vector; the paper has four hidden layers of 256."""

    def __init__(self, channels: int = 256, layers: int = 4, *, dropout: float = 0.5) -> None:
        super().__init__()
        self.mlp = MLP(OBJECTS * (3 * OBJECTS + 2) + ASKED, *[channels] * layers, ATTRIBUTES, dropout=dropout)
        keep_signals(self)

    def forward(self, batch: SceneQuestions) -> Tensor:
        """(1, b, 16) logits of the answers."""
        distances = torch.cdist(batch.positions, batch.positions)
        parts = [one_hot(batch.colours, OBJECTS), _shapes(batch), batch.positions, distances]
        return self.mlp(torch.cat([*(part.flatten(1) for part in parts), _question(batch)], 1))[None]


def _shapes(batch: SceneQuestions) -> Tensor:
    """(b, 8, 8)."""
    return torch.eye(OBJECTS, device=batch.colours.device).expand(len(batch.colours), -1, -1)


def _question(batch: SceneQuestions) -> Tensor:
    """(b, 24)."""
    return torch.cat([one_hot(batch.anchors, ATTRIBUTES), one_hot(batch.jumps, OBJECTS)], 1).float()
