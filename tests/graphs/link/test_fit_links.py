"""Training of link networks: nothing of what is asked shows, runs can be repeated, and something is learned."""

import itertools

import pytest
import torch

from graphs import NCN, NCNC, evaluate_links, fit_links, split_links


def clusters(groups, size, seed=0):
    """Dense groups with a few links between them, in both directions, and features that say nothing."""
    torch.manual_seed(seed)
    group = torch.arange(groups * size) // size
    chance = torch.where(group[:, None] == group, 0.5, 0.01)
    edges = (torch.rand(chance.shape) < chance).triu(1).nonzero().T
    return torch.cat([edges, edges.flip(0)], 1), torch.randn(groups * size, 4), groups * size


def trained(model, x, split, **options):
    fit_links(model, x, split, **({"epochs": 5, "batch": 64, "quiet": True, "device": "cpu", "metric": None} | options))
    return model


def stop(model, after):
    """The model fails once, in the call after so many."""
    calls = itertools.count()

    def hook(*_):
        if next(calls) == after:
            raise InterruptedError

    model.register_forward_pre_hook(hook)


class Seen(torch.nn.Module):
    """Keeps what it is shown."""

    def __init__(self, model):
        super().__init__()
        self.model, self.adjacency, self.batches = model, model.adjacency, []

    def forward(self, x, graph, pairs):
        self.batches.append((graph, pairs))
        return self.model(x, graph, pairs)


def test_no_link_that_is_asked_about_is_seen_and_nothing_of_other_parts():
    edges, x, n = clusters(3, 10)
    split = split_links(edges, n)
    model = trained(Seen(NCN(4, 4)), x, split, epochs=2)
    known = {tuple(pair) for pair in split.train.edge_index.T.tolist()}
    later = {tuple(pair) for part in (split.valid, split.test) for pair in part.edge_label_index.T.tolist()}
    for graph, pairs in model.batches:
        links, others = pairs.chunk(2, 1)
        assert not graph.linked(*pairs).any()
        assert {tuple(pair) for pair in links.T.tolist()} <= known
        assert not {tuple(pair) for pair in torch.cat([others, others.flip(0)], 1).T.tolist()} & (known | later)
        assert graph.keys.numel() == split.train.edge_index.size(1) - 2 * links.size(1)
    assert len({pair for _, pairs in model.batches for pair in map(tuple, pairs.T.tolist())}) > 64


@pytest.mark.parametrize("network", [NCN, NCNC])
def test_same_seed_same_weights(network, tmp_path):
    edges, x, n = clusters(3, 10)
    split = split_links(edges, n)
    weights = []
    for path in (None, tmp_path / "a"):
        torch.manual_seed(3)
        model = network(4, 4, head_dropout=0.3, common_dropout=0.2)
        if path is not None:
            stop(model, 3)
            with pytest.raises(InterruptedError):
                trained(model, x, split, epochs=4, every=1, checkpoint=path)
        weights.append(trained(model, x, split, epochs=4, every=1, checkpoint=path).state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_clusters_are_learned():
    edges, x, n = clusters(4, 15)
    split = split_links(edges, n)
    torch.manual_seed(0)
    model = trained(NCN(4, 16), x, split, epochs=30, rate=1e-2, metric="auc", every=10)
    assert evaluate_links(model, x, split, ["auc"])["auc"] > 0.8


def test_bipartite_graphs_need_walks():
    torch.manual_seed(0)
    taste = torch.arange(40) % 4
    edges = (torch.rand(40, 40) < torch.where(taste[:, None] == taste, 0.7, 0.05)).nonzero().T
    edges[1] += 40
    split = split_links(edges, (40, 40), seed=1)
    model = trained(NCN(0, 16, walks=3), None, split, epochs=20, rate=1e-2)
    assert evaluate_links(model, None, split, ["auc"])["auc"] > 0.8


def test_directed_graphs():
    """Everything points from lower to higher groups; the direction of a pair is what a model has to tell."""
    torch.manual_seed(0)
    group = torch.arange(60) % 3
    edges = (torch.rand(60, 60) < torch.where(group[:, None] + 1 == group, 0.4, 0.0)).nonzero().T
    x = torch.nn.functional.one_hot(group, 3).float()
    split = split_links(edges, 60, directed=True)
    model = trained(NCN(3, 16, directed=True), x, split, epochs=20, rate=1e-2).eval()
    links = split.test.positives
    with torch.no_grad():
        score = model.scorer(x, split.test.edge_index)
        assert (score(links) > score(links.flip(0))).float().mean() > 0.9
