"""Bad tensors: the error names the tensor, what it holds, what was expected."""

import pytest
import torch

from graphs.checks import check_classes, check_edge_index, check_features, check_no_duplicates

EDGES = torch.tensor([[0, 1, 2], [1, 2, 0]])


@pytest.mark.parametrize(
    ("edge_index", "num_nodes", "message"),
    [
        (EDGES[:1], None, r"edge_index: shape \(1, 3\), expected \(2, e\)$"),
        (EDGES.T, None, r"edge_index: shape \(3, 2\), expected \(2, e\); transpose it"),
        (EDGES[0], None, r"edge_index: shape \(3,\), expected \(2, e\)"),
        (EDGES.float(), None, "edge_index: torch.float32, expected torch.int64"),
        (EDGES.int(), None, "edge_index: torch.int32, expected torch.int64"),
        (EDGES * float("nan"), None, "edge_index: torch.float32"),
        (EDGES - 1, None, "edge_index: names node -1, expected 0 or more"),
        (EDGES, 2, "edge_index: names node 2, expected 0 to 1, as there are 2 nodes"),
        (EDGES, 0, "num_nodes: 0, expected at least 1: the graph is empty"),
        (EDGES[:, :0], None, "edge_index: no edges, so the number of nodes is unknown; give num_nodes"),
    ],
)
def test_edges(edge_index, num_nodes, message):
    with pytest.raises(ValueError, match=message):
        check_edge_index(edge_index, num_nodes)


def test_good_edges():
    assert check_edge_index(EDGES) == 3
    assert check_edge_index(EDGES, 7) == 7
    assert check_edge_index(EDGES[:, :0], 7) == 7
    with pytest.raises(ValueError, match="pairs: names node 2"):
        check_edge_index(EDGES, 1, name="pairs")


@pytest.mark.parametrize(
    ("x", "num_nodes", "message"),
    [
        (torch.ones(3), None, r"x: shape \(3,\), expected \(n, c\)"),
        (torch.ones(3, 2).long(), None, r"x: torch.int64, expected floating point numbers; use .float\(\)"),
        (torch.ones(3, 2), 4, "x: 3 rows, expected 4"),
        (torch.tensor([[1.0], [float("nan")]]), None, "x: 1 of 2 values are NaN or infinite, the first in row 1"),
        (
            torch.tensor([[float("inf")], [1.0]]).to_sparse(),
            None,
            "x: 1 of 2 values are NaN or infinite, expected none",
        ),
        (torch.tensor([[float("inf")], [float("-inf")]]), None, "x: 2 of 2 values are NaN or infinite"),
    ],
)
def test_features(x, num_nodes, message):
    with pytest.raises(ValueError, match=message):
        check_features(x, num_nodes)


def test_good_features():
    check_features(torch.ones(3, 2), 3)
    check_features(torch.ones(3, 2).to_sparse(), 3)
    check_features(torch.full((3, 2), 3e38))  # their sum overflows
    check_features(torch.ones(0, 2))


def test_duplicates():
    check_no_duplicates(EDGES, 3)
    check_no_duplicates(torch.cat([EDGES, EDGES.flip(0)], 1), 3)
    with pytest.raises(ValueError, match=r"edge_index: 2 of 5 edges stand twice, the first of them \(0, 1\)"):
        check_no_duplicates(torch.cat([EDGES, EDGES[:, :2]], 1), 3)


def test_classes():
    y = torch.tensor([0, 2, 2, 1])
    assert check_classes(y, torch.tensor([0, 1, 3])) == 3
    assert check_classes(y, torch.tensor([True, True, False, True])) == 3
    with pytest.raises(ValueError, match="y: no training node of class 1, 2, expected one or more"):
        check_classes(y, torch.tensor([0]))
    with pytest.raises(ValueError, match="y: class -1"):
        check_classes(y - 1, torch.tensor([0]))
    with pytest.raises(ValueError, match=r"y: shape \(4,\), torch.float32, expected \(n,\) torch.int64"):
        check_classes(y.float(), torch.tensor([0]))
    with pytest.raises(ValueError, match="y: 4 classes, expected 5"):
        check_classes(y, torch.tensor([0]), 5)
    with pytest.raises(ValueError, match="the graph is empty"):
        check_classes(y[:0], torch.tensor([], dtype=torch.int64))
