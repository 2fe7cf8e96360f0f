"""Functions of multisets of integers, to be learned by a network whose only difference is the aggregation.

The network is that of `examples.second_minimum`: each integer has a learned vector, to begin with steps around random
integers; an aggregation makes one vector of those of a multiset; what an MLP reads from it is compared with the vectors
of all integers. Training: fresh multisets of 2 to 16 elements, uniform sizes, uniform elements. Test: multisets of 32
and of 64.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy
from torch_geometric.nn.aggr import Aggregation, DegreeScalerAggregation, MaxAggregation, SumAggregation

from benchmarks.claims import RESULTS, Claim, Kept
from examples.second_minimum import BATCH, CHANNELS, FULL, Network, falling
from graphs import LCMAggregation, fit
from graphs.aggregate.associativity import permutation_deviation
from graphs.aggregate.operators import Residual, Sorted
from graphs.training.fit import Draw, Loss

TRAINED, TESTED = (2, 16), (16, 32, 64)
"""Sizes."""
TEST, COUNT = 10**6, 2048
"""Seed, which nothing else uses, and number of the multisets that are tested, of each size."""
UPDATES, SMALL, SEEDS = 1_200, 64, range(2)
"""Of each entry of the table; multisets in an update."""
FULL_SEEDS = range(3)
"""Of the recipe of the second minimum."""
RECIPE, BAR = "lcm_sorted", 98.0
"""What is to get that many second minima right at size 32, in percent."""

Example: TypeAlias = tuple[Tensor, int]
"""A multiset and the answer."""


@dataclass(frozen=True)
class Task:
    """A function of multisets.

    Attributes:
        values: elements and answers are integers from 0 to one less.
    """

    name: str
    values: int
    answer: Callable[[list[int]], int]

    def draw(self, sizes: Tensor, generator: Generator) -> list[Example]:
        """One multiset of each of the sizes."""
        elements = torch.randint(self.values, (int(sizes.sum()),), generator=generator)
        return [(part, self.answer(part.tolist())) for part in elements.split(sizes.tolist())]

    def batches(self, count: int) -> Draw:
        """Of so many multisets, for `graphs.fit`."""
        low, high = TRAINED
        return lambda update, generator: self.draw(
            torch.randint(low, high + 1, (count,), generator=generator), generator
        )


TASKS = [
    Task("second_minimum", 256, lambda elements: sorted(elements)[1]),
    Task("sum_modulo_10", 10, lambda elements: sum(elements) % 10),
    Task("range", 64, lambda elements: max(elements) - min(elements)),
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
    "lcm": lambda c: LCMAggregation(c, c, project=False),
    "lcm_sorted": lambda c: LCMAggregation(c, c, project=False, operator=Sorted(Residual(c))),
}
CONTENDERS = [*((name, 0.0) for name in AGGREGATIONS), ("lcm", 0.1)]
"""Aggregations and weights of the associativity loss."""


def loss_with(associativity: float) -> Loss:
    """Cross-entropy, and so much of the associativity loss."""

    def loss(network: nn.Module, examples: Sequence[Example], device: torch.device) -> Tensor:
        value = cross_entropy(network([multiset for multiset, _ in examples]), answers(examples).to(device))
        return value + associativity * network.aggregation.associativity_loss() if associativity else value  # type: ignore[union-attr,operator]

    return loss


def answers(examples: Sequence[Example]) -> Tensor:
    """(len(examples),)."""
    return torch.tensor([answer for _, answer in examples])


@torch.no_grad()
def tested(network: Network, task: Task) -> dict[str, float]:
    """Percent right by size; how far results move with the order of 16 elements; always on the same multisets."""
    dice, found = Generator().manual_seed(TEST), {}
    for size in TESTED:
        examples = task.draw(torch.full((COUNT,), size), dice)
        chosen = network([multiset for multiset, _ in examples]).argmax(1).cpu()
        found[str(size)] = 100 * float((chosen == answers(examples)).double().mean())
    elements = torch.randint(task.values, (128 * 16,), generator=dice).to(network.vectors.weight.device)
    index = torch.arange(128, device=elements.device).repeat_interleave(16)
    found["order"] = permutation_deviation(network.aggregation, network.vectors(elements), index, generator=dice)
    return found


def learned(
    task: Task,
    aggregation: str,
    updates: int,
    batch: int,
    seed: int,
    associativity: float = 0.0,
    *,
    checkpoint: Path | None = None,
) -> dict[str, float]:
    """Train a network, or go on from the checkpoint, and test it."""
    torch.manual_seed(seed)
    network = Network(AGGREGATIONS[aggregation](CHANNELS), task.values)
    start = time.process_time()
    fit(
        network,
        task.batches(batch),
        loss_with(associativity),
        updates=updates,
        rate=falling(updates),
        clip=1.0,
        seed=seed,
        every=max(1, updates // 10),
        checkpoint=checkpoint,
    )
    seconds = time.process_time() - start
    weights = sum(part.numel() for part in network.aggregation.parameters())
    return {**tested(network.eval(), task), "weights": weights, "seconds": seconds}


def claims(kept: Kept) -> Iterator[Claim]:
    """The recipe of the second minimum, then the table of tasks and aggregations."""
    yield second_minimum(kept)
    for task, (name, weight) in product(TASKS, CONTENDERS):
        key = f"{task.name}.{name}.{weight:g}.{UPDATES}"
        runs = [
            kept.once(f"{key}.{seed}", partial(learned, task, name, UPDATES, SMALL, seed, weight)) for seed in SEEDS
        ]
        at = {size: mean_and_error([run[size] for run in runs]) for size in ("16", "32", "64")}
        yield Claim(
            f"multisets.{task.name}.{name}{'_associative' if weight else ''}",
            f"{at['32']} % at size 32, {at['64']} % at 64",
            detail=f"{at['16']} % at 16; order moves results by {mean_and_error([run['order'] for run in runs], 3)}; "
            f"{runs[0]['weights']:,} weights; {UPDATES:,} updates of {SMALL} multisets, "
            f"at most {max(run['seconds'] for run in runs):.0f} CPU s",
        )


def second_minimum(kept: Kept) -> Claim:
    """What ``python examples/second_minimum.py --full`` trains; a run that was stopped goes on."""
    folder = RESULTS / "multisets.partial"
    folder.mkdir(parents=True, exist_ok=True)
    runs = []
    for seed in FULL_SEEDS:
        key = f"second_minimum.{RECIPE}.{FULL}.{seed}"
        path = folder / f"{key}.safetensors"
        runs.append(kept.once(key, partial(learned, TASKS[0], RECIPE, FULL, BATCH, seed, checkpoint=path)))
    at = {size: mean_and_error([run[size] for run in runs], 2) for size in ("16", "32", "64")}
    worst = min(run["32"] for run in runs)
    return Claim(
        "multisets.second_minimum.full",
        f"{at['32']} % at size 32, {at['64']} % at 64",
        "about 95 % at 32 (PyG's example, by its own account)",
        bar=f">= {BAR:g} % at 32, every seed",
        met=worst >= BAR,
        detail=f"{RECIPE}, {FULL:,} updates of {BATCH} multisets, {len(runs)} seeds, the worst {worst:.2f} % at 32; "
        f"{at['16']} % at 16; order moves results by {mean_and_error([run['order'] for run in runs], 3)}; "
        f"at most {max(run['seconds'] for run in runs):.0f} CPU s",
    )


def mean_and_error(values: list[float], digits: int = 1) -> str:
    """Mean and standard error."""
    error = statistics.stdev(values) / len(values) ** 0.5
    return f"{statistics.mean(values):.{digits}f}±{error:.{digits}f}"
