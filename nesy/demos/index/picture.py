"""Recall against time, as a picture for light and dark screens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from nesy.demos.index.measure import Point

WIDTH, HEIGHT = 720, 430
LEFT, RIGHT, TOP, BOTTOM = 70, 690, 64, 370
STYLE = """
.chart { --paper: #fff; --ink: #1c1c1e; --dim: #6b6b70; --line: #d9dbe0; --graph: #0b5cad; --exact: #b3541e;
         background: var(--paper); font-family: sans-serif; font-size: 13px; max-width: 100%; height: auto; }
@media (prefers-color-scheme: dark) {
  .chart { --paper: #16171a; --ink: #ececf0; --dim: #a2a2aa; --line: #34373d; --graph: #7db8f5; --exact: #f0a26b; } }
.chart text { fill: var(--ink); font-family: sans-serif; text-anchor: middle; }
.chart .left { text-anchor: start; } .chart .right { text-anchor: end; } .chart .dim { fill: var(--dim); }
.chart .title { font-size: 16px; font-weight: 600; }
.chart .grid { stroke: var(--line); stroke-width: 1; }
.chart .curve { fill: none; stroke: var(--graph); stroke-width: 2.5; }
.chart .graph { fill: var(--graph); } .chart .exact { fill: var(--exact); }
"""


def picture(points: Sequence[Point], exact: Point, title: str) -> str:
    """The text of an SVG file: points of a graph by how hard it looks, and exact search."""
    lowest = math.floor(min(point.recall for point in points) * 10) / 10
    times = [point.seconds for point in (*points, exact)]
    first, last = (math.log10(end) for end in (min(times) * 0.7, max(times) * 1.5))

    def across(seconds: float) -> float:
        return LEFT + (RIGHT - LEFT) * (math.log10(seconds) - first) / (last - first)

    def up(recall: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (recall - lowest) / (1.0 - lowest if lowest < 1 else 1.0)

    parts = [f'<text class="left title" x="{LEFT}" y="28">{escape(title)}</text>']
    for recall in _steps(lowest):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{up(recall):.1f}" y2="{up(recall):.1f}"/>')
        parts.append(f'<text class="right dim" x="{LEFT - 8}" y="{up(recall) + 4:.1f}">{100 * recall:.0f}%</text>')
    for seconds in (m * 10.0**e for e in range(-7, 2) for m in (1, 2, 5)):
        if first <= math.log10(seconds) <= last:
            x = across(seconds)
            parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{BOTTOM}"/>')
            parts.append(f'<text class="dim" x="{x:.1f}" y="{BOTTOM + 20}">{_time(seconds)}</text>')
    parts.append(f'<text class="dim" x="{(LEFT + RIGHT) / 2}" y="{BOTTOM + 44}">time of a query</text>')
    parts.append(f'<text class="left dim" x="{LEFT}" y="{TOP - 12}">share of the nearest that is found</text>')
    places = [(across(point.seconds), up(point.recall)) for point in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    parts.append(f'<polyline class="curve" points="{line}"/>')
    for (x, y), point in zip(places, points, strict=True):
        parts.append(f'<circle class="graph" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
        parts.append(f'<text class="left" x="{x + 9:.1f}" y="{y + 17:.1f}">{escape(point.name)}</text>')
    x, y = across(exact.seconds), up(exact.recall)
    parts.append(f'<circle class="exact" cx="{x:.1f}" cy="{y:.1f}" r="6"/>')
    parts.append(f'<text x="{x:.1f}" y="{y + 22:.1f}">{escape(exact.name)}</text>')
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" {size}><style>{STYLE}</style>\n{body}\n</svg>\n'


def _steps(lowest: float) -> list[float]:
    step = 0.1 if lowest < 0.7 else 0.05
    return [1 - k * step for k in range(round((1 - lowest) / step) + 1)]


def _time(seconds: float) -> str:
    return next(
        f"{seconds * scale:g} {unit}"
        for scale, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs"))
        if seconds * scale >= 0.99 or unit == "µs"
    )
