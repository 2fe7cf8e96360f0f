"""The links of an HNSW graph as arrays, and what must hold before code that checks nothing follows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Words = NDArray[np.int32]

_HIGHEST = 64
"""Levels fall off exponentially: an honest graph has no more than a dozen."""


@dataclass(frozen=True, eq=False)
class Links:
    """Links between m nodes, each with at most 2 d on the lowest level and at most d on every other.

    Attributes:
        labels: (m,) the point of each node.
        levels: (m,) the highest level of each.
        lowest: (m, 1 + 2 d) how many links a node has on level 0, and the nodes that they lead to.
        upper: (sum of levels, 1 + d) the same on levels 1, 2, ... of the first node, then of the second, and so on.
        entry: (1,) the node at which searches begin.
    """

    labels: Words
    levels: Words
    lowest: Words
    upper: Words
    entry: Words

    def tensors(self) -> dict[str, Tensor]:
        """By name, as they are kept in files."""
        return {f"links.{name}": torch.from_numpy(array) for name, array in vars(self).items()}

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor], m: int, degree: int) -> Self | None:
        """What `tensors` gave; None if it is missing, or is not a graph of m points with this degree."""
        parts = [tensors.get(f"links.{name}") for name in cls.__annotations__]
        if any(part is None or part.dtype != torch.int32 or part.device.type != "cpu" for part in parts):
            return None
        links = cls(*(part.numpy() for part in parts if part is not None))
        return links if links._fits(m, degree) else None

    def _fits(self, m: int, degree: int) -> bool:
        """Whether every link leads to a node that has the level it is on."""
        if not (self.labels.shape == self.levels.shape == (m,) and self.entry.shape == (1,) and m > 0):
            return False
        if not 0 <= self.levels.min() <= self.levels.max() <= _HIGHEST:
            return False
        if self.lowest.shape != (m, 1 + 2 * degree) or self.upper.shape != (int(self.levels.sum()), 1 + degree):
            return False
        nodes = np.arange(m)
        owner = np.repeat(nodes, self.levels)
        level = np.arange(len(owner)) - np.repeat(self.levels.cumsum() - self.levels, self.levels) + 1
        return (
            np.array_equal(np.sort(self.labels), nodes)
            and 0 <= self.entry[0] < m
            and bool(self.levels[self.entry[0]] == self.levels.max())
            and _lead_to_nodes(self.lowest, None, self.levels)
            and _lead_to_nodes(self.upper, level, self.levels)
        )


def _lead_to_nodes(lists: Words, level: NDArray[np.int64] | None, levels: Words) -> bool:
    """Whether all that lists (how many, nodes ...) name are nodes, and reach the level of the list."""
    counts, nodes = lists[:, 0], lists[:, 1:]
    if ((counts < 0) | (counts > nodes.shape[1])).any():
        return False
    named = nodes[np.arange(nodes.shape[1], dtype=np.int32) < counts[:, None]]
    if named.size and not 0 <= named.min() <= named.max() < len(levels):
        return False
    return level is None or bool((levels[named] >= np.repeat(level, counts)).all())
