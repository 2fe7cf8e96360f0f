"""Operators, brackets and other signs drawn with a pen of our own, in as many hands as are wanted.

The pictures look like scikit-learn's handwritten digits, and come about in the same way: a bitmap of 32 x 32 pixels,
of which blocks of 4 x 4 are counted (E. Alpaydin and C. Kaynak, "Optical recognition of handwritten digits", UCI
machine learning repository, 1998).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nesy.errors import InputError
from nesy.images.picture import Image

Stroke = NDArray[np.float64]
"""(p, 2): points (x, y) of a pen's way, 0..1 from left to right and from top to bottom."""

BITMAP, BLOCK = 32, 4
POINTS = 24  # of a stroke, as it is drawn


def _line(*points: tuple[float, float]) -> Stroke:
    return np.array(points, dtype=float)


def _arc(x: float, y: float, across: float, down: float, start: float, end: float) -> Stroke:
    """A part of an ellipse around (x, y); angles in quarter turns: 0 right, 1 down, 2 left, 3 up."""
    turn = np.linspace(start, end, POINTS) * np.pi / 2
    return np.column_stack([x + across * np.cos(turn), y + down * np.sin(turn)])


SIGNS: Mapping[str, tuple[Stroke, ...]] = {
    "+": (_line((0.1, 0.5), (0.9, 0.5)), _line((0.5, 0.1), (0.5, 0.9))),
    "-": (_line((0.05, 0.5), (0.95, 0.5)),),
    "x": (_line((0.15, 0.15), (0.85, 0.85)), _line((0.85, 0.15), (0.15, 0.85))),
    "/": (_line((0.75, 0.05), (0.25, 0.95)),),
    "(": (_arc(0.72, 0.5, 0.4, 0.48, 2.9, 1.1),),
    ")": (_arc(0.28, 0.5, 0.4, 0.48, -0.9, 0.9),),
    "=": (_line((0.1, 0.32), (0.9, 0.32)), _line((0.1, 0.68), (0.9, 0.68))),
    "<": (_line((0.85, 0.12), (0.15, 0.5), (0.85, 0.88)),),
    ">": (_line((0.15, 0.12), (0.85, 0.5), (0.15, 0.88)),),
    "!": (_line((0.5, 0.02), (0.5, 0.65)), _line((0.5, 0.92), (0.51, 0.94))),
    "^": (_line((0.12, 0.8), (0.5, 0.15), (0.88, 0.8)),),
    "v": (_line((0.12, 0.2), (0.5, 0.85), (0.88, 0.2)),),
    "[": (_line((0.72, 0.04), (0.32, 0.04), (0.32, 0.96), (0.72, 0.96)),),
    "]": (_line((0.28, 0.04), (0.68, 0.04), (0.68, 0.96), (0.28, 0.96)),),
    "o": (_arc(0.5, 0.5, 0.4, 0.4, 3.1, 7.1),),
    "T": (_line((0.08, 0.08), (0.92, 0.08)), _line((0.5, 0.08), (0.5, 0.95))),
    "N": (_line((0.15, 0.95), (0.15, 0.05), (0.85, 0.95), (0.85, 0.05)),),
    "#": (
        _line((0.38, 0.05), (0.3, 0.95)),
        _line((0.7, 0.05), (0.62, 0.95)),
        _line((0.08, 0.35), (0.94, 0.35)),
        _line((0.05, 0.66), (0.9, 0.66)),
    ),
}
"""The signs that can be drawn, and the strokes of each."""


