"""Run a language on an input, or on many, one a line.

Several inputs are answered line by line. An input without an answer gives an empty line and a
message, and the others are still answered.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator

from nesy.cli.arguments import EXAMPLE_LANGUAGE, load_language, sentence
from nesy.errors import InputError, NesyError

EXAMPLES = """examples:
  nesy run scan jump around left twice
  nesy run learned.nesy inputs.txt
  echo "jump twice" | nesy run learned.nesy -
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("language", help=EXAMPLE_LANGUAGE)
    parser.add_argument(
        "input",
        nargs="+",
        help="the input's words; or the name of a file of inputs, one a line; or - for standard input",
    )
    parser.add_argument("--text", action="store_true", help="take INPUT as words even if there is such a file")


def main(options: argparse.Namespace) -> int:
    from nesy.machine.values import text

    language = load_language(options.language)
    words = options.input
    if options.text or len(words) > 1 or not (words == ["-"] or os.path.exists(words[0])):
        print(text(language.run(sentence(words))))
        return 0
    worst = 0
    for place, line in _inputs(words[0]):
        try:
            print(text(language.run(line)))
        except NesyError as error:
            worst = max(worst, error.exit_code)
            print()
            print(f"{place}: {error}", file=sys.stderr)
    return worst


def _inputs(source: str) -> Iterator[tuple[str, str]]:
    from nesy.lines import read_lines

    name = "<stdin>" if source == "-" else source
    empty = True
    for number, line in read_lines(source):
        empty = False
        yield f"{name}:{number}", line
    if empty:
        raise InputError("no input", file=name, expected="inputs, one a line")
