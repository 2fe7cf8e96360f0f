"""What the pages of the demonstrations share: one self-contained text each, both HTML and XML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from nesy.derivation.page import STYLE, clean
from nesy.images.picture import Image
from nesy.images.show import data_uri

TABLES = """
table { border-collapse: collapse; margin: .5rem 0 1.5rem; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; vertical-align: middle; }
th { color: var(--dim); font-weight: 500; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
h2 { font-size: 1.05rem; margin: 2rem 0 .3rem; }
p { max-width: 46rem; }
"""


def document(title: str, parts: Iterable[str], style: str = "") -> str:
    """A page of parts that are HTML already."""
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><meta charset="utf-8"/>',
            '<meta name="viewport" content="width=device-width"/>',
            f"<title>{clean(title)}</title><style>{escape(STYLE + TABLES + style)}</style></head><body>",
            *parts,
            "</body></html>\n",
        ]
    )


def images(pictures: Iterable[Image]) -> str:
    """Pictures side by side."""
    return "".join(f'<img alt="" src="{escape(data_uri(picture))}"/>' for picture in pictures)


def table(titles: Sequence[str], rows: Iterable[Iterable[str]], numbers: Iterable[int] = ()) -> str:
    """A table of cells that are HTML already; the columns in `numbers` are set to the right."""
    right = set(numbers)

    def cells(row: Iterable[str], tag: str) -> str:
        kinds = (f'<{tag} class="number">' if k in right else f"<{tag}>" for k in range(100))
        return "".join(f"{kind}{cell}</{tag}>" for kind, cell in zip(kinds, row, strict=False))

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table><tr>{cells(map(clean, titles), 'th')}</tr>{body}</table>"
