"""The command line: ``nesy VERB ...``, one module per verb.

Exit codes: 0 done; 1 the work ran and the answer is no; 2 bad input, nothing written;
130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import nesy
from nesy.cli import check, demo, explain, learn, run, score, solve, trace
from nesy.errors import NesyError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; no traceback reaches a user for what a user can cause."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    code = 0
    try:
        options = parser().parse_args(arguments)
        code = options.main(options)
        sys.stdout.flush()
    except NesyError as error:
        print(error, file=sys.stderr)
        code = error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = INTERRUPTED
    except BrokenPipeError:
        _abandon_stdout()
    except OSError as error:
        place = error.filename
        if place is None:
            place = "standard output"
            _abandon_stdout()
        print(f"{place}: {error.strerror or error}", file=sys.stderr)
        code = 2
    return code


def parser() -> argparse.ArgumentParser:
    """The whole command line; importing it loads neither torch nor lark."""
    top = argparse.ArgumentParser(
        prog="nesy",
        description="Learn a small language from examples, as a program you can read, check and run.",
        epilog="example: nesy learn pairs.tsv --out learned.nesy   (each verb has its own --help)",
    )
    top.add_argument("--version", action="version", version=f"nesy {nesy.__version__}")
    verbs = top.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb in (learn, score, run, explain, check, trace, solve, demo):
        name = verb.__name__.rpartition(".")[2]
        about = (verb.__doc__ or "").partition("\n")[0]
        one = verbs.add_parser(
            name,
            help=about,
            description=about,
            epilog=verb.EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        verb.configure(one)
        one.set_defaults(main=verb.main)
    return top


def _abandon_stdout() -> None:
    """Let nothing be written to standard output any more, not even when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
