"""Links are followed only if all of them are in order."""

from __future__ import annotations

import pytest
import torch

from graphs.index.hnsw_graph import library
from graphs.index.links import Links

pytestmark = pytest.mark.skipif(library() is None, reason="hnswlib is not installed")
M, DEGREE = 500, 4


@pytest.fixture(scope="module")
def tensors():
    from graphs import HNSWIndex

    index = HNSWIndex(6, degree=DEGREE, deterministic=True)
    index.add(torch.randn(M, 6, generator=torch.Generator().manual_seed(0)))
    index.build()
    return index._graph.tensors()


def test_honest_links_are_taken(tensors):
    assert Links.of(tensors, M, DEGREE) is not None


def highest(tensors):
    return int(tensors["links.levels"].argmax())


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("lowest", lambda t, _: t[3].__setitem__(1, M)),
        ("lowest", lambda t, _: t[3].__setitem__(1, -1)),
        ("lowest", lambda t, _: t[3].__setitem__(1, 2**31 - 1)),
        ("lowest", lambda t, _: t[3].__setitem__(0, 2 * DEGREE + 1)),
        ("lowest", lambda t, _: t[3].__setitem__(0, -1)),
        ("lowest", lambda t, _: t[3].__setitem__(0, 65536)),
        ("upper", lambda t, _: t[0].__setitem__(0, DEGREE + 1)),
        ("upper", lambda t, all_: t[0].__setitem__(1, int((all_["links.levels"] == 0).nonzero()[0]))),
        ("labels", lambda t, _: t.__setitem__(0, 1)),
        ("labels", lambda t, _: t.__setitem__(0, -1)),
        ("levels", lambda t, _: t.__setitem__(0, 10**6)),
        ("levels", lambda t, _: t.__setitem__(0, -1)),
        ("levels", lambda t, all_: t.__setitem__(highest(all_), 0)),
        ("entry", lambda t, _: t.fill_(M)),
        ("entry", lambda t, _: t.fill_(-1)),
        ("entry", lambda t, all_: t.fill_(int((all_["links.levels"] == 0).nonzero()[0]))),
    ],
)
def test_others_are_not(tensors, name, change):
    changed = {key: tensor.clone() for key, tensor in tensors.items()}
    if name == "upper":
        assert int(changed["links.upper"][0, 0]) > 0
    change(changed[f"links.{name}"], changed)
    assert Links.of(changed, M, DEGREE) is None


@pytest.mark.parametrize("name", ["lowest", "upper", "labels", "levels", "entry"])
def test_shapes_and_types_are_checked(tensors, name):
    key = f"links.{name}"
    for other in (tensors[key].long(), tensors[key][:-1], tensors[key].reshape(1, -1), None):
        changed = {**tensors, key: other}
        if other is None:
            del changed[key]
        assert Links.of(changed, M, DEGREE) is None
    assert Links.of(tensors, M + 1, DEGREE) is None
    assert Links.of(tensors, M, DEGREE + 1) is None
