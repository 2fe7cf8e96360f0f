"""Tensors in the safetensors format, written and read one after another, so that none is copied on the way.

Eight bytes say how long the header is; the header (JSON) says of each tensor its type, shape and place; then come the
numbers, without gaps: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BufferedIOBase
from math import prod
from typing import Any

import torch
from torch import Tensor

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "C64": torch.complex64,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}


def bytes_of(tensor: Tensor) -> memoryview:
    """The memory of a contiguous tensor on the CPU."""
    return tensor.view(-1).view(torch.uint8).numpy().data


def pieces(metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> list[memoryview]:
    """What a file holds, in order.

    Args:
        tensors: contiguous, on the CPU.

    Raises:
        ValueError: a tensor of a type that the format does not have.
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    aligned = sorted(tensors.items(), key=lambda item: -item[1].element_size())
    end = 0
    for name, tensor in aligned:
        if tensor.dtype not in _NAMES:
            raise ValueError(f"{name}: {tensor.dtype}, expected one of {', '.join(map(str, _NAMES))}")
        start, end = end, end + tensor.nbytes
        header[name] = {"dtype": _NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    first = len(text).to_bytes(8, "little") + text
    return [memoryview(first), *(bytes_of(tensor) for _, tensor in aligned)]


def read(stream: BufferedIOBase) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata and tensors of a file.

    Raises:
        ValueError: it is not of this format, or has other bytes besides.
        OSError: it cannot be read.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    length = int.from_bytes(stream.read(8), "little")
    if size < 8 + length:
        raise ValueError(f"a header of {length} bytes in a file of {size}")
    try:
        header = json.loads(stream.read(length))
        metadata = header.pop("__metadata__", {})
        layout = sorted(
            (*entry["data_offsets"], name, DTYPES[entry["dtype"]], entry["shape"]) for name, entry in header.items()
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no header: {error}") from None
    place, tensors = 0, {}
    for start, end, name, dtype, shape in layout:
        numbers = [start, end, *shape] if isinstance(shape, list) else [None]
        if not all(type(number) is int and number >= 0 for number in numbers):
            raise ValueError(f"{name}: shape {shape!r} from {start!r} to {end!r}")
        if prod(max(1, count) for count in shape) >= 2**63 or end - start != prod(shape) * dtype.itemsize:
            raise ValueError(f"{name}: {end - start} bytes for shape {shape}")
        if start != place or 8 + length + end > size:
            raise ValueError(f"{name}: at {start}, expected {place}, in a file of {size} bytes")
        tensors[name] = torch.empty(shape, dtype=dtype)
        if stream.readinto(bytes_of(tensors[name])) != end - start:
            raise ValueError(f"{name}: the file ends before it")
        place = end
    if 8 + length + place != size:
        raise ValueError(f"{size - 8 - length - place} bytes that belong to no tensor")
    return metadata, tensors
