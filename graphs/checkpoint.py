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
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

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
    """
    data, target = pack(kind, header, tensors), Path(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if not _holds(temporary, data):
            raise OSError(errno.EIO, "What was written is not what is there", os.fspath(path))
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _holds(path: str, data: bytes) -> bool:
    view, place = memoryview(data), 0
    with open(path, "rb") as stream:
        while part := stream.read(2**20):
            if part != view[place : place + len(part)]:
                return False
            place += len(part)
    return place == len(data)


def load_checkpoint(path: str | os.PathLike[str], kind: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors, on the CPU.

    Raises:
        CheckpointError: the file is no checkpoint, of another kind or version, or was changed.
        OSError: it cannot be read.
    """
    try:
        return unpack(Path(path).read_bytes(), kind)
    except CheckpointError as error:
        raise CheckpointError(f"{os.fspath(path)}: {error}") from None


def pack(kind: str, header: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> bytes:
    """A checkpoint as the bytes of its file."""
    kept = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    about = {"kind": kind, "version": VERSION, "checksum": _checksum(header, kept), "header": header}
    return save(kept, {"checkpoint": json.dumps(about)})


def unpack(data: bytes, kind: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors of a checkpoint's bytes.

    Raises:
        CheckpointError: see `load_checkpoint`.
    """
    try:
        tensors = load(data)
        about = json.loads(json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]["checkpoint"])
        found, header = (about["kind"], about["version"]), about["header"]
        right = about["checksum"] == _checksum(header, tensors)
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError):
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
        if tensor.numel():
            digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
