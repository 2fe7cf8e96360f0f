"""A scene of Pretty-CLEVR as a picture for people (SVG): its objects, and the path from a question to its answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from graphs.datasets.pretty_clevr import COLOURS, SHAPES, SceneQuestions, greedy_paths

SIZE = 400
MARGIN = 40
RADIUS = 11
CORNERS = {"triangle right": (3, 0), "triangle down": (3, 90), "triangle left": (3, 180), "triangle up": (3, 270)}
CORNERS |= {"square": (4, 45)}
"""Number of corners, and the direction of the first in degrees clockwise from the right."""
ARMS = {"plus": 0, "cross": 45}
"""Direction of the arms in degrees."""


def scene_picture(questions: SceneQuestions, place: int = 0) -> str:
    """One of the questions, drawn: the text of an SVG file.

    The anchor has a ring, every jump a numbered line, and the object reached a second ring.
    """
    places = [_at(x, y) for x, y in questions.positions[place].tolist()]
    colours = questions.colours[place].tolist()
    anchor, jumps, answer = (int(part[place]) for part in (questions.anchors, questions.jumps, questions.answers))
    names = (*COLOURS[: len(places)], *SHAPES[: len(places)])
    start = anchor - len(places) if anchor >= len(places) else colours.index(anchor)
    path = greedy_paths(questions.positions[place, None])[0, start, : jumps + 1].tolist()
    parts = [*_jumps([places[one] for one in path]), _ring(places[path[-1]], 10), _ring(places[path[0]], 6)]
    parts += [_object(at, names[colour], shape) for at, colour, shape in zip(places, colours, SHAPES, strict=False)]
    asked = f"from {names[anchor]}, {jumps} jump{'s' * (jumps != 1)} to the nearest new object: {names[answer]}"
    side = SIZE + 2 * MARGIN
    head = f'width="{side}" height="{side + MARGIN}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {head} font-family="sans-serif">',
            f'<rect {head} fill="white"/>',
            f'<rect x="{MARGIN}" y="{MARGIN}" width="{SIZE}" height="{SIZE}" fill="none" stroke="#cccccc"/>',
            *parts,
            f'<text x="{MARGIN}" y="{side}" font-size="15">{asked}</text>',
            "</svg>\n",
        ]
    )


def _at(x: float, y: float) -> tuple[float, float]:
    """A place of the unit square, in the picture; y goes up."""
    return round(MARGIN + SIZE * x, 1), round(MARGIN + SIZE * (1 - y), 1)


def _jumps(path: Sequence[tuple[float, float]]) -> list[str]:
    """A line for each jump, with its number in the middle."""
    parts = []
    for number, ((x, y), (u, v)) in enumerate(pairwise(path), 1):
        parts.append(f'<line x1="{x}" y1="{y}" x2="{u}" y2="{v}" stroke="#777777" stroke-width="2"/>')
        parts.append(f'<circle cx="{(x + u) / 2:.1f}" cy="{(y + v) / 2:.1f}" r="8" fill="white"/>')
        middle = f'x="{(x + u) / 2:.1f}" y="{(y + v) / 2 + 4:.1f}"'
        parts.append(f'<text {middle} font-size="12" text-anchor="middle">{number}</text>')
    return parts


def _ring(place: tuple[float, float], gap: int) -> str:
    x, y = place
    return f'<circle cx="{x}" cy="{y}" r="{RADIUS + gap}" fill="white" stroke="#222222" stroke-width="2"/>'


def _object(place: tuple[float, float], colour: str, shape: str) -> str:
    x, y = place
    if shape in CORNERS:
        count, first = CORNERS[shape]
        turns = [math.radians(first + 360 * corner / count) for corner in range(count)]
        points = " ".join(f"{x + RADIUS * math.cos(one):.1f},{y + RADIUS * math.sin(one):.1f}" for one in turns)
        return f'<polygon points="{points}" fill="{colour}"/>'
    if shape in ARMS:
        turns = [math.radians(ARMS[shape] + 90 * arm) for arm in range(2)]
        arms = [(RADIUS * math.cos(one), RADIUS * math.sin(one)) for one in turns]
        line = " ".join(f"M{x - u:.1f},{y - v:.1f} L{x + u:.1f},{y + v:.1f}" for u, v in arms)
        return f'<path d="{line}" stroke="{colour}" stroke-width="7" fill="none"/>'
    return f'<circle cx="{x}" cy="{y}" r="{RADIUS}" fill="{colour}"/>'
