"""What a training run needs to go on as if it had never stopped: weights, the optimiser's memory, the update's number.

Everything random in an update follows from the seed and the update's number, so there is no state of a generator.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from graphs.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from graphs.training.best import Best

KIND = "training"


def save_state(
    path: str | os.PathLike[str],
    update: int,
    seed: int,
    model: nn.Module,
    optimiser: Optimizer,
    scaler: GradScaler,
    best: Best,
) -> None:
    """Write the state after so many updates; the file is replaced at once or not at all."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for number, memory in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{number}.{name}": torch.as_tensor(value) for name, value in memory.items()}
    tensors |= {f"best.{name}": tensor for name, tensor in best.weights.items()}
    header = {"update": update, "seed": seed, "scaler": scaler.state_dict(), "best": [best.score, best.stale]}
    save_checkpoint(path, KIND, header, tensors)


def restore_state(
    path: str | os.PathLike[str], seed: int, model: nn.Module, optimiser: Optimizer, scaler: GradScaler, best: Best
) -> int:
    """Take up a run; how many updates it has made, 0 if there is no file.

    Raises:
        CheckpointError: the file is no checkpoint, was changed, or is of another model or seed.
    """
    if not Path(path).exists():
        return 0
    header, tensors = load_checkpoint(path, KIND)
    if header["seed"] != seed:
        raise CheckpointError(f"{os.fspath(path)}: a run with seed {header['seed']}; expected seed {seed}")
    memory: dict[int, dict[str, Tensor]] = {}
    weights = {}
    for key, tensor in tensors.items():
        kind, _, name = key.partition(".")
        if kind == "model":
            weights[name] = tensor
        elif kind == "best":
            best.weights[name] = tensor
        else:
            number, _, name = name.partition(".")
            memory.setdefault(int(number), {})[name] = tensor
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(f"{os.fspath(path)}: of another model: {error}") from None
    optimiser.load_state_dict({"state": memory, "param_groups": optimiser.state_dict()["param_groups"]})
    scaler.load_state_dict(header["scaler"])
    best.score, best.stale = header.get("best", [best.score, best.stale])
    return int(header["update"])
