"""Which entities compete for an answer in training, where there are too many for all of them to.

The right answers and the ends of all paths from the heads compete always: they are hard to tell apart. Of the rest a
few are drawn, and each stands for as many as it was drawn from: its logit is raised by the logarithm of that number, so
the sum in the softmax is that over all entities, in expectation (Bengio, Senecal, *Quick training of probabilistic
neural nets by importance sampling*, 2003).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from graphs.knowledge.legs import Legs


class Candidates(NamedTuple):
    """k entities, each once, of n.

    Attributes:
        entities: (k,).
        stand_for: (k,) logarithms of how many entities each stands for; these numbers add up to n.
    """

    entities: Tensor
    stand_for: Tensor

    def places(self, entities: Tensor, num_entities: int) -> Tensor:
        """Where entities stand among the candidates, whom they belong to."""
        place = self.entities.new_full((num_entities,), -1)
        return place.scatter(0, self.entities, torch.arange(len(self.entities), device=place.device))[entities]


def candidates(legs: Legs, heads: Tensor, answers: Tensor, drawn: int) -> Candidates:
    """The answers, the ends of paths of one or two facts from the heads, and some of the rest.

    Args:
        heads, answers: (q,).
        drawn: how many of the rest, at random (the global generator); all, if they are fewer.
    """
    between = legs.tail[legs.start_at(heads.unique())[1]].unique()
    always = torch.zeros(legs.num_entities, dtype=torch.bool, device=heads.device)
    for some in (answers, between, legs.tail[legs.start_at(between)[1]]):
        always[some] = True
    rest = (~always).nonzero()[:, 0]
    few = rest[torch.randperm(len(rest), device=rest.device)[:drawn]]
    sure = always.nonzero()[:, 0]
    each = math.log(len(rest) / len(few)) if len(few) else 0.0
    stand_for = torch.cat([torch.zeros(len(sure)), torch.full((len(few),), each)])
    return Candidates(torch.cat([sure, few]), stand_for.to(heads.device))
