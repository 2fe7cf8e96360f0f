"""The demonstration as one self-contained page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nesy.demos.arithmetic.data import Example
from nesy.demos.page import document, images, table
from nesy.derivation.page import clean
from nesy.images.picture import Image


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
    return document(
        "Handwritten arithmetic",
        [
            "<h1>Handwritten arithmetic, learned from pictures and answers alone</h1>",
            "<p>No symbol labels, no grammar and no program were given: only sequences of pictures with their answers, "
            "such as these.</p>",
            table(("pictures", "answer"), ((images(s.images), clean(s.answer)) for s in story.samples)),
            "<h2>What each learned symbol looks like</h2>",
            "<p>Pictures that were never learned from, beside the symbol that they are read as. A symbol's name "
            "is what the learner calls it.</p>",
            table(
                ("symbol", "meaning", "read as it"),
                (
                    (clean(word), f"<code>{clean(meaning)}</code>", images(looks))
                    for word, meaning, looks in story.symbols
                ),
            ),
            "<h2>How it was learned</h2>",
            table(story.titles, (map(clean, row) for row in story.epochs), numbers=range(2, len(story.titles) - 1)),
            "<p>Symbols, answers and parses are measured on pictures and expressions that are not learned from; their "
            "labels are used for this table only.</p>",
            *_repair(story),
            "<h2>Longer expressions</h2>",
            f"<p>Learned from at most {story.longest} operators. Beside it a network of {story.sizes[1]:,} weights "
            f"(the learned recogniser has {story.sizes[0]:,}) trained for the same time on the same pairs.</p>",
            table(
                ("operators", "learned", "neural model"),
                ((str(k), f"{a:.1%}", f"{b:.1%}") for k, (a, b) in story.scores.items()),
                numbers=range(3),
            ),
            "<h2>The learned definition file</h2>",
            f"<pre>{clean(story.source)}</pre>",
        ],
    )


def _repair(story: Story) -> list[str]:
    if story.repair is None:
        return []
    seen, account = story.repair
    return ["<h2>One abduction</h2>", f"<div>{images(seen)}</div>", f"<pre>{clean(account)}</pre>"]
