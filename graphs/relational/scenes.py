"""Networks for Pretty-CLEVR (arXiv 1711.08028, section 3.2): a relational network, and an MLP to compare it with.

Positions and distances come in as multiples of their spread in the unit square, about their means; as they are, they
differ so little beside the ones of colours, shapes and questions that training takes long to notice them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from graphs.datasets.pretty_clevr import OBJECTS, SceneQuestions
from graphs.relational.complete import complete_graphs
from graphs.relational.mlp import MLP, keep_signals
from graphs.relational.network import RecurrentRelationalNetwork
from graphs.relational.readout import GraphReadout

SPREAD = 0.25
"""Standard deviation of distances in the unit square, and nearly that of coordinates; the mean is a half."""


class SceneNetwork(nn.Module):
    """Objects that talk with each other, read out as a whole after every step.

    A node is an object: position, colour, shape and the question. All pairs exchange messages and know their distance.
    There is no recurrent cell: h = MLP([x, h, m]); all MLPs have one hidden layer.

    Args:
        channels: of states, messages and hidden layers.
        steps: how often messages are exchanged.
        objects: of a scene.
        dropout: of the hidden layer of the answer.
    """

    def __init__(self, channels: int = 128, steps: int = 4, *, objects: int = OBJECTS, dropout: float = 0.5) -> None:
        super().__init__()
        self.network = RecurrentRelationalNetwork(
            2 + 5 * objects, channels, channels, steps, edge_channels=1, recurrence="none", layers=2
        )
        self.readout = GraphReadout(channels, channels, 2 * objects, dropout=dropout)
        keep_signals(self)
        with torch.no_grad():  # sums over the objects begin as moderate as what is summed
            self.network.message.layers[-1].weight.div_(objects)
            self.readout.mlp.layers[0].weight.div_(objects)

    def forward(self, batch: SceneQuestions, steps: int | None = None) -> Tensor:
        """(steps, b, 2 n) logits of the answers."""
        (count, objects), device = batch.colours.shape, batch.colours.device
        edge_index = complete_graphs(torch.full((count,), objects, device=device), loops=False)
        places = batch.positions.flatten(0, 1)
        nodes = torch.cat([_scaled(places), *(part.flatten(0, 1) for part in _attributes(batch))], 1)
        x = torch.cat([nodes, _question(batch).repeat_interleave(objects, 0)], 1)
        distances = (places[edge_index[0]] - places[edge_index[1]]).norm(dim=1, keepdim=True)
        states = self.network.states(x, edge_index, _scaled(distances), steps)
        scene = torch.arange(count, device=device).repeat_interleave(objects)
        return self.readout(states, scene, count)


class SceneMLP(nn.Module):
    """All that is known of a scene and a question, in one vector; the paper has four hidden layers of 256."""

    def __init__(self, channels: int = 256, layers: int = 4, *, objects: int = OBJECTS, dropout: float = 0.5) -> None:
        super().__init__()
        known = objects * (2 + 3 * objects) + 3 * objects
        self.mlp = MLP(known, *[channels] * layers, 2 * objects, dropout=dropout)
        keep_signals(self)

    def forward(self, batch: SceneQuestions) -> Tensor:
        """(1, b, 2 n) logits of the answers."""
        distances = torch.cdist(batch.positions, batch.positions)
        parts = [*_attributes(batch), _scaled(batch.positions), _scaled(distances)]
        return self.mlp(torch.cat([*(part.flatten(1) for part in parts), _question(batch)], 1))[None]


def _scaled(lengths: Tensor) -> Tensor:
    return (lengths - 0.5) / SPREAD


def _attributes(batch: SceneQuestions) -> tuple[Tensor, Tensor]:
    """(b, n, n) each: colours and shapes."""
    objects = batch.colours.size(1)
    return one_hot(batch.colours, objects), torch.eye(objects, device=batch.colours.device).expand(
        len(batch.colours), -1, -1
    )


def _question(batch: SceneQuestions) -> Tensor:
    """(b, 3 n): its anchor and its jumps."""
    objects = batch.colours.size(1)
    return torch.cat([one_hot(batch.anchors, 2 * objects), one_hot(batch.jumps, objects)], 1).float()
