"""Columns that grow together."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor


class Table:
    """Tensors with one row for each entry, in amortised constant time for each entry added.

    Args:
        columns: what it starts with, all of one length.
    """

    def __init__(self, columns: Mapping[str, Tensor]) -> None:
        self._room = dict(columns)
        self._count = next(iter(columns.values())).size(0)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, name: str) -> Tensor:
        return self._room[name][: self._count]

    def columns(self) -> dict[str, Tensor]:
        """All columns."""
        return {name: self[name] for name in self._room}

    def append(self, entries: Mapping[str, Tensor]) -> None:
        """Add entries at the end, or, if that fails, none."""
        count = next(iter(entries.values())).size(0)
        total = self._count + count
        for name, room in self._room.items():
            if total > room.size(0):
                bigger = room.new_empty((max(total, 2 * self._count), *room.shape[1:]))
                bigger[: self._count] = room[: self._count]
                self._room[name] = bigger
        for name, room in self._room.items():
            room[self._count : total] = entries[name]
        self._count = total

    def selected(self, entries: Tensor) -> Table:
        """A table of some of the entries."""
        return Table({name: column[entries.to(column.device)] for name, column in self.columns().items()})
