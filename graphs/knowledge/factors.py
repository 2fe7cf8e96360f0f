"""Baselines that look at nothing but the two ends: DistMult (arXiv 1412.6575) and ComplEx (arXiv 1606.06357).

Each entity and relation is a vector, and a fact scores as a product of three. Inverse relations have vectors of their
own, so one direction of questions is enough (Lacroix et al., arXiv 1806.07297, whose cubic norm is `penalty`).

Shapes: q questions, n entities, R relations, c channels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

SCALE = 1e-2
"""Standard deviation at the start: all facts are nearly as probable."""


class Factors(nn.Module, ABC):
    """A vector for every entity, relation and inverse relation; the score of a fact is trilinear in them.

    Args:
        num_entities: n.
        num_relations: R, without the inverses.
        channels: c, numbers per vector.
    """

    def __init__(self, num_entities: int, num_relations: int, channels: int = 128) -> None:
        super().__init__()
        self.entities = nn.Parameter(SCALE * torch.randn(num_entities, channels))
        self.relations = nn.Parameter(SCALE * torch.randn(2 * num_relations, channels))

    @abstractmethod
    def expected(self, head: Tensor, relation: Tensor) -> Tensor:
        """(q, c), (q, c) -> (q, c): the scores of tails are its inner products with their vectors."""

    @abstractmethod
    def moduli(self, vectors: Tensor) -> Tensor:
        """Absolute values of the components."""

    def forward(
        self, heads: Tensor, relations: Tensor, hidden: Tensor | None = None, among: Tensor | None = None
    ) -> Tensor:
        """Logits of entities as answers.

        Args:
            heads, relations: (q,) the questions.
            hidden: (q,) not used here; see `graphs.knowledge.ncn`.
            among: (k,) the entities, each once; None: all n of them.

        Returns:
            (q, k).
        """
        answers = self.entities if among is None else self.entities[among]
        return self.expected(self.entities[heads], self.relations[relations]) @ answers.T

    def penalty(self, heads: Tensor, relations: Tensor, answers: Tensor) -> Tensor:
        """Sum of the cubes of the moduli of a fact's three vectors, the mean over q facts."""
        vectors = (self.entities[heads], self.relations[relations], self.entities[answers])
        return torch.stack([self.moduli(one).pow(3).sum() for one in vectors]).sum() / len(heads)


class DistMult(Factors):
    """score = sum of head * relation * tail: the same in both directions but for the vectors of inverses."""

    def expected(self, head: Tensor, relation: Tensor) -> Tensor:
        return head * relation

    def moduli(self, vectors: Tensor) -> Tensor:
        return vectors.abs()


class ComplEx(Factors):
    """score = Re sum of head * relation * conj(tail); c / 2 complex numbers per vector.

    Raises:
        ValueError: an odd number of channels.
    """

    def __init__(self, num_entities: int, num_relations: int, channels: int = 128) -> None:
        if channels % 2:
            raise ValueError(f"channels {channels}: expected an even number, real and imaginary parts")
        super().__init__(num_entities, num_relations, channels)

    def expected(self, head: Tensor, relation: Tensor) -> Tensor:
        a, b = head.chunk(2, 1)
        c, d = relation.chunk(2, 1)
        return torch.cat([a * c - b * d, a * d + b * c], 1)

    def moduli(self, vectors: Tensor) -> Tensor:
        real, imaginary = vectors.chunk(2, 1)
        return (real.square() + imaginary.square() + 1e-12).sqrt()  # a gradient at zero, too
