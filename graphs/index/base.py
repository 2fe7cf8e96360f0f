"""What all indexes do; how points are searched is theirs."""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, Self, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from graphs.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from graphs.index.file import KIND, read_store, write_store
from graphs.index.found import Found, Within, padded
from graphs.index.lock import ReadersWriter
from graphs.index.metrics import METRICS, Metric, directions, distances
from graphs.index.names import Names, read_names, without_conflicts
from graphs.index.points import nearest_points, points_within
from graphs.index.selection import Exclude, Selection, select
from graphs.index.store import Floats, Ints, Store
from graphs.index.vectors import Vectors, check_usable, read_vectors, usable

Columns = Mapping[str, Tensor | NDArray[np.generic]]

STALE = 0.3
"""Share of rows that were removed, or of points that no row has, at which an index is compacted."""

MOST = 2**24
"""Results are padded up to k, so k is no larger."""


class Index(ABC):
    """Vectors with ids: add, update and remove them, find the nearest.

    Safe with many threads: searches run side by side, changes alone. A change is made as a whole or not at all.
    Identical vectors are stored once, however many ids they have. Vectors are kept in single precision; those of the
    cosine with length 1. A zero vector has cosine distance 1 from everything, itself included.

    Args:
        dim: c, channels of a vector.
        metric: ``"l2"`` (squared), ``"ip"`` (1 - inner product) or ``"cosine"`` (1 - cosine): `graphs.index.metrics`.
        device: where vectors are kept and searched; None: where the first ones come from.

    Raises:
        ValueError: dim below 1, no such metric.
    """

    def __init__(self, dim: int, metric: Metric = "l2", *, device: torch.device | str | None = None) -> None:
        if type(dim) is not int or dim < 1:
            raise ValueError(f"dim: {dim!r}, expected a whole number of at least 1")
        if metric not in METRICS:
            raise ValueError(f"metric: {metric!r}, expected one of {', '.join(METRICS)}")
        self.dim, self.metric = dim, metric
        self._device = None if device is None else torch.device(device)
        self._store = Store.empty(dim, self._device or torch.device("cpu"))
        self._lock = ReadersWriter()

    @abstractmethod
    def _nearest(self, queries: Tensor, k: int, selection: Selection | None) -> tuple[Ints, Floats]:
        """Points and distances of the nearest k; see `Selection.rows` for how many and for padding."""

    @abstractmethod
    def _searcher(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Settings (JSON values) and tensors that a file has besides the store."""

    @abstractmethod
    def _restore(self, settings: object, tensors: Mapping[str, Tensor]) -> None:
        """Take up what `_searcher` wrote, or what another kind of index did.

        Raises:
            CheckpointError: it is not to be trusted.
        """

    def __len__(self) -> int:
        """How many rows there are."""
        with self._lock.reading:
            return len(self._store)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} vectors, dim={self.dim}, metric={self.metric!r})"

    def __contains__(self, name: Hashable) -> bool:
        """Whether there is a row with this id (or key)."""
        with self._lock.reading:
            return bool(self._store.rows_of([name])[0] >= 0)

    @property
    def ids(self) -> Tensor:
        """(n,) int64 ids of all rows, in the order in which they were added: the order of masks."""
        with self._lock.reading:
            return torch.from_numpy(self._store.ids[self._store.rows])

    @property
    def keys(self) -> list[Hashable] | None:
        """The keys of all rows, in the order of `ids`; None in an index without keys."""
        with self._lock.reading:
            return None if self._store.keys is None else self._store.names(self._store.rows)

    @property
    def meta(self) -> dict[str, Tensor]:
        """The metadata of all rows, (n, ...) each, in the order of `ids`: ``where=index.meta["year"] > 2000``."""
        with self._lock.reading:
            rows = torch.from_numpy(self._store.rows)
            return {name: column[rows] for name, column in self._store.meta.items()}

    def vectors(self, ids: Names) -> Tensor:
        """(n, c) vectors of ids (or keys), as they are kept.

        Raises:
            KeyError: there is no such row.
        """
        with self._lock.reading:
            return self._vectors(self._existing(read_names(ids)))

    def add(
        self,
        x: Vectors,
        ids: Names | None = None,
        *,
        meta: Columns | None = None,
        on_conflict: Literal["error", "update", "skip"] = "error",
        non_finite: Literal["error", "skip"] = "error",
    ) -> Tensor:
        """Add rows.

        Args:
            x: (n, c) tensor or array; it is copied, gradients are not followed.
            ids: n whole numbers from 0, or n keys: anything hashable. The first rows decide which of the two an index
                has. None: the next free whole numbers.
            meta: (n, ...) columns of numbers that are kept beside the rows, the same columns for all rows.
            on_conflict: what happens to an id that there is already, in the index or in `ids`: an error; the last
                vector and metadata count; or the first.
            non_finite: what happens to rows with NaN, infinity or numbers beyond 1e15: an error; or they are left out.

        Returns:
            (n,) int64 ids, -1 for rows that were left out.

        Raises:
            ValueError: bad shapes, types or values, an id that there is already; nothing was added.
            TypeError: neither tensor nor array, something that cannot be a key.
        """
        if on_conflict not in ("error", "update", "skip"):
            raise ValueError(f"on_conflict: {on_conflict!r}, expected 'error', 'update' or 'skip'")
        vectors, good = self._incoming(x, non_finite)
        count = vectors.size(0)
        given = None if ids is None else read_names(ids)
        if given is not None and len(given) != count:
            raise ValueError(f"ids: {len(given)}, expected {count}, one for each row of x")
        with self._lock.writing:
            names = self._named(given, count)
            columns = self._columns(meta, count)
            if not len(self._store.ids):
                self._store = self._store.restarted(self._device or vectors.device, columns, keyed=_are_keys(names))
            store = self._store
            rows = store.rows_of(names)
            places = without_conflicts(names, rows, on_conflict)
            places = places[good[places]]
            added = np.full(count, -1)
            if places.size:
                some = {name: column[places] for name, column in columns.items()}
                added[places] = store.put(rows[places], self._some(vectors, places), [names[i] for i in places], some)
            self._compact(STALE)
        return torch.from_numpy(added)

    def update(self, ids: Names, x: Vectors, *, meta: Columns | None = None) -> None:
        """Give rows other vectors, and other metadata if any is given.

        Raises:
            KeyError: there is no such row; nothing was changed.
            ValueError: bad shapes, types or values, an id twice; nothing was changed.
        """
        vectors, _ = self._incoming(x, "error")
        names = read_names(ids)
        if not len(set(names)) == len(names) == vectors.size(0):
            raise ValueError(
                f"ids: {len(set(names))} different ones, expected {vectors.size(0)}, one for each row of x"
            )
        with self._lock.writing:
            rows = self._existing(names)
            columns = {} if meta is None else self._columns(meta, len(names))
            self._store.put(rows, vectors.to(self._store.device), names, columns)
            self._compact(STALE)

    def remove(self, ids: Names) -> None:
        """Remove rows.

        Raises:
            KeyError: there is no such row, or it is named twice; nothing was removed.
        """
        names = read_names(ids)
        with self._lock.writing:
            rows = self._existing(names)
            if np.unique(rows).size != rows.size:
                raise KeyError(f"ids: {rows.size - np.unique(rows).size} of {rows.size} stand twice")
            self._store.remove(rows)
            self._compact(STALE)

    def compact(self) -> None:
        """Give back the memory of what was removed; done by itself when that is much."""
        with self._lock.writing:
            self._compact(0)

    @overload
    def search(
        self,
        q: Tensor,
        k: int = 10,
        *,
        where: Names | None = None,
        exclude: Exclude | None = None,
        radius: float | None = None,
        differentiable: bool = False,
    ) -> Found[Tensor]: ...

    @overload
    def search(
        self,
        q: NDArray[np.floating],
        k: int = 10,
        *,
        where: Names | None = None,
        exclude: Exclude | None = None,
        radius: float | None = None,
        differentiable: bool = False,
    ) -> Found[NDArray[Any]]: ...

    def search(
        self,
        q: Vectors,
        k: int = 10,
        *,
        where: Names | None = None,
        exclude: Exclude | None = None,
        radius: float | None = None,
        differentiable: bool = False,
    ) -> Found[Tensor] | Found[NDArray[Any]]:
        """The k nearest rows of every query.

        Args:
            q: (b, c), or (c,) for a single query.
            k: how many; what is missing is padded with id -1 and an infinite distance.
            where: find only these: a mask (n,) in the order of `ids`, or ids (or keys).
            exclude: what each query must not find: ids (b, e) padded with -1, or b sequences of ids (or keys). Here and
                in `where`, what the index does not hold changes nothing.
            radius: find nothing that is further away, so that a query unlike all rows finds none; see
                `calibrate_radius`.
            differentiable: distances have gradients to the queries, which must be a tensor.

        Raises:
            ValueError: bad shapes, types or values.
            TypeError: neither tensor nor array.
        """
        if differentiable and not isinstance(q, Tensor):
            raise TypeError(f"q: {type(q).__name__}, expected a tensor: only those have gradients")
        limit = math.inf if radius is None else _checked_radius(radius)
        queries = self._queries(q)
        with self._reading(queries.size(0)):
            store = self._store
            k = _checked_k(k, len(store))
            selection = select(store, where, exclude, queries.size(0))
            asked = queries.detach() if queries.device == store.device else queries.detach().to(store.device)
            found = self._nearest(asked, k, selection)
            rows, apart = _rows(found, selection, k)
            if radius is not None:
                rows, apart = np.where(apart <= limit, rows, -1), np.where(apart <= limit, apart, np.float32(np.inf))
            if rows.shape[1] < k:
                rows, apart = padded(rows, k, -1), padded(apart, k, np.inf)
            whole = selection is None and radius is None and len(store) >= k
            valid = rows >= 0
            ids = store.ids[rows] if whole else _ids(store.ids, rows)
            keys = None if store.keys is None else _keys(store.keys, ids)
            x = self._vectors(rows) if differentiable and store.ids.size else None
        if q.ndim == 1:
            ids, apart, valid, keys = ids[0], apart[0], valid[0], None if keys is None else keys[0]
        if not isinstance(q, Tensor):
            return Found[NDArray[Any]](ids, apart, valid, keys)
        answer = Found(_like(q, ids), _like(q, apart), _like(q, valid), keys)
        if x is None:
            return answer
        again = distances(queries[:, None], x.to(q.device), self.metric).view_as(answer.distances)
        return Found(answer.ids, torch.where(answer.valid, again, torch.inf), answer.valid, keys)

    @overload
    def within(
        self, q: Tensor, radius: float, *, where: Names | None = None, exclude: Exclude | None = None
    ) -> Within[Tensor]: ...

    @overload
    def within(
        self, q: NDArray[np.floating], radius: float, *, where: Names | None = None, exclude: Exclude | None = None
    ) -> Within[NDArray[Any]]: ...

    def within(
        self, q: Vectors, radius: float, *, where: Names | None = None, exclude: Exclude | None = None
    ) -> Within[Tensor] | Within[NDArray[Any]]:
        """All rows no further away than a radius, by exact search; arguments and errors as for `search`."""
        limit = _checked_radius(radius)
        queries = self._queries(q).detach()
        with self._lock.reading:
            store = self._store
            selection = select(store, where, exclude, queries.size(0))
            who, rows, apart = points_within(store, self.metric, queries.to(store.device), limit, selection)
            if selection is not None:
                who, rows, apart = selection.pairs(who, rows, apart)
            ids = store.ids[rows]
            keys = None if store.keys is None else store.names(rows)
        if isinstance(q, Tensor):
            return Within(_like(q, who), _like(q, ids), _like(q, apart), keys)
        return Within[NDArray[Any]](who, ids, apart, keys)

    def calibrate_radius(self, queries: Vectors, keep: float = 0.95, *, exclude: Exclude | None = None) -> float:
        """The radius within which a known query finds its nearest row, but for a share of 1 - `keep`.

        This is split conformal prediction: of further queries like these, a share of at least `keep` on average is
        within it, whatever their distribution. What is beyond may be called unknown.

        Args:
            queries: (b, c) of known kinds, none of them a row, or with `exclude`.

        Raises:
            ValueError: too few queries for so large a share, an empty index, bad shapes or values.
        """
        if not 0 < keep < 1:
            raise ValueError(f"keep: {keep!r}, expected a share between 0 and 1")
        apart = self.search(queries, 1, exclude=exclude).distances.reshape(-1)
        rank = math.ceil((len(apart) + 1) * keep)
        if rank > len(apart):
            least = math.ceil(keep / (1 - keep))
            raise ValueError(f"queries: {len(apart)}, expected at least {least} to keep a share of {keep}")
        radius = float(np.sort(torch.as_tensor(apart).cpu().numpy())[rank - 1])
        if math.isinf(radius):
            raise ValueError("queries: some find no row; add rows first")
        return radius

    def recall(self, k: int = 10, *, queries: Vectors | None = None, sample: int = 200, seed: int = 0) -> float:
        """The share of the k nearest rows that `search` finds, by comparison with exact search.

        Args:
            queries: (b, c) to search with; None: some of the rows, each without itself.
            sample: how many rows.
            seed: of the sample.

        Raises:
            ValueError: an empty index, bad shapes or values.
        """
        with self._reading(sample if queries is None else len(queries)):
            store, exclude = self._store, None
            if queries is None:
                order = torch.randperm(store.rows.size, generator=torch.Generator().manual_seed(seed))
                rows = store.rows[order[:sample].numpy()]
                exclude = [[name] for name in store.names(rows)]
                given = self._vectors(rows)
            else:
                given = self._queries(queries).detach().to(store.device)
            if not len(given) or not len(store):
                raise ValueError(f"queries: {len(given)} in {len(store)} rows, expected at least 1 of each")
            selection = select(store, None, exclude, len(given))
            found, apart = _rows(self._nearest(given, k, selection), selection, k)
            truth, bound = _rows(nearest_points(store, self.metric, given, k, selection), selection, k)
        there = (found[:, :, None] == truth[:, None]).any(2) | (apart <= bound[:, -1:])  # equal distances are as good
        return float((there & (found >= 0)).sum() / max(1, (truth >= 0).sum()))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file that any of the indexes can load; it is replaced at once or not at all.

        Raises:
            ValueError: a key that is no text, number, truth value, None or tuple of those.
            OSError: it cannot be written; what was there before is as it was.
        """
        with self._lock.reading:
            header, tensors = write_store(self._store, self.metric)
            settings, graph = self._searcher()
            save_checkpoint(path, KIND, {**header, "search": settings}, {**tensors, **graph})

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, device: torch.device | str | None = None) -> Self:
        """An index from a file, whichever kind of index wrote it; nothing in it is executed.

        Args:
            device: where vectors are kept; None: the CPU.

        Raises:
            CheckpointError: a ValueError: the file is no index, or was changed.
            OSError: it cannot be read.
        """
        header, tensors = load_checkpoint(path, KIND)
        try:
            store, metric = read_store(header, tensors, torch.device(device or "cpu"))
            index = cls(store.points.size(1), metric, device=device)
            index._store = store
            index._restore(header.get("search"), tensors)
        except CheckpointError as error:
            raise CheckpointError(f"{os.fspath(path)}: {error}") from None
        return index

    @contextmanager
    def _reading(self, queries: int) -> Iterator[None]:
        """Hold the lock for a search with so many queries."""
        with self._lock.reading:
            yield

    def _queries(self, q: Vectors) -> Tensor:
        """(b, c) as they are compared, on their own device, with gradients."""
        queries = read_vectors(q, self.dim, name="q", single=True)
        check_usable(queries, name="q")
        return directions(queries, self.metric)

    def _incoming(self, x: Vectors, non_finite: str) -> tuple[Tensor, NDArray[np.bool_]]:
        """(n, c) vectors as they are kept, and which of them are good."""
        if non_finite not in ("error", "skip"):
            raise ValueError(f"non_finite: {non_finite!r}, expected 'error' or 'skip'")
        vectors = read_vectors(x, self.dim).detach()
        if non_finite == "error":
            check_usable(vectors, name="x")
        good = np.ones(len(vectors), bool) if non_finite == "error" else usable(vectors).cpu().numpy()
        return directions(vectors, self.metric) + 0.0, good  # -0.0 becomes 0.0: they are the same vector

    def _named(self, names: list[Hashable] | None, count: int) -> list[Hashable]:
        """Names of rows to add, of the kind that the index has."""
        store = self._store
        keyed = store.keys is not None and len(store.ids) > 0
        if names is None:
            if keyed:
                raise ValueError("ids: None, expected a key for each row, as this index has keys")
            if store.next_id + count > 2**63:
                raise ValueError("ids: None, but the highest id is in use; give ids")
            return list(range(store.next_id, store.next_id + count))
        if len(store.ids) and not keyed and _are_keys(names):
            raise ValueError("ids: keys, expected whole numbers from 0, as this index has no keys")
        return names

    def _columns(self, meta: Columns | None, count: int) -> dict[str, Tensor]:
        """Metadata of rows to add or change, checked."""
        columns = {name: _numbers(column, f"meta[{name!r}]") for name, column in (meta or {}).items()}
        for name, column in columns.items():
            if column.dim() < 1 or column.size(0) != count:
                raise ValueError(
                    f"meta[{name!r}]: shape {tuple(column.shape)}, expected ({count}, ...), one for each row"
                )
            if name in ("id", "point", "present") or not isinstance(name, str):
                raise ValueError(f"meta: {name!r}, expected another name")
        kept = self._store.meta
        if len(self._store.ids) and {n: (c.dtype, c.shape[1:]) for n, c in columns.items()} != {
            n: (c.dtype, c.shape[1:]) for n, c in kept.items()
        }:
            has, wants = (
                ", ".join(f"{n} {c.dtype} {tuple(c.shape[1:])}" for n, c in some.items()) or "nothing"
                for some in (columns, kept)
            )
            raise ValueError(f"meta: {has}, expected {wants}, as for the rows that are there")
        return columns

    def _existing(self, names: list[Hashable]) -> Ints:
        rows = self._store.rows_of(names)
        if (rows < 0).any():
            missing = [name for name, row in zip(names, rows, strict=True) if row < 0]
            raise KeyError(f"ids: {len(missing)} of {len(names)} are not in the index, the first is {missing[0]!r}")
        return rows

    def _vectors(self, rows: Ints) -> Tensor:
        return self._store.points[torch.from_numpy(self._store.point[rows]).to(self._store.device)]

    def _some(self, vectors: Tensor, places: Ints) -> Tensor:
        if places.size == vectors.size(0):
            return vectors.to(self._store.device)
        return vectors[torch.from_numpy(places).to(vectors.device)].to(self._store.device)

    def _compact(self, share: float) -> None:
        if self._store.stale > share:
            self._store = self._store.compacted()


