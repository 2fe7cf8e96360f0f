"""Run a language or a program on an input, or on many, one a line.

Several inputs are answered line by line. An input without an answer gives an empty line and a
message, and the others are still answered.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator

from nesy.cli.arguments import EXAMPLE, load, sentence
from nesy.errors import InputError, NesyError

EXAMPLES = """examples:
  nesy run scan jump around left twice
  nesy run peano "add(S(O), S(O))"
  nesy run learned.nesy inputs.txt
  echo "jump twice" | nesy run learned.nesy -
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help=EXAMPLE)
    parser.add_argument(
        "input",
        nargs="+",
        help="a sentence or an expression; or the name of a file of them, one a line; or - for standard input",
    )
    parser.add_argument("--text", action="store_true", help="take INPUT as words even if there is such a file")


def main(options: argparse.Namespace) -> int:
    answer = _answers(options.file)
    words = options.input
    if options.text or len(words) > 1 or not (words == ["-"] or os.path.exists(words[0])):
        print(answer(sentence(words)))
        return 0
    worst = 0
    for place, line in _inputs(words[0]):
        try:
            print(answer(line))
        except NesyError as error:
            worst = max(worst, error.exit_code)
            print()
            print(f"{place}: {error}", file=sys.stderr)
    return worst


def _answers(file: str) -> Callable[[str], str]:
    """From an input to the text of its value."""
    from nesy.lang.language import Language
    from nesy.machine.values import text
    from nesy.terms import show

    defined = load(file)
    if isinstance(defined, Language):
        return lambda line: text(defined.run(line))
    return lambda line: show(defined.run(line))


def _inputs(source: str) -> Iterator[tuple[str, str]]:
    from nesy.lines import read_lines

    name = "<stdin>" if source == "-" else source
    empty = True
    for number, line in read_lines(source):
        empty = False
        yield f"{name}:{number}", line
    if empty:
        raise InputError("no input", file=name, expected="inputs, one a line")
