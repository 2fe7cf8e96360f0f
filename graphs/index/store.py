"""What an index holds, whoever searches it: the one source of truth.

A *row* is an id with its vector. Rows whose vectors are identical share a *point*: a graph of neighbours over identical
vectors leads nowhere (with half of the rows identical, hnswlib finds 6% of the others). Rows and points are numbered in
the order of their arrival; what is removed keeps its number until the store is compacted.

Nothing is checked here. A change is made as a whole or, if memory runs out, not at all.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from graphs.index.table import Table

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]


class Store:
    """Rows (id, point, present, metadata) and points (vector, squared length).

    Args:
        points: columns `vector` (m, c) float32 and `square` (m,), on any device.
        rows: columns `id`, `point` (n,) int64, `present` (n,) bool and those of the metadata, on the CPU.
        keys: id -> key of the rows that are present; None: rows are known by their ids.
        next_id: no row has had this id or a higher one.

    Attributes:
        device: where the vectors are.
        generation: grows when rows and points get other numbers.
        version: grows with every change.
        plain: row i has point i and none has been removed, so that nothing needs to be looked up.
    """

    def __init__(self, points: Table, rows: Table, keys: dict[int, Hashable] | None, next_id: int) -> None:
        self._points, self._rows, self.keys, self.next_id = points, rows, keys, next_id
        self.device = points["vector"].device
        self.generation = self.version = 0
        self.plain = bool(np.array_equal(self.point, np.arange(len(points))) and self.present.all())
        self._seen: dict[int, int] | None = None  # hash of a vector -> the first point that has it
        self._row_of: dict[Hashable, int] | None = None
        self._uses: Uses | None = None
        self._ids: Ints | None = None

    @classmethod
    def empty(cls, dim: int, device: torch.device) -> Store:
        """One without rows."""
        none = torch.empty(0, dtype=torch.int64)
        points = Table({"vector": torch.empty(0, dim, device=device), "square": torch.empty(0, device=device)})
        return cls(points, Table({"id": none, "point": none, "present": none.bool()}), None, 0)

    def restarted(self, device: torch.device, meta: Mapping[str, Tensor], *, keyed: bool) -> Store:
        """One without rows, for other rows; ids that this one had are not given again.

        Args:
            meta: columns like those of the metadata.
            keyed: whether rows are known by keys.
        """
        store = Store.empty(self.points.size(1), device)
        store._rows = Table({**store._rows.columns(), **{name: column[:0] for name, column in meta.items()}})
        store.keys, store.next_id = {} if keyed else None, self.next_id
        store.generation, store.version = self.generation + 1, self.version + 1
        return store

    def __len__(self) -> int:
        """How many rows are present."""
        return len(self._rows) if self.plain else self.uses.rows.size

    @property
    def points(self) -> Tensor:
        """(m, c) the vectors."""
        return self._points["vector"]

    @property
    def squares(self) -> Tensor:
        """(m,) their squared lengths."""
        return self._points["square"]

    @property
    def ids(self) -> Ints:
        """(n,) of the rows."""
        if self._ids is None:
            self._ids = self._rows["id"].numpy()
        return self._ids

    @property
    def point(self) -> Ints:
        """(n,) of the rows."""
        return self._rows["point"].numpy()

    @property
    def present(self) -> Bools:
        """(n,) which rows have not been removed."""
        return self._rows["present"].numpy()

    @property
    def meta(self) -> dict[str, Tensor]:
        """Metadata of the rows: (n, ...) each."""
        return {name: column for name, column in self._rows.columns().items() if name not in ("id", "point", "present")}

    @property
    def rows(self) -> Ints:
        """(r,) the rows that are present, in order."""
        return np.arange(len(self._rows)) if self.plain else self.uses.rows

    @property
    def uses(self) -> Uses:
        """Which rows that are present use which points."""
        if self._uses is None:
            self._uses = Uses.of(self.point, len(self._points), np.flatnonzero(self.present))
        return self._uses

    def rows_of(self, names: Sequence[Hashable]) -> Ints:
        """The rows with these ids, or keys where there are keys; -1 where there is none."""
        if self._row_of is None:
            self._row_of = dict(zip(self.names(self.rows), self.rows.tolist(), strict=True))
        rows, any_key = self._row_of, self.keys is not None  # 1.0 and True equal 1, but are no ids
        found = (rows.get(name, -1) if any_key or type(name) is int else -1 for name in names)
        return np.fromiter(found, np.int64, len(names))

    def names(self, rows: Ints) -> list[Hashable]:
        """The ids of rows, or their keys."""
        ids = self.ids[rows].tolist()
        return ids if self.keys is None else [self.keys[i] for i in ids]

    def put(self, rows: Ints, vectors: Tensor, names: Sequence[Hashable], meta: Mapping[str, Tensor]) -> Ints:
        """Give rows other vectors and metadata, and add rows, all at once.

        Args:
            rows: (b,) which to change, -1: a new one, whose name no row has.
            meta: (b, ...) columns; those that are changed, all if rows are added.

        Returns:
            (b,) their ids.
        """
        old, new = np.flatnonzero(rows >= 0), np.flatnonzero(rows < 0)
        first, changed, fresh = len(self._rows), rows[old], [names[i] for i in new.tolist()]
        ids = np.empty(rows.size, np.int64)
        ids[old] = self.ids[changed]
        keyed, free = self.keys is not None, np.arange(self.next_id, self.next_id + new.size)
        ids[new] = free if keyed else np.asarray(fresh, np.int64)
        entries = {name: column[torch.from_numpy(new)] for name, column in meta.items()}
        changes = {name: column[torch.from_numpy(old)].to(self._rows[name]) for name, column in meta.items()}
        plain, self.plain = self.plain, False
        point = self._points_for(vectors)
        if new.size:
            entries |= {"id": torch.from_numpy(ids[new]), "point": torch.from_numpy(point[new])}
            self._rows.append({**entries, "present": torch.ones(new.size).bool()})
        self.point[changed] = point[old]
        for name, column in changes.items():
            self._rows[name][torch.from_numpy(changed)] = column
        if self.keys is not None:
            self.keys.update(zip(ids[new].tolist(), fresh, strict=True))
        if self._row_of is not None:
            self._row_of.update(zip(fresh, range(first, first + new.size), strict=True))
        self.next_id = max(self.next_id, int(ids.max(initial=-1)) + 1)
        self.plain = plain and not old.size and bool((point == np.arange(first, first + new.size)).all())
        self._changed()
        return ids

    def remove(self, rows: Ints) -> None:
        """Remove rows."""
        if self._row_of is not None:
            for name in self.names(rows):
                del self._row_of[name]
        if self.keys is not None:
            for i in self.ids[rows].tolist():
                del self.keys[i]
        self.present[rows] = False
        self.plain = False
        self._changed()

    def _changed(self) -> None:
        self._uses = self._ids = None
        self.version += 1

    @property
    def live(self) -> int:
        """How many points have rows."""
        return len(self._points) if self.plain else self.uses.live

    @property
    def stale(self) -> float:
        """Share of rows, or of points if that is more, that is of no use."""
        if self.plain or not len(self._rows):
            return 0.0
        return max(1 - self.rows.size / len(self._rows), 1 - self.uses.live / len(self._points))

    def compacted(self) -> Store:
        """The same without what was removed."""
        used, point = np.unique(self.point[self.rows], return_inverse=True)
        rows = self._rows.selected(torch.from_numpy(self.rows)).columns()
        store = Store(
            self._points.selected(torch.from_numpy(used)),
            Table({**rows, "point": torch.from_numpy(point)}),
            self.keys,
            self.next_id,
        )
        store.generation, store.version = self.generation + 1, self.version + 1
        return store

    def _points_for(self, vectors: Tensor) -> Ints:
        """(b,): the point of every vector; new ones where there is none."""
        if self._seen is None:
            self._seen = {}
            for place, value in enumerate(hashes(self.points)):
                self._seen.setdefault(value, place)
        known, seen = len(self._points), self._seen
        numbers = hashes(vectors)
        fresh: dict[int, int] = {}
        alike = torch.tensor(
            [seen[h] if h in seen else fresh.setdefault(h, known + i) for i, h in enumerate(numbers)],
            dtype=torch.int64,
            device=vectors.device,
        )  # a point, or m + the place of a vector before, that has the same hash and so most likely is the same
        new = alike == torch.arange(known, known + alike.numel(), device=alike.device)
        old = alike < known
        new[old] = (self.points[alike[old]] != vectors[old]).any(1)
        again = ~old & ~new
        new[again] = (vectors[alike[again] - known] != vectors[again]).any(1)
        own = new.cpu().numpy()
        number = known + own.cumsum() - 1
        point = alike.cpu().numpy()
        point = np.where(own, number, np.where(point < known, point, number[np.maximum(point - known, 0)]))
        added = vectors[new]
        self._points.append({"vector": added, "square": added.square().sum(1)})
        seen.update((h, int(number[place - known])) for h, place in fresh.items())
        return point


@dataclass(frozen=True)
class Uses:
    """Which rows use which points.

    Attributes:
        rows: (r,) the rows that are present, in order.
        counts: (m,) how many of them a point has; 0: it is dead.
        members: (r,) the rows by point, and in order for each point.
        starts: (m,) where a point's rows start in `members`.
    """

    rows: Ints
    counts: Ints
    members: Ints
    starts: Ints

    @cached_property
    def used(self) -> Bools:
        """(m,) which points are not dead."""
        return self.counts > 0

    @cached_property
    def single(self) -> bool:
        """Whether no point has more than one row."""
        return int(self.counts.max(initial=0)) <= 1

    @cached_property
    def live(self) -> int:
        """How many points are not dead."""
        return int(self.used.sum())

    @classmethod
    def of(cls, point: Ints, num_points: int, rows: Ints) -> Uses:
        """Of some rows, in order."""
        used = point[rows]
        counts = np.bincount(used, minlength=num_points)
        return cls(rows, counts, rows[used.argsort(kind="stable")], counts.cumsum() - counts)


def hashes(vectors: Tensor) -> list[int]:
    """A number for every vector, the same for identical ones."""
    if not vectors.size(0):
        return []
    bits = vectors.contiguous().view(torch.int32)
    words = (pad(bits, (0, 1)) if bits.size(1) % 2 else bits).view(torch.int64)
    generator = torch.Generator().manual_seed(0)
    weights = torch.randint(-(2**62), 2**62, (words.size(1),), generator=generator).to(words.device) | 1
    parts = [((some ^ (some >> 32)) * weights).sum(1) for some in words.split(2**14)]
    return torch.cat(parts).tolist()
