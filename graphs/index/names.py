"""Ids as callers write them: whole numbers, or keys."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Names: TypeAlias = Tensor | NDArray[np.generic] | Sequence[Hashable]
"""Ids, or keys where rows are known by keys."""


def read_names(names: Names, *, name: str = "ids") -> list[Hashable]:
    """Whole numbers or keys as a list; nothing is converted.

    Raises:
        ValueError: of another shape or type, a negative number.
        TypeError: not a sequence, or of something that cannot be a key.
    """
    if isinstance(names, Tensor | np.ndarray):
        return list(read_numbers(names, name=name).tolist())
    if isinstance(names, str | bytes) or not isinstance(names, Sequence):
        raise TypeError(f"{name}: {type(names).__name__}, expected a sequence of whole numbers or keys")
    found = [one.item() if isinstance(one, np.integer) else one for one in names]
    numbers = [one for one in found if type(one) is int]
    if numbers and len(numbers) == len(found) and not 0 <= min(numbers) <= max(numbers) < 2**63:
        raise ValueError(f"{name}: {min(numbers)} to {max(numbers)}, expected 0 to 2**63 - 1; -1 stands for no row")
    for one in found:
        hash(one)
    return found


def read_numbers(numbers: Tensor | NDArray[np.generic], *, name: str, lowest: int = 0) -> NDArray[np.int64]:
    """Whole numbers of a tensor or an array, (n,) unless they may be -1, then (n, e).

    Raises:
        ValueError: of another shape or type, or too low.
    """
    array = numbers.detach().cpu().numpy() if isinstance(numbers, Tensor) else numbers
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name}: {numbers.dtype}, expected whole numbers; if all of it is, use int64")
    if array.ndim != (1 if lowest == 0 else 2):
        raise ValueError(f"{name}: shape {tuple(array.shape)}, expected {'(n,)' if lowest == 0 else '(b, e)'}")
    found = array.astype(np.int64)
    if found.size and int(found.min()) < lowest:
        raise ValueError(f"{name}: {found.min()}, expected {lowest} or more, below 2**63; -1 stands for no row")
    return found


def is_mask(where: object) -> bool:
    """Whether this is a mask, not names."""
    return isinstance(where, Tensor | np.ndarray) and where.dtype in (torch.bool, np.dtype(bool))


def without_conflicts(names: Sequence[Hashable], rows: NDArray[np.int64], on_conflict: str) -> NDArray[np.int64]:
    """Which of the names to add are used.

    Args:
        rows: the row that each has already, -1 if none.
        on_conflict: ``"error"``; ``"update"``: the last of those that are equal; ``"skip"``: the first, if it is new.

    Raises:
        ValueError: a name that there is already, or twice.
    """
    if on_conflict == "skip":
        first = {name: place for place, name in reversed(list(enumerate(names)))}
        return np.array([place for place in sorted(first.values()) if rows[place] < 0], np.int64)
    last = {name: place for place, name in enumerate(names)}
    if on_conflict == "error" and (len(last) < len(names) or (rows >= 0).any()):
        bad = next(name for place, name in enumerate(names) if rows[place] >= 0 or last[name] != place)
        raise ValueError(f"ids: {bad!r} is there already; to replace or leave it: on_conflict='update' or 'skip'")
    return np.array(sorted(last.values()), np.int64)
