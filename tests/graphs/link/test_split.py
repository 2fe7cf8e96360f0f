"""Splits: exact counts, and nothing of one part in another, in either direction."""

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from graphs import split_links
from graphs.link.pairs import PairSpace, distinct


@st.composite
def graphs(draw, directed=(False, True), bipartite=(False, True)):
    """(edge_index, num_nodes, directed): no loops, no edge twice, sparse to nearly complete."""
    directed = draw(st.sampled_from(directed))
    if draw(st.sampled_from(bipartite)):
        a, b = draw(st.integers(2, 6)), draw(st.integers(2, 6))
        pairs, num_nodes = [(u, a + v) for u in range(a) for v in range(b)], (a, b)
    else:
        n = num_nodes = draw(st.integers(4, 12))
        pairs = [(u, v) for u in range(n) for v in range(n) if u < v]
    if directed:
        pairs += [(v, u) for u, v in pairs]
    chosen = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(draw(st.integers(0, 9999))))
    count = max(4, int(draw(st.sampled_from([0.1, 0.3, 0.5])) * len(pairs)))
    return torch.tensor(pairs)[chosen[:count]].T, num_nodes, directed


def unordered(pairs):
    return [tuple(sorted(pair)) for pair in pairs.T.tolist()]


def parts(split):
    return {"train": split.train, "valid": split.valid, "test": split.test}


def split_or_skip(*arguments, **options):
    """A split, or nothing to test where the graph is too small for it."""
    try:
        return split_links(*arguments, **options)
    except ValueError as error:
        assume("too few" not in str(error) and "wanted" not in str(error))
        raise


@given(
    graph=graphs(),
    shares=st.sampled_from([(0.1, 0.2), (0.3, 0.3), (0.0, 0.5), (0.0, 0.0)]),
    seed=st.integers(0, 99),
    negatives=st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    inductive=st.booleans(),
    show_valid=st.booleans(),
)
def test_nothing_leaks(graph, shares, seed, negatives, inductive, show_valid):
    edge_index, num_nodes, directed = graph
    inductive = inductive and isinstance(num_nodes, int)
    show_valid = show_valid and not inductive
    options = {"directed": directed, "negatives": negatives, "inductive": inductive, "show_valid": show_valid}
    split = split_or_skip(edge_index, num_nodes, val=shares[0], test=shares[1], seed=seed, **options)
    links = set(map(tuple, edge_index.T.tolist()))
    asked = {name: unordered(part.edge_label_index) for name, part in parts(split).items()}
    for one, other in (("train", "valid"), ("train", "test"), ("valid", "test")):
        assert not set(asked[one]) & set(asked[other])
    for name, part in parts(split).items():
        seen = set(unordered(part.edge_index))
        hidden = ["valid", "test"] if name != "test" or not show_valid else ["test"]
        if not inductive:
            assert seen == set(unordered(split.train.positives)) | (
                set(unordered(split.valid.positives)) if name == "test" and show_valid else set()
            )
        for other in hidden:
            assert not seen & set(asked[other])
        assert not seen & set(unordered(part.negatives))
        assert set(map(tuple, part.positives.T.tolist())) <= links
        assert not set(unordered(part.negatives)) & set(unordered(edge_index))
        assert len(set(unordered(part.negatives))) == part.negatives.size(1) == int(negatives * part.positives.size(1))
    fresh = set(unordered(split.train.fresh.draw(min(4, room(split)), torch.Generator().manual_seed(seed))))
    assert not fresh & {*unordered(edge_index), *unordered(split.valid.negatives), *unordered(split.test.negatives)}


def room(split):
    return split.train.fresh.space.size - split.train.fresh.taken.numel()


@given(graph=graphs(), seed=st.integers(0, 99))
def test_counts_are_exact_and_every_link_is_somewhere(graph, seed):
    edge_index, num_nodes, directed = graph
    split = split_or_skip(edge_index, num_nodes, val=0.25, test=0.25, seed=seed, negatives=0.5, directed=directed)
    found = torch.cat([part.positives for part in parts(split).values()], 1)
    as_given = edge_index if directed else edge_index.sort(dim=0).values
    assert sorted(found.T.tolist()) == sorted(as_given.T.tolist())
    linked = len(set(unordered(edge_index)))
    assert [len(set(unordered(part.positives))) for part in (split.valid, split.test)] == [int(0.25 * linked)] * 2


@given(graph=graphs(directed=(False,)), seed=st.integers(0, 9), data=st.data())
def test_order_and_direction_of_the_edges_mean_nothing(graph, seed, data):
    edge_index, num_nodes, _ = graph
    both = torch.cat([edge_index, edge_index.flip(0)], 1)
    shuffled = both[:, data.draw(st.permutations(range(both.size(1))))]
    one, other = (
        split_or_skip(edges, num_nodes, test=0.3, seed=seed, negatives=0.5) for edges in (edge_index, shuffled)
    )
    for name, part in parts(one).items():
        for field in ("edge_index", "edge_label_index", "edge_label"):
            assert torch.equal(getattr(part, field), getattr(parts(other)[name], field))


