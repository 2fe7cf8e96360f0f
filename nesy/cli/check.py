"""Check a definition file: coverage, arity, types, names, ambiguity."""

from __future__ import annotations

import argparse

from nesy.cli.arguments import EXAMPLE_LANGUAGE, load_language

EXAMPLES = """example:
  nesy check learned.nesy
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("language", help=EXAMPLE_LANGUAGE)


def main(options: argparse.Namespace) -> int:
    report = load_language(options.language).check()
    print(report)
    return 0 if report.ok else 1
