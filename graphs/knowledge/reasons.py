"""Why a network of common neighbours predicts a fact: the paths that carry it, and how much each adds to the logit.

The network sums over paths, so a path's part is exact: together with the base these numbers are the logit.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from graphs.knowledge.ncn import KnowledgeNCN

NONE = -1
"""What stands between, and the second relation, where a fact of the two ends themselves is the reason."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """m paths ``head -first-> between -second-> tail``, (m,) each, by fact and then by what they add, most first.

    Attributes:
        fact: which of the facts that were asked about.
        first, second: relations; inverses from R on. `second` is `NONE` for a fact ``head -first-> tail``.
        between: the common neighbour, or `NONE`.
        added: to the logit of the fact.
    """

    fact: Tensor
    first: Tensor
    between: Tensor
    second: Tensor
    added: Tensor

    def select(self, kept: Tensor) -> Reasons:
        """Those with True in (m,) `kept`, or with these places in this order."""
        return Reasons(*(getattr(self, name)[kept] for name in self.__slots__))


@torch.no_grad()
def reasons(model: KnowledgeNCN, facts: Tensor, hidden: Tensor | None = None) -> Reasons:
    """All paths that add to the logits of facts.

    Args:
        facts: (q, 3) head, relation, tail; relations from R on are inverses. They need not be facts of the graph.
        hidden: (q,) tails, see `KnowledgeNCN.forward`.
    """
    paths = _paths(model, facts)
    if hidden is not None:
        own = (paths.first == facts[paths.fact, 1]) & (paths.between == hidden[paths.fact])
        paths = paths.select(~own)
    parts = (_direct(model, facts), paths)
    every = Reasons(*(torch.cat([getattr(part, name) for part in parts]) for name in Reasons.__slots__))
    order = every.added.argsort(descending=True, stable=True)
    return every.select(order[every.fact[order].argsort(stable=True)])


def _direct(model: KnowledgeNCN, facts: Tensor) -> Reasons:
    """The other facts of the two ends."""
    head, relation, tail = facts.unbind(1)
    place, pair = model.legs.find(head, tail)
    step, fact = model.legs.facts_in(pair)
    place, first = place[step], model.legs.relation[fact]
    none = torch.full_like(place, NONE)
    return Reasons(place, first, none, none, model.direct[relation[place], first]).select(first != relation[place])


def _paths(model: KnowledgeNCN, facts: Tensor) -> Reasons:
    """The paths over common neighbours; none lead from an entity to itself."""
    head, relation, tail = facts.unbind(1)
    place, out = model.legs.start_at(head)
    kept = (head != tail)[place]
    place, out = place[kept], out[kept]
    met, back = model.legs.find(model.legs.tail[out], tail[place])
    one, first = model.legs.facts_in(out[met])
    two, second = model.legs.facts_in(back[one])
    path = met[one][two]
    fact, between = place[path], model.legs.tail[out[path]]
    first, second = model.legs.relation[first[two]], model.legs.relation[second]
    carried = model.first[first] * model.between[between] * model.second[second]
    return Reasons(fact, first, between, second, (model.asked[relation[fact]] * carried).sum(1))
