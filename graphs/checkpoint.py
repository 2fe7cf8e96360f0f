"""Checkpoints: tensors in the safetensors format under a JSON header with a version and a checksum.

Nothing in such a file is executed, so it is safe to load from strangers. It is replaced at once or not at all.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from graphs.tensor_file import bytes_of, pieces, read

VERSION = 1


class CheckpointError(ValueError):
    """A file that is no checkpoint of the kind asked for, or was changed."""


def save_checkpoint(
    path: str | os.PathLike[str], kind: str, header: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> None:
    """Write a checkpoint: to a temporary file first, which takes its place when it has been read back.

    Args:
        kind: what is kept; loading asks for it.
        header: any JSON values.

    Raises:
        OSError: it cannot be written; what was there before is as it was.
        ValueError: a tensor of a type that no file can hold.
    """
    parts, target = _pieces(kind, header, tensors), Path(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
    try:
        with open(descriptor, "wb") as stream:
            stream.writelines(parts)
            stream.flush()
            os.fsync(stream.fileno())
        if not _holds(temporary, parts):
            raise OSError(errno.EIO, "What was written is not what is there", os.fspath(path))
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _holds(path: str, parts: list[memoryview]) -> bool:
    with open(path, "rb", buffering=0) as stream:
        for part in parts:
            for start in range(0, len(part), 2**20):
                some = part[start : start + 2**20]
                if not np.array_equal(np.frombuffer(stream.read(len(some)), np.uint8), np.asarray(some)):
                    return False
        return not stream.read(1)


def load_checkpoint(path: str | os.PathLike[str], kind: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors, on the CPU.

    Raises:
        CheckpointError: the file is no checkpoint, of another kind or version, or was changed.
        OSError: it cannot be read.
    """
    try:
        with open(path, "rb") as stream:
            return _read(stream, kind)
    except CheckpointError as error:
        raise CheckpointError(f"{os.fspath(path)}: {error}") from None


def pack(kind: str, header: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> bytes:
    """A checkpoint as the bytes of its file."""
    return b"".join(_pieces(kind, header, tensors))


def unpack(data: bytes, kind: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors of a checkpoint's bytes.

    Raises:
        CheckpointError: see `load_checkpoint`.
    """
    return _read(BytesIO(data), kind)


def _pieces(kind: str, header: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> list[memoryview]:
    kept = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    about = {"kind": kind, "version": VERSION, "checksum": _checksum(header, kept), "header": header}
    return pieces({"checkpoint": json.dumps(about)}, kept)


def _read(stream: BufferedIOBase, kind: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        metadata, tensors = read(stream)
        about = json.loads(metadata["checkpoint"])
        found, header = (about["kind"], about["version"]), about["header"]
        right = about["checksum"] == _checksum(header, tensors)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CheckpointError(f"is no checkpoint; expected one of kind {kind!r}") from None
    if found != (kind, VERSION):
        raise CheckpointError(f"holds {found[0]!r}, version {found[1]}; expected {kind!r}, version {VERSION}")
    if not right:
        raise CheckpointError("the checksum does not fit; save the file again")
    return header, tensors


def _checksum(header: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(bytes_of(tensor))
    return digest.hexdigest()
