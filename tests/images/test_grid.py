"""Pictures of grids: what was drawn into a cell is found in it, whatever the lines look like."""

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.errors import InputError
from nesy.images.frame import box
from nesy.images.grid import cells


def drawn(written, rows, columns, side, lines, border=7, left_out=()):
    """A picture (h, w) with a bar in the written cells, as high and wide as `written` says in tenths of a cell.

    Args:
        lines: thickness of the outer and of the inner lines.
        left_out: numbers of inner lines that are missing, each way.
    """
    outer, inner = lines

    def ends(count):
        thick = [inner] * (count + 1)
        thick[0] = thick[-1] = outer
        starts = [border]
        for width in thick[:-1]:
            starts.append(starts[-1] + width + side)
        return list(zip(starts, thick, strict=True))

    across, down = ends(rows), ends(columns)
    picture = np.full((across[-1][0] + outer + border, down[-1][0] + outer + border), 255, np.uint8)
    for number, (start, width) in enumerate(across):
        if number not in left_out:
            picture[start : start + width, border : down[-1][0] + outer] = 30
    for number, (start, width) in enumerate(down):
        if number not in left_out:
            picture[border : across[-1][0] + outer, start : start + width] = 30
    for (row, column), (high, wide) in written.items():
        top, left = (sum(line[at]) + side // 10 + 2 for line, at in ((across, row), (down, column)))
        picture[top : top + round(high * side / 10), left : left + round(wide * side / 10)] = 10
    return picture


sizes = st.tuples(st.integers(3, 7), st.integers(3, 7))


@settings(max_examples=40)
@given(
    rows=st.integers(2, 9),
    columns=st.integers(2, 9),
    side=st.integers(16, 60),
    lines=st.tuples(st.integers(1, 6), st.integers(1, 4)),
    light=st.booleans(),
    data=st.data(),
)
def test_what_is_written_is_found_where_it_is(rows, columns, side, lines, light, data):
    places = st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1))
    written = data.draw(st.dictionaries(places, sizes, max_size=rows * columns // 2))
    picture = drawn(written, rows, columns, side, lines)
    found = cells(255 - picture if light else picture, rows, columns)
    assert {(r, c) for r, row in enumerate(found) for c, ink in enumerate(row) if ink is not None} == written.keys()
    for (row, column), (high, wide) in written.items():
        top, bottom, left, right = box(found[row][column])
        assert (bottom - top, right - left) == (round(high * side / 10), round(wide * side / 10))


@given(st.integers(120, 900))
@settings(max_examples=15)
def test_any_scale(width):
    written = {(0, 0): (6, 4), (4, 7): (5, 5), (8, 8): (7, 2)}
    picture = PIL.Image.fromarray(drawn(written, 9, 9, 40, (4, 2)))
    found = cells(np.asarray(picture.resize((width, width))), 9, 9)
    assert {(r, c) for r, row in enumerate(found) for c, ink in enumerate(row) if ink is not None} == written.keys()


def test_missing_lines_and_dust():
    written = {(0, 0): (6, 4), (2, 2): (1, 1), (5, 3): (5, 5)}
    found = cells(drawn(written, 6, 6, 40, (3, 1), left_out=(2, 4)), 6, 6)
    assert [(r, c) for r, row in enumerate(found) for c, ink in enumerate(row) if ink is not None] == [(0, 0), (5, 3)]


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.full((90, 90), 255, np.uint8), "g.png: no grid of 4 rows or columns"),
        (drawn({}, 6, 6, 20, (2, 1)), "g.png: 7 lines where 4 rows or columns are expected; expected 5"),
        (drawn({}, 3, 3, 60, (2, 1)), "g.png: 4 lines where 4 rows"),
    ],
)
def test_no_such_grid(picture, message):
    with pytest.raises(InputError, match=message):
        cells(picture, 4, 4, file="g.png")
