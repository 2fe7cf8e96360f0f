"""What the benchmark of aggregations compares: one function, tasks as named, a GRU that sees real elements only."""

import pytest
import torch

from benchmarks import aggregation, multisets
from benchmarks.claims import DATA

CPU = torch.device("cpu")


def test_pyg_and_ours_have_the_same_weights():
    theirs, ours = aggregation.pair()
    x, index = torch.randn(32, aggregation.CHANNELS), torch.arange(4).repeat_interleave(8)
    torch.testing.assert_close(ours(x, index), theirs(x, index))


def test_company_moves_their_results_and_not_ours():
    theirs, ours = (aggregation.moved_by_company(one) for one in aggregation.pair())
    assert ours < 1e-6 < 0.1 < theirs


def test_degrees():
    assert set(aggregation.degrees("uniform").tolist()) == {15, 16}
    heavy = aggregation.degrees("power_law")
    assert heavy.max() > 20 * heavy.mean()


@pytest.mark.skipif(not (DATA / "graphs/planetoid/cora.npz").exists(), reason="no Cora under $NESY_DATA")
def test_the_degrees_of_cora():
    assert (len(aggregation.degrees("cora")), aggregation.degrees("cora").max()) == (2708, 168)


def test_answers():
    assert [task.answer([12, 30, 6, 18]) for task in multisets.TASKS] == [12, 6, 6]


def test_draws():
    for task in multisets.TASKS:
        examples = task(0, torch.Generator().manual_seed(0))
        assert {len(multiset) for multiset, _ in examples} == set(range(2, 17))
        assert all(0 <= e < task.values for multiset, _ in examples for e in multiset)
        assert all(0 <= answer < task.classes for _, answer in examples)


@pytest.mark.parametrize("name", multisets.AGGREGATIONS)
def test_company_means_nothing_to_any_of_the_aggregations(name):
    torch.manual_seed(0)
    task = multisets.TASKS[0]
    reader = multisets.Reader(task, multisets.AGGREGATIONS[name](multisets.CHANNELS))
    examples = task.draw(torch.tensor([2, 11, 5]), torch.Generator().manual_seed(0))
    together = reader(*multisets.packed(examples, CPU)[:2], 3)
    alone = torch.cat([reader(*multisets.packed([example], CPU)[:2], 1) for example in examples])
    torch.testing.assert_close(together, alone)


def test_a_run_gives_figures(monkeypatch):
    monkeypatch.setattr(multisets, "BATCH", 8)
    found = multisets.learned(multisets.TASKS[1], "lcm", updates=2, associativity=0.1)
    assert found.keys() == {"16", "32", "64", "order"}