def _rows(found: tuple[Ints, Floats], selection: Selection | None, k: int) -> tuple[Ints, Floats]:
    """Rows and distances of the points found."""
    return found if selection is None else selection.rows(*found, k)


def _ids(ids: Ints, rows: Ints) -> Ints:
    """The ids of rows, -1 where there is none."""
    return np.where(rows < 0, -1, ids[np.maximum(rows, 0)]) if ids.size else rows


def _keys(keys: dict[int, Hashable], ids: Ints) -> list[Any]:
    return [[keys.get(i) for i in some] for some in ids.tolist()]


def _are_keys(names: list[Hashable]) -> bool:
    return any(type(name) is not int for name in names)


def _checked_k(k: object, rows: int) -> int:
    if not (type(k) is int or isinstance(k, np.integer)) or not 1 <= k <= max(rows, MOST):
        raise ValueError(f"k: {k!r}, expected a whole number from 1 to {max(rows, MOST)}")
    return int(k)


def _checked_radius(radius: object) -> float:
    if isinstance(radius, bool) or not isinstance(radius, int | float) or math.isnan(radius):
        raise ValueError(f"radius: {radius!r}, expected a number")
    return float(radius)


def _numbers(column: object, name: str) -> Tensor:
    if isinstance(column, np.ndarray) and column.dtype.kind in "biuf":
        return torch.from_numpy(column.copy())
    if not isinstance(column, Tensor):
        what = f"array of {column.dtype}" if isinstance(column, np.ndarray) else type(column).__name__
        raise ValueError(f"{name}: {what}, expected a tensor or an array of numbers")
    return column.detach().cpu()


def _like(q: Tensor, array: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(q.device)
