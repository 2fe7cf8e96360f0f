"""What the benchmark of the relational network compares is one function, and memory does not depend on the day."""

import torch

from benchmarks import relational


def test_all_modes_are_one_function():
    assert max(relational.differences(relational.Task(1, torch.float64)).values()) < 1e-9


def test_memory():
    task = relational.Task(1)
    kept = {mode: relational.kept_for_backward(task, mode) for mode in relational.MODES}
    assert kept["lean"] <= kept["pyg"] / 6 < kept["edges"] / 6
    assert kept["fast"] < 0.6 * kept["edges"]


def test_the_graph_is_that_of_the_paper():
    edges = relational.sudoku(2)
    assert edges.shape == (2, 3240)
    assert edges[1].bincount().tolist() == [20] * 162
