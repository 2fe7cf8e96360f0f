"""How a symbol sits in its image, so that symbols cut out of a picture look like those that were learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import PIL.Image

from nesy.images.picture import Image, contrast, paper_of


@dataclass(frozen=True)
class Frame:
    """Size, border and colours of the images of symbols.

    Attributes:
        height, width: pixels.
        margin: the share of height and width that stays free on each side of a symbol that fills its image.
        light: whether the ink is lighter than the paper.
    """

    height: int
    width: int
    margin: float = 0.1
    light: bool = True

    @classmethod
    def of(cls, images: Image) -> Frame:
        """The frame that images (n, h, w) have: the median margin, and the lighter or darker ink of most."""
        count, height, width = images.shape
        some = images[:: 1 + count // 1000]
        filled = []
        for image in some:
            ink = contrast(image)
            if ink.any():
                top, bottom, left, right = box(ink)
                filled.append(max((bottom - top) / height, (right - left) / width))
        margin = (1 - float(np.median(filled))) / 2 if filled else 0.1
        return cls(height, width, round(min(max(margin, 0.0), 0.4), 3), paper_of(some) < 128)

    def place(self, symbol: Image) -> Image:
        """A symbol (h, w), light ink on 0, cut out, scaled with its aspect kept, centred: (height, width)."""
        image = np.zeros((self.height, self.width), np.uint8)
        if symbol.any():
            top, bottom, left, right = box(symbol)
            cut = symbol[top:bottom, left:right]
            room = 1 - 2 * self.margin
            scale = min(room * self.height / cut.shape[0], room * self.width / cut.shape[1])
            high, wide = (max(1, round(scale * side)) for side in cut.shape)
            scaled = PIL.Image.fromarray(cut).resize((wide, high), PIL.Image.Resampling.BICUBIC)
            y, x = (self.height - high) // 2, (self.width - wide) // 2
            image[y : y + high, x : x + wide] = np.asarray(scaled)
        return image if self.light else 255 - image


def box(ink: Image) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of what is not 0, as slices; there must be some."""
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
