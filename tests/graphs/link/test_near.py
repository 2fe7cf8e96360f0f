"""Near pairs without a link: those of brute force over all pairs; never a link."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import ExactIndex, ResourceAllocation, candidate_links, likely_links, near_negatives, split_links


@st.composite
def graphs(draw):
    """(vectors, edge_index): no two distances from a node are equal."""
    n = draw(st.integers(2, 30))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 1000)))
    edges = torch.randint(n, (2, draw(st.integers(0, 60))), generator=generator)
    return torch.randn(n, 4, generator=generator), edges[:, edges[0] != edges[1]]


def linked(edge_index):
    return {frozenset(pair) for pair in edge_index.T.tolist()}


def nearest(vectors, node, k, barred, metric):
    """By brute force."""
    x = vectors.double()
    x = torch.nn.functional.normalize(x) if metric == "cosine" else x
    order = (x - x[node]).square().sum(1).argsort().tolist()
    return [i for i in order if i != node and frozenset((i, node)) not in barred][:k]


@settings(deadline=None, max_examples=40)
@given(graphs(), st.integers(1, 8), st.sampled_from(["l2", "cosine"]))
def test_candidates(graph, k, metric):
    vectors, edges = graph
    index = None if metric == "cosine" else ExactIndex(4, metric)
    found = candidate_links(vectors, edges, k, index=index)
    barred = linked(edges)
    expected = {frozenset((i, j)) for i in range(len(vectors)) for j in nearest(vectors, i, k, barred, metric)}
    assert linked(found) == expected
    assert found.size(1) == len(expected)
    assert (found[0] < found[1]).all()


@settings(deadline=None, max_examples=20)
@given(graphs())
def test_the_likely_ones_are_the_best_of_all(graph):
    """With all pairs as candidates, the same as scoring all pairs."""
    vectors, edges = graph
    pairs, scores = likely_links(ResourceAllocation(), None, edges, candidate_links(vectors, edges, len(vectors)), 5)
    every = torch.combinations(torch.arange(len(vectors))).T
    free = every[:, [frozenset(pair) not in linked(edges) for pair in every.T.tolist()]]
    expected = ResourceAllocation()(None, edges, free) if free.numel() else torch.zeros(0)
    assert torch.equal(scores, expected.sort(descending=True).values[:5])
    assert torch.equal(ResourceAllocation()(None, edges, pairs) if pairs.numel() else scores, scores)
    assert not linked(pairs) & linked(edges)


@pytest.mark.parametrize("part", ["train", "valid", "test"])
def test_near_negatives(part):
    generator = torch.Generator().manual_seed(0)
    edges = torch.combinations(torch.arange(24))[torch.randperm(276, generator=generator)[:100]].T
    split = split_links(edges, 24)
    vectors = torch.randn(24, 4, generator=generator)
    found = near_negatives(split, vectors, part, count=7)
    asked = split.part(part)
    assert found.shape == (2, asked.positives.size(1), 6)
    barred = linked(edges)
    for other in {"train", "valid", "test"} - {part}:
        barred |= linked(split.part(other).negatives)
    for column, (a, b) in enumerate(asked.positives.T.tolist()):
        assert found[:, column, :3].tolist() == [[a] * 3, nearest(vectors, a, 3, barred, "cosine")]
        assert found[:, column, 3:].tolist() == [nearest(vectors, b, 3, barred, "cosine"), [b] * 3]


def test_few_nodes_and_bad_input():
    complete = torch.combinations(torch.arange(5)).T
    vectors = torch.eye(5)
    assert candidate_links(vectors, complete).shape == (2, 0)
    assert likely_links(ResourceAllocation(), None, complete, complete[:, :0], 3)[0].shape == (2, 0)
    split = split_links(complete, val=0.2, test=0.2, negatives=0)
    assert (near_negatives(split, vectors) == -1).all()
    full = ExactIndex(5)
    full.add(vectors)
    with pytest.raises(ValueError, match="index: 5 vectors, expected an empty one"):
        candidate_links(vectors, complete, index=full)
    with pytest.raises(ValueError, match="vectors: 20 of 25 values are NaN"):
        candidate_links(vectors.log() * 0, complete)
    with pytest.raises(ValueError, match="edge_index: names node 4"):
        candidate_links(vectors[:4], complete)
    bipartite = split_links(torch.tensor([[0, 0, 0, 1, 1], [3, 4, 5, 3, 4]]), (3, 3), val=0.2, test=0.2, negatives=0)
    with pytest.raises(ValueError, match="expected nodes of one kind"):
        near_negatives(bipartite, torch.eye(6))
