"""Early stopping: the weights with the highest figure are kept, and a run without a higher one for long is over."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn


@dataclass
class Best:
    """What was best so far.

    Attributes:
        figure: name of the figure that is to be high; None: nothing is kept.
        patience: rows of figures without a higher one after which a run is over; None: never.
        score: the highest.
        stale: rows of figures since.
        weights: of the model at that time.
    """

    figure: str | None = None
    patience: int | None = None
    score: float = -math.inf
    stale: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.patience is not None and self.figure is None:
            raise ValueError(f"patience {self.patience}, but no figure to be kept high: give keep=")

    @property
    def over(self) -> bool:
        """Whether there is nothing better to hope for."""
        return self.patience is not None and self.stale >= self.patience

    def see(self, model: nn.Module, figures: Mapping[str, float]) -> None:
        """Take notice of a row of figures."""
        if self.figure is None:
            return
        if self.figure not in figures:
            raise ValueError(f"no figure {self.figure!r}, expected one of {', '.join(figures)}")
        self.stale += 1
        if figures[self.figure] > self.score:
            self.score, self.stale = figures[self.figure], 0
            self.weights = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}

    def restore(self, model: nn.Module) -> None:
        """Give the model the best weights, if any were kept."""
        if self.weights:
            model.load_state_dict(self.weights)
