"""Evaluation: what it says is what the scores say, however they are computed."""

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from graphs import CommonNeighbours, evaluate_links, hard_negatives, split_links
from graphs.link.metrics import auc, hits, mean_reciprocal_rank

GRAPH = torch.tensor([*nx.powerlaw_cluster_graph(60, 4, 0.6, seed=1).edges]).T
SPLIT = split_links(GRAPH, 60, negatives=2.0)
NAMES = ("hits@5", "hits@10", "mrr", "auc", "ap")


class Network(nn.Module):
    """Dot products of learned vectors; falls asleep if it is evaluated in training mode."""

    def __init__(self):
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(60, 4, generator=torch.Generator().manual_seed(0)))
        self.drop = nn.Dropout(0.9)

    def forward(self, x, edge_index, edge_label_index):
        return self.scorer(x, edge_index)(edge_label_index)

    def scorer(self, x, edge_index):
        vectors = self.drop(self.vectors)
        assert not torch.is_grad_enabled()
        return lambda pairs: (vectors[pairs[0]] * vectors[pairs[1]]).sum(1)


@settings(max_examples=20)
@given(
    chunk=st.integers(1, 400),
    negatives=st.sampled_from(["random", "hard"]),
    part=st.sampled_from(["train", "valid", "test"]),
)
def test_chunks_change_nothing(chunk, negatives, part):
    for model in (Network(), CommonNeighbours()):
        options = {"negatives": negatives, "part": part, "per_link": 20}
        found = evaluate_links(model, None, SPLIT, NAMES, chunk=chunk, **options)
        assert found == pytest.approx(evaluate_links(model, None, SPLIT, NAMES, **options))


def test_values():
    score = CommonNeighbours().scorer(None, SPLIT.test.edge_index)
    links, shared = score(SPLIT.test.positives), score(SPLIT.test.negatives)
    found = evaluate_links(CommonNeighbours(), None, SPLIT, ("mrr", "hits@5", "auc"))
    assert list(found) == ["mrr", "hits@5", "auc"]
    assert found == {
        "mrr": mean_reciprocal_rank(links, shared),
        "hits@5": hits(links, shared, 5),
        "auc": auc(links, shared),
    }
    pairs = hard_negatives(SPLIT, "test", count=20)
    assert (pairs >= 0).all()
    own = score(pairs.flatten(1)).view(pairs.shape[1:])
    hard = evaluate_links(CommonNeighbours(), None, SPLIT, ("mrr", "hits@5", "auc"), negatives="hard", per_link=20)
    assert hard == {"mrr": mean_reciprocal_rank(links, own), "hits@5": hits(links, own, 5), "auc": auc(links, own)}
    assert hard["auc"] < found["auc"]  # hard they are


def test_a_node_with_few_negatives():
    star = torch.tensor([[0] * 8 + [1, 2], [*range(1, 9), 9, 9]])
    split = split_links(star, 10, val=0.0, test=0.5, negatives=1.0)
    found = evaluate_links(CommonNeighbours(), None, split, ("mrr", "auc", "ap"), negatives="hard", per_link=40)
    assert all(0 <= value <= 1 for value in found.values())


def test_a_network_is_left_as_it_was():
    network = Network()
    for mode in (True, False):
        network.train(mode)
        network.drop.train()
        evaluate_links(network, None, SPLIT, ("auc",))
        assert network.training is mode
        assert network.drop.training


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": ["hits"]}, "metrics: 'hits', expected 'hits@K' with a number K, or one of mrr, auc, ap"),
        ({"metrics": ["hits@0"]}, "metrics: 'hits@0'"),
        ({"metrics": ["hits@1000"]}, r"hits@1000: \d+ negatives, expected at least k"),
        ({"x": torch.full((60, 1), float("nan"))}, "x: 60 of 60 values are NaN"),
        ({"x": torch.ones(59, 1)}, "x: 59 rows, expected 60"),
        ({"negatives": "easy"}, "negatives: 'easy', expected 'random' or 'hard'"),
        ({"part": "tests"}, "part: 'tests', expected one of train, valid, test"),
        ({"split": split_links(GRAPH, 60, test=0.0)}, "split.test: no links"),
        ({"split": split_links(GRAPH, 60, negatives=0.0)}, "no negatives to compare with"),
    ],
)
def test_bad_input(options, message):
    given = {"x": None, "split": SPLIT, "metrics": ("auc",), **options}
    with pytest.raises(ValueError, match=message):
        evaluate_links(CommonNeighbours(), given.pop("x"), given.pop("split"), given.pop("metrics"), **given)


def test_scores_that_are_no_numbers():
    network = Network()
    with torch.no_grad():
        network.vectors[0, 0] = float("nan")
    with pytest.raises(ValueError, match=r"scores: \d+ of \d+ are NaN or infinite"):
        evaluate_links(network, None, SPLIT, ("auc",))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("negatives", ["random", "hard"])
def test_gpu(negatives):
    options = {"negatives": negatives, "per_link": 20}
    for model in (Network(), CommonNeighbours()):
        expected = evaluate_links(model, None, SPLIT, NAMES, **options)
        on_gpu = model.cuda() if isinstance(model, nn.Module) else model
        assert evaluate_links(on_gpu, None, SPLIT.to("cuda"), NAMES, **options) == pytest.approx(expected, abs=1e-4)
