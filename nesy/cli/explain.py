"""Show how an input gets its value: the derivation tree with the value of every node."""

from __future__ import annotations

import argparse

from nesy.cli.arguments import EXAMPLE_LANGUAGE, load_language, sentence

EXAMPLES = """examples:
  nesy explain scan jump around left twice
  nesy explain learned.nesy "jump twice" --html page.html
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("language", help=EXAMPLE_LANGUAGE)
    parser.add_argument("input", nargs="+", help="the input's words")
    parser.add_argument("--html", metavar="OUT", help="write one self-contained page with the tree drawn")


def main(options: argparse.Namespace) -> int:
    from nesy.files import check_writable, write_atomically

    if options.html is not None:
        check_writable(options.html)
    derivation = load_language(options.language).parse(sentence(options.input))
    if options.html is not None:
        write_atomically(options.html, derivation.html())
    print(derivation.pretty())
    if options.html is not None:
        print(f"page: {options.html}")
    return 0
