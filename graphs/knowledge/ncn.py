"""Neural common neighbours that know relations.

Neural common neighbours (arXiv 2302.00890) score a pair as ``f(x_h * x_t, sum of x_w over common neighbours w)``. Here
a common neighbour is a path of two facts ``h -a-> w -b-> t``, and what it adds depends on both relations and on the
relation r that is asked for::

    logit(h, r, t) = base(h, r, t)                                   what the two ends say
                   + sum over h -a-> t,        a != r:  direct[r, a]
                   + sum over h -a-> w -b-> t:          q[r] . (first[a] * x[w] * second[b])

The sum is plain, so what each path adds is exact and not estimated: these are the reasons of a link
(`graphs.knowledge.reasons`).

**The target link is no reason for itself.** Directly r is not looked at, w is neither h nor t, and in training the
path that begins with the asked fact is taken away from the scores of the other answers, too (``hidden``).

Shapes: q questions, n entities, R relations (2R with inverses), c channels, p pairs (`Legs`).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from graphs.knowledge.factors import ComplEx, Factors
from graphs.knowledge.graph import KnowledgeGraph
from graphs.knowledge.legs import Legs
from graphs.rows import members, starts


class Ends(NamedTuple):
    """What paths of two facts carry, added up by both ends; k pairs of ends, ascending.

    Attributes:
        start: of every head among the pairs, see `graphs.rows`.
        tail: (k,).
        carried: (k, c).
    """

    start: Tensor
    tail: Tensor
    carried: Tensor


class KnowledgeNCN(nn.Module):
    """The model for the training facts of one graph.

    Args:
        graph: its training facts are the paths.
        channels: c, of relations on paths and of what stands between.
        base: what scores the two ends; None: `ComplEx` with its usual channels.
    """

    def __init__(self, graph: KnowledgeGraph, channels: int = 32, *, base: Factors | None = None) -> None:
        super().__init__()
        relations = 2 * graph.num_relations
        self.legs = Legs(graph)
        self.base = base or ComplEx(graph.num_entities, graph.num_relations)
        self.direct = nn.Parameter(torch.zeros(relations, relations))
        self.asked = nn.Parameter(torch.randn(relations, channels) * channels**-0.5)
        self.first = nn.Parameter(torch.randn(relations, channels) * channels**-0.5)
        self.second = nn.Parameter(torch.randn(relations, channels) * channels**-0.5)
        self.between = nn.Parameter(torch.ones(graph.num_entities, channels))

    def forward(self, heads: Tensor, relations: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Logits of all entities as answers.

        Args:
            heads, relations: (q,) the questions.
            hidden: (q,) tails: the facts (head, relation, tail) of the graph are not to be used.

        Returns:
            (q, n).
        """
        return self.base(heads, relations) + self.from_paths(heads, relations, hidden)

    def from_paths(self, heads: Tensor, relations: Tensor, hidden: Tensor | None = None) -> Tensor:
        """(q, n): the part of the logits that facts between the two ends, and common neighbours, add."""
        first, second = self.legs.added(self.first), self.legs.added(self.second)
        starts_at, which = heads.unique(return_inverse=True)
        ends = self._ends(starts_at, first, second)
        parts = [self._direct(heads, relations), self._common(ends, which, relations)]
        if hidden is not None:
            parts.append(self._without(heads, relations, hidden, second))
        question, answer, value = (torch.cat(tensors) for tensors in zip(*parts, strict=True))
        logits = value.new_zeros(len(heads) * self.legs.num_entities)
        return logits.index_add(0, question * self.legs.num_entities + answer, value).view(len(heads), -1)

    def penalty(self, heads: Tensor, relations: Tensor, answers: Tensor) -> Tensor:
        """That of the base; how far neighbours differ from each other counts as its vectors do."""
        differ = (self.between[answers] - 1).abs().pow(3).sum() / len(answers)
        return self.base.penalty(heads, relations, answers) + differ

    def _ends(self, heads: Tensor, first: Tensor, second: Tensor) -> Ends:
        """All ends of paths of two facts from (k,) heads, other than where they began."""
        place, one = self.legs.start_at(heads)
        between = self.legs.tail[one]
        step, two = self.legs.start_at(between)
        away = self.legs.tail[two] != heads[place[step]]
        step, two = step[away], two[away]
        keys = place[step] * self.legs.num_entities + self.legs.tail[two]
        unique, row = keys.unique(return_inverse=True)
        seen = first[one] * self.between[between]
        carried = first.new_zeros(len(unique), first.size(1)).index_add(0, row, seen[step] * second[two])
        return Ends(starts(unique // self.legs.num_entities, len(heads)), unique % self.legs.num_entities, carried)

    def _common(self, ends: Ends, which: Tensor, relations: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Questions, answers and what common neighbours add to them."""
        question, row = members(ends.start, which)
        return question, ends.tail[row], (self.asked[relations][question] * ends.carried[row]).sum(1)

    def _direct(self, heads: Tensor, relations: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The same for facts between the two ends."""
        place, pair = self.legs.start_at(heads)
        step, fact = self.legs.facts_in(pair)
        question, other = place[step], self.legs.relation[fact]
        value = self.direct[relations[question], other] * (relations[question] != other)
        return question, self.legs.tail[pair[step]], value

    def _without(
        self, heads: Tensor, relations: Tensor, hidden: Tensor, second: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The same, negative, for paths that begin with the hidden facts."""
        question, pair = self.legs.start_at(hidden)
        answer = self.legs.tail[pair]
        used = (answer != heads[question]) & (hidden != heads)[question]
        question, pair, answer = question[used], pair[used], answer[used]
        carried = self.first[relations] * self.between[hidden] * self.asked[relations]
        return question, answer, -(carried[question] * second[pair]).sum(1)
