"""What was seen to break indexes (hnswlib 0.8 above all), row by row: ours answers, or says what is wrong."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest
import torch

from graphs.index.exact import ExactIndex
from graphs.index.hnsw import HNSWIndex
from graphs.index.hnsw_graph import library

KINDS = [ExactIndex, pytest.param(HNSWIndex, marks=pytest.mark.skipif(library() is None, reason="no hnswlib"))]


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def points(n, dim=8, seed=0):
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


def filled(kind, n=200, metric="l2"):
    index = kind(8, metric)
    index.add(points(n))
    return index


def self_recall(index, x):
    return (index.search(x, 1).distances[:, 0] <= 1e-6).float().mean()


def test_an_index_without_rows_finds_nothing(kind, tmp_path):
    index = kind(8)
    assert len(index) == 0
    assert index.search(points(2), 3).ids.tolist() == [[-1] * 3] * 2
    assert (
        index.search(points(2)[0], 3, where=torch.zeros(0, dtype=torch.bool), exclude=[[1]]).valid.tolist()
        == [False] * 3
    )
    assert index.within(points(2), 9.0).ids.tolist() == []
    assert index.search(points(0), 3).ids.shape == (0, 3)
    assert index.add(points(0)).tolist() == []
    index.compact()
    index.save(tmp_path / "index")
    assert len(kind.load(tmp_path / "index")) == 0
    with pytest.raises(ValueError, match="expected at least 1 of each"):
        index.recall()
    with pytest.raises(KeyError):
        index.remove([0])


@pytest.mark.parametrize(
    ("q", "message"),
    [
        (points(2, 7), r"q: shape \(2, 7\), expected \(n, 8\) or \(8,\)"),
        (points(2, 9), r"q: shape \(2, 9\)"),
        (points(2)[None], r"q: shape \(1, 2, 8\)"),
        (torch.tensor(1.0), r"q: shape \(\)"),
        (torch.ones(2, 8, dtype=torch.int64), r"q: torch.int64.*expected dense floating point"),
        (np.ones((2, 8), int), "q: int64, expected floating point"),
        (points(2).to_sparse(), "q: torch.float32, torch.sparse_coo, expected dense"),
        (
            torch.full((2, 8), torch.nan),
            "q: 2 of 2 rows have NaN, infinity or a number beyond 1e\\+15, the first is row 0",
        ),
        (torch.full((8,), torch.inf), "q: 1 of 1 rows"),
        (np.full((1, 8), 1e300), "q: 1 of 1 rows"),
    ],
)
def test_queries_are_checked(kind, q, message):
    with pytest.raises(ValueError, match=message):
        filled(kind).search(q, 3)


def test_queries_are_tensors_or_arrays(kind):
    with pytest.raises(TypeError, match="q: list, expected a tensor or a numpy array"):
        filled(kind).search([[0.0] * 8], 3)


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf, 1e16])
def test_rows_that_are_not_finite_never_come_in(kind, bad):
    x = points(200)
    x[::2, 3] = bad
    index = kind(8)
    with pytest.raises(ValueError, match="x: 100 of 200 rows have NaN"):
        index.add(x)
    assert len(index) == 0
    added = index.add(x, non_finite="skip")
    assert (added[::2] == -1).all()
    assert len(index) == 100
    assert self_recall(index, x[1::2]) == 1
    with pytest.raises(ValueError, match="x: 1 of 1 rows"):
        index.update([1], x[:1])


def test_zero_vectors_have_cosine_distance_one_from_all(kind):
    index = kind(8, "cosine")
    x = points(50)
    x[7] = 0
    index.add(x)
    assert index.search(x[7], 50).distances.tolist() == pytest.approx([1.0] * 50)
    assert index.search(x[8], 50).distances.tolist()[1:] != pytest.approx([1.0] * 49)
    assert 7 in index.search(x[8], 50).ids


def test_identical_rows_hide_nothing(kind):
    x = points(3000)
    x[1500:] = x[0]
    index = kind(8)
    index.add(x)
    assert self_recall(index, x[1:1500]) > 0.99
    found = index.search(x[0], 1501)
    assert sorted(found.ids.tolist()) == [0, *range(1500, 3000)]
    assert len(index._store.points) == 1500


def test_an_index_of_removed_rows_finds_the_others(kind):
    index = filled(kind, 3000)
    index.search(points(1), 1)
    keep = range(0, 3000, 10)
    for first in range(10):
        if first:
            index.remove(range(first, 3000, 10))
    assert len(index) == 300
    assert self_recall(index, points(3000)[list(keep)]) > 0.99
    assert len(index._store.ids) < 600  # the others were dropped on the way


def test_k_beyond_what_there_is(kind):
    index = filled(kind, 20)
    found = index.search(points(3), 30)
    assert found.valid.sum(1).tolist() == [20] * 3
    assert found.distances[:, 20:].isinf().all()
    none = torch.zeros(20, dtype=torch.bool)
    assert not index.search(points(3), 5, where=none).valid.any()
    assert not index.search(points(3), 5, exclude=[list(range(20))] * 3).valid.any()
    index.remove(range(20))
    assert not index.search(points(3), 5).valid.any()


@pytest.mark.parametrize("k", [0, -1, 2**40, 1.5, True, "3", None])
def test_k_is_checked(kind, k):
    with pytest.raises(ValueError, match=r"k: .* expected a whole number from 1 to"):
        filled(kind).search(points(1), k)


def test_an_id_comes_once(kind):
    index = kind(8)
    for ids in ([0, 1, 0], [5, 5, 5]):
        with pytest.raises(ValueError, match="is there already"):
            index.add(points(3), ids)
        assert len(index) == 0
    index.add(points(3), [0, 1, 2])
    with pytest.raises(ValueError, match="ids: 1 is there already; to replace or leave it: on_conflict="):
        index.add(points(3, seed=1), [4, 1, 5])
    assert index.ids.tolist() == [0, 1, 2]
    assert index.add(points(3, seed=1), [4, 1, 4], on_conflict="skip").tolist() == [4, -1, -1]
    assert torch.equal(index.vectors([1, 4]), torch.stack([points(3)[1], points(3, seed=1)[0]]))
    assert index.add(points(3, seed=2), [4, 1, 4], on_conflict="update").tolist() == [-1, 1, 4]
    assert torch.equal(index.vectors([1, 4]), points(3, seed=2)[1:])


def test_free_ids_follow_given_ones(kind):
    index = kind(8)
    index.add(points(3), [7, 2, 5])
    assert index.add(points(2, seed=1)).tolist() == [8, 9]
    index.remove([9])
    assert index.add(points(1, seed=2)).tolist() == [10]
    index.remove(index.ids)
    index.compact()
    assert index.add(points(1)).tolist() == [11]
    index.add(points(1, seed=3), [2**63 - 1])
    with pytest.raises(ValueError, match="the highest id is in use"):
        index.add(points(1, seed=4))


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        (torch.tensor([0.2, 0.7]), ValueError, "ids: torch.float32, expected whole numbers"),
        (np.array(["1", "2"]), ValueError, "ids: <U1, expected whole numbers"),
        (torch.tensor([True, False]), ValueError, "ids: torch.bool"),
        ([-1, 3], ValueError, "ids: -1 to 3, expected 0 to"),
        (np.array([-5, 3]), ValueError, "ids: -5, expected 0 or more"),
        ([3, 2**63], ValueError, "ids: 3 to 9223372036854775808"),
        (np.array([0, 2**64 - 1], np.uint64), ValueError, "ids: -1, expected 0 or more"),
        ([1], ValueError, "ids: 1, expected 2, one for each row of x"),
        (torch.zeros(2, 1, dtype=torch.int64), ValueError, r"ids: shape \(2, 1\), expected \(n,\)"),
        ("ab", TypeError, "ids: str, expected a sequence"),
        (3, TypeError, "ids: int, expected a sequence"),
        ([[], []], TypeError, "unhashable"),
    ],
)
def test_ids_are_whole_numbers_or_keys(kind, ids, error, message):
    index = kind(8)
    with pytest.raises(error, match=message):
        index.add(points(2), ids)
    assert len(index) == 0


def test_keys_are_not_numbers_in_an_index_with_ids(kind):
    index = filled(kind)
    with pytest.raises(ValueError, match="ids: keys, expected whole numbers from 0"):
        index.add(points(2), ["1", "2"])
    assert "1" not in index
    assert 1 in index
    assert 1.0 not in index
    assert True not in index
    with pytest.raises(KeyError):
        index.remove([1.0])
    with pytest.raises(ValueError, match="where: a list of truth values, expected a mask as a tensor"):
        index.search(points(1), 1, where=[True] * 200)


def test_metadata_is_checked(kind):
    index = kind(8)
    index.add(points(2), meta={"year": torch.tensor([1999, 2001])})
    for bad in ({}, {"year": torch.tensor([1.5])}, {"year": torch.tensor([1]), "more": torch.tensor([1])}):
        with pytest.raises(ValueError, match=r"expected year torch\.int64"):
            index.add(points(1, seed=1), meta=bad)
    with pytest.raises(ValueError, match=r"meta\['year'\]: shape \(2,\), expected \(1, ...\)"):
        index.add(points(1, seed=1), meta={"year": torch.tensor([1, 2])})
    for bad in (["a"], np.array(["a"])):
        with pytest.raises(ValueError, match=r"meta\['name'\]: .*expected a tensor or an array of numbers"):
            kind(8).add(points(1), meta={"name": bad})
    with pytest.raises(ValueError, match="expected another name"):
        kind(8).add(points(1), meta={"id": torch.tensor([1])})
    assert index.search(points(2)[0], 2, where=index.meta["year"] > 2000).ids.tolist() == [1, -1]


def test_masks_are_checked(kind):
    index = filled(kind)
    index.remove([3])
    with pytest.raises(ValueError, match=r"where: a mask of shape \(200,\), expected \(199,\), in the order"):
        index.search(points(1), 1, where=torch.ones(200, dtype=torch.bool))
    with pytest.raises(ValueError, match="exclude: 2 sets of ids, expected 1"):
        index.search(points(1), 1, exclude=[[1], [2]])
    with pytest.raises(ValueError, match="radius: nan"):
        index.search(points(1), 1, radius=float("nan"))


def test_removing_twice_or_what_is_not_there(kind):
    index = filled(kind)
    index.remove([3, 4])
    for ids in ([3], [5, 3], [5, 5], [999]):
        with pytest.raises(KeyError):
            index.remove(ids)
    assert len(index) == 198
    with pytest.raises(KeyError, match="1 of 2 are not in the index, the first is 3"):
        index.update([5, 3], points(2))
    index.add(points(1, seed=9), [3])
    assert index.search(points(1, seed=9), 1).ids.tolist() == [[3]]


def test_an_updated_row_is_where_it_is_now(kind):
    index = filled(kind)
    index.search(points(1), 1)
    new = points(200, seed=5)
    for first in range(0, 200, 20):
        index.update(range(first, first + 20), new[first : first + 20])
        assert index.search(new[first : first + 20], 1).ids[:, 0].tolist() == list(range(first, first + 20))
    assert self_recall(index, points(200)) == 0


@pytest.mark.parametrize("dim", [0, -1, 1.5, True, "8", None])
def test_the_dimension_is_checked(kind, dim):
    with pytest.raises(ValueError, match=r"dim: .*expected a whole number of at least 1"):
        kind(dim)


def test_settings_are_checked(kind):
    with pytest.raises(ValueError, match="metric: 'hamming', expected one of l2, ip, cosine"):
        kind(8, "hamming")
    for wrong in ({"degree": 0}, {"degree": 1}, {"ef": 0}, {"ef_construction": -1}, {"seed": 0.5}, {"device": "cuda"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            HNSWIndex(8, **wrong)


def test_a_change_that_runs_out_of_memory_changes_nothing(kind, monkeypatch):
    index = filled(kind)
    before = index.search(points(5), 3)
    real = torch.Tensor.new_empty

    def full(self, shape, *args, **kwargs):
        if self.dtype == torch.bool:  # the last column of the rows
            raise MemoryError
        return real(self, shape, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(torch.Tensor, "new_empty", full)
        with pytest.raises(MemoryError):
            index.add(points(500, seed=1))
        with pytest.raises(MemoryError):
            index.add(points(500, seed=1), range(100, 600), on_conflict="update")
    assert len(index) == 200
    assert torch.equal(index.vectors(range(200)), points(200))
    assert torch.equal(index.search(points(5), 3).ids, before.ids)
    assert index.add(points(500, seed=1)).tolist() == list(range(200, 700))
    assert self_recall(index, points(500, seed=1)) > 0.99


def test_many_threads_add_search_and_save(kind, tmp_path):
    """No error, no lost row, and every search sees every row that was in before it began."""
    index, x, errors, done = kind(8), points(1500), [], threading.Event()

    def guarded(work):
        def run():
            try:
                work()
            except BaseException as error:
                errors.append(error)

        return threading.Thread(target=run)

    def write(first):
        for start in range(first, 1500, 60):
            index.add(x[start : start + 20], torch.arange(start, min(start + 20, 1500)))

    def read():
        while not done.is_set():
            known = index.ids
            if len(known):
                some = known[torch.randperm(len(known))[:5]]
                assert (index.search(x[some], 1).distances[:, 0] <= 1e-6).float().mean() >= 0.8
            time.sleep(0.001)

    def save():
        while not done.is_set():
            index.save(tmp_path / "index")
            assert len(kind.load(tmp_path / "index")) <= 1500

    writers = [guarded(lambda first=first: write(first)) for first in (0, 20, 40)]
    others = [guarded(read) for _ in range(3)] + [guarded(save)]
    for thread in writers + others:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in others:
        thread.join()
    assert errors == []
    assert sorted(index.ids.tolist()) == list(range(1500))
    assert self_recall(index, x) > 0.99


def test_any_row_may_be_removed_also_where_searches_begin(kind):
    index, x = filled(kind, 60), points(60)
    for gone in range(59):
        assert index.search(x[gone:], 1).ids[:, 0].tolist() == list(range(gone, 60))
        index.remove([gone])
    assert index.search(x, 2).ids.tolist() == [[59, -1]] * 60


def test_an_index_grows_as_far_as_it_must(kind):
    index, x = kind(8), points(3000)
    for first, last in ((0, 1), (1, 3), (3, 1000), (1000, 3000)):
        index.add(x[first:last])
        assert self_recall(index, x[:last]) > 0.99


def test_a_folder_that_is_not_there(kind, tmp_path):
    with pytest.raises(FileNotFoundError):
        filled(kind).save(tmp_path / "nowhere" / "index")
    with pytest.raises(FileNotFoundError):
        kind.load(tmp_path / "index")


def test_a_forked_process_searches(kind):
    index, x = filled(kind), points(50)
    expected = index.search(x, 1).ids
    child = os.fork()
    if not child:
        os._exit(0 if torch.equal(index.search(x, 1).ids, expected) else 1)
    assert os.waitpid(child, 0)[1] == 0
