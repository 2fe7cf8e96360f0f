"""Training on the facts of a knowledge graph, every question against all entities (1-to-all) or some of them.

The loss of a fact is the cross-entropy of its tail among all entities, and of its head in the same way, through the
inverse relation (Lacroix et al., arXiv 1806.07297). In a graph of many entities an update costs questions times
entities; `negatives` has it cost questions times candidates (`graphs.knowledge.candidates`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

from graphs.knowledge.candidates import candidates
from graphs.knowledge.factors import Factors
from graphs.knowledge.graph import KnowledgeGraph
from graphs.knowledge.legs import Legs
from graphs.knowledge.ncn import KnowledgeNCN
from graphs.rows import members, starts
from graphs.training.fit import fit


def fit_facts(
    model: Factors | KnowledgeNCN,
    graph: KnowledgeGraph,
    *,
    updates: int = 300,
    heads: int = 16,
    negatives: int | None = None,
    rate: float | Callable[[int], float] = 0.1,
    penalty: float = 0.02,
    **settings: Any,
) -> None:
    """Train a model in place on the training facts of a graph.

    Args:
        updates: how many.
        heads: entities per update; asked are all questions about them whose answer is known.
        negatives: entities drawn per update to compete with the answers and the ends of paths; None: all compete.
        rate: learning rate of Adagrad.
        penalty: weight of the model's `penalty`.
        settings: of `graphs.fit`: seed, device, evaluate, every, checkpoint, log, quiet and others.

    Raises:
        FloatingPointError: the loss is not finite.
        ValueError: no entity is to compete.
    """
    if negatives is not None and negatives < 1:
        raise ValueError(f"negatives is {negatives}; expected at least 1, or None for all entities")
    facts = graph.both_ways()
    facts = facts[facts[:, 0].argsort(stable=True)]
    start = starts(facts[:, 0], graph.num_entities)
    asked, legs = facts[:, 0].unique(), Legs(graph)

    def draw(_: int, generator: Generator) -> list[int]:
        return asked[torch.randperm(len(asked), generator=generator)[:heads]].tolist()

    def loss(worker: nn.Module, chosen: Sequence[int], device: torch.device) -> Tensor:
        _, place = members(start, torch.tensor(chosen))
        head, relation, answer = facts[place].to(device).unbind(1)
        smooth = penalty * model.penalty(head, relation, answer)
        if negatives is None:
            return cross_entropy(worker(head, relation, hidden=answer), answer) + smooth
        few = candidates(legs.to(device), head, answer, negatives)
        logits = worker(head, relation, hidden=answer, among=few.entities) + few.stand_for
        return cross_entropy(logits, few.places(answer, graph.num_entities)) + smooth

    fit(model, draw, loss, updates=updates, rate=rate, optimiser=torch.optim.Adagrad, **settings)
