"""Run a language or a program on an input, or on many, one a line.

Several inputs are answered line by line. An input without an answer gives an empty line and a
message, and the others are still answered.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator

from nesy.cli import pictures
from nesy.cli.arguments import EXAMPLE, load, natural, sentence
from nesy.errors import InputError, NesyError

EXAMPLES = """examples:
  nesy run scan jump around left twice
  nesy run peano "add(S(O), S(O))"
  nesy run learned.nesy inputs.txt
  echo "jump twice" | nesy run learned.nesy -
  nesy run nesy-demo/arithmetic.nesy picture.png
"""


FUEL = 5_000_000
LIMIT = 1_000_000


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help=EXAMPLE)
    parser.add_argument(
        "input",
        nargs="+",
        help="a sentence or an expression; or the name of a file of them, one a line; or - for standard input; "
        "or pictures (PNG, JPEG) of one line of symbols with white space between, or an .npz of image sequences",
    )
    parser.add_argument("--text", action="store_true", help="take INPUT as words even if there is such a file")
    parser.add_argument(
        "--fuel",
        type=natural,
        default=FUEL,
        metavar="N",
        help="calls that one input may make of functions that are not proved to terminate (%(default)s)",
    )
    parser.add_argument(
        "--limit",
        type=natural,
        default=LIMIT,
        metavar="N",
        help="characters of a program's value that are shown (%(default)s; 0: all)",
    )


def main(options: argparse.Namespace) -> int:
    if not options.text and all(map(pictures.seen, options.input)):
        return pictures.run(options.file, options.input)
    answer = _answers(options)
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


def _answers(options: argparse.Namespace) -> Callable[[str], str]:
    """From an input to the text of its value."""
    from nesy.lang.language import Language
    from nesy.machine.values import text
    from nesy.recursion.program import Program
    from nesy.terms import show

    defined = load(options.file)
    if isinstance(defined, Language):
        return lambda line: text(defined.run(line))
    if not isinstance(defined, Program):
        raise InputError("a puzzle", file=options.file, mend=f"nesy solve {options.file} solves it")
    return lambda line: show(defined.run(line, fuel=options.fuel), options.limit or None)


def _inputs(source: str) -> Iterator[tuple[str, str]]:
    from nesy.lines import read_lines

    name = "<stdin>" if source == "-" else source
    empty = True
    for number, line in read_lines(source):
        empty = False
        yield f"{name}:{number}", line
    if empty:
        raise InputError("no input", file=name, expected="inputs, one a line")
