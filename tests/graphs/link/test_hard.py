"""Hard negatives: the best-ranked pairs without a link, whatever other links there are."""

from dataclasses import replace

import networkx as nx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import hard_negatives, split_links
from graphs.link.hard import RESTART


@st.composite
def cases(draw):
    """(split, x): of a graph with communities, perhaps with features."""
    seed = draw(st.integers(0, 999))
    graph = nx.planted_partition_graph(3, 6, 0.7, 0.1, seed=seed)
    split = split_links(torch.tensor([*graph.edges]).T, 18, val=0.2, test=0.2, seed=seed, negatives=0.5)
    x = (torch.rand(18, 7, generator=torch.Generator().manual_seed(seed)) < 0.3).float()
    return split, draw(st.sampled_from([None, x, x.to_sparse()]))


def scores(part, x, n, end):
    """By networkx, of every node as a partner of `end`."""
    graph = nx.Graph(part.edge_index.T.tolist())
    graph.add_nodes_from(range(n))
    others = [(end, w) for w in range(n)]
    walk = nx.pagerank(graph, 1 - RESTART, {end: 1}, tol=1e-9, max_iter=500, dangling={end: 1})
    if not graph.degree(end):
        walk = dict.fromkeys(range(n), 0.0)
    found = [
        [s for *_, s in nx.resource_allocation_index(graph, [o for o in others if o[0] != o[1]])],
        [walk[w] for w in range(n)],
    ]
    found[0].insert(end, 0.0)
    if x is not None:
        dense = torch.nn.functional.normalize(x.to_dense().double())
        found.append((dense @ dense[end]).tolist())
    return found


def places(part, x, n, end):
    """Node -> its place among those that may be an end's partners."""
    number = part.fresh.space.number(torch.tensor([[end] * n, range(n)]))
    allowed = [w for w in range(n) if number[w] >= 0 and number[w] not in part.fresh.taken]
    ranks = {w: [] for w in allowed}
    for one in scores(part, x, n, end):
        for w in allowed:
            ranks[w].append(sum(one[v] > one[w] + 1e-6 for v in allowed) if one[w] > 1e-6 else n)
    return {w: min(found) for w, found in ranks.items()}


@settings(max_examples=12)
@given(case=cases(), count=st.sampled_from([2, 6, 60]))
def test_they_are_the_best_ranked(case, count):
    split, x = case
    found = hard_negatives(split, "test", x, count=count, memory=64 * 18 * 5)
    assert found.shape == (2, split.test.positives.size(1), count)
    for (a, b), pairs in zip(split.test.positives.T.tolist(), found.permute(1, 2, 0).tolist(), strict=True):
        for end, keeps, half in ((a, 0, pairs[: count // 2]), (b, 1, pairs[count // 2 :])):
            expected = places(split.test, x, 18, end)
            partners = [pair[1 - keeps] for pair in half if pair != [-1, -1]]
            assert all(pair[keeps] == end for pair in half if pair != [-1, -1])
            assert len(set(partners)) == len(partners) == min(count // 2, len(expected))
            assert [expected[w] for w in partners] == sorted(expected.values())[: len(partners)]


@settings(max_examples=20)
@given(case=cases())
def test_they_are_no_links_and_in_no_other_part(case):
    split, x = case
    for name in ("train", "valid", "test"):
        found = hard_negatives(split, name, x, count=8).flatten(1)
        pairs = {tuple(sorted(pair)) for pair in found.T.tolist() if pair[0] >= 0}
        for other in ("train", "valid", "test"):
            asked = getattr(split, other)
            forbidden = asked.positives if other == name else asked.edge_label_index
            assert not pairs & {tuple(sorted(pair)) for pair in forbidden.T.tolist()}


@settings(max_examples=20)
@given(case=cases(), data=st.data())
def test_a_link_has_the_same_negatives_whatever_is_asked_beside_it(case, data):
    """The published generator sorts a node's similarities in place: its second link gets the least similar nodes."""
    split, x = case
    every = hard_negatives(split, "test", x, count=6)
    order = data.draw(st.permutations(range(every.size(1))))[: data.draw(st.integers(1, every.size(1)))]
    links = split.test.positives[:, order]
    some = replace(split, test=replace(split.test, edge_label_index=links, edge_label=torch.ones(len(order))))
    assert torch.equal(hard_negatives(some, "test", x, count=6), every[:, order])


def test_inductive_and_bipartite():
    graph = nx.planted_partition_graph(3, 8, 0.7, 0.1, seed=0)
    split = split_links(torch.tensor([*graph.edges]).T, 24, val=0.2, test=0.3, inductive=True)
    found = hard_negatives(split, "test", count=6).flatten(1)
    old = set(split.train.fresh.space.order.tolist())
    assert all(set(pair) - old for pair in found.T.tolist() if pair[0] >= 0)
    sides = torch.tensor([[u, 5 + (3 * u + k) % 6] for u in range(5) for k in range(3)]).T
    u, v = hard_negatives(split_links(sides, (5, 6), test=0.3), count=4).flatten(1).unique(dim=1)
    assert ((u < 5) & (v >= 5) | (u == -1) & (v == -1)).all()


def test_unknown_part():
    split = split_links(torch.tensor([[0, 1, 2, 3], [1, 2, 3, 4]]), 9, val=0.25, test=0.25)
    with pytest.raises(ValueError, match="part: 'validation', expected one of train, valid, test"):
        hard_negatives(split, "validation")
