"""An index against a dictionary of vectors that is searched by computing every distance."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from graphs.index.exact import ExactIndex
from graphs.index.metrics import METRICS, distances
from graphs.index.nearest import BLOCK, COLUMNS, nearest, within

DIM = 3
SEEDS = st.integers(0, 2**31)


def some(count, seed, *, coarse=False):
    """(count, DIM) vectors; coarse ones are often identical and often at the same distance."""
    generator = torch.Generator().manual_seed(seed)
    if coarse:
        return torch.randint(-1, 2, (count, DIM), generator=generator).float()
    return torch.randn(count, DIM, generator=generator)


def check_found(found, q, metric, rows, k):
    """`rows`: id -> vector of all that may be found by the query q."""
    ids, apart, valid = found.ids.tolist(), found.distances, found.valid.tolist()
    count = min(k, len(rows))
    assert valid == [True] * count + [False] * (k - count)
    assert ids[count:] == [-1] * (k - count)
    assert apart[count:].isinf().all()
    assert len(set(ids[:count])) == count
    assert set(ids[:count]) <= rows.keys()
    if not count:
        return
    everything = distances(q.double(), torch.stack(list(rows.values())).double(), metric)
    torch.testing.assert_close(apart[:count].double(), everything.sort().values[:count], rtol=1e-5, atol=1e-6)
    own = distances(q.double(), torch.stack([rows[i] for i in ids[:count]]).double(), metric)
    torch.testing.assert_close(apart[:count].double(), own, rtol=1e-5, atol=1e-6)


class Model(RuleBasedStateMachine):
    """Any order of changes and searches gives what the dictionary gives."""

    make = ExactIndex

    @initialize(metric=st.sampled_from(METRICS))
    def begin(self, metric):
        self.index, self.metric = self.make(DIM, metric), metric
        self.rows: dict[int, torch.Tensor] = {}
        self.highest = -1

    @rule(count=st.integers(0, 8), seed=SEEDS, coarse=st.booleans())
    def add(self, count, seed, coarse):
        x = some(count, seed, coarse=coarse)
        ids = self.index.add(x).tolist()
        assert ids == list(range(self.highest + 1, self.highest + 1 + count))
        self.put(ids, x)

    @rule(ids=st.lists(st.integers(0, 30), max_size=6), seed=SEEDS, coarse=st.booleans())
    def add_with_ids(self, ids, seed, coarse):
        x = some(len(ids), seed, coarse=coarse)
        if len(set(ids)) < len(ids) or set(ids) & self.rows.keys():
            with pytest.raises(ValueError, match="is there already"):
                self.index.add(x, ids)
        else:
            self.index.add(x, torch.tensor(ids, dtype=torch.int64))
            self.put(ids, x)

    @rule(ids=st.lists(st.integers(0, 30), max_size=6), seed=SEEDS)
    def add_or_update(self, ids, seed):
        x = some(len(ids), seed, coarse=True)
        self.index.add(x, ids, on_conflict="update")
        self.put(ids, x)

    @rule(ids=st.lists(st.integers(0, 30), max_size=6), seed=SEEDS)
    def add_or_skip(self, ids, seed):
        x = some(len(ids), seed, coarse=True)
        self.index.add(x, ids, on_conflict="skip")
        for one, row in zip(ids, x, strict=True):
            if one not in self.rows:
                self.put([one], row[None])

    def put(self, ids, x):
        self.rows.update(zip(ids, x, strict=True))
        self.highest = max([self.highest, *ids])

    def few(self, choice):
        known = list(self.rows)
        return list(dict.fromkeys(known[i % len(known)] for i in choice))

    @precondition(lambda self: self.rows)
    @rule(choice=st.lists(SEEDS, min_size=1, max_size=8))
    def remove(self, choice):
        ids = self.few(choice)
        self.index.remove(ids)
        for one in ids:
            del self.rows[one]
        with pytest.raises(KeyError, match=f"the first is {ids[0]}"):
            self.index.remove(ids[:1])

    @precondition(lambda self: self.rows)
    @rule(choice=st.lists(SEEDS, min_size=1, max_size=4), seed=SEEDS, coarse=st.booleans())
    def update(self, choice, seed, coarse):
        ids = self.few(choice)
        x = some(len(ids), seed, coarse=coarse)
        self.index.update(ids, x)
        self.put(ids, x)

    @rule()
    def compact(self):
        self.index.compact()

    @rule(seed=SEEDS, k=st.integers(1, 12), coarse=st.booleans())
    def search(self, seed, k, coarse):
        q = some(2, seed, coarse=coarse)
        found = self.index.search(q, k)
        for row in range(2):
            check_found(at(found, row), q[row], self.metric, self.rows, k)

    @rule(seed=SEEDS, k=st.integers(1, 12), data=st.data())
    def search_some(self, seed, k, data):
        q = some(2, seed, coarse=True)
        hidden = [data.draw(st.lists(st.integers(0, 30), max_size=5)) for _ in range(2)]
        mask = torch.rand(len(self.rows), generator=torch.Generator().manual_seed(seed)) < data.draw(st.floats(0, 1))
        wanted = set(self.index.ids[mask].tolist())
        by_mask = self.index.search(q, k, where=mask, exclude=hidden)
        by_ids = self.index.search(q, k, where=[*wanted, 10**12], exclude=ragged(hidden))
        for row in range(2):
            rows = {i: x for i, x in self.rows.items() if i in wanted and i not in hidden[row]}
            check_found(at(by_mask, row), q[row], self.metric, rows, k)
            check_found(at(by_ids, row), q[row], self.metric, rows, k)

    @rule(seed=SEEDS, radius=st.sampled_from([0.0, 0.3, 1.0, 2.0]), hidden=st.lists(st.integers(0, 30), max_size=5))
    def within(self, seed, radius, hidden):
        q = some(2, seed, coarse=True)
        found = self.index.within(q, radius, exclude=[hidden, []])
        assert found.queries.tolist() == sorted(found.queries.tolist())
        for row in range(2):
            ids = found.ids[found.queries == row].tolist()
            apart = {i: float(distances(q[row].double(), x.double(), self.metric)) for i, x in self.rows.items()}
            if not row:
                apart = {i: distance for i, distance in apart.items() if i not in hidden}
            near = {i for i, distance in apart.items() if distance <= radius}
            doubtful = {i for i, distance in apart.items() if abs(distance - radius) < 1e-6}
            assert set(ids) - doubtful == near - doubtful
            assert len(set(ids)) == len(ids)
            assert [apart[i] for i in ids] == pytest.approx(sorted(apart[i] for i in ids), abs=1e-6)

    @invariant()
    def holds_the_rows(self):
        if not hasattr(self, "index"):
            return
        assert len(self.index) == len(self.rows)
        assert set(self.index.ids.tolist()) == self.rows.keys()
        kept = self.index.vectors(list(self.rows))
        if self.rows and self.metric != "cosine":
            assert torch.equal(kept, torch.stack(list(self.rows.values())))


def at(found, row):
    return type(found)(found.ids[row], found.distances[row], found.valid[row])


def ragged(lists):
    width = max(len(one) for one in lists)
    return torch.tensor([[*one, *[-1] * (width - len(one))] for one in lists], dtype=torch.int64).view(len(lists), -1)


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=40, stateful_step_count=25)


@given(
    seed=SEEDS,
    n=st.integers(1, 700),
    k=st.integers(1, 40),
    metric=st.sampled_from(METRICS),
    scale=st.sampled_from([1e-12, 1, 1e12]),
)
def test_groups_blocks_and_scale_change_nothing(seed, n, k, metric, scale):
    index = ExactIndex(DIM, metric)
    x = some(n, seed) * (scale if metric != "ip" else 1)
    index.add(x)
    q = some(3, seed + 1) * (scale if metric != "ip" else 1)
    found = index.search(q, k)
    expected = distances(q.double()[:, None], x.double(), metric).sort(dim=1).values[:, :k]
    torch.testing.assert_close(
        found.distances[:, : min(n, k)].double(), expected, rtol=1e-5, atol=0 if metric == "l2" else 1e-6
    )


@pytest.mark.parametrize("far", [0.0, 1e3, 1e5])
def test_rounding_hides_nothing(far):
    """Far from the origin |q|^2 + |x|^2 - 2 <q, x> cancels; the nearest are found nevertheless."""
    generator = torch.Generator().manual_seed(0)
    x = (torch.randn(2000, 16, generator=generator) + far).float()
    index = ExactIndex(16)
    index.add(x)
    found = index.search(x[:50], 5)
    expected = distances(x[:50, None].double(), x.double(), "l2").sort(dim=1).values[:, :5]
    torch.testing.assert_close(found.distances.double(), expected, rtol=1e-5, atol=0)
    assert (found.distances[:, 0] == 0).all()


@pytest.mark.parametrize("metric", METRICS)
def test_a_saved_index_is_the_same(tmp_path, metric):
    index = ExactIndex(DIM, metric)
    index.add(some(50, 0, coarse=True), meta={"year": torch.arange(50), "pair": np.ones((50, 2))})
    index.remove(range(3, 9))
    index.save(tmp_path / "index")
    again = ExactIndex.load(tmp_path / "index")
    assert repr(again) == repr(index)
    assert torch.equal(again.ids, index.ids)
    assert all(torch.equal(again.meta[name], column) for name, column in index.meta.items())
    q = some(5, 1)
    one, two = index.search(q, 50), again.search(q, 50)
    assert torch.equal(one.ids, two.ids)
    assert torch.equal(one.distances, two.distances)
    assert again.add(some(1, 2), meta={"year": torch.tensor([0]), "pair": np.ones((1, 2))}).tolist() == [50]
    index.remove(index.ids)
    index.save(tmp_path / "index")
    assert len(ExactIndex.load(tmp_path / "index")) == 0


def test_keys(tmp_path):
    keys = ["a", ("b", 1), None, 2.5, True, 10**30]
    index = ExactIndex(DIM)
    x = some(6, 0)
    assert index.add(x, keys).tolist() == list(range(6))
    assert index.search(x, 1).keys == [[key] for key in keys]
    assert index.search(x[0], 7).keys[6:] == [None]
    assert index.search(x[0], 1, exclude=[["a", "nowhere"]]).keys != ["a"]
    assert index.search(x[0], 1, where=[("b", 1)]).keys == [("b", 1)]
    assert index.within(x[:2], 0.0).keys == ["a", ("b", 1)]
    index.remove(["a"])
    index.add(x[:1], ["a"])
    assert index.search(x[0], 1).ids.tolist() == [6]
    index.save(tmp_path / "index")
    assert ExactIndex.load(tmp_path / "index").keys == index.keys == [*keys[1:], "a"]
    index.add(x[:1], [frozenset()])
    with pytest.raises(ValueError, match=r"frozenset\(\) cannot be written"):
        index.save(tmp_path / "index")
    with pytest.raises(ValueError, match="expected a key for each row"):
        index.add(x)


def test_gradients_reach_the_queries():
    x, q = some(20, 0).double(), some(4, 1).double().requires_grad_()
    for metric in METRICS:
        index = ExactIndex(DIM, metric)
        index.add(x)
        found = index.search(q, 3, differentiable=True)
        expected = distances(q[:, None], index.vectors(range(20)).double()[found.ids], metric)
        torch.testing.assert_close(found.distances.double(), expected, rtol=1e-5, atol=1e-6)
        (own,) = torch.autograd.grad(found.distances.sum(), q)
        torch.testing.assert_close(own, torch.autograd.grad(expected.sum(), q)[0], rtol=1e-4, atol=1e-5)


def test_what_is_unknown_finds_nothing():
    """Of known queries, the radius keeps the share that was asked for; what is far away finds none."""
    index = ExactIndex(DIM)
    index.add(some(30, 0))
    radius = index.calibrate_radius(some(400, 1), keep=0.9)
    kept = index.search(some(4000, 2), 1, radius=radius).valid.float().mean()
    assert 0.86 < kept < 0.94
    unknown = index.search(torch.full((DIM,), 100.0), 2, radius=radius)
    assert unknown.ids.tolist() == [-1, -1]
    assert unknown.distances.tolist() == [math.inf] * 2
    with pytest.raises(ValueError, match="9, expected at least 19"):
        index.calibrate_radius(some(9, 1))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_any_floating_point_type_goes_in(dtype):
    index = ExactIndex(DIM)
    x = some(5, 0).to(dtype)
    index.add(x.requires_grad_())
    assert index.search(x, 1).ids[:, 0].tolist() == list(range(5))
    assert not index.vectors([0]).requires_grad


def test_numpy_goes_in_and_out():
    index = ExactIndex(DIM)
    x = some(5, 0).numpy()
    locked = x.copy()
    locked.flags.writeable = False
    index.add(locked, np.arange(5))
    index.update(np.arange(5), x)
    index = ExactIndex(DIM)
    index.add(x, np.arange(5, dtype=np.int32))
    found = index.search(x[::2].astype(">f8"), 2)
    assert all(isinstance(one, np.ndarray) for one in (found.ids, found.distances, found.valid))
    assert found.ids.dtype == np.int64
    assert found.distances.dtype == np.float32
    assert index.search(x[3], 1).ids.tolist() == [3]
    x[:] = 0
    assert index.vectors([3]).abs().sum() > 0


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("metric", METRICS)
def test_a_gpu_finds_what_a_cpu_finds(metric, tmp_path):
    x, q = some(3000, 0), some(50, 1)
    x[500:900] = x[0]
    cpu, gpu = ExactIndex(DIM, metric), ExactIndex(DIM, metric)
    for index, device in ((cpu, "cpu"), (gpu, "cuda")):
        index.add(x.to(device))
        index.remove(range(100, 200))
        index.update([5, 6], x[5:7].to(device) + 1)
    mask = torch.rand(2900, generator=torch.Generator().manual_seed(2)) < 0.4
    for arguments in ({}, {"where": mask}, {"exclude": [[1, 2, 3]] * 50}, {"where": mask, "radius": 0.5}):
        one, two = cpu.search(q, 7, **arguments), gpu.search(q.cuda(), 7, **arguments)
        assert two.ids.is_cuda
        torch.testing.assert_close(one.distances, two.distances.cpu(), rtol=1e-5, atol=1e-6)
    assert len(cpu.within(q, 0.5).ids) == len(gpu.within(q.cuda(), 0.5).ids)
    gpu.save(tmp_path / "index")
    assert ExactIndex.load(tmp_path / "index", device="cuda").search(q, 7).ids.device.type == "cpu"


@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 9), st.sampled_from(METRICS), SEEDS)
def test_blocks_of_any_size_find_the_same(count, k, columns, metric, seed):
    x, q = some(count, seed), some(7, seed + 1)
    hidden = torch.stack([torch.tensor([1, 1, 3]), torch.tensor([0, count - 1, count // 2])]).unique(dim=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BLOCK, "cpu", 3 * columns)
        patch.setitem(COLUMNS, "cpu", columns)
        found, pairs = nearest(q, x, k, metric, hidden=hidden), within(q, x, 1.0, metric)
    expected = nearest(q, x, k, metric, hidden=hidden)
    assert torch.equal(found[0], expected[0])
    torch.testing.assert_close(found[1], expected[1])
    for one, other in zip(pairs, within(q, x, 1.0, metric), strict=True):
        torch.testing.assert_close(one, other)
