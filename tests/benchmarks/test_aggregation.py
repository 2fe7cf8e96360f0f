"""What the benchmark of aggregations compares: one function."""

import pytest
import torch

from benchmarks import aggregation
from benchmarks.claims import DATA


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
