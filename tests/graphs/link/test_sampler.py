"""Batches with their surroundings: every link once, hidden from itself, and scored as on the whole graph."""

import itertools

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch_geometric.nn import GCNConv

from graphs import CommonNeighbours, LinkSampler, ResourceAllocation, Sampled, evaluate_links, split_links

GRAPH = torch.tensor([*nx.powerlaw_cluster_graph(40, 3, 0.6, seed=1).edges]).T
SPLIT = split_links(GRAPH, 40)


class Network(nn.Module):
    """Convolutions, products and common neighbours; falls asleep if it is evaluated in training mode."""

    def __init__(self, channels, layers):
        super().__init__()
        sizes = [channels, *[8] * layers]
        self.layers = nn.ModuleList(GCNConv(a, b) for a, b in itertools.pairwise(sizes))
        self.drop = nn.Dropout(0.0)

    def forward(self, x, edge_index, edge_label_index):
        return self.scorer(x, edge_index)(edge_label_index)

    def scorer(self, x, edge_index):
        for layer in self.layers:
            x = layer(x, edge_index).relu()
        x = self.drop(x)
        shared = CommonNeighbours().scorer(None, edge_index)
        return lambda pairs: (x[pairs[0]] * x[pairs[1]]).sum(1) + shared(pairs)


def unordered(pairs):
    return [tuple(sorted(pair)) for pair in pairs.T.tolist()]


@settings(max_examples=20)
@given(batch=st.integers(1, 100), seed=st.integers(0, 99), fanout=st.sampled_from([-1, 2]))
def test_an_epoch_has_every_link_once(batch, seed, fanout):
    sampler = LinkSampler(SPLIT.train, 40, fanouts=[fanout, fanout], batch=batch)
    links = []
    parts = list(sampler.epoch(torch.Generator().manual_seed(seed)))
    assert len(parts) == len(sampler)
    for part in parts:
        pairs = part.nodes[part.edge_label_index]
        mine, negatives = unordered(pairs[:, part.edge_label == 1]), unordered(pairs[:, part.edge_label == 0])
        links += mine
        assert len(negatives) == len(set(negatives)) == len(mine) <= batch
        assert not set(negatives) & {*unordered(GRAPH), *unordered(SPLIT.test.negatives)}
        seen = set(unordered(part.nodes[part.edge_index]))
        assert seen <= set(unordered(SPLIT.train.positives)) - set(mine)
    assert sorted(links) == sorted(unordered(SPLIT.train.positives))


@settings(max_examples=20)
@given(batch=st.integers(1, 100))
def test_common_neighbours_are_seen_from_both_ends(batch):
    for heuristic in (CommonNeighbours(), ResourceAllocation()):
        sampled = Sampled(heuristic, fanouts=[-1, -1], batch=batch)
        expected = heuristic(None, SPLIT.test.edge_index, SPLIT.test.edge_label_index)
        found = sampled(None, SPLIT.test.edge_index, SPLIT.test.edge_label_index)
        torch.testing.assert_close(found, expected)


def test_nodes_after_the_last_link_have_no_neighbours():
    edges, pairs = torch.tensor([[0, 1], [1, 2]]), torch.tensor([[0, 3, 4], [2, 9, 0]])
    assert Sampled(CommonNeighbours(), fanouts=[-1])(None, edges, pairs).tolist() == [1, 0, 0]


@pytest.mark.parametrize("layers", [1, 2])
def test_a_network_scores_the_same_on_a_part(layers):
    torch.manual_seed(0)
    model = Network(5, layers)
    x = torch.randn(40, 5)
    sampled = Sampled(model, fanouts=[-1] * (layers + 1), batch=3)
    expected = model(x, SPLIT.test.edge_index, SPLIT.test.edge_label_index)
    found = sampled(x, SPLIT.test.edge_index, SPLIT.test.edge_label_index)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_training_and_evaluation_with_the_same_model():
    torch.manual_seed(0)
    model, x = Network(40, 1), torch.eye(40)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    sampler = LinkSampler(SPLIT.train, 40, fanouts=[8, 4], batch=32)
    sampled = Sampled(model, fanouts=[8, 4])
    for epoch in range(15):
        for part in sampler.epoch(torch.Generator().manual_seed(epoch)):
            logits = model(x[part.nodes], part.edge_index, part.edge_label_index)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, part.edge_label)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    model.drop.p = 1.0
    assert evaluate_links(sampled, x, SPLIT, ("auc",))["auc"] > 0.6
    assert model.training


def test_bad_input():
    with pytest.raises(ValueError, match="0 links in batches of 10: expected at least 1 of each"):
        LinkSampler(split_links(GRAPH, 40, val=0.0).valid, 40, fanouts=[1], batch=10)
    with pytest.raises(ValueError, match="edge_index: names node"):
        Sampled(CommonNeighbours(), fanouts=[1])(torch.ones(3, 1), GRAPH, GRAPH)
