"""Evaluation of whatever scores links: in chunks, with metrics and negatives that are named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import torch
from torch import Tensor, nn

from graphs.checks import check_features
from graphs.link.chunks import Chunks
from graphs.link.hard import hard_negatives
from graphs.link.metrics import auc, average_precision, hits, mean_reciprocal_rank
from graphs.link.model import LinkModel
from graphs.link.split import LinkSplit, Part

METRICS = {"mrr": mean_reciprocal_rank, "auc": auc, "ap": average_precision}


def evaluate_links(
    model: LinkModel,
    x: Tensor | None,
    split: LinkSplit,
    metrics: Sequence[str] = ("hits@100", "mrr", "auc", "ap"),
    *,
    negatives: Literal["random", "hard"] = "random",
    part: Part = "test",
    per_link: int = 500,
    seed: int = 0,
    chunk: int = 2**18,
    device: torch.device | str | None = None,
) -> dict[str, float]:
    """How well a model tells the links of a part from pairs without one.

    Args:
        model: a network, evaluated without dropout and gradients, or a heuristic.
        x: (n, c) features, dense or sparse; None: there are none.
        split: what the model may see and what it is asked.
        metrics: ``"hits@K"`` for any K, ``"mrr"``, ``"auc"``, ``"ap"``; see `graphs.link.metrics` for ties.
        negatives: ``"random"``: those of the split, shared by all links. ``"hard"``: chosen for every link, see
            `graphs.link.hard`; Hits@K and MRR rank a link among its own, AUC and AP take all pairs together.
        part: which is asked about; a model should have been trained on ``train`` and chosen on ``valid``.
        per_link: hard negatives of each link.
        seed: of the hard negatives, where candidates are equally hard.
        chunk: pairs are scored in groups whose ends have about so many neighbours together. It bounds the memory.
        device: where to compute; the model has to be there. None: where the model is, or else the split.

    Returns:
        Metric -> value from 0 to 1.

    Raises:
        ValueError: an unknown metric, Hits@K with fewer than K negatives, a part without links or without negatives,
            features that do not fit, a score that is NaN or infinite.
    """
    _check_metrics(metrics)
    if negatives not in ("random", "hard"):
        raise ValueError(f"negatives: {negatives!r}, expected 'random' or 'hard'")
    home = torch.device(device) if device is not None else _home(model, split)
    asked = split.part(part).to(home)
    if x is not None:
        check_features(x, split.num_nodes)
        x = x.to(home)
    if not asked.positives.numel():
        raise ValueError(f"split.{part}: no links, expected at least one to be asked about")
    with inference(model):
        score = Chunks(model.scorer(x, asked.edge_index), asked.edge_index, split.num_nodes, chunk)
        links = score(asked.positives)
        if negatives == "random":
            others = score(_compared(asked.negatives))
        else:
            pairs = hard_negatives(split, part, x, count=per_link, seed=seed).to(home)
            others = links.new_full(pairs.shape[1:], float("-inf"))
            there = pairs[0] >= 0
            others[there] = score(_compared(pairs[:, there]))
    return {name: _metric(name, links, others) for name in metrics}


def _compared(negatives: Tensor) -> Tensor:
    if not negatives.numel():
        raise ValueError("no negatives to compare with, expected at least one")
    return negatives


def _metric(name: str, links: Tensor, others: Tensor) -> float:
    kind, _, k = name.partition("@")
    if kind == "hits":
        return hits(links, others, int(k))
    return METRICS[kind](links, others)


def _check_metrics(metrics: Sequence[str]) -> None:
    for name in metrics:
        kind, _, k = name.partition("@")
        if name not in METRICS and not (kind == "hits" and k.isdecimal() and int(k) > 0):
            raise ValueError(f"metrics: {name!r}, expected 'hits@K' with a number K, or one of {', '.join(METRICS)}")


@contextmanager
def inference(model: LinkModel) -> Iterator[None]:
    """Without dropout and gradients."""
    modules = list(model.modules()) if isinstance(model, nn.Module) else []
    training = [module for module in modules if module.training]
    for module in training:
        module.training = False
    try:
        with torch.no_grad():
            yield
    finally:
        for module in training:
            module.training = True


def _home(model: LinkModel, split: LinkSplit) -> torch.device:
    parameters = model.parameters() if isinstance(model, nn.Module) else iter(())
    return next((p.device for p in parameters), split.test.edge_index.device)
