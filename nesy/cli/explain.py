"""Show how an input gets its value: the derivation tree with the value of every node; or how it could be another."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nesy.cli.arguments import EXAMPLE_LANGUAGE, load_language, natural, sentence

if TYPE_CHECKING:
    from nesy.derivation import Derivation
    from nesy.lang.language import Language

EXAMPLES = """examples:
  nesy explain scan jump around left twice
  nesy explain learned.nesy "jump twice" --html page.html
  nesy explain calculator "3 + 5 * 2" --abduce 16
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("language", help=EXAMPLE_LANGUAGE)
    parser.add_argument("input", nargs="+", help="the input's words")
    parser.add_argument("--html", metavar="OUT", help="write one self-contained page with the tree drawn")
    parser.add_argument(
        "--abduce",
        metavar="ANSWER",
        help="find the least costly edits of symbols, attachments and meanings that give this answer; exit code 1 "
        "where there are none",
    )
    parser.add_argument(
        "--budget", type=natural, default=2000, metavar="N", help="readings that --abduce may look at (%(default)s)"
    )


def main(options: argparse.Namespace) -> int:
    from nesy.files import check_writable

    if options.html is not None:
        check_writable(options.html)
    language, words = load_language(options.language), sentence(options.input)
    if options.abduce is not None:
        return _abduce(language, words, options)
    derivation = language.parse(words)
    print(derivation.pretty())
    _page(derivation, options.html)
    return 0


def _abduce(language: Language, words: str, options: argparse.Namespace) -> int:
    from nesy.abduction import Abducer
    from nesy.abduction.account import account

    answer = sentence([options.abduce])
    found = Abducer(language, budget=options.budget).abduce(words, answer)
    print(account(found, language, language.words(words), answer))
    if found.after is None:
        return 1
    _page(found.after, options.html)
    return 0


def _page(derivation: Derivation, path: str | None) -> None:
    from nesy.files import write_atomically

    if path is not None:
        write_atomically(path, derivation.html())
        print(f"page: {path}")
