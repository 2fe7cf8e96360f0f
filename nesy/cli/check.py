"""Check a definition file: a language's coverage, words and ambiguity; a program's types, cases and termination."""

from __future__ import annotations

import argparse

from nesy.cli.arguments import EXAMPLE, load

EXAMPLES = """examples:
  nesy check learned.nesy
  nesy check peano
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help=EXAMPLE)


def main(options: argparse.Namespace) -> int:
    report = load(options.file).check()
    print(report)
    return 0 if report.ok else 1
