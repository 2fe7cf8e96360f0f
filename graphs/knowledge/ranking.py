"""Filtered ranking, as the published tables have it: where the right answer stands among those not known to be right.

Both directions are asked: "head, relation, ?" and "?, relation, tail". Of entities with equal scores half stand before
the answer: a model that scores all alike gets the rank of a guess, not the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from graphs.knowledge.graph import KnowledgeGraph, Part
from graphs.rows import members, starts


class Answers(Protocol):
    """A model of facts: ``model(heads, relations)`` -> (q, n) logits of all entities as answers to q questions."""

    def __call__(self, heads: Tensor, relations: Tensor) -> Tensor: ...


class Known:
    """Which answers are known, to questions in both directions.

    Args:
        graph: with n entities.
        parts: of the graph; those that are known.
    """

    def __init__(self, graph: KnowledgeGraph, parts: Sequence[Part] = ("train", "valid", "test")) -> None:
        self._relations = 2 * graph.num_relations
        facts = torch.cat([graph.both_ways(part) for part in parts])
        keys = facts[:, 0] * self._relations + facts[:, 1]
        order = keys.argsort(stable=True)
        self._start = starts(keys[order], graph.num_entities * self._relations)
        self._answers = facts[order, 2]

    def __call__(self, heads: Tensor, relations: Tensor) -> tuple[Tensor, Tensor]:
        """(m,) places of questions and (m,) their known answers."""
        question, place = members(self._start, (heads * self._relations + relations).cpu())
        return question.to(heads.device), self._answers[place].to(heads.device)


@torch.no_grad()
def ranks(model: Answers, graph: KnowledgeGraph, part: Part = "test", *, batch: int = 256) -> Tensor:
    """The filtered rank of every right answer, 1 the best.

    Args:
        batch: questions that are scored at a time; memory grows with ``batch * n``.

    Returns:
        (2m,) float64: of the tails of the part's m facts, then of their heads.
    """
    known, facts = Known(graph), graph.both_ways(part)
    device = next(iter(model.parameters())).device if isinstance(model, torch.nn.Module) else None
    found = torch.zeros(len(facts), dtype=torch.float64)
    for some in facts[:, 0].argsort(stable=True).split(batch):  # questions about one entity share its paths
        found[some] = _ranks(model, known, facts[some].to(device)).cpu()
    return found


def _ranks(model: Answers, known: Known, facts: Tensor) -> Tensor:
    heads, relations, answers = facts.unbind(1)
    scores = model(heads, relations)
    if not bool(scores.isfinite().all()):
        raise ValueError("the model's scores are not finite; expected numbers that can be ranked")
    own = scores.gather(1, answers[:, None])
    scores[known(heads, relations)] = -torch.inf
    ahead, level = (scores > own).sum(1), (scores == own).sum(1)
    return 1 + ahead.double() + level.double() / 2


def evaluate_facts(
    model: Answers,
    graph: KnowledgeGraph,
    part: Part = "test",
    metrics: Sequence[str] = ("mrr", "hits@1", "hits@3", "hits@10"),
    *,
    batch: int = 256,
) -> dict[str, float]:
    """Filtered metrics of both directions together.

    Args:
        metrics: ``mrr``, the mean of 1 / rank, and ``hits@k``, the share of ranks up to k.
        batch: see `ranks`.

    Raises:
        ValueError: an unknown metric, a part without facts, or scores that are not finite.
    """
    wanted = {name: _cut(name) for name in metrics}
    found = ranks(model, graph, part, batch=batch)
    if not len(found):
        raise ValueError(f"{part} holds no facts; expected some to rank")
    return {
        name: float((1 / found).mean() if cut is None else (found <= cut).double().mean())
        for name, cut in wanted.items()
    }


def _cut(metric: str) -> int | None:
    name, at, cut = metric.partition("@")
    if metric == "mrr":
        return None
    if name == "hits" and at and cut.isdecimal() and int(cut) > 0:
        return int(cut)
    raise ValueError(f"the metric {metric!r}; expected mrr or hits@k, such as hits@10")
