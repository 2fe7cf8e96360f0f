"""Vectors as callers hand them in: tensors or arrays of any floating point type, checked."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Vectors: TypeAlias = Tensor | NDArray[np.floating]

LARGEST = 1e15
"""Numbers are no larger, so that sums of squares are finite in single precision."""


def read_vectors(x: Vectors, dim: int, *, name: str = "x", single: bool = False) -> Tensor:
    """As a float32 tensor, on the device where it is; gradients reach back.

    Args:
        x: (n, dim); with `single`, (dim,) too.

    Raises:
        TypeError: neither tensor nor array.
        ValueError: another shape or type.
    """
    if not isinstance(x, Tensor | np.ndarray):
        raise TypeError(f"{name}: {type(x).__name__}, expected a tensor or a numpy array")
    shape = tuple(x.shape)
    if (len(shape) != 2 and not (single and len(shape) == 1)) or shape[-1] != dim:
        raise ValueError(f"{name}: shape {shape}, expected (n, {dim}){f' or ({dim},)' if single else ''}")
    if isinstance(x, np.ndarray):
        if x.dtype.kind != "f":
            raise ValueError(f"{name}: {x.dtype}, expected floating point numbers; use .astype('float32')")
        if x.dtype == np.float32:
            x = torch.from_numpy(x.copy())  # also of an array that must not be written to
        else:
            with np.errstate(over="ignore"):
                x = torch.from_numpy(x.astype(np.float32))
    if x.layout != torch.strided or not x.is_floating_point():
        raise ValueError(
            f"{name}: {x.dtype}, {x.layout}, expected dense floating point numbers; use .to_dense().float()"
        )
    x = x if x.dtype == torch.float32 else x.float()
    return x if x.dim() == 2 else x[None]


def usable(x: Tensor) -> Tensor:
    """(n,): which rows have no NaN, no infinity and nothing beyond `LARGEST`."""
    return (x.detach().abs() <= LARGEST).all(1)


def all_usable(x: Tensor) -> bool:
    """Whether all rows are; as a rule they are small, and one number says so."""
    flat = x.detach().reshape(-1)
    return flat.dot(flat).item() <= LARGEST**2 or bool(usable(x).all())


def check_usable(x: Tensor, *, name: str) -> None:
    """Raise ValueError unless all rows are."""
    if not all_usable(x):
        good = usable(x)
        raise ValueError(
            f"{name}: {int((~good).sum())} of {len(good)} rows have NaN, infinity or a number beyond {LARGEST:g}, "
            f"the first is row {int((~good).nonzero()[0])}; expected none"
        )
