"""Show how an input gets its value: the derivation tree with the value of every node; or how it could be another."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nesy.cli import pictures
from nesy.cli.arguments import EXAMPLE_LANGUAGE, load_language, natural, sentence

if TYPE_CHECKING:
    from nesy.abduction import Abduction
    from nesy.derivation import Derivation
    from nesy.lang.language import Language

EXAMPLES = """examples:
  nesy explain scan jump around left twice
  nesy explain learned.nesy "jump twice" --html page.html
  nesy explain calculator "3 + 5 * 2" --abduce 16
  nesy explain nesy-demo/arithmetic.nesy picture.png --html page.html
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("language", help=EXAMPLE_LANGUAGE)
    parser.add_argument("input", nargs="+", help="the input's words, or one picture (PNG, JPEG) of them")
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
    if len(options.input) == 1 and pictures.is_picture(options.input[0]):
        return _explain_picture(options)
    language, words = load_language(options.language), sentence(options.input)
    if options.abduce is not None:
        from nesy.abduction import Abducer

        answer = sentence([options.abduce])
        found = Abducer(language, budget=options.budget).abduce(words, answer)
        return _tell(found, language, language.words(words), answer, options.html)
    derivation = language.parse(words)
    print(derivation.pretty())
    _page(derivation, options.html)
    return 0


def _explain_picture(options: argparse.Namespace) -> int:
    """The same for a picture, of which every symbol is shown on the page."""
    from nesy.errors import InputError
    from nesy.images.show import data_uri

    sight = pictures.load(options.language)
    (path,) = options.input
    images = sight.picture(path)
    shown = [data_uri(image) for image in images]
    if options.abduce is not None:
        from nesy.abduction import Abducer

        answer = sentence([options.abduce])
        abducer = Abducer(sight.language, sight.words, budget=options.budget)
        found = abducer.abduce(sight.log_probs([images])[0], answer)
        return _tell(found, sight.language, sight.spelled(images), answer, options.html, shown)
    try:
        derivation = sight.parse(images)
    except InputError as error:
        error.file = error.file or path
        raise
    print(derivation.pretty())
    _page(derivation, options.html, shown)
    return 0


def _tell(
    found: Abduction,
    language: Language,
    read: Sequence[str],
    answer: str,
    page: str | None,
    shown: Sequence[str] = (),
) -> int:
    from nesy.abduction.account import account

    print(account(found, language, read, answer))
    if found.after is None:
        return 1
    _page(found.after, page, shown)
    return 0


def _page(derivation: Derivation, path: str | None, shown: Sequence[str] = ()) -> None:
    from nesy.files import write_atomically

    if path is not None:
        write_atomically(path, derivation.html(shown))
        print(f"page: {path}")
