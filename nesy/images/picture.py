"""Pictures of an expression: read from a file, cut into symbols where there is white space between them."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from nesy.errors import InputError

if TYPE_CHECKING:
    from nesy.images.frame import Frame

Image = NDArray[np.uint8]
"""(h, w) or (k, h, w) grey values."""

MOST_PIXELS = 50_000_000
FAINT = 0.25  # of the strongest contrast: what is fainter is paper
NARROW = 12  # a gap of less than a twelfth of the line's height is inside a symbol
SPECK = 0.02  # what has less than this share of the ink of an average symbol is dust
FORMATS = ("PNG", "JPEG")


def read_picture(path: str | os.PathLike[str]) -> Image:
    """A picture file as grey values (h, w); what is transparent is white.

    Raises:
        InputError: with the file: unreadable, no picture, too large.
    """
    name = os.fspath(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's doubts about sizes and metadata
            with PIL.Image.open(name, formats=FORMATS) as picture:
                width, height = picture.size
                if width * height > MOST_PIXELS:
                    raise InputError(
                        f"a picture of {width} x {height} pixels", file=name, expected=f"at most {MOST_PIXELS} pixels"
                    )
                return _grey(picture)
    except PIL.UnidentifiedImageError:
        raise InputError("is no picture", file=name, expected=f"a file in the format {' or '.join(FORMATS)}") from None
    except InputError:
        raise
    except OSError as error:
        what = f"cannot be read: {error.strerror}" if error.strerror else f"a damaged picture ({error})"
        raise InputError(what, file=name) from None
    except (ValueError, SyntaxError, IndexError, TypeError, OverflowError, MemoryError) as error:
        raise InputError(f"a damaged picture ({error})", file=ascii(name)) from None
    except PIL.Image.DecompressionBombError:
        raise InputError("a picture too large", file=name, expected=f"at most {MOST_PIXELS} pixels") from None


def segments(picture: Image, frame: Frame, *, file: str | None = None) -> Image:
    """The symbols of one written line, from left to right.

    Ink and paper are told apart by the picture's border, so dark on light and light on dark both will do. Columns
    without ink separate the symbols; a gap of less than a twelfth of the line's height does not.

    Args:
        picture: (h, w) grey values.
        frame: how a symbol sits in its image.
        file: for messages.

    Returns:
        (k, height, width) images, as the frame says.

    Raises:
        InputError: nothing is written.
    """
    ink = contrast(picture)
    rows = np.flatnonzero(ink.any(1))
    if not len(rows):
        raise InputError("nothing is written in the picture", file=file, expected="symbols with white space between")
    line = ink[rows[0] : rows[-1] + 1]
    pieces = [line[:, start:end] for start, end in _spans(line, -(-len(line) // NARROW))]
    weight = SPECK * np.mean([piece.sum(dtype=np.int64) for piece in pieces])
    return np.stack([frame.place(piece) for piece in pieces if piece.sum(dtype=np.int64) >= weight])


def contrast(picture: Image, paper: int | None = None) -> Image:
    """How far each pixel is from the paper: (h, w), 255 where it is farthest, 0 where it is faint.

    Args:
        paper: its grey; the median of the border where it is not given.
    """
    paper = paper_of(picture) if paper is None else paper
    away = picture.astype(np.int16) - paper
    ink = np.abs(away) if paper in range(96, 160) else np.maximum(0, away if paper < 128 else -away)
    strongest = int(ink.max())
    if strongest < 16:  # an even grey
        return np.zeros_like(picture)
    ink[ink < FAINT * strongest] = 0
    return (ink * 255.0 / strongest).round().astype(np.uint8)


def paper_of(picture: Image) -> int:
    """The grey of the paper: the median of the border of (..., h, w)."""
    sides = picture[..., 0, :], picture[..., -1, :], picture[..., :, 0], picture[..., :, -1]
    return int(np.median(np.concatenate([side.ravel() for side in sides])))


def _grey(picture: PIL.Image.Image) -> Image:
    if picture.mode in ("I;16", "I;16B", "I"):
        return (np.clip(np.asarray(picture, dtype=np.int64), 0, 65535) // 256).astype(np.uint8)
    if picture.has_transparency_data:
        coloured = picture.convert("RGBA")
        picture = PIL.Image.alpha_composite(PIL.Image.new("RGBA", coloured.size, "white"), coloured)
    return np.asarray(picture.convert("L"), dtype=np.uint8)


def _spans(line: Image, gap: int) -> list[tuple[int, int]]:
    """Runs of columns with ink, [start, end); shorter gaps than `gap` belong to a run."""
    columns = np.flatnonzero(line.any(0))
    breaks = np.flatnonzero(np.diff(columns) > gap)
    starts = [columns[0], *columns[breaks + 1]]
    ends = [*columns[breaks], columns[-1]]
    return [(int(start), int(end) + 1) for start, end in zip(starts, ends, strict=True)]
