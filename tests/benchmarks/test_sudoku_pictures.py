"""A small sample of the benchmark of sudokus in pictures."""

import pytest

from benchmarks.sudoku_pictures import measure


def test_reading_together_is_better():
    pytest.importorskip("sklearn", reason="the handwritten digits come with scikit-learn")
    found = measure(200, boards=8, steps=100)
    assert found["boards"] == 8
    assert found["digits"] >= 8 * 30
    assert found["misread"] > 0
    assert found["together"] > found["alone"]
    assert found["together"] + found["refused"] <= 8
