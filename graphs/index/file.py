"""A store as a checkpoint: what is written, and what must hold of what is read.

A checksum guards against accidents; whoever writes a file on purpose can sign it, so everything is checked that a
search relies on.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphs.checkpoint import CheckpointError
from graphs.index.metrics import METRICS, Metric
from graphs.index.store import Store
from graphs.index.table import Table
from graphs.index.vectors import all_usable

KIND = "vector index"
_META = "meta."


def write_store(store: Store, metric: Metric) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors of a store, without rows that were removed.

    Raises:
        ValueError: a key that is no text, number, truth value, None or tuple of those.
    """
    keys = None if store.keys is None else [_written(key) for key in store.names(store.rows)]
    header = {"dim": store.points.size(1), "metric": metric, "next_id": store.next_id, "keys": keys}
    rows = torch.from_numpy(store.rows)
    columns = {"ids": torch.from_numpy(store.ids), "point": torch.from_numpy(store.point)}
    columns |= {_META + name: column for name, column in store.meta.items()}
    return header, {"vectors": store.points, **{name: column[rows] for name, column in columns.items()}}


def read_store(header: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> tuple[Store, Metric]:
    """The store of a file.

    Raises:
        CheckpointError: it contradicts itself.
    """
    try:
        dim, metric, next_id, written = (header[name] for name in ("dim", "metric", "next_id", "keys"))
        vectors, ids, point = (tensors[name] for name in ("vectors", "ids", "point"))
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"has no {error}") from None
    n, m = len(ids), len(vectors)
    _check(metric in METRICS, f"metric {metric!r}, expected one of {', '.join(METRICS)}")
    _check(type(dim) is int and dim >= 1, f"dimension {dim!r}, expected at least 1")
    _check(
        vectors.dtype == torch.float32 and vectors.shape == (m, dim),
        f"vectors {vectors.dtype} {tuple(vectors.shape)}, expected float32 ({m}, {dim})",
    )
    for name, column in (("ids", ids), ("point", point)):
        _check(
            column.dtype == torch.int64 and column.shape == (n,),
            f"{name} {column.dtype} {tuple(column.shape)}, expected int64 ({n},)",
        )
    _check(all_usable(vectors), "vectors that are not finite")
    squares = torch.einsum("mc,mc->m", vectors, vectors)
    if metric == "cosine":
        _check(bool(((squares == 0) | ((squares - 1).abs() < 1e-3)).all()), "vectors whose length is not 1")
    _check(bool((ids >= 0).all()) and ids.unique().numel() == n, "ids that are negative or stand twice")
    _check(type(next_id) is int and int(ids.max() if n else -1) < next_id <= 2**63, f"a next id of {next_id!r}")
    _check(bool(((point >= 0) & (point < m)).all()), "rows without vectors")
    meta = {name.removeprefix(_META): column for name, column in tensors.items() if name.startswith(_META)}
    _check(all(column.dim() and len(column) == n for column in meta.values()), "metadata of another number of rows")
    keys = _read_keys(written, ids)
    points = Table({"vector": vectors.to(device), "square": squares.to(device)})
    rows = {"id": ids, "point": point, "present": torch.ones(n, dtype=torch.bool)}
    _check(not meta.keys() & rows.keys(), "metadata with names that are taken")
    return Store(points, Table({**rows, **meta}), keys, next_id), metric


def _read_keys(written: object, ids: Tensor) -> dict[int, Hashable] | None:
    if written is None:
        return None
    _check(isinstance(written, list) and len(written) == len(ids), "another number of keys than of ids")
    assert isinstance(written, list)
    keys = [_read(key) for key in written]
    _check(len(set(keys)) == len(keys), "a key that stands twice")
    return dict(zip(ids.tolist(), keys, strict=True))


def _written(key: Hashable) -> Any:
    """A key as a JSON value; tuples as lists."""
    if isinstance(key, tuple):
        return [_written(part) for part in key]
    if key is None or type(key) in (str, int, bool) or (type(key) is float and np.isfinite(key)):
        return key
    raise ValueError(f"keys: {key!r} cannot be written; expected text, numbers, truth values, None, or tuples of them")


def _read(key: Any) -> Hashable:
    if isinstance(key, list):
        return tuple(_read(part) for part in key)
    _check(not isinstance(key, dict) and key == key, f"the key {key!r}")
    return key


def _check(holds: bool, found: str) -> None:
    if not holds:
        raise CheckpointError(f"holds {found}")
