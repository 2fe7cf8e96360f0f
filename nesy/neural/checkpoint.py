"""Checkpoints: tensors in the safetensors format under a JSON header with a version and a checksum.

Safe to load from strangers: nothing in the file is executed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from nesy.errors import InputError
from nesy.files import write_atomically

VERSION = 1


def save_checkpoint(
    path: str | os.PathLike[str], kind: str, header: Mapping[str, Any], tensors: dict[str, Tensor]
) -> None:
    """Write a checkpoint; the file is replaced at once or not at all.

    Args:
        kind: what is kept, ``"emulator"``.
        header: any JSON values.

    Raises:
        InputError: the file cannot be written.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    about = {"kind": kind, "version": VERSION, "checksum": _checksum(header, tensors), "header": header}
    write_atomically(path, save(tensors, {"nesy": json.dumps(about)}))


def load_checkpoint(path: str | os.PathLike[str], kind: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors of a checkpoint.

    Raises:
        InputError: the file cannot be read, is of another kind or version, or was changed.
    """
    name = os.fspath(path)
    try:
        data = Path(name).read_bytes()
        tensors = load(data)
        about = json.loads(json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]["nesy"])
        found = about["kind"], about["version"]
        header: dict[str, Any] = about["header"]
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=name) from None
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError):
        raise InputError("is no checkpoint", file=name, expected=f"a file that an {kind} saved") from None
    if found != (kind, VERSION):
        raise InputError(f"holds {found[0]!r}, version {found[1]}", file=name, expected=f"{kind!r}, version {VERSION}")
    if about.get("checksum") != _checksum(header, tensors):
        raise InputError("the checksum does not fit", file=name, mend="save the file again")
    return header, tensors


def _checksum(header: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
