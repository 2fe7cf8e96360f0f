"""The demonstration as one self-contained page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp

from nesy.demos.page import document, images, table
from nesy.demos.sudoku.measure import Score
from nesy.derivation.page import clean
from nesy.images.picture import Image
from nesy.images.show import data_uri
from nesy.puzzles.model import Value
from nesy.solving.account import why
from nesy.solving.reading import Reading

SIDE, BLOCK = 34, 3
"""Pixels of a cell; cells along a block."""

STYLE_OF_BOARDS = """
.boards { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; margin: .8rem 0 1.5rem; }
figure { margin: 0; } figcaption { color: var(--dim); margin-top: .2rem; }
.picture { height: 320px; margin: 0; background: #fff; }
.board rect { fill: var(--paper); stroke: var(--edge); stroke-width: 1; }
.board rect.heat { fill: var(--mark); stroke: none; }
.board path { stroke: var(--ink); stroke-width: 2; }
.board text { font: 18px system-ui, sans-serif; }
.board .solved { fill: var(--mark); }
.board .changed { fill: #c2185b; font-weight: 700; }
.board .was { fill: #c2185b; font-size: 10px; text-decoration: line-through; }
@media (prefers-color-scheme: dark) { .board .changed, .board .was { fill: #ff7aa8; } }
"""


@dataclass
class Course:
    """How a network fills a board.

    Attributes:
        certain: per step how many cells have a value of probability 0.9 or more.
        boards: step -> per cell its most probable value and that value's probability.
        agrees: in how many cells the last step is the proved solution.
    """

    certain: Sequence[int]
    boards: Mapping[int, Sequence[tuple[Value, float]]]
    agrees: int


@dataclass
class Story:
    """What the demonstration found, as the page tells it.

    Attributes:
        picture: of the board that is shown.
        reading: what was read in it.
        ink: variable -> what is written in its cell.
        scores: how many images a recogniser has learned from -> how it reads.
        shown: how many images the recogniser of the shown board has learned from.
    """

    picture: Image
    reading: Reading
    ink: Mapping[int, Image]
    shown: int
    scores: Mapping[int, Score] = field(default_factory=dict)
    course: Course | None = None


def page(story: Story) -> str:
    """The page as a text that is both HTML and XML."""
    reading, model = story.reading, story.reading.answer.instance.model
    solution = reading.answer.values or ()
    was = {change.variable: change.read for change in reading.changes}
    kinds = ["changed" if v in was else "given" if v in reading.values else "solved" for v in range(len(solution))]
    read = [str(reading.values.get(v, "")) for v in range(len(solution))]
    rows = (
        (
            images([255 - story.ink[change.variable]]),
            clean(model.names[change.variable]),
            str(change.read),
            str(change.corrected),
            f"{exp(-change.cost):.2g}",
            clean(why(change, model)),
        )
        for change in reading.changes
    )
    return document(
        "A sudoku of handwritten digits",
        [
            "<h1>A sudoku of handwritten digits, solved from its picture</h1>",
            f"<p>A recogniser that has learned from {story.shown} labelled digits reads each symbol by itself, and "
            f"misreads some: {len(was)} here. The rules of the puzzle, and that it has one solution, say which reading "
            "of the whole is the most probable one.</p>",
            '<div class="boards">',
            _figure(f'<img class="picture" alt="" src="{data_uri(story.picture)}"/>', "the picture"),
            _figure(_board(read, kinds, was=was), "what was read; corrections in red"),
            _figure(_board(list(map(str, solution)), kinds), "solved; every rule was verified"),
            "</div>",
            "<h2>What reasoning corrected, and why</h2>",
            table(("written", "cell", "by itself", "read as", "odds", "if it were as it looks"), rows, numbers=(4,)),
            "<h2>Many pictures</h2>",
            "<p>Each row is another recogniser; the boards are drawn with digits of other writers than it has learned "
            "from. A board counts as read where all of its digits are right.</p>",
            table(
                ("learned from", "digits right", "boards", "read by themselves", "read together", "wrong", "refused"),
                (_row(count, score) for count, score in story.scores.items()),
                numbers=range(7),
            ),
            *_course(story.course),
        ],
        STYLE_OF_BOARDS,
    )


def _row(count: int, score: Score) -> tuple[str, ...]:
    right = f"{1 - score.misread / score.digits:.1%}"
    numbers = score.boards, score.alone, score.together, score.wrong, score.refused
    return (f"{count} images", right, *map(str, numbers))


def _course(course: Course | None) -> list[str]:
    if course is None:
        return []
    boards = [
        _figure(
            _board([str(value) for value, _ in cells], ["given"] * len(cells), [chance for _, chance in cells]),
            f"step {step}: {course.certain[step - 1]} cells certain",
        )
        for step, cells in course.boards.items()
    ]
    return [
        "<h2>The same board in the eyes of a network</h2>",
        "<p>A relational network that nesy brings, trained on solved boards, passes messages between values: the "
        "deeper the colour, the surer it is. Nothing that it says is verified; the solver above proves its answer "
        f"alone. The network's last step agrees with the proof in {course.agrees} cells.</p>",
        '<div class="boards">',
        *boards,
        "</div>",
    ]


def _figure(inner: str, caption: str) -> str:
    return f"<figure>{inner}<figcaption>{clean(caption)}</figcaption></figure>"


def _board(
    texts: Sequence[str],
    kinds: Sequence[str],
    heat: Sequence[float] = (),
    was: Mapping[int, Value] | None = None,
) -> str:
    """A square board as SVG.

    Args:
        texts: of the cells, row by row.
        kinds: of the cells: given, changed or solved.
        heat: how deep the colour of each cell is, 0..1.
        was: what stood in a cell before.
    """
    count = round(len(texts) ** 0.5)
    size = count * SIDE
    parts = [
        f'<svg class="board" xmlns="http://www.w3.org/2000/svg" width="{size + 4}" height="{size + 4}" '
        f'viewBox="-2 -2 {size + 4} {size + 4}">'
    ]
    for number, (text, kind) in enumerate(zip(texts, kinds, strict=True)):
        x, y = number % count * SIDE, number // count * SIDE
        parts.append(f'<rect x="{x}" y="{y}" width="{SIDE}" height="{SIDE}"/>')
        if heat:
            depth = f"{0.6 * heat[number]:.2f}"
            parts.append(f'<rect class="heat" x="{x}" y="{y}" width="{SIDE}" height="{SIDE}" opacity="{depth}"/>')
        parts.append(f'<text class="{kind}" x="{x + SIDE / 2}" y="{y + SIDE * 0.7:.1f}">{clean(text)}</text>')
        if was and number in was:
            parts.append(f'<text class="was" x="{x + 7}" y="{y + 11}">{clean(str(was[number]))}</text>')
    lines = "".join(f"M{k * SIDE} 0V{size}M0 {k * SIDE}H{size}" for k in range(0, count + 1, BLOCK))
    return "".join([*parts, f'<path d="{lines}"/></svg>'])
