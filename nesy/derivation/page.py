"""A derivation as one self-contained page: the tree drawn as SVG, its text escaped, nothing loaded."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from nesy.machine.values import text

if TYPE_CHECKING:
    from nesy.derivation.tree import Derivation

CHARACTER, LINE, PADDING, GAP, RISE, PICTURE = 7.9, 18, 10, 14, 34, 44
"""Pixels: width of a character, height of a line, around a box, between boxes, between levels; side of a picture."""

MAX_CHARACTERS = 32
"""Longer lines of a box are cut; more of the text shows when the pointer rests on the box."""

MAX_TITLE = 400
"""How much of a line shows then."""

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1c1e; --dim: #6b6b70; --box: #f3f4f6;
        --edge: #b6b8bd; --mark: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16171a; --ink: #ececf0; --dim: #9a9aa2; --box: #24262b; --edge: #55585f; --mark: #7db8f5; } }
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 2rem; }
h1 { font-size: 1.2rem; margin: 0 0 .3rem; }
code, pre, text { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 13px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.tree { overflow: auto; max-height: 80vh; border: 1px solid var(--edge); border-radius: 8px; padding: 1rem; }
rect { fill: var(--box); stroke: var(--edge); }
path { fill: none; stroke: var(--edge); stroke-width: 1.5; }
text { fill: var(--ink); text-anchor: middle; }
.symbol { font-weight: 600; }
.words, .clause { fill: var(--dim); }
.value { fill: var(--mark); }
image, img { image-rendering: auto; border-radius: 3px; }
img { height: 56px; margin-right: 4px; }
"""


@dataclass(slots=True)
class Box:
    """A node with its place: `left` and `top` of a rectangle of `width` by `height` pixels."""

    node: Derivation
    lines: list[tuple[str, str]]
    children: list[Box]
    width: float
    height: float
    picture: str = ""
    span: float = 0.0
    left: float = 0.0
    top: float = 0.0

    @property
    def middle(self) -> float:
        return self.left + self.width / 2


def page(derivation: Derivation, pictures: Sequence[str] = ()) -> str:
    """The page as a text that is both HTML and XML.

    Args:
        pictures: of each word of a sentence that was seen, as ``data:`` addresses.
    """
    sentence = clean(" ".join(derivation.words))
    value = clean(_value(derivation))
    root = layout(derivation, pictures)
    seen = "".join(f'<img alt="" src="{escape(picture)}"/>' for picture in pictures)
    parts = [
        '<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><meta charset="utf-8"/>',
        '<meta name="viewport" content="width=device-width"/>',
        f"<title>{sentence}</title><style>{escape(STYLE)}</style></head><body>",
        f"<div>{seen}</div>" if pictures else "",
        f"<h1>{sentence}</h1><pre>{value}</pre>",
        f'<div class="tree">{_svg(root)}</div>',
        f"<h1>Clauses used</h1><pre>{clean(_clauses(derivation))}</pre></body></html>\n",
    ]
    return "\n".join(parts)


def layout(derivation: Derivation, pictures: Sequence[str] = ()) -> Box:
    """Boxes for a derivation and all below it, none over another; parents stand above their children."""
    root = _box(derivation, pictures)
    order = [root]
    for box in order:
        box.children = [_box(child, pictures) for child in box.node.children]
        order.extend(box.children)
    for box in reversed(order):
        below = sum(child.span for child in box.children) + GAP * max(0, len(box.children) - 1)
        box.span = max(box.width, below)
    root.left = (root.span - root.width) / 2
    for box in order:
        below = sum(child.span for child in box.children) + GAP * max(0, len(box.children) - 1)
        at = box.middle - below / 2
        for child in box.children:
            child.left = at + (child.span - child.width) / 2
            child.top = box.top + box.height + RISE
            at += child.span + GAP
    return root


def boxes(root: Box) -> Iterator[Box]:
    """A box and all below it."""
    stack = [root]
    while stack:
        box = stack.pop()
        yield box
        stack.extend(box.children)


def _box(node: Derivation, pictures: Sequence[str]) -> Box:
    lines = [(name, _cut(line)) for name, line in _lines(node)]
    width = max(_columns(line) for _, line in lines) * CHARACTER + 2 * PADDING
    height = len(lines) * LINE + PADDING
    if node.children or len(node.words) != 1 or node.start >= len(pictures):
        return Box(node, lines, [], width, height)
    return Box(node, lines, [], max(width, PICTURE + 2 * PADDING), height + PICTURE, pictures[node.start])


def _lines(node: Derivation) -> Iterator[tuple[str, str]]:
    """Class and text of each line of a node's box."""
    yield "symbol", node.symbol
    if not node.children and node.words == (node.symbol,) and node.value in (None, node.words):
        return
    yield "words", f"“{_some(' '.join(node.words[:MAX_TITLE]))}”"
    if node.clause:
        first, *more = node.clause.split("\n")
        yield "clause", first + (" ..." if more else "")
    yield "value", _some(_value(node))


def _value(node: Derivation) -> str:
    return "" if node.value is None else text(node.value) or "(empty)"


def _svg(root: Box) -> str:
    everything = list(boxes(root))
    width = root.span + 2 * PADDING
    height = max(box.top + box.height for box in everything) + 2 * PADDING
    edges = [_edge(box, child) for box in everything for child in box.children]
    drawn = [_draw(box) for box in everything]
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="{-PADDING} {-PADDING} {width:.0f} {height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n' + "\n".join(edges + drawn) + "\n</svg>"


def _edge(box: Box, child: Box) -> str:
    start, end = box.top + box.height, child.top
    bend = (start + end) / 2
    return (
        f'<path d="M{box.middle:.1f} {start:.1f} C{box.middle:.1f} {bend:.1f} '
        f'{child.middle:.1f} {bend:.1f} {child.middle:.1f} {end:.1f}"/>'
    )


def _draw(box: Box) -> str:
    whole = "\n".join(line for _, line in _lines(box.node))
    if box.node.clause:
        whole += "\n" + box.node.clause
    lines = "".join(
        f'<text class="{name}" x="{box.middle:.1f}" y="{box.top + number * LINE - 1:.1f}">{clean(line)}</text>'
        for number, (name, line) in enumerate(box.lines, 1)
    )
    picture = ""
    if box.picture:
        left, top = box.middle - PICTURE / 2, box.top + box.height - PICTURE - PADDING / 2
        place = f'x="{left:.1f}" y="{top:.1f}" width="{PICTURE}" height="{PICTURE}"'
        picture = f'<image {place} href="{escape(box.picture)}"/>'
    rectangle = f'<rect x="{box.left:.1f}" y="{box.top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="6"/>'
    return f"<g><title>{clean(whole)}</title>{rectangle}{lines}{picture}</g>"


def _clauses(derivation: Derivation) -> str:
    used = dict.fromkeys(node.clause for node in derivation.nodes() if node.clause)
    return "\n".join(sorted(used))


def _cut(line: str) -> str:
    if len(line) <= MAX_CHARACTERS:
        return line
    return line[: MAX_CHARACTERS * 2 // 3] + " … " + line[-(MAX_CHARACTERS // 3) + 3 :]


def _some(line: str) -> str:
    return line if len(line) <= MAX_TITLE else line[: MAX_TITLE - 2] + " …"


def _columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


def clean(line: str) -> str:
    """Escaped, and without the characters that XML cannot hold."""
    return escape("".join(character if _allowed(ord(character)) else "\N{REPLACEMENT CHARACTER}" for character in line))


def _allowed(code: int) -> bool:
    return code in (0x9, 0xA) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code >= 0x10000