@dataclass(frozen=True)
class Hand:
    """How somebody writes.

    Attributes:
        slant: how far the top leans to the right, in heights.
        thickness: of the pen, in heights of a sign.
        bow: how far straight strokes bulge, in their lengths.
        jitter: how unsteady the hand is, in heights.
        width: of the signs, in their usual widths.
    """

    slant: float
    thickness: float
    bow: float
    jitter: float
    width: float

    @classmethod
    def of(cls, number: int, seed: int = 0) -> Hand:
        """One of as many hands as there are numbers."""
        rng = np.random.default_rng([seed, number])
        return cls(
            slant=rng.uniform(-0.12, 0.3),
            thickness=rng.uniform(0.13, 0.21),
            bow=rng.uniform(-0.06, 0.08),
            jitter=rng.uniform(0.01, 0.035),
            width=rng.uniform(0.8, 1.1),
        )

    def strokes(self, sign: str, rng: np.random.Generator) -> list[Stroke]:
        """A sign as this hand writes it once.

        Raises:
            InputError: a sign that cannot be drawn.
        """
        if sign not in SIGNS:
            raise InputError(f"the sign {sign!r}", expected=f"one of {' '.join(SIGNS)}")
        angle, size = rng.normal(0, 0.06), rng.uniform(0.88, 1.05)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        lean = np.array([[self.width, 0.0], [-self.slant, 1.0]])
        return [0.5 + size * (self._unsteady(stroke, rng) - 0.5) @ lean @ turn for stroke in SIGNS[sign]]

    def _unsteady(self, stroke: Stroke, rng: np.random.Generator) -> Stroke:
        """Evenly spaced points along a stroke, bowed if it is straight, shaken slowly, its ends too long or short."""
        way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
        at = np.linspace(0, way[-1], POINTS)
        points = np.column_stack([np.interp(at, way, stroke[:, axis]) for axis in (0, 1)])
        along = np.linspace(0, 1, POINTS)[:, None]
        if len(stroke) == 2:
            across = (stroke[1] - stroke[0])[::-1] * (1, -1)
            points = points + self.bow * rng.uniform(0.3, 1.3) * np.sin(np.pi * along) * across
        waves = np.sin(np.pi * (rng.uniform(0.5, 2.0, (1, 2)) * along + rng.uniform(0, 2, (1, 2))))
        ends = rng.normal(0, self.jitter, (2, 2))
        shaken: Stroke = points + self.jitter * waves + (1 - along) * ends[0] + along * ends[1]
        return shaken


def draw(sign: str, hand: Hand, rng: np.random.Generator) -> Image:
    """A sign as a bitmap of 32 x 32 pixels, 255 on 0.

    Raises:
        InputError: a sign that cannot be drawn.
    """
    y, x = np.mgrid[:BITMAP, :BITMAP] + 0.5
    pixels = np.stack([x, y], -1).reshape(-1, 1, 2)  # (1024, 1, 2)
    thickness = hand.thickness * BITMAP * rng.uniform(0.85, 1.15)
    away = np.full(BITMAP * BITMAP, np.inf)
    for points in _fitted(hand.strokes(sign, rng), BITMAP - 3 - thickness):
        away = np.minimum(away, _distance(pixels, points[:-1], points[1:]).min(1))
    return np.where(away <= thickness / 2, np.uint8(255), np.uint8(0)).reshape(BITMAP, BITMAP)


def counted(bitmap: Image) -> Image:
    """The ink in each block of 4 x 4 pixels of (32, 32), as (8, 8) grey values: how scikit-learn's digits are kept."""
    side = BITMAP // BLOCK
    grey: Image = bitmap.reshape(side, BLOCK, side, BLOCK).mean((1, 3)).round().astype(np.uint8)
    return grey


def _fitted(strokes: list[Stroke], room: float) -> list[Stroke]:
    """Strokes in pixels, the middle of what they cover in the middle of the bitmap, and no farther out than `room`."""
    every = np.concatenate(strokes)
    low, high = every.min(0), every.max(0)
    scale = min(room, room / (high - low).max())
    return [BITMAP / 2 + scale * (stroke - (low + high) / 2) for stroke in strokes]


def _distance(pixels: Stroke, start: Stroke, end: Stroke) -> Stroke:
    """From each pixel (p, 1, 2) to each line from `start` to `end` (s, 2): (p, s)."""
    way = end - start
    length = np.maximum((way * way).sum(-1), 1e-12)
    share = np.clip(((pixels - start) * way).sum(-1) / length, 0, 1)
    away: Stroke = np.hypot(*np.moveaxis(pixels - start - share[..., None] * way, -1, 0))
    return away
