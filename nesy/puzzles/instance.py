"""One puzzle to solve: a model, and what is given of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nesy.puzzles.model import Model, Value


@dataclass(frozen=True, eq=False)
class Instance:
    """A model with the givens of one puzzle.

    Attributes:
        model: shared by all instances with the same parameters and data.
        domains: per variable the mask of the values that the givens leave; bit i is value i of ``model.domains``.
        source: where the instance came from, for messages: ``puzzles.txt:7``.
    """

    model: Model
    domains: tuple[int, ...]
    source: str | None = None

    @property
    def givens(self) -> dict[int, Value]:
        """Variable -> its value, for the variables that the instance fixes and the model alone does not."""
        return {
            variable: self.model.domains[variable][mask.bit_length() - 1]
            for variable, (mask, full) in enumerate(zip(self.domains, self.model.full, strict=True))
            if mask != full and mask.bit_count() == 1
        }

    def verified(self, values: Sequence[Value]) -> bool:
        """Whether a complete assignment keeps to the givens and to every rule."""
        kept = all(
            value in domain and mask >> domain.index(value) & 1
            for value, domain, mask in zip(values, self.model.domains, self.domains, strict=True)
        )
        return kept and not self.model.violated(values)
