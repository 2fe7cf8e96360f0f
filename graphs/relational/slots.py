"""Training of a `ValueNetwork` on problems with known solutions, in slots that keep their state.

Each update runs a few steps from where the slots stand and learns from these alone; a slot keeps its problem until it
is solved, or for several updates. Updates are cheap, the effective depth is large, and the network spends its time on
what it cannot do yet.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import torch
import torch.distributed as dist
from torch import Generator, Tensor
from torch.nn.utils import clip_grad_norm_

from graphs.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from graphs.relational.constraint_graph import ConstraintGraph
from graphs.relational.values import ValueNetwork, log_probabilities

KIND = "value network in training"

Problems: TypeAlias = Callable[[int, Generator], tuple[Tensor, Tensor]]
"""The update's number and a source of randomness -> input (n, in_channels) and solution (n,) of 0 and 1."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    Attributes:
        updates: of the weights, in all.
        slots: problems at a time, over all processes.
        tile: problems that run together; small enough for the processor's cache.
        steps: of the network per update.
        segments: updates after which a slot gets a new problem even if it is not solved.
        leave: probability that a solved problem is replaced at once.
        again: probability that a problem that was not solved in time is begun once more, from an empty state: hard
            problems are then seen more often.
        rate: peak learning rate; it warms up over `warmup` updates and falls by a cosine to `floor` of the peak.
        clip: norm of the gradient.
        decay: of the moving average of the weights, which is what comes out.
        seed: of everything.
    """

    updates: int
    slots: int = 16
    tile: int = 4
    steps: int = 8
    segments: int = 8
    leave: float = 0.6
    again: float = 0.0
    rate: float = 3e-3
    warmup: int = 50
    floor: float = 0.03
    clip: float = 1.0
    decay: float = 0.99
    seed: int = 0

    def rate_at(self, update: int) -> float:
        """The learning rate of an update."""
        fall = self.floor + (1 - self.floor) * (1 + math.cos(math.pi * update / self.updates)) / 2
        return self.rate * min(1.0, (update + 1) / self.warmup) * fall


@dataclass(frozen=True, slots=True)
class Progress:
    """One update: mean loss per open variable, problems seen so far, share of slots that are solved."""

    update: int
    loss: float
    problems: int
    solved: float


class SlotTrainer:
    """A training run that can be stopped and taken up again.

    Args:
        network: is trained in place, on its device; `averaged` holds the moving average of its weights.
        graph: of all problems.
        problems: makes them.

    With `torch.distributed` initialised, the slots are divided among the processes and gradients are averaged.
    """

    def __init__(self, network: ValueNetwork, graph: ConstraintGraph, problems: Problems, settings: Settings) -> None:
        self.device = next(network.parameters()).device
        self.network, self.graph, self.problems, self.settings = network, graph.to(self.device), problems, settings
        self.rank, self.world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
        self.optimiser = torch.optim.Adam(network.parameters(), lr=settings.rate)
        self.averaged = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        self.generator = Generator().manual_seed(settings.seed * 1_000_003 + self.rank)
        self.update, self.seen = 0, 0
        size = settings.slots // self.world
        if size * self.world != settings.slots or size % settings.tile:
            raise ValueError(f"{settings.slots} slots, {self.world} processes, tiles of {settings.tile}: do not divide")
        drawn = [self._draw() for _ in range(size)]
        self.x = torch.stack([x for x, _ in drawn], 1).to(self.device)
        self.target = torch.stack([target for _, target in drawn], 1).to(self.device)
        self.state = network.start(graph.num_nodes, size)
        self.age = torch.zeros(size, dtype=torch.long)

    def begin_with(self, network: ValueNetwork) -> None:
        """Take the weights of another network of the same sizes."""
        self.network.load_state_dict(network.state_dict())
        self.averaged = {name: tensor.clone() for name, tensor in self.network.state_dict().items()}

    def run(self, until: int | None = None) -> Iterator[Progress]:
        """Train, one update at a time; stop iterating at any point."""
        until = self.settings.updates if until is None else until
        while self.update < until:
            for group in self.optimiser.param_groups:
                group["lr"] = self.settings.rate_at(self.update)
            loss, solved = self._learn()
            self.update += 1
            self._average()
            self._refill(solved)
            yield Progress(self.update, loss, self.seen, float(solved.float().mean()))

    def _learn(self) -> tuple[float, Tensor]:
        settings, tiles = self.settings, self.x.shape[1] // self.settings.tile
        self.optimiser.zero_grad(set_to_none=True)
        total, solved, states = 0.0, [], []
        for tile in range(tiles):
            part = slice(tile * settings.tile, (tile + 1) * settings.tile)
            state = self.state[0][:, part].contiguous(), self.state[1][:, part].contiguous()
            logits, state = self.network(self.x[:, part].contiguous(), self.graph, settings.steps, state)
            loss = open_loss(logits, self.x[:, part], self.target[:, part], self.graph)
            (loss / (tiles * self.world)).backward()
            total += loss.item() / tiles
            solved.append(right(logits[-1].detach(), self.target[:, part], self.graph))
            states.append((state[0].detach(), state[1].detach()))
        self.state = torch.cat([h for h, _ in states], 1), torch.cat([c for _, c in states], 1)
        if self.world > 1:
            self._add_gradients()
        clip_grad_norm_(self.network.parameters(), settings.clip)
        self.optimiser.step()
        return total, torch.cat(solved).cpu()

    def _add_gradients(self) -> None:
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def _average(self) -> None:
        decay = min(self.settings.decay, self.update / (self.update + 9))
        for name, tensor in self.network.state_dict().items():
            self.averaged[name].lerp_(tensor, 1 - decay)

    def _refill(self, solved: Tensor) -> None:
        self.age += 1
        chance = torch.rand(len(solved), generator=self.generator)
        ended = self.age >= self.settings.segments
        again = ended & ~solved & (chance < self.settings.again)
        for slot in ((solved & (chance < self.settings.leave)) | ended).nonzero().flatten().tolist():
            if not again[slot]:
                self.x[:, slot], self.target[:, slot] = self._draw()
            self.state[0][:, slot] = 0
            self.state[1][:, slot] = 0
            self.age[slot] = 0

    def _draw(self) -> tuple[Tensor, Tensor]:
        self.seen += 1
        return self.problems(self.update, self.generator)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Keep all that `resume` needs to go on as if nothing had happened; every process has to call it."""
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors |= {f"averaged.{name}": tensor for name, tensor in self.averaged.items()}
        for number, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"adam.{number}.{name}": tensor for name, tensor in state.items()}
        seen = [0] * self.world
        for rank, (number, slots) in enumerate(self._all_slots()):
            seen[rank] = number
            tensors |= {f"slots.{rank}.{name}": tensor for name, tensor in slots.items()}
        if self.rank == 0:
            header = {"settings": asdict(self.settings), "update": self.update, "seen": seen, "world": self.world}
            save_checkpoint(path, KIND, header, tensors)

    def _all_slots(self) -> list[tuple[int, dict[str, Tensor]]]:
        """Problems seen, and slots, of every process."""
        (h, c), generator = self.state, self.generator.get_state()
        mine = {"x": self.x, "target": self.target, "h": h, "c": c, "age": self.age, "generator": generator}
        if self.world == 1:
            return [(self.seen, mine)]
        found: list[Any] = [None] * self.world
        dist.all_gather_object(found, (self.seen, mine))
        return found

    def resume(self, path: str | os.PathLike[str]) -> None:
        """Go on from a saved run with the same settings; only `updates` may differ, to end sooner or later.

        Raises:
            CheckpointError: the file is no such run, or its settings are others.
        """
        header, tensors = load_checkpoint(path, KIND)
        settings = header["settings"] | {"updates": self.settings.updates}
        if (settings, header["world"]) != (asdict(self.settings), self.world):
            raise CheckpointError(f"{os.fspath(path)}: was trained with other settings; expected {self.settings}")
        self.network.load_state_dict(_under("network.", tensors))
        self.averaged = {name: tensor.to(self.device) for name, tensor in _under("averaged.", tensors).items()}
        numbers = sorted({int(name.split(".")[1]) for name in tensors if name.startswith("adam.")})
        state = {number: _under(f"adam.{number}.", tensors) for number in numbers}
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": state})
        slots = _under(f"slots.{self.rank}.", tensors)
        self.x, self.target = slots["x"].to(self.device), slots["target"].to(self.device)
        self.state, self.age = (slots["h"].to(self.device), slots["c"].to(self.device)), slots["age"]
        self.generator.set_state(slots["generator"])
        self.update, self.seen = header["update"], header["seen"][self.rank]


def open_loss(logits: Tensor, x: Tensor, target: Tensor, graph: ConstraintGraph) -> Tensor:
    """Cross-entropy over each variable's values, mean over the steps and the variables that are not given.

    Args:
        logits: (steps, n, b).
        x: (n, b, in_channels); channel 0: the value is given.
        target: (n, b), 1 where the node's value is the variable's.
    """
    wanted = target * (1 - x[..., 0])
    return -(log_probabilities(logits, graph) * wanted).sum() / (wanted.sum() * len(logits))


def right(logits: Tensor, target: Tensor, graph: ConstraintGraph) -> Tensor:
    """(n, b) logits, (n, b) solutions -> (b,): whether every variable's most probable value is its value."""
    n, b = logits.shape
    index = graph.variable[:, None].expand(n, b)
    highest = logits.new_full((graph.num_variables, b), float("-inf")).scatter_reduce(0, index, logits, "amax")
    return ((logits == highest.gather(0, index)) == (target > 0)).all(0)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
