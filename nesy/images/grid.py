"""Pictures of grids: cut into cells along their lines."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nesy.errors import InputError
from nesy.images.frame import box
from nesy.images.picture import Image, contrast

LINE = 0.7  # of the longest line's ink: what has as much is a line
ASTRAY = 0.25  # of a cell: how far from its place an inner line may lie
EDGE = 0.04  # of a cell: what is left out beside a line
DUST = 0.2  # of a cell: what is smaller, each way, is no symbol


def cells(picture: Image, rows: int, columns: int, *, file: str | None = None) -> list[list[Image | None]]:
    """The symbols in the cells of a grid that fills most of a picture.

    The grid lies straight; its lines may be of any thickness, also of several, and inner ones may be missing. The
    paper's grey is that of most pixels; ink may be darker or lighter.

    Args:
        picture: (h, w) grey values.
        rows, columns: of the grid.
        file: for messages.

    Returns:
        Row by row the ink of each cell, 255 on 0, or None where nothing is written.

    Raises:
        InputError: no such grid.
    """
    ink = contrast(picture, int(np.median(picture)))
    across, down = _lines(ink, rows, file), _lines(ink.T, columns, file)
    return [
        [_symbol(ink[top:bottom, left:right]) for (_, left), (right, _) in pairwise(down)]
        for (_, top), (bottom, _) in pairwise(across)
    ]


def _lines(ink: Image, count: int, file: str | None) -> list[tuple[int, int]]:
    """Where the lines above and below `count` rows begin and end, [start, end)."""
    profile = np.count_nonzero(ink, axis=1)
    found = _runs(profile >= max(1.0, LINE * profile.max(initial=0)))
    cell = (found[-1][0] - found[0][1]) / count if found else 0.0
    if len(found) < 2 or cell < 4:
        raise InputError(
            f"no grid of {count} rows or columns in the picture", file=file, expected="straight lines around the cells"
        )
    lines = [found[0]]
    for number in range(1, count):
        place = found[0][1] + number * (found[-1][0] - found[0][1]) / count
        near = min(found, key=lambda run: abs(run[0] + run[1] - 2 * place))
        astray = abs(near[0] + near[1] - 2 * place) / 2 > ASTRAY * cell
        lines.append((round(place), round(place)) if astray else near)
    extra = len(found) - len({run for run in [*lines, found[-1]] if run[0] < run[1]})
    if extra or len(found) < 2 + (count - 1) // 2:
        raise InputError(
            f"{len(found)} lines where {count} rows or columns are expected",
            file=file,
            expected=f"{count + 1} at even distances",
        )
    return [*lines, found[-1]]


def _runs(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where runs of True begin and end, [start, end)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]])))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _symbol(cell: Image) -> Image | None:
    """What is written in a cell, or None."""
    height, width = cell.shape
    high, wide = (1 + round(EDGE * side) for side in (height, width))
    inner = cell[high : height - high, wide : width - wide]
    if not inner.any():
        return None
    top, bottom, left, right = box(inner)
    return None if bottom - top < DUST * height and right - left < DUST * width else inner
