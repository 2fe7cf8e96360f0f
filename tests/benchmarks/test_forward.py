"""The benchmark of layers that learn alone: both formulations are one function; a short run of everything."""

import pytest
import torch

from benchmarks import forward
from benchmarks.claims import DATA
from graphs.forward.local import Local

needs_data = pytest.mark.skipif(not (DATA / "graphs" / "node").is_dir(), reason=f"no {DATA}/graphs/node")


@needs_data
def test_ours_is_the_published_function():
    task = forward.Epochs("citeseer_full")
    x = forward.unit_rows(task.problem.x.to_dense())
    out = task.layers[0](x, task.problem.edge_index)
    expected = task.strategy.loss(out[task.problem.items], out[task.problem.anchors], task.problem.target)
    found = Local(task.layers[0], task.problem, task.strategy, 0, 2)(torch.arange(len(task.problem.items)))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@needs_data
def test_a_short_run():
    times = forward.epochs("citeseer_full", rounds=1)
    assert times["ours"] < times["published"]
    assert forward.forward("citeseer_full", 0, "up", epochs=20)["test"] > 75
    assert forward.backward("citeseer_full", 0, 1e-2, 0.5, epochs=20)["test"] > 75


@needs_data
def test_the_splits_are_the_official_ones():
    data = forward.graph("citeseer_full", 3)
    parts = [int(data[name].sum()) for name in ("train_mask", "val_mask", "test_mask")]
    assert parts == [2707, 677, 846]
    assert int((data.train_mask.int() + data.val_mask.int() + data.test_mask.int()).max()) == 1
    assert set(data.x.unique().tolist()) == {0.0, 1.0}
