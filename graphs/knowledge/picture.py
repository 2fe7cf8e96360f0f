"""A predicted fact and its strongest reasons as a picture for people (SVG)."""

from __future__ import annotations

from html import escape

from graphs.knowledge.graph import KnowledgeGraph
from graphs.knowledge.reasons import NONE, Reasons

WIDTH, ROW, TOP = 1080, 46, 70
BOX, HIGH = 190, 30
LEFT, MIDDLE, RIGHT = 20 + BOX / 2, WIDTH / 2, WIDTH - 20 - BOX / 2
"""Where the head, the common neighbours and the tail stand."""
BEND = 80
"""How far from a box its lines run before they are level with their row."""
LONGEST = 24
"""Characters of a name that are shown; the rest shows when the pointer rests on it."""
INK, REASON, PREDICTED = "#222222", "#0b5cad", "#b3541e"


def reason_picture(graph: KnowledgeGraph, why: Reasons, fact: tuple[int, int, int], logit: float, rows: int = 8) -> str:
    """The text of an SVG file: the fact, and a row for each of its strongest reasons, as wide as what it adds.

    Args:
        why: of this fact alone.
        fact: head, relation, tail.
        logit: of the fact; what the paths do not add comes from the two ends.
        rows: most reasons that are drawn.
    """
    shown = list(zip(*(getattr(why, name).tolist() for name in Reasons.__slots__), strict=True))[:rows]
    most = max((abs(added) for *_, added in shown), default=1.0) or 1.0
    height = TOP + ROW * (len(shown) + 1) + 20
    middle = TOP + ROW * (len(shown) + 1) / 2
    head, relation, tail = fact
    parts = _line(LEFT, RIGHT, middle, TOP, _label(graph, relation), PREDICTED, 2, dashed=True)
    for place, (_, first, between, second, added) in enumerate(shown, 1):
        y, width = TOP + ROW * place, 1 + 4 * abs(added) / most
        amount = f"{added:+.2f}"
        if between == NONE:
            parts += _line(LEFT, RIGHT, middle, y, f"{_label(graph, first)}  {amount}", REASON, width)
            continue
        parts += _line(LEFT, MIDDLE, middle, y, _label(graph, first), REASON, width)
        parts += _line(RIGHT, MIDDLE, middle, y, _label(graph, second), REASON, width)
        parts += _box(MIDDLE, y, graph.entities[between], amount)
    parts += _box(LEFT, middle, graph.entities[head]) + _box(RIGHT, middle, graph.entities[tail])
    paths = float(why.added.sum())
    asked = " ".join(graph.names_of(fact))
    sums = f"logit {logit:.2f} = {logit - paths:.2f} from the two ends + {paths:.2f} from {len(why.added):,} paths"
    size = f'width="{WIDTH}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12" fill="{INK}">',
            f'<rect {size} fill="white"/>',
            f'<text x="20" y="26" font-size="15">{escape(asked)}</text>',
            f'<text x="20" y="45">{sums}</text>',
            *parts,
            "</svg>\n",
        ]
    )


def _label(graph: KnowledgeGraph, relation: int) -> str:
    """The relation's name, with an arrow: at a box where many lines end, theirs would be one."""
    name = _text(graph.relations[relation % graph.num_relations])
    return f"← {name}" if relation >= graph.num_relations else f"{name} →"


def _line(
    x: float,
    end: float,
    middle: float,
    y: float,
    label: str,
    colour: str,
    width: float,
    dashed: bool = False,
) -> list[str]:
    """From the outer box at x, at middle height, through row y to the box at `end`."""
    way = 1 if end > x else -1
    start, stop = x + way * BOX / 2, end - way * BOX / 2
    level = start + way * BEND
    path = f"M{start},{middle} {_bend(start, middle, level, y)}"
    if end == MIDDLE:
        path, at = f"{path} L{stop},{y}", (level + stop) / 2
    else:
        path, at = f"{path} L{stop - way * BEND},{y} {_bend(stop - way * BEND, y, stop, middle)}", MIDDLE
    dash = ' stroke-dasharray="6 4"' if dashed else ""
    stroke = f'fill="none" stroke="{colour}" stroke-opacity="0.75" stroke-width="{width:.1f}"{dash}'
    return [
        f'<path d="{path}" {stroke}/>',
        f'<text x="{at}" y="{y - 6}" text-anchor="middle" fill="{colour}">{label}</text>',
    ]


def _bend(x: float, y: float, u: float, v: float) -> str:
    """A curve that leaves and arrives level."""
    return f"C{(x + u) / 2},{y} {(x + u) / 2},{v} {u},{v}"


def _box(x: float, y: float, name: str, below: str = "") -> list[str]:
    left, top = x - BOX / 2, y - HIGH / 2
    frame = f'<rect x="{left}" y="{top}" width="{BOX}" height="{HIGH}" rx="6" fill="#f3f4f6" stroke="#9a9aa2"/>'
    text = f'<text x="{x}" y="{y + (-1 if below else 4)}" text-anchor="middle">{_text(name)}</text>'
    amount = f'<text x="{x}" y="{y + 11}" text-anchor="middle" font-size="10" fill="{REASON}">{below}</text>'
    return [frame, text, amount] if below else [frame, text]


def _text(name: str) -> str:
    if len(name) <= LONGEST:
        return escape(name)
    return f"{escape(name[: LONGEST - 1])}…<title>{escape(name)}</title>"
