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

from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from graphs.knowledge.factors import ComplEx, Factors
from graphs.knowledge.graph import KnowledgeGraph
from graphs.knowledge.legs import Legs
from graphs.rows import members, starts


class Carried(NamedTuple):
    """What the relations of k of the pairs carry as one leg.

    Attributes:
        place: (p,) where each of the k pairs stands in `value`; of no meaning for others.
        value: (k, c).
    """

    place: Tensor
    value: Tensor

    def of(self, pairs: Tensor) -> Tensor:
        """(m, c) of (m,) pairs that are among the k."""
        return self.value[self.place[pairs]]


Added: TypeAlias = tuple[Tensor, Tensor, Tensor]
"""(m,) places of questions, (m,) answers, and (m,) what is added to their logits."""


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

    def forward(
        self, heads: Tensor, relations: Tensor, hidden: Tensor | None = None, among: Tensor | None = None
    ) -> Tensor:
        """Logits of entities as answers.

        Args:
            heads, relations: (q,) the questions; one that is there several times is scored once.
            hidden: (q,) tails: the facts (head, relation, tail) of the graph are not to be used.
            among: (k,) the entities, each once; None: all n of them.

        Returns:
            (q, k).
        """
        kinds = len(self.asked)
        different, place = (heads * kinds + relations).unique(return_inverse=True)
        head, relation = different // kinds, different % kinds
        starts_at, which = head.unique(return_inverse=True)
        second = self._second(starts_at)
        parts = [self._direct(head, relation), self._common(self._ends(starts_at, second), which, relation)]
        logits = (self.base(head, relation, among=among) + self._placed(parts, len(head), among))[place]
        if hidden is None:
            return logits
        return logits + self._placed([self._without(heads, relations, hidden, second)], len(heads), among)

    def penalty(self, heads: Tensor, relations: Tensor, answers: Tensor) -> Tensor:
        """That of the base; how far neighbours differ from each other counts as its vectors do."""
        differ = (self.between[answers] - 1).abs().pow(3).sum() / len(answers)
        return self.base.penalty(heads, relations, answers) + differ

    def _placed(self, parts: list[Added], questions: int, among: Tensor | None) -> Tensor:
        """(q, k): the sums of what is added to each answer."""
        question, answer, value = (torch.cat(tensors) for tensors in zip(*parts, strict=True))
        width = self.legs.num_entities if among is None else len(among)
        if among is not None:
            column = torch.full((self.legs.num_entities,), -1, device=among.device)
            answer = column.scatter(0, among, torch.arange(width, device=among.device))[answer]
            asked = answer >= 0
            question, answer, value = question[asked], answer[asked], value[asked]
        return value.new_zeros(questions * width).index_add(0, question * width + answer, value).view(questions, width)

    def _second(self, heads: Tensor) -> Carried:
        """What the second legs of the paths from (k,) heads carry."""
        between = self.legs.tail[self.legs.start_at(heads)[1]].unique()
        pairs = self.legs.start_at(between)[1]
        place = torch.zeros_like(self.legs.tail)
        place[pairs] = torch.arange(len(pairs), device=place.device)
        return Carried(place, self.legs.added(self.second, pairs))

    def _ends(self, heads: Tensor, second: Carried) -> Ends:
        """All ends of paths of two facts from (k,) heads, other than where they began."""
        place, one = self.legs.start_at(heads)
        between = self.legs.tail[one]
        step, two = self.legs.start_at(between)
        away = self.legs.tail[two] != heads[place[step]]
        step, two = step[away], two[away]
        keys = place[step] * self.legs.num_entities + self.legs.tail[two]
        unique, row = keys.unique(return_inverse=True)
        seen = self.legs.added(self.first, one) * self.between[between]
        carried = seen.new_zeros(len(unique), seen.size(1)).index_add(0, row, seen[step] * second.of(two))
        return Ends(starts(unique // self.legs.num_entities, len(heads)), unique % self.legs.num_entities, carried)

    def _common(self, ends: Ends, which: Tensor, relations: Tensor) -> Added:
        """Questions, answers and what common neighbours add to them."""
        question, row = members(ends.start, which)
        return question, ends.tail[row], (self.asked[relations][question] * ends.carried[row]).sum(1)

    def _direct(self, heads: Tensor, relations: Tensor) -> Added:
        """The same for facts between the two ends."""
        place, pair = self.legs.start_at(heads)
        step, fact = self.legs.facts_in(pair)
        question, other = place[step], self.legs.relation[fact]
        value = self.direct[relations[question], other] * (relations[question] != other)
        return question, self.legs.tail[pair[step]], value

    def _without(self, heads: Tensor, relations: Tensor, hidden: Tensor, second: Carried) -> Added:
        """The same, negative, for paths that begin with the hidden facts."""
        question, pair = self.legs.start_at(hidden)
        answer = self.legs.tail[pair]
        used = (answer != heads[question]) & (hidden != heads)[question]
        question, pair, answer = question[used], pair[used], answer[used]
        carried = self.first[relations] * self.between[hidden] * self.asked[relations]
        return question, answer, -(carried[question] * second.of(pair)).sum(1)
