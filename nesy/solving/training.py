"""Training of a guide on solved instances of one puzzle."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor

from graphs.relational.slots import Settings, SlotTrainer
from graphs.relational.values import ValueNetwork, relations_of
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import Value
from nesy.solving.values import CHANNELS, firsts, graph, inputs

Extra = Callable[[int, Generator], int]
"""The update's number -> how many variables of the solution are given on top of the instance's givens."""


class SolvedInstances:
    """Problems for a `SlotTrainer`: an instance at random, with some more of its solution given.

    Args:
        instances: of one model.
        solutions: per instance the value of each variable.
        extra: how many more variables are given.
    """

    def __init__(self, instances: Sequence[Instance], solutions: Sequence[Sequence[Value]], extra: Extra) -> None:
        self.instances, self.solutions, self.extra = instances, solutions, extra

    def __call__(self, update: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Input (n, `CHANNELS`) and solution (n,)."""
        chosen = int(torch.randint(len(self.instances), (1,), generator=generator))
        instance, values = self.instances[chosen], self.solutions[chosen]
        model = instance.model
        position = [domain.index(value) for domain, value in zip(model.domains, values, strict=True)]
        domains = list(instance.domains)
        open_ = [v for v, mask in enumerate(domains) if mask.bit_count() > 1]
        order = torch.randperm(len(open_), generator=generator)[: max(0, self.extra(update, generator))]
        for v in (open_[i] for i in order.tolist()):
            domains[v] = 1 << position[v]
        solution = torch.zeros(firsts(model)[-1])
        solution[torch.tensor(firsts(model)[:-1]) + torch.tensor(position)] = 1
        return inputs([Instance(model, tuple(domains))])[:, 0], solution


def trainer(problems: SolvedInstances, settings: Settings, *, hidden_channels: int = 32) -> SlotTrainer:
    """A fresh network with its training run: iterate over ``run()``; `averaged` is the result.

    Args:
        problems: what it learns from.
        settings: how; ``settings.seed`` chooses the first weights too.
    """
    constraints = graph(problems.instances[0].model)
    torch.manual_seed(settings.seed)
    network = ValueNetwork(CHANNELS, hidden_channels, relations_of([constraints]))
    return SlotTrainer(network, constraints, problems, settings)
