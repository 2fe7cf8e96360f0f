"""Graphs of near points: what brute force finds, of equally near ones the first; PyG's conventions."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import knn_graph, radius_graph
from graphs.index import knn_graph as knn_graph_module
from graphs.index.folded import at_most, smallest

SQUARE = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0]])
gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
gpu = [pytest.param("cuda", marks=[pytest.mark.gpu, gpu])]


@st.composite
def sets(draw):
    """(x, batch): points with many ties, far from the origin or not; groups of any size in any order."""
    n, c = draw(st.integers(0, 40)), draw(st.integers(1, 4))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
    x = torch.randint(-3, 4, (n, c), generator=generator, dtype=torch.float32)
    if draw(st.booleans()):
        x = torch.cat([x, torch.randn(n, c, generator=generator)])
    x = x * draw(st.sampled_from([1.0, 2.0**-70, 2.0**70])) + draw(st.sampled_from([0.0, 2.0**12]))
    batch = torch.randint(0, draw(st.integers(1, 8)), (len(x),), generator=generator)
    return x.to(draw(st.sampled_from([torch.float32, torch.float64]))), draw(st.sampled_from([None, batch]))


def ordered_others(x, batch):
    """Of every point, the others of its group with their squared distances, the nearest first."""
    x = x / 2.0 ** int(torch.frexp(x.abs().max()).exponent) if len(x) else x
    for centre in range(len(x)):
        distance = (x - x[centre]).square().sum(1)
        others = [i for i in range(len(x)) if i != centre and (batch is None or batch[i] == batch[centre])]
        yield centre, sorted((float(distance[i]), i) for i in others)


def columns(edge_index):
    return list(zip(*edge_index.tolist(), strict=True))


@settings(deadline=None, max_examples=60)
@given(sets(), st.integers(1, 12), st.booleans(), st.sampled_from([None, 1, 900]))
def test_neighbours_are_the_nearest(points, k, loop, memory):
    x, batch = points
    expected = []
    for centre, others in ordered_others(x, batch):
        found = [centre] * loop + [i for _, i in others]
        expected += [(i, centre) for i in found[:k]]
    assert columns(knn_graph(x, k, batch, loop, memory=memory)) == expected
    reverse = knn_graph(x, k, batch, loop, flow="target_to_source", memory=memory)
    assert columns(reverse.flip(0)) == expected
    mutual = knn_graph(x, k, batch, loop, mutual=True, memory=memory)
    assert columns(mutual) == [(i, j) for i, j in expected if (j, i) in set(expected)]


@settings(deadline=None, max_examples=60)
@given(sets(), st.integers(0, 60), st.booleans(), st.sampled_from([1, 3, 32, None]), st.sampled_from([None, 1, 900]))
def test_all_within_a_radius(points, rank, loop, most, memory):
    x, batch = points
    everything = list(ordered_others(x, batch))
    scale = 2.0 ** int(torch.frexp(x.abs().max()).exponent) if len(x) else 1.0
    distances = sorted({distance for _, others in everything for distance, _ in others if distance})
    limit = distances[rank % len(distances)] if distances else 1.0
    r = scale * limit**0.5
    expected = []
    for centre, others in everything:
        found = [centre] * loop + [
            i for distance, i in others if distance < float(torch.tensor((r / scale) ** 2, dtype=x.dtype))
        ]
        expected += [(i, centre) for i in found[:most]]
    assert columns(radius_graph(x, r, batch, loop, most, memory=memory)) == expected


def test_conventions():
    """The example of PyG's documentation and torch_cluster's test: row 0 the neighbour, row 1 the centre."""
    edges = {(1, 0), (3, 0), (0, 1), (2, 1), (1, 2), (3, 2), (0, 3), (2, 3)}
    assert set(columns(knn_graph(SQUARE, 2))) == edges
    assert set(columns(radius_graph(SQUARE, 2.5))) == edges
    assert not radius_graph(SQUARE, 2.0).numel()
    assert columns(knn_graph(SQUARE, 1, loop=True)) == [(i, i) for i in range(4)]
    assert columns(radius_graph(SQUARE, 0.5, loop=True)) == [(i, i) for i in range(4)]
    assert radius_graph(SQUARE, torch.inf).size(1) == 12


def test_long_rows_and_many_groups():
    """More points than one block holds; groups of very different sizes."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3000, 8, generator=generator)
    near = torch.cdist(x.double(), x.double()).fill_diagonal_(torch.inf).topk(5, largest=False).indices
    assert torch.equal(knn_graph(x, 5)[0].view(-1, 5), near)
    batch = (torch.rand(3000, generator=generator).square() * 200).long()
    edge_index = knn_graph(x, 5, batch)
    distance = torch.cdist(x.double(), x.double()).fill_diagonal_(torch.inf)
    near = distance.masked_fill(batch[:, None] != batch, torch.inf).topk(5, largest=False)
    assert torch.equal(edge_index[0], near.indices[near.values.isfinite()])


