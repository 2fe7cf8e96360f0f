"""Images of symbols shown to people: side by side, as PNG, in a page, in a terminal."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
import PIL.Image

from nesy.images.picture import Image, contrast, paper_of

SHADES = " ░▒▓█"


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


def blocks(images: Image, rows: int = 4) -> str:
    """Images (k, h, w) side by side in characters: `rows` lines of text, light and dark as in the pictures' ink."""
    columns = 2 * rows
    small = [
        np.asarray(PIL.Image.fromarray(contrast(image)).resize((columns, rows), PIL.Image.Resampling.BOX))
        for image in images
    ]
    shade = [np.minimum(len(SHADES) - 1, image.astype(int) * len(SHADES) // 200) for image in small]
    lines = ("  ".join("".join(SHADES[s] for s in image[row]) for image in shade) for row in range(rows))
    return "\n".join(line.rstrip() for line in lines)
