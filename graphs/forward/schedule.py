"""How a layer is trained, and the training itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import Generator, nn

from graphs.training.fit import fit

Optimiser: TypeAlias = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]


@dataclass(frozen=True)
class Schedule:
    """How one layer is trained; the defaults are the published ones.

    Args:
        epochs: at most; an epoch is one update, or one for each batch.
        rate: of learning.
        optimiser: from the parameters, its own rate overridden; None: Adam with a weight decay of 5e-4.
        batch_size: examples in an update; None: all.
        every: epochs between two validations.
        patience: validations without a better one after which the layer is done; None: never before its epochs are.
    """

    epochs: int = 1000
    rate: float = 1e-3
    optimiser: Optimiser | None = None
    batch_size: int | None = None
    every: int = 2
    patience: int | None = 100

    def train(
        self, model: nn.Module, examples: int, measure: str, quality: Callable[[], float] | None, **options: Any
    ) -> None:
        """Train a module that gives the loss of a batch of examples, their numbers.

        Args:
            examples: how many there are.
            measure: name of the quality.
            quality: of the module as it is, to be high; None: there is nothing to tell it by.
            options: of `graphs.fit`.
        """
        size = min(self.batch_size or examples, examples)
        turns = examples // size

        def draw(update: int, generator: Generator) -> Any:
            return torch.arange(examples) if size == examples else torch.randperm(examples, generator=generator)[:size]

        if quality is not None:
            options |= {"evaluate": lambda _: {measure: quality()}, "keep": measure, "patience": self.patience}
        fit(
            model,
            draw,
            lambda model, batch, device: model(torch.as_tensor(batch, device=device)),
            updates=self.epochs * turns,
            rate=self.rate,
            optimiser=self.optimiser or partial(torch.optim.Adam, weight_decay=5e-4),
            every=self.every * turns,
            **options,
        )
