"""What the benchmark of multisets compares: tasks as named, aggregations that see a multiset's own elements only."""

import pytest
import torch

from benchmarks import multisets
from benchmarks.claims import Kept


def test_answers():
    assert [task.answer([12, 30, 6, 18]) for task in multisets.TASKS] == [12, 6, 24]


def test_draws():
    for task in multisets.TASKS:
        examples = task.batches(256)(0, torch.Generator().manual_seed(0))
        assert {len(multiset) for multiset, _ in examples} == set(range(2, 17))
        assert all(0 <= e < task.values for multiset, _ in examples for e in multiset.tolist())
        assert all(0 <= answer < task.values for _, answer in examples)


@pytest.mark.parametrize("name", multisets.AGGREGATIONS)
def test_company_means_nothing_to_any_of_the_aggregations(name):
    torch.manual_seed(0)
    network = multisets.Network(multisets.AGGREGATIONS[name](multisets.CHANNELS))
    found = [multiset for multiset, _ in multisets.TASKS[0].draw(torch.tensor([2, 11, 5]), torch.Generator())]
    torch.testing.assert_close(network(found), torch.cat([network([multiset]) for multiset in found]))


def test_every_claim_has_its_figures(monkeypatch, tmp_path):
    for name, value in {"BATCH": 8, "SMALL": 8, "COUNT": 4, "UPDATES": 2, "FULL": 2, "RESULTS": tmp_path}.items():
        monkeypatch.setattr(multisets, name, value)
    monkeypatch.setattr(multisets, "TASKS", multisets.TASKS[:1])
    recipe, *table = multisets.claims(Kept("multisets", tmp_path))
    assert recipe.met is False  # nothing is learned in two updates
    assert [claim.name.rpartition(".")[2] for claim in table] == [*multisets.AGGREGATIONS, "lcm_associative"]


def test_a_run_goes_on(monkeypatch, tmp_path):
    monkeypatch.setattr(multisets, "COUNT", 4)
    task, path = multisets.TASKS[1], tmp_path / "run.safetensors"
    whole = multisets.learned(task, "lcm", updates=4, batch=8, seed=0, checkpoint=path)
    again = multisets.learned(task, "lcm", updates=4, batch=8, seed=0, checkpoint=path)
    assert {**whole, "seconds": 0} == {**again, "seconds": 0}
