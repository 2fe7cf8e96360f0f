"""How well scores tell links from pairs without one.

Ties count half: a link that scores as much as m negatives stands in the middle of them. Only `hits` of shared negatives
is stricter, as in the Open Graph Benchmark: a link has to score more than the k-th best negative. Shapes: p links,
q negatives.
"""

from __future__ import annotations

import torch
from torch import Tensor


def ranks(positives: Tensor, negatives: Tensor) -> Tensor:
    """The place of each link among negatives, 1 the best, the mean of best and worst under ties.

    Args:
        positives: (p,) scores.
        negatives: (q,) shared by all links, or (p, q) of each link alone, -inf where it has fewer.

    Returns:
        (p,).
    """
    if negatives.dim() == 1:
        ascending = negatives.sort().values
        above = negatives.numel() - torch.searchsorted(ascending, positives, right=True)
        level = negatives.numel() - torch.searchsorted(ascending, positives)
    else:
        above = (negatives > positives[:, None]).sum(1)
        level = (negatives >= positives[:, None]).sum(1)
    return 1 + (above + level) / 2


def hits(positives: Tensor, negatives: Tensor, k: int) -> float:
    """Share of the links among the first k: Hits@k.

    Args:
        positives: (p,) scores.
        negatives: (q,) shared: a link has to score more than the k-th best of them. (p, q) of each link alone: its rank
            has to be at most k.
        k: at least 1.

    Raises:
        ValueError: there are not k negatives, so that every link would do.
    """
    if not 1 <= k <= negatives.size(-1):
        raise ValueError(f"hits@{k}: {negatives.size(-1)} negatives, expected at least k, and k at least 1")
    if negatives.dim() == 1:
        return float((positives > negatives.topk(k).values[-1]).double().mean())
    return float((ranks(positives, negatives) <= k).double().mean())


def mean_reciprocal_rank(positives: Tensor, negatives: Tensor) -> float:
    """Mean of 1 / rank: MRR."""
    return float((1 / ranks(positives, negatives).double()).mean())


def auc(positives: Tensor, negatives: Tensor) -> float:
    """How often a link scores more than a negative, ties half: the area under the ROC curve."""
    shared = negatives.flatten()
    return float(1 - (ranks(positives, shared) - 1).double().mean() / shared.numel())


def average_precision(positives: Tensor, negatives: Tensor) -> float:
    """Mean over the links of the precision among all pairs that score at least as much: the area under its steps."""
    ascending, links = negatives.flatten().sort().values, positives.sort().values
    false = ascending.numel() - torch.searchsorted(ascending, positives)
    true = links.numel() - torch.searchsorted(links, positives)
    return float((true / (true + false).double()).mean())
