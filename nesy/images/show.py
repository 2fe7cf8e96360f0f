"""Images of symbols shown to people: side by side, as PNG, in a page, in a terminal."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
import PIL.Image

from nesy.images.picture import Image, contrast, paper_of

HALVES = " ▄▀█"  # nothing, ink below, ink above, both
INKED = 0.3  # of the strongest ink


def strip(images: Image, *, gap: int | None = None, scale: int = 1) -> Image:
    """Images (k, h, w) side by side, with paper between and around them: one picture (H, W).

    Args:
        gap: pixels of paper; a third of the height where it is not given.
        scale: how many pixels each pixel becomes, each way.
    """
    count, height, width = images.shape
    gap = -(-height // 3) if gap is None else gap
    whole = np.full((height + 2 * gap, count * (width + gap) + gap), paper_of(images), np.uint8)
    for number, image in enumerate(images):
        left = gap + number * (width + gap)
        whole[gap : gap + height, left : left + width] = image
    return enlarged(whole, scale)


def sheet(rows: Sequence[Image], *, scale: int = 1) -> Image:
    """Rows of images (k_i, h, w), one below the other: one picture (H, W)."""
    strips = [strip(row, gap=2) for row in rows if len(row)]
    wide = max(row.shape[1] for row in strips)
    padded = [np.pad(row, ((0, 0), (0, wide - row.shape[1])), constant_values=row[0, 0]) for row in strips]
    return enlarged(np.concatenate(padded), scale)


def enlarged(picture: Image, scale: int) -> Image:
    """A picture (h, w) with each side `scale` times as long, smoothly."""
    if scale == 1:
        return picture
    size = picture.shape[1] * scale, picture.shape[0] * scale
    return np.asarray(PIL.Image.fromarray(picture).resize(size, PIL.Image.Resampling.BICUBIC))


def png(picture: Image) -> bytes:
    """A picture (h, w) as a PNG file."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(picture).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def data_uri(picture: Image) -> str:
    """A picture (h, w) as an address that a page can hold."""
    return "data:image/png;base64," + base64.b64encode(png(picture)).decode("ascii")


def blocks(images: Image, rows: int = 5) -> str:
    """Images (k, h, w) side by side in characters, each of which shows two pixels, one above the other.

    Args:
        rows: lines of text; an image is as many pixels high and wide as twice that.
    """
    side = 2 * rows
    lines = [""] * rows
    for image in images:
        small = PIL.Image.fromarray(contrast(image)).resize((side, side), PIL.Image.Resampling.BOX)
        ink = np.asarray(small) > 255 * INKED
        for row, (above, below) in enumerate(zip(ink[::2], ink[1::2], strict=True)):
            lines[row] += "".join(HALVES[2 * a + b] for a, b in zip(above.astype(int), below.astype(int), strict=True))
    return "\n".join(line.rstrip() for line in lines)
