"""Functions of multisets of integers, to be learned by a network whose only difference is the aggregation.

Each integer has a learned vector, to begin with steps around random integers; an aggregation makes one vector of those
of a multiset; an MLP reads the answer, one of a fixed number of classes, from it. Training: fresh multisets of 2 to 16
elements, uniform sizes, uniform elements. Test: multisets of 32 and of 64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy
from torch_geometric.nn.aggr import Aggregation, DegreeScalerAggregation, MaxAggregation, SumAggregation

from examples.second_minimum import BATCH, CHANNELS, falling, keeping, steps
from graphs import LCMAggregation, fit
from graphs.aggregate.associativity import permutation_deviation
from graphs.aggregate.operators import Sorted, Symmetric

HIDDEN = 256
TRAINED, TESTED = (2, 16), (16, 32, 64)
"""Sizes."""

Example: TypeAlias = tuple[list[int], int]
"""A multiset and the answer."""


@dataclass(frozen=True)
class Task:
    """A function of multisets.

    Attributes:
        values: elements are integers from 0 to one less.
        classes: so are answers.
    """

    name: str
    values: int
    classes: int
    answer: Callable[[list[int]], int]

    def draw(self, sizes: Tensor, generator: Generator) -> list[Example]:
        """One multiset of each of the sizes."""
        elements = torch.randint(self.values, (int(sizes.sum()),), generator=generator)
        return [(part, self.answer(part)) for part in (t.tolist() for t in elements.split(sizes.tolist()))]

    def __call__(self, update: int, generator: Generator) -> list[Example]:
        """A batch for `graphs.fit`."""
        low, high = TRAINED
        return self.draw(torch.randint(low, high + 1, (BATCH,), generator=generator), generator)


TASKS = [
    Task("second_minimum", 256, 256, lambda elements: sorted(elements)[1]),
    Task("sum_modulo_10", 10, 10, lambda elements: sum(elements) % 10),
    Task("greatest_common_divisor", 61, 61, lambda elements: math.gcd(*elements)),
]


class GRUOverSet(Aggregation):
    """The last state of a GRU that reads a segment's elements one after the other, in the order they come."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gru = nn.GRU(channels, channels, batch_first=True)

    def forward(
        self,
        x: Tensor,
        index: Tensor,
        ptr: Tensor | None = None,
        dim_size: int | None = None,
        dim: int = -2,
        max_num_elements: int | None = None,
    ) -> Tensor:
        """(e, c), sorted segments none of which is empty -> (dim_size, c)."""
        dense, real = self.to_dense_batch(x, index, ptr, dim_size, dim, max_num_elements=max_num_elements)
        states, _ = self.gru(dense)
        return states[torch.arange(len(states)), real.sum(1) - 1]


class Mixed(Aggregation):
    """As in PNA: mean, least, greatest and deviation, each as it is, amplified and attenuated by the size, mixed."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        sizes = torch.zeros(TRAINED[1] + 1, dtype=torch.int64)
        sizes[TRAINED[0] :] = 1
        scalers = ["identity", "amplification", "attenuation"]
        self.parts = DegreeScalerAggregation(["mean", "min", "max", "std"], scalers, sizes)
        self.lin = nn.Linear(12 * channels, channels)

    def forward(
        self,
        x: Tensor,
        index: Tensor | None = None,
        ptr: Tensor | None = None,
        dim_size: int | None = None,
        dim: int = -2,
    ) -> Tensor:
        """(e, c) -> (dim_size, c)."""
        return self.lin(self.parts(x, index, ptr, dim_size, dim))


AGGREGATIONS: dict[str, Callable[[int], Aggregation]] = {
    "sum": lambda c: SumAggregation(),
    "max": lambda c: MaxAggregation(),
    "pna": Mixed,
    "gru": GRUOverSet,
    "lcm": lambda c: LCMAggregation(c, c, project=False, operator=Symmetric(keeping(c))),
    "lcm_sorted": lambda c: LCMAggregation(c, c, project=False, operator=Sorted(keeping(c))),
}


class Reader(nn.Module):
    """Elements and their multisets in, logits of the answers out."""

    def __init__(self, task: Task, aggregation: Aggregation, channels: int = CHANNELS) -> None:
        super().__init__()
        self.vectors = nn.Embedding.from_pretrained(steps(task.values, channels), freeze=False)
        self.aggregation = aggregation
        self.answers = nn.Sequential(nn.Linear(channels, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, task.classes))

    def forward(self, elements: Tensor, index: Tensor, multisets: int) -> Tensor:
        """(e,), (e,) -> (multisets, classes)."""
        return self.answers(self.aggregation(self.vectors(elements), index, dim_size=multisets))


def packed(examples: Sequence[Example], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Elements (e,), the multiset of each (e,), the answers (n,)."""
    elements = torch.tensor([element for multiset, _ in examples for element in multiset])
    index = torch.arange(len(examples)).repeat_interleave(torch.tensor([len(multiset) for multiset, _ in examples]))
    return elements.to(device), index.to(device), torch.tensor([answer for _, answer in examples]).to(device)


def loss_with(associativity: float) -> Callable[[nn.Module, Sequence[Example], torch.device], Tensor]:
    """Cross-entropy, and so much of the associativity loss."""

    def loss(reader: nn.Module, examples: Sequence[Example], device: torch.device) -> Tensor:
        elements, index, answers = packed(examples, device)
        value = cross_entropy(reader(elements, index, len(examples)), answers)
        return value + associativity * reader.aggregation.associativity_loss() if associativity else value

    return loss


@torch.no_grad()
def tested(reader: nn.Module, task: Task, count: int) -> dict[str, float]:
    """Percent right by size, always on the same multisets; how far results move with the order of 16 elements."""
    device, dice, found = next(reader.parameters()).device, Generator().manual_seed(10**6), {}
    for size in TESTED:
        elements, index, answers = packed(task.draw(torch.full((count,), size), dice), device)
        found[str(size)] = 100 * float((reader(elements, index, count).argmax(1) == answers).double().mean())
    elements, index, _ = packed(task.draw(torch.full((128,), 16), dice), device)
    found["order"] = permutation_deviation(reader.aggregation, reader.vectors(elements), index, generator=dice)
    return found


def learned(task: Task, aggregation: str, updates: int, seed: int = 0, associativity: float = 0.0) -> dict[str, Any]:
    """Train a reader and test it."""
    torch.manual_seed(seed)
    reader = Reader(task, AGGREGATIONS[aggregation](CHANNELS))
    fit(
        reader,
        task,
        loss_with(associativity),
        updates=updates,
        rate=falling(updates),
        clip=1.0,
        seed=seed,
        evaluate=lambda model: tested(model, task, 256),
        every=max(1, updates // 10),
    )
    return tested(reader.eval(), task, 1024)
