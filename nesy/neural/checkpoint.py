"""The checkpoints of `graphs.checkpoint`, with the errors of nesy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from graphs.checkpoint import CheckpointError, pack, unpack
from nesy.errors import InputError
from nesy.files import write_atomically


def save_checkpoint(
    path: str | os.PathLike[str], kind: str, header: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> None:
    """Write a checkpoint; the file is replaced at once or not at all.

    Args:
        kind: what is kept, ``"emulator"``.
        header: any JSON values.

    Raises:
        InputError: the file cannot be written.
    """
    write_atomically(path, pack(kind, header, tensors))


def load_checkpoint(path: str | os.PathLike[str], kind: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors of a checkpoint.

    Raises:
        InputError: the file cannot be read, is of another kind or version, or was changed.
    """
    name = os.fspath(path)
    try:
        return unpack(Path(name).read_bytes(), kind)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=name) from None
    except CheckpointError as error:
        raise InputError(str(error), file=name) from None