@given(graph=graphs(bipartite=(False,)), seed=st.integers(0, 99))
def test_training_sees_nothing_of_new_nodes(graph, seed):
    edge_index, num_nodes, directed = graph
    split = split_or_skip(
        edge_index, num_nodes, val=0.25, test=0.25, seed=seed, negatives=0.5, inductive=True, directed=directed
    )
    old = set(split.train.fresh.space.order.tolist())
    assert old >= set(split.train.edge_label_index.flatten().tolist()) | set(split.train.edge_index.flatten().tolist())
    new = []
    for part in (split.valid, split.test):
        assert all(set(pair) - old for pair in part.edge_label_index.T.tolist())
        new.append({*part.edge_label_index.flatten().tolist(), *part.edge_index.flatten().tolist()} - old)
    assert not new[0] & new[1]


def test_negatives_of_a_bipartite_graph_join_its_sides():
    edge_index = torch.tensor([[0, 0, 1, 1, 2], [3, 4, 4, 5, 6]])
    split = split_links(edge_index, (3, 4), val=0.2, test=0.2)
    for part in parts(split).values():
        u, v = part.edge_label_index
        assert (u < 3).all()
        assert (v >= 3).all()


def test_every_pair_without_a_link_is_equally_likely():
    edge_index = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 4]])
    counts = torch.zeros(5, 5)
    for seed in range(600):
        drawn = split_links(edge_index, 5, val=0.0, test=0.25, seed=seed, negatives=1.0).test.negatives
        counts[drawn[0], drawn[1]] += 1
    free = counts[counts > 0]
    assert free.numel() == 6
    assert float(((free - 100) ** 2 / 100).sum()) < 20.5  # chi squared, 5 degrees of freedom, 0.1%


@pytest.mark.parametrize(
    ("edges", "options", "message"),
    [
        ([[0, 1], [1, 0], [1, 2]], {}, "1 of 2 links stand in one direction, the others in both"),
        ([[0, 1], [0, 1]], {}, r"1 of 2 edges stand twice, the first of them \(0, 1\)"),
        ([[0, 0], [0, 1]], {}, "edge_index: 1 loops, expected none"),
        ([[0, 1], [1, 2]], {"val": 0.5, "test": 0.5}, "expected shares of at least 0 that leave a part for training"),
        ([[0, 1], [1, 2]], {"val": float("nan")}, "expected shares"),
        ([[0, 1], [1, 2]], {}, "no links for valid: the graph has too few for a share of 0.1"),
        ([[0, 1], [1, 2], [0, 2]], {"val": 0.4, "test": 0.4}, "3 pairs without a link wanted, but only 0 of 3"),
        ([[0, 1], [1, 2]], {"num_nodes": (2, 1)}, r"edge_index: 1 links within a side of num_nodes \(2, 1\)"),
        ([[0, 9]], {"num_nodes": 3}, "edge_index: names node 9"),
    ],
)
def test_bad_graphs(edges, options, message):
    with pytest.raises(ValueError, match=message):
        split_links(torch.tensor(edges).T, **options)


def test_no_links():
    with pytest.raises(ValueError, match="expected at least one link"):
        split_links(torch.empty(2, 0, dtype=torch.int64), 3)


@given(n=st.integers(1, 9), data=st.data())
def test_pairs_are_numbered_without_gaps(n, data):
    nodes = torch.tensor(data.draw(st.permutations(range(n))), dtype=torch.int64)
    k = data.draw(st.integers(0, n))
    spaces = [PairSpace.all(n), PairSpace.between(k, n - k), PairSpace.touching(nodes[:k], nodes[k:], n)]
    sizes = [n * (n - 1) // 2, k * (n - k), n * (n - 1) // 2 - (n - k) * (n - k - 1) // 2]
    every = torch.combinations(torch.arange(n)).T
    for space, size in zip(spaces, sizes, strict=True):
        assert space.size == size
        pairs = space.pair(torch.arange(size))
        assert torch.equal(space.number(pairs), torch.arange(size))
        assert torch.equal(space.number(pairs.flip(0)), torch.arange(size))
        assert sorted(space.number(every)[space.number(every) >= 0].tolist()) == list(range(size))


@given(count=st.integers(0, 30), more=st.integers(0, 300), seed=st.integers(0, 99))
def test_distinct_numbers(count, more, seed):
    found = distinct(count, count + more, torch.Generator().manual_seed(seed)).tolist()
    assert len(set(found)) == len(found) == count
    assert all(0 <= number < count + more for number in found)
