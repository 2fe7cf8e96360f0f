"""The strongest reasons over a whole graph, as rules: ``relation(x, y) if first(x, w) and second(w, y)``.

The network is asked every question whose answer is a training fact, with that fact hidden, and gives its first answer.
A rule carries an answer if one of its paths adds to the answer's logit. Rules are chosen one by one: each time the one
that carries most answers that no chosen rule carries, among those whose conclusions are known facts often enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from graphs.knowledge.graph import KnowledgeGraph
from graphs.knowledge.ncn import KnowledgeNCN
from graphs.knowledge.ranking import Known
from graphs.knowledge.reasons import NONE, Reasons, reasons


@dataclass(frozen=True, slots=True)
class Rules:
    """k rules, (k,) integers each; by relation, and the most precise first.

    Attributes:
        relation: what is concluded of x and y; no inverse.
        first, second: relations from x to w and from w to y, inverses from R on; `second` is `NONE` for rules
            ``relation(x, y) if first(x, y)``.
        concluded: pairs of x and y that the rule gives, x and y different.
        right: those that are training facts.
        carried: answers of the network that the rule carries.
    """

    relation: Tensor
    first: Tensor
    second: Tensor
    concluded: Tensor
    right: Tensor
    carried: Tensor

    @property
    def precision(self) -> Tensor:
        """Share of the conclusions that are known: at least so many are true."""
        return self.right / self.concluded.clamp(min=1)

    def select(self, places: Tensor) -> Rules:
        """The rules with these places, in this order."""
        return Rules(*(getattr(self, name)[places] for name in self.__slots__))


@torch.no_grad()
def first_answers(
    model: KnowledgeNCN, graph: KnowledgeGraph, facts: Tensor, *, hidden: bool = False, batch: int = 256
) -> Tensor:
    """The best-scored answer that is no training fact.

    Args:
        facts: (q, 3): questions, and their answers.
        hidden: the facts are training facts, and not to be known; they may be answered.

    Returns:
        (q,) entities.
    """
    known, facts = Known(graph, ["train"]), facts.to(model.legs.tail.device)
    answers = torch.empty_like(facts[:, 2])
    for some in facts[:, 0].argsort(stable=True).split(batch):  # questions about one entity share its paths
        head, relation, tail = facts[some].unbind(1)
        scores = model(head, relation, tail if hidden else None)
        own = scores.gather(1, tail[:, None])
        scores[known(head, relation)] = -torch.inf
        answers[some] = (scores.scatter(1, tail[:, None], own) if hidden else scores).argmax(1)
    return answers


@torch.no_grad()
def strongest_rules(
    model: KnowledgeNCN, graph: KnowledgeGraph, *, precision: float = 0.5, carried: int = 2, batch: int = 256
) -> Rules:
    """The rules that the network goes by.

    Args:
        precision: the least share of a rule's conclusions that are known facts.
        carried: the least number of answers that a rule carries beyond those chosen before it.
        batch: questions at a time.
    """
    facts, rows = graph.both_ways().to(model.legs.tail.device), []
    answers = first_answers(model, graph, facts, hidden=True, batch=batch)
    for some in torch.arange(len(facts), device=facts.device).split(batch):
        asked = torch.cat([facts[some, :2], answers[some, None]], 1)
        why = reasons(model, asked, facts[some, 2])
        rows.append(_rules(why.select(why.added > 0), asked, some, graph.num_relations))
    question, rule = (torch.cat(tensors) for tensors in zip(*rows, strict=True))
    every, rule = rule.unique(return_inverse=True)
    measured = _measured(model, graph, every, rule.bincount(minlength=len(every)), batch)
    good = (measured.precision >= precision)[rule]
    chosen = measured.select(_cover(question[good], rule[good], carried))
    order = chosen.precision.argsort(descending=True, stable=True)
    return chosen.select(order[chosen.relation[order].argsort(stable=True)])


def _rules(why: Reasons, facts: Tensor, numbers: Tensor, num_relations: int) -> tuple[Tensor, Tensor]:
    """(m,) numbers of facts and (m,) rules (each as one integer) that speak for them, each pair once.

    What speaks for the inverse of a relation is turned round: it speaks for the relation itself.
    """
    relation, count = facts[why.fact, 1], 2 * num_relations
    direct, back = why.second == NONE, relation >= num_relations
    turned = (torch.where(direct, why.first, why.second) + num_relations) % count
    first = torch.where(back, turned, why.first)
    second = torch.where(back & ~direct, (why.first + num_relations) % count, why.second)
    rule = (relation % num_relations * count + first) * (count + 1) + second - NONE
    every = num_relations * count * (count + 1)
    pairs = (numbers[why.fact] * every + rule).unique()
    return pairs // every, pairs % every


def _measured(model: KnowledgeNCN, graph: KnowledgeGraph, every: Tensor, carried: Tensor, batch: int) -> Rules:
    """The figures of (k,) ascending rules."""
    count, right = 2 * graph.num_relations, torch.zeros_like(every)
    for some in torch.arange(len(graph.train), device=every.device).split(batch):
        facts = graph.train.to(every.device)[some]
        _, rule = _rules(reasons(model, facts), facts, some, graph.num_relations)
        rule = rule[torch.isin(rule, every)]
        right += torch.searchsorted(every, rule).bincount(minlength=len(every))
    second = every % (count + 1) + NONE
    relation, first = every // (count + 1) // count, every // (count + 1) % count
    direct, paths = model.legs.counts()
    concluded = torch.where(second == NONE, direct[first], paths[first, second])
    return Rules(relation, first, second, concluded, right, carried)


def _cover(question: Tensor, rule: Tensor, carried: int) -> Tensor:
    """Rules that carry the most questions, each counted beyond those chosen before."""
    chosen: list[int] = []
    while len(question):
        gain = rule.bincount()
        best = int(gain.argmax())
        if gain[best] < carried:
            break
        chosen.append(best)
        kept = ~torch.isin(question, question[rule == best])
        question, rule = question[kept], rule[kept]
    return torch.tensor(chosen, dtype=torch.long)
