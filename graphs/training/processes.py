"""One process, or several under torchrun: which device this one uses, and which part of each batch it gets."""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

Example = TypeVar("Example")


@dataclass(frozen=True)
class Process:
    """A process among its group."""

    device: torch.device
    rank: int = 0
    count: int = 1

    def share(self, examples: Sequence[Example]) -> Sequence[Example]:
        """Its part of a batch.

        Raises:
            ValueError: the parts would not be equally large, so that the mean of their gradients were not the batch's.
        """
        if len(examples) % self.count:
            raise ValueError(
                f"a batch of {len(examples)} for {self.count} processes: expected a multiple of {self.count}"
            )
        return examples[self.rank :: self.count]

    def agree(self, figures: Mapping[str, float]) -> Mapping[str, float]:
        """The figures of the first process."""
        if self.count == 1:
            return figures
        told: list[Mapping[str, float]] = [figures]
        dist.broadcast_object_list(told, device=self.device)
        return told[0]

    def wrap(self, model: nn.Module, partial: bool = False) -> nn.Module:
        """The model with gradients averaged over the processes; partial: of some parameters, in an update."""
        if self.count == 1:
            return model
        devices = [self.device] if self.device.type == "cuda" else None
        return DistributedDataParallel(model, devices, find_unused_parameters=partial)


def default_device() -> torch.device:
    """A GPU if there is one, this process's own under torchrun; else the CPU."""
    return torch.device(f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu")


def join(device: str | torch.device | None) -> Process:
    """The process at work, in the group that torchrun started, if it did.

    The group stays until the program ends: a second one would find the addresses of the first in torchrun's store.

    Args:
        device: None: see `default_device`.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    device = default_device() if device is None else torch.device(device)
    if count > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        atexit.register(dist.destroy_process_group)
    return Process(device, dist.get_rank() if count > 1 else 0, count)
