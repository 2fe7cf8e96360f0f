"""The example of the second minimum."""

import pytest
import torch

from examples import second_minimum as example


def test_answers():
    multisets = [torch.tensor([7, 3]), torch.tensor([5, 5, 9]), torch.tensor([200, 1, 4, 0])]
    assert example.answers(multisets).tolist() == [7, 5, 1]


def test_batches_have_the_sizes_that_are_trained():
    sizes = {len(multiset) for multiset in example.batch(0, torch.Generator().manual_seed(0))}
    assert sizes == set(range(2, 17))


@pytest.mark.parametrize("aggregation", example.AGGREGATIONS)
def test_it_runs(aggregation, capsys, monkeypatch):
    monkeypatch.setattr(example, "BATCH", 16)
    example.main(["--updates", "3", "--aggregation", aggregation])
    assert capsys.readouterr().out.splitlines()[0].startswith("size")
