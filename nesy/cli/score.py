"""Compare a language with pairs; the last line is `correct/total accuracy`.

Outputs are compared as canonical text. An input outside the language, or without a value, is wrong.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from typing import TYPE_CHECKING

from nesy.cli import pictures
from nesy.cli.arguments import EXAMPLE_LANGUAGE, load_language, natural, on_terminal
from nesy.errors import NesyError

if TYPE_CHECKING:
    from nesy.lang.language import Language

EXAMPLES = """example:
  nesy score learned.nesy test.tsv --errors 5
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("language", help=EXAMPLE_LANGUAGE)
    parser.add_argument(
        "pairs",
        help="a PAIRS file: input<TAB>output a line, or SCAN's IN: ... OUT: ...; may be gzipped; or image sequences: "
        "an .npz, or a folder with pairs.tsv",
    )
    parser.add_argument("--errors", type=natural, default=0, metavar="N", help="show the first N that are wrong")
    parser.add_argument(
        "--allow-contradictions", action="store_true", help="accept an input with several outputs in the file"
    )


def main(options: argparse.Namespace) -> int:
    if pictures.holds_images(options.pairs):
        return _score_images(options)
    from nesy.pairs import read_pairs

    pairs = read_pairs(options.pairs, allow_contradictions=options.allow_contradictions)
    language = load_language(options.language)
    correct, shown = 0, 0
    last = time.monotonic()
    for done, pair in enumerate(pairs):
        got = answer(language, pair.text)
        correct += got == pair.output
        if got != pair.output and shown < options.errors:
            shown += 1
            print(f"{options.pairs}:{pair.line}: {pair.text}")
            print(f"  expected: {pair.output}")
            print(f"  got:      {got}")
        if time.monotonic() - last > (0.2 if on_terminal() else 10):
            last = time.monotonic()
            _progress(f"{correct} of {done + 1} correct, {len(pairs)} in all")
    _progress("")
    print(accuracy(correct, len(pairs)))
    return 0


def _score_images(options: argparse.Namespace) -> int:
    """Compare a language that sees with pairs of image sequences and answers."""
    from nesy.machine.values import text

    sight = pictures.load(options.language)
    pairs = sight.pairs(options.pairs)
    correct = shown = 0
    for number, (reading, expected) in enumerate(zip(sight.readings(pairs.sequences), pairs.answers, strict=True)):
        got = "(no value)" if reading is None else text(reading.value)
        correct += got == expected
        if got != expected and shown < options.errors:
            shown += 1
            words = "" if reading is None else " ".join(reading.words)
            print(f"{options.pairs}: {number}: {words}\n  expected: {expected}\n  got:      {got}")
    print(accuracy(correct, len(pairs)))
    return 0


def accuracy(correct: int, total: int) -> str:
    """``3/4 75.00%``, rounded down: 100.00% means all."""
    return f"{correct}/{total} {math.floor(10_000 * correct / total) / 100:.2f}%"


def answer(language: Language, text: str) -> str:
    """The canonical text of the value, or a remark on why there is none."""
    from nesy.machine.values import text as canonical

    try:
        return canonical(language.run(text))
    except NesyError as error:
        return f"({error})"


def _progress(line: str) -> None:
    if on_terminal():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
    elif line:
        print(line, file=sys.stderr, flush=True)
