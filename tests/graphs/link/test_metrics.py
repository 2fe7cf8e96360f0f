"""Metrics are what their definitions count, pair by pair."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from graphs.link.metrics import auc, average_precision, hits, mean_reciprocal_rank, ranks

SCORES = st.lists(st.integers(0, 6), min_size=1, max_size=12).map(lambda found: torch.tensor(found) / 4)


def rank(score, others):
    return 1 + sum((other > score) + (other == score) / 2 for other in others)


@given(positives=SCORES, negatives=SCORES)
def test_shared_negatives(positives, negatives):
    p, q = positives.tolist(), negatives.tolist()
    assert ranks(positives, negatives).tolist() == [rank(one, q) for one in p]
    assert mean_reciprocal_rank(positives, negatives) == pytest.approx(sum(1 / rank(one, q) for one in p) / len(p))
    for k in range(1, len(q) + 1):
        least = sorted(q, reverse=True)[k - 1]
        assert hits(positives, negatives, k) == pytest.approx(sum(one > least for one in p) / len(p))
    above = sum((one > other) + (one == other) / 2 for one in p for other in q)
    assert auc(positives, negatives) == pytest.approx(above / len(p) / len(q))
    precisions = [sum(b >= a for b in p) / sum(b >= a for b in p + q) for a in p]
    assert average_precision(positives, negatives) == pytest.approx(sum(precisions) / len(p))


@given(positives=SCORES, data=st.data())
def test_own_negatives_shared_by_all_give_the_same_ranks(positives, data):
    negatives = data.draw(SCORES)
    own = negatives.expand(len(positives), -1)
    assert torch.equal(ranks(positives, own), ranks(positives, negatives))
    for k in range(1, len(negatives) + 1):
        expected = sum(rank(one, negatives.tolist()) <= k for one in positives.tolist()) / len(positives)
        assert hits(positives, own, k) == pytest.approx(expected)


def test_constant_scores_are_worth_nothing():
    """A model that says the same of every pair must not look good: a known fault of optimistic ranks."""
    same = torch.ones(10)
    assert auc(same, same) == 0.5
    assert average_precision(same, same) == 0.5
    assert hits(same, same, 3) == 0
    assert mean_reciprocal_rank(same, same) == pytest.approx(1 / 6)
    assert hits(same, torch.ones(10, 10), 5) == 0


def test_too_few_negatives():
    with pytest.raises(ValueError, match="hits@100: 10 negatives, expected at least k"):
        hits(torch.ones(3), torch.ones(10), 100)
