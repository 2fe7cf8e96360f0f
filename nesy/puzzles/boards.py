"""Values of variables as text: boards with lines between blocks, rows with names, single values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from nesy.puzzles.model import AllDifferent, Array, Model, Value


def show_values(model: Model, values: Sequence[Value]) -> str:
    """Values of all variables: the text of all declarations, one below the other."""
    arrays = [array for array in model.arrays if not array.hidden and array.variables]
    shown = [_array(model, array, values) for array in arrays]
    named = len(arrays) > 1
    lines = [
        f"{array.name} = {text}" if not array.axes else f"{array.name} =\n{text}" if named else text
        for array, text in zip(arrays, shown, strict=True)
    ]
    return "\n".join(lines)


def grid_text(model: Model, values: Sequence[Value]) -> str:
    """The values row by row: digits and letters without anything between them, longer ones with spaces and lines.

    Reading the text gives the values again.
    """
    arrays = [array for array in model.arrays if not array.hidden]
    texts = []
    for array in arrays:
        rows = [[str(values[variable]) for variable in row] for row in _rows(array)]
        if all(len(cell) == 1 for row in rows for cell in row):
            texts.append("".join(cell for row in rows for cell in row))
        else:
            texts.append("\n".join(" ".join(row) for row in rows))
    if len(arrays) == 1:
        return texts[0]
    return "\n".join(f"{array.name} = {text}" for array, text in zip(arrays, texts, strict=True))


def blocks(model: Model, array: Array) -> tuple[int, int] | None:
    """Height and width of the rectangles of a board that rules keep different, if they tile it as in a sudoku."""
    place = {variable: index for index, variable in array.variables.items()}
    sizes = set()
    for rule in model.rules:
        constraint = rule.constraint
        if not isinstance(constraint, AllDifferent) or constraint.offsets or not place.keys() >= {*constraint.scope}:
            continue
        spans = [sorted({array.axes[axis].index(place[v][axis]) for v in constraint.scope}) for axis in (0, 1)]
        height, width = map(len, spans)
        corner = spans[0][0] % height == 0 and spans[1][0] % width == 0
        together = all(b == a + 1 for span in spans for a, b in pairwise(span))
        if height > 1 and width > 1 and height * width == len(constraint.scope) and corner and together:
            sizes.add((height, width))
    return sizes.pop() if len(sizes) == 1 else None


def _rows(array: Array) -> list[list[int]]:
    """The variables of a declaration, a new row where the first index changes."""
    rows: dict[object, list[int]] = {}
    for index, variable in array.variables.items():
        rows.setdefault(index[:-1], []).append(variable)
    return list(rows.values())


def _array(model: Model, array: Array, values: Sequence[Value]) -> str:
    match len(array.axes):
        case 0:
            return str(values[array.variables[()]])
        case 1 if _counts(array.axes[0]):
            return " ".join(str(values[variable]) for variable in array.variables.values())
        case 2 if len(array.variables) == len(array.axes[0]) * len(array.axes[1]):
            return _board(model, array, values)
    names = {variable: ", ".join(map(str, index)) for index, variable in array.variables.items()}
    width = max(map(len, names.values()))
    return "\n".join(f"{name:<{width}} = {values[variable]}" for variable, name in names.items())


def _board(model: Model, array: Array, values: Sequence[Value]) -> str:
    """Rows of cells, with lines between blocks; headed by the indices unless they count from 0 or 1."""
    cells = [[str(values[array.variables[row, column]]) for column in array.axes[1]] for row in array.axes[0]]
    if not all(map(_counts, array.axes)):
        cells = [["", *map(str, array.axes[1])], *([str(n), *row] for n, row in zip(array.axes[0], cells, strict=True))]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
        )
    width = max(len(cell) for row in cells for cell in row)
    height, across = blocks(model, array) or (len(cells), len(cells[0]))
    lines: list[str] = []
    for number, row in enumerate(cells):
        groups = [row[start : start + across] for start in range(0, len(row), across)]
        written = [" ".join(cell.rjust(width) for cell in group) for group in groups]
        if number and number % height == 0:
            lines.append("-+-".join("-" * len(group) for group in written))
        lines.append(" | ".join(written))
    return "\n".join(lines)


def _counts(axis: tuple[Value, ...]) -> bool:
    """Whether the indices are 0, 1, 2, ... or 1, 2, 3, ..., so that they need not be shown."""
    return axis in (tuple(range(len(axis))), tuple(range(1, len(axis) + 1)))
