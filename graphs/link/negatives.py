"""Pairs without a link, drawn at random: never a link of any part, never twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from graphs.link.pairs import PairSpace


@dataclass(frozen=True, eq=False)
class Negatives:
    """Where negative pairs come from.

    Attributes:
        space: the pairs that could be links.
        taken: numbers of those that must not be drawn, ascending.
        directed: whether the direction of a pair is drawn too.
    """

    space: PairSpace
    taken: Tensor
    directed: bool = False

    def without(self, pairs: Tensor) -> Self:
        """The same, with (2, p) pairs taken too, in both directions."""
        numbers = self.space.number(pairs)
        taken = torch.cat([self.taken, numbers[numbers >= 0]]).unique()
        return type(self)(self.space, taken, self.directed)

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw (2, count) distinct pairs, uniformly, with a generator of the CPU.

        Raises:
            ValueError: there are not so many.
        """
        pairs = self.space.pair(self.space.draw(count, self.taken, generator))
        if not self.directed:
            return pairs
        return torch.where(torch.rand(count, generator=generator) < 0.5, pairs, pairs.flip(0))
