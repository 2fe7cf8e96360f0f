"""Files of tensors: those of the safetensors library, byte for byte readable by either side."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load, save

from graphs.tensor_file import DTYPES, pieces, read


@st.composite
def tensors(draw):
    shapes = st.lists(st.integers(0, 4), max_size=3)
    some = draw(
        st.dictionaries(st.text(max_size=5), st.tuples(st.sampled_from(list(DTYPES.values())), shapes), max_size=5)
    )
    some.pop("__metadata__", None)
    return {name: torch.randint(0, 2, shape).to(dtype) for name, (dtype, shape) in some.items()}


def same(first, second):
    return first.keys() == second.keys() and all(
        first[name].dtype == second[name].dtype and torch.equal(first[name], second[name]) for name in first
    )


@given(tensors(), st.dictionaries(st.text(max_size=5), st.text(max_size=5), min_size=1, max_size=2))
def test_the_library_reads_what_is_written_and_writes_what_is_read(given_, metadata):
    data = b"".join(pieces(metadata, given_))
    assert same(load(data), given_)
    assert read(BytesIO(data))[0] == metadata
    assert same(read(BytesIO(data))[1], given_)
    again, found = read(BytesIO(save(given_, metadata)))
    assert again == metadata
    assert same(found, given_)


def test_metadata_is_where_the_library_looks_for_it(tmp_path):
    (tmp_path / "file").write_bytes(b"".join(pieces({"a": "b"}, {"x": torch.ones(2)})))
    with safe_open(tmp_path / "file", "pt") as file:
        assert file.metadata() == {"a": "b"}


def test_types_that_the_format_lacks():
    with pytest.raises(ValueError, match=r"x: torch\.complex128, expected one of"):
        pieces({}, {"x": torch.ones(2, dtype=torch.complex128)})


def file_of(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def entry(**changes):
    return {"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}


def test_the_honest_one_among_the_following():
    assert read(BytesIO(file_of(entry(), b"\0" * 8)))[1]["x"].tolist() == [0, 0]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\1\2",
        (2**64 - 1).to_bytes(8, "little"),
        (2**31).to_bytes(8, "little") + b"{}",
        file_of(b"{"),
        file_of(b"\xff"),
        file_of(b"[" * 100_000),
        file_of([]),
        file_of({"x": 3}),
        file_of(3),
        file_of({}, b"\0"),
        file_of(entry(), b"\0" * 7),
        file_of(entry(), b"\0" * 9),
        file_of(entry(dtype="F3"), b"\0" * 8),
        file_of(entry(dtype=[]), b"\0" * 8),
        file_of(entry(data_offsets=[0, 7]), b"\0" * 8),
        file_of(entry(data_offsets=[0]), b"\0" * 8),
        file_of(entry(data_offsets=["0", 8]), b"\0" * 8),
        file_of(entry(data_offsets=[4, 12]), b"\0" * 12),
        file_of(entry(data_offsets=[-4, 4]), b"\0" * 8),
        file_of(entry(data_offsets=[0, 2**70], shape=[2**68]), b"\0" * 8),
        file_of(entry(shape=[-2]), b"\0" * 8),
        file_of(entry(shape=[2.0]), b"\0" * 8),
        file_of(entry(shape=[True, 2]), b"\0" * 8),
        file_of(entry(shape="2"), b"\0" * 8),
        file_of(entry(shape=2), b"\0" * 8),
        file_of(entry(shape=[0, 2**70], data_offsets=[0, 0])),
        file_of(entry(shape=[0, 2**40, 2**40], data_offsets=[0, 0])),
        file_of(entry() | {"y": entry()["x"]}, b"\0" * 8),
        file_of(entry() | {"y": entry()["x"]}, b"\0" * 16),
    ],
)
def test_what_is_no_such_file(data):
    with pytest.raises(ValueError):  # noqa: PT011 - whichever
        read(BytesIO(data))
