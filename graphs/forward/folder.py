"""A folder of checkpoints belongs to one run; nothing of another one is taken for it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from graphs.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from graphs.forward.schedule import Schedule

KIND = "forward run"


def claim(folder: Path, *, how: list[str], schedules: Sequence[Schedule], seed: int, data: Any) -> None:
    """Make the folder one of this run. Optimisers are not compared: they cannot be told apart by what is written.

    Raises:
        CheckpointError: it is one of another run.
    """
    settings = [repr(replace(schedule, optimiser=None)) for schedule in schedules]
    run = {"how": how, "schedules": settings, "seed": seed, "data": _digest(data)}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "run.safetensors"
    if not path.exists():
        save_checkpoint(path, KIND, run, {})
        return
    header, _ = load_checkpoint(path, KIND)
    changed = ", ".join(name for name in run if header[name] != run[name])
    if changed:
        raise CheckpointError(f"{path}: the checkpoints of a run with other {changed}; give another folder")


def _digest(data: Any) -> str:
    """Of all tensors."""
    digest = hashlib.sha256()
    for name, value in sorted(data.to_dict().items()):
        if isinstance(value, Tensor):
            parts = [value] if value.layout == torch.strided else [*value.to_sparse_coo().coalesce().indices()]
            parts += [] if value.layout == torch.strided else [value.to_sparse_coo().coalesce().values()]
            for part in parts:
                digest.update(f"{name} {tuple(part.shape)}".encode())
                digest.update(part.cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
