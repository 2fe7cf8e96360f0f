"""The demonstration as one self-contained page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from nesy.demos.arithmetic.data import Example
from nesy.derivation.page import STYLE, clean
from nesy.images.picture import Image
from nesy.images.show import data_uri

MORE_STYLE = """
table { border-collapse: collapse; margin: .5rem 0 1.5rem; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; vertical-align: middle; }
th { color: var(--dim); font-weight: 500; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
h2 { font-size: 1.05rem; margin: 2rem 0 .3rem; }
p { max-width: 46rem; }
"""


@dataclass
class Story:
    """What the demonstration found, as the page tells it.

    Attributes:
        samples: some of the examples that were learned from.
        epochs: the cells of the live table; `titles` are above them.
        symbols: per learned symbol: word, meaning, pictures that are read as it.
        source: the learned definition file.
        scores: per number of operators: share of answers right of what was learned, and of the neural model.
        sizes: how many weights both have.
        repair: what was read, pictures, and the account of one abduction.
        pictures, derivation: of one long expression: the page's tree.
    """

    samples: Sequence[Example] = ()
    titles: Sequence[str] = ()
    epochs: list[Sequence[str]] = field(default_factory=list)
    symbols: list[tuple[str, str, Image]] = field(default_factory=list)
    source: str = ""
    scores: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    longest: int = 0
    sizes: tuple[int, int] = (0, 0)
    repair: tuple[Image, str] | None = None


def page(story: Story) -> str:
    """The page as a text that is both HTML and XML."""
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><meta charset="utf-8"/>',
            '<meta name="viewport" content="width=device-width"/>',
            f"<title>Handwritten arithmetic</title><style>{escape(STYLE + MORE_STYLE)}</style></head><body>",
            "<h1>Handwritten arithmetic, learned from pictures and answers alone</h1>",
            "<p>No symbol labels, no grammar and no program were given: only sequences of pictures with their answers, "
            "such as these.</p>",
            _table(("pictures", "answer"), ((_images(s.images), clean(s.answer)) for s in story.samples)),
            "<h2>What each learned symbol looks like</h2>",
            "<p>Pictures that were never learned from, beside the symbol that they are read as. A symbol's name "
            "is what the learner calls it.</p>",
            _table(
                ("symbol", "meaning", "read as it"),
                (
                    (clean(word), f"<code>{clean(meaning)}</code>", _images(seen))
                    for word, meaning, seen in story.symbols
                ),
            ),
            "<h2>How it was learned</h2>",
            _table(story.titles, (map(clean, row) for row in story.epochs), numbers=range(2, len(story.titles) - 1)),
            "<p>Symbols, answers and parses are measured on pictures and expressions that are not learned from; their "
            "labels are used for this table only.</p>",
            *_repair(story),
            "<h2>Longer expressions</h2>",
            f"<p>Learned from at most {story.longest} operators. Beside it a network of {story.sizes[1]:,} weights "
            f"(the learned recogniser has {story.sizes[0]:,}) trained for the same time on the same pairs.</p>",
            _table(
                ("operators", "learned", "neural model"),
                ((str(k), f"{a:.1%}", f"{b:.1%}") for k, (a, b) in story.scores.items()),
                numbers=range(3),
            ),
            "<h2>The learned definition file</h2>",
            f"<pre>{clean(story.source)}</pre></body></html>\n",
        ]
    )


def _repair(story: Story) -> list[str]:
    if story.repair is None:
        return []
    images, account = story.repair
    return ["<h2>One abduction</h2>", f"<div>{_images(images)}</div>", f"<pre>{clean(account)}</pre>"]


def _images(images: Image) -> str:
    return "".join(f'<img alt="" src="{escape(data_uri(image))}"/>' for image in images)


def _table(titles: Sequence[str], rows: Iterable[Iterable[str]], numbers: Iterable[int] = ()) -> str:
    """A table of cells that are HTML already; the columns in `numbers` are set to the right."""
    right = set(numbers)

    def cells(row: Iterable[str], tag: str) -> str:
        kinds = (f'<{tag} class="number">' if k in right else f"<{tag}>" for k in range(100))
        return "".join(f"{kind}{cell}</{tag}>" for kind, cell in zip(kinds, row, strict=False))

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table><tr>{cells(map(clean, titles), 'th')}</tr>{body}</table>"