@pytest.mark.parametrize("cosine", [False, True])
def test_approximately(cosine):
    """Nearly the same neighbours, without loops, as many of each; identical points find each other."""
    pytest.importorskip("hnswlib")
    x = torch.randn(knn_graph_module.CROSSOVER, 8, generator=torch.Generator().manual_seed(0))
    x[-50:] = x[:50]
    exact, near = (knn_graph(x, 5, cosine=cosine, approximate=some)[0].view(-1, 5) for some in (False, True))
    assert (near != torch.arange(len(x))[:, None]).all()
    assert (near.sort(1).values.diff(dim=1) > 0).all()
    assert (near[-50:, 0] == torch.arange(50)).all()
    assert (near[:, :, None] == exact[:, None]).any(2).float().mean() > 0.98


@settings(deadline=None, max_examples=30)
@given(sets(), st.integers(1, 12), st.booleans())
def test_approximately_few(points, k, loop):
    """As many neighbours of each, and as near but for rounding."""
    x, batch = points
    exact, near = (knn_graph(x, k, batch, loop, approximate=some) for some in (False, True))
    assert torch.equal(exact[1], near[1])
    far, close = ((x[i] - x[j]).double().square().sum(1) for i, j in (exact, near))
    torch.testing.assert_close(far, close, rtol=1e-5, atol=1e-5 * float(close.max()) if len(close) else 0)


def test_cosine():
    x = torch.randn(200, 5, generator=torch.Generator().manual_seed(0)) * torch.logspace(-30, 30, 200)[:, None]
    directions = torch.nn.functional.normalize(x.double(), eps=0.0)
    near = (directions @ directions.T).fill_diagonal_(-torch.inf).topk(4).indices
    assert torch.equal(knn_graph(x, 4, cosine=True)[0].view(-1, 4), near)
    with_zeros = torch.tensor([[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0], [0.0, 0.0]])
    assert columns(knn_graph(with_zeros, 1, cosine=True))[1::2] == [(3, 1), (1, 3)]


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 400), st.integers(1, 20), st.integers(0, 1000))
def test_folding_finds_the_smallest(size, count, seed):
    values = torch.randint(50, (3, size), generator=torch.Generator().manual_seed(seed)).float()
    count = min(size, count)
    found, place = smallest(values, count)
    assert torch.equal(values.gather(1, place), found)
    assert torch.equal(found.sort().values, values.sort().values[:, :count])
    assert all(len(set(row)) == count for row in place.tolist())
    highest = torch.tensor([0.0, 7.0, 49.0])
    assert torch.equal(torch.stack(at_most(values, highest), 1), (values <= highest[:, None]).nonzero())


@pytest.mark.parametrize("device", gpu)
def test_devices_agree(device):
    x = torch.randint(-5, 6, (700, 3), generator=torch.Generator().manual_seed(0)).float()
    batch = torch.arange(700) % 9
    for here, there in ((x, x.to(device)), (x.double(), x.double().to(device))):
        assert torch.equal(knn_graph(here, 6, batch), knn_graph(there, 6, batch.to(device)).cpu())
        assert torch.equal(radius_graph(here, 2.5, batch), radius_graph(there, 2.5, batch.to(device)).cpu())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: knn_graph(SQUARE, 0), "k: 0, expected 1"),
        (lambda: knn_graph(SQUARE.long(), 1), "x: torch.int64, expected floating"),
        (lambda: knn_graph(SQUARE[0], 1), r"x: shape \(2,\)"),
        (lambda: knn_graph(SQUARE / 0, 1), "x: 8 of 8 values are NaN or infinite"),
        (lambda: knn_graph(SQUARE, 1, torch.zeros(3).long()), r"batch: shape \(3,\), torch.int64, expected \(4,\)"),
        (
            lambda: knn_graph(SQUARE, 1, torch.zeros(4)),
            r"batch: shape \(4,\), torch.float32, expected \(4,\) torch.int64",
        ),
        (lambda: knn_graph(SQUARE, 1, torch.arange(-1, 3)), "batch: names group -1"),
        (lambda: knn_graph(SQUARE, 1, flow="up"), "flow: 'up', expected 'source_to_target'"),
        (lambda: radius_graph(SQUARE, 0.0), "r: 0.0, expected a radius above 0"),
        (lambda: radius_graph(SQUARE, float("nan")), "r: nan"),
        (lambda: radius_graph(SQUARE, 1.0, max_num_neighbors=0), "max_num_neighbors: 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_no_gradient_and_few_points():
    x = SQUARE.clone().requires_grad_()
    edge_index = knn_graph(x, 9)
    assert edge_index.size(1) == 12
    (x[edge_index[0]] - x[edge_index[1]]).square().sum().backward()
    assert knn_graph(SQUARE[:1], 3).shape == knn_graph(SQUARE[:0], 3).shape == (2, 0)
    assert knn_graph(SQUARE[:0], 3, SQUARE[:0, 0].long(), loop=True).shape == (2, 0)
    assert radius_graph(SQUARE[:0], 3.0, SQUARE[:0, 0].long()).shape == (2, 0)
