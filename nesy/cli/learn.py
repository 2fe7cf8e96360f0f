"""Learn a language from pairs and write it as a definition file.

Nothing but the pairs is given: no arity, no word order, no curriculum.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nesy.cli import pictures
from nesy.cli.arguments import natural, seconds
from nesy.errors import InputError

if TYPE_CHECKING:
    from nesy.learn import Learner, Progress
    from nesy.pairs import Pair

SAVE_EVERY = 20.0  # seconds between saved states
BUDGET, IMAGE_BUDGET = 180.0, 600.0  # seconds
PRIMITIVES = "lists arithmetic booleans"

RECURSION = """recursion:
  over a number:   f(0, a) = base     f(n + 1, a) = step, which may use n, a and f(n, a)
  over a sequence: f([], a) = base    f([h] ++ t, a) = step, which may use h, a and f(t, a)"""

EXAMPLES = """examples:
  nesy learn train.tsv --out learned.nesy
  nesy learn train.tsv --out learned.nesy --state work.state     (Ctrl-C, later the same with --resume)
  nesy learn new.tsv --given hint --out learned.nesy             (what hint says stays as it is)
  nesy learn --prelude
  nesy learn pictures.npz --symbols 16 --out learned.nesy
  nesy learn family.tsv --facts --out rules.nesy
  nesy learn calls.tsv --types list.nesy --signature "snoc : list(a), a -> list(a)" --out learned.nesy

TRAIN holds one pair a line: input<TAB>output, words separated by spaces. Or image sequences with answers: an .npz
with images uint8 (n, h, w), offsets (m + 1) and answers (m), or a folder with pairs.tsv, which names image files:
7.png plus.png 3.png<TAB>10; then --symbols says how many different symbols there are. With --types it holds calls of
one function and their values, snoc(Cons(1, Nil), 2)<TAB>Cons(1, Cons(2, Nil)): what is learned is a structural
recursion, which may call the functions of the program given and is written at its end. With --facts it holds one fact
a line, anna<TAB>parent<TAB>ben: what is learned are rules that complete them, parent(x, y) if married(x, w),
parent(w, y), with their precision; the file answers nesy run rules.nesy 'predict_parent("anna")'.
Exit code 1: nothing reliable was found (less than 80% of held-out pairs predicted); nothing is written
unless --keep is given.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("train", nargs="?", help="a PAIRS file, may be gzipped; or an .npz, or a folder with pairs.tsv")
    parser.add_argument("--out", metavar="FILE", help="the definition file to write")
    parser.add_argument("--seed", type=natural, default=0, help="same seed, same result (default 0)")
    parser.add_argument(
        "--budget", type=seconds, metavar="SECONDS", help="time to finish in (default 180, with images 600)"
    )
    parser.add_argument("--keep", action="store_true", help="write what was found even if it is not reliable")
    parser.add_argument("--allow-contradictions", action="store_true", help="accept an input with several outputs")
    parser.add_argument(
        "--primitives",
        default=PRIMITIVES,
        metavar="GROUPS",
        help=f'what programs are made of (default "{PRIMITIVES}"); peano',
    )
    parser.add_argument("--symbols", type=natural, metavar="N", help="with images: how many symbols they show")
    parser.add_argument(
        "--given",
        metavar="LANGUAGE",
        help="a definition file, or a shipped language: it stays, only the rest is learned",
    )
    parser.add_argument("--types", metavar="FILE", help="learn a recursion over the types of this program")
    parser.add_argument("--signature", metavar="TEXT", help='with --types: name and type, "double : nat -> nat"')
    parser.add_argument("--facts", action="store_true", help="TRAIN holds facts: learn rules that complete them")
    parser.add_argument("--state", metavar="FILE", help="save the state of the work here")
    parser.add_argument("--resume", action="store_true", help="go on from the saved state")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument(
        "--prelude", action="store_true", help="print the functions that programs are made of, and stop"
    )


def main(options: argparse.Namespace) -> int:
    if options.prelude:
        print(prelude(options.primitives))
        return 0
    if options.train is None or options.out is None:
        raise InputError("nesy learn", expected="nesy learn TRAIN --out FILE", mend="see nesy learn --help")
    if options.resume and options.state is None:
        raise InputError("--resume without --state", expected="--state FILE --resume")
    if options.facts:
        from nesy.cli import facts

        _reject_beside_facts(options)
        _reject_same_file(options)
        return facts.learn(options)
    images = options.types is None and pictures.holds_images(options.train)
    options.budget = options.budget or (IMAGE_BUDGET if images else BUDGET)
    if options.given is not None and options.state is not None:
        raise InputError("--state beside --given", expected="one of the two")
    if options.types is not None or options.signature is not None:
        from nesy.cli import recursions

        _reject_same_file(options)
        return recursions.learn(options)
    if images:
        prelude(options.primitives)
        _reject_same_file(options)
        return pictures.learn(options)
    if options.symbols is not None:
        raise InputError("--symbols with text", file=options.train, expected="an .npz, or a folder with pairs.tsv")
    from nesy.files import check_writable
    from nesy.pairs import read_pairs

    prelude(options.primitives)
    _reject_same_file(options)
    check_writable(options.out)
    if options.state is not None:
        check_writable(options.state)
    pairs = read_pairs(options.train, allow_contradictions=options.allow_contradictions)
    learner = _fit(pairs, _read_state(options.state) if options.resume else None, options)
    return _conclude(learner, [pair.line for pair in pairs], options)


def _fit(pairs: list[Pair], state: bytes | None, options: argparse.Namespace) -> Learner:
    """Learn, and keep the state of the work on the disk if that was asked for."""
    from nesy.cli.display import Display
    from nesy.files import write_atomically
    from nesy.learn import Learner

    saved = 0.0  # seconds after the start

    def progress(step: Progress) -> None:
        nonlocal saved
        display.show(step)
        if options.state is not None and step.elapsed - saved > SAVE_EVERY:
            saved = step.elapsed
            write_atomically(options.state, learner.checkpoint())

    learner = Learner(
        seed=options.seed,
        budget=options.budget,
        primitives=options.primitives,
        given=options.given,
        progress=progress,
    )
    with Display(quiet=options.quiet) as display:
        try:
            learner.fit([(pair.text, pair.output) for pair in pairs], resume=state)
        except InputError as error:
            if state is not None and error.file is None:  # the learner knows the state, not where it was
                error.file = options.state
            raise
        except KeyboardInterrupt:
            display.close()
            if options.state is not None:
                write_atomically(options.state, learner.checkpoint())
                print(f"the state is in {options.state}; go on with --resume", file=sys.stderr)
            if options.keep and learner.language is not None:
                learner.save(options.out)
                print(f"what was found so far is in {options.out}", file=sys.stderr)
            raise
    if options.state is not None:
        write_atomically(options.state, learner.checkpoint())
    return learner


def _conclude(learner: Learner, lines: list[int], options: argparse.Namespace) -> int:
    from nesy.cli.display import print_report

    print_report(learner.report, lines, options.train)
    written = learner.language is not None and (learner.reliable or options.keep)
    if written:
        learner.save(options.out)
        print(f"written: {options.out}")
    if learner.reliable:
        if learner.report.contradictions:
            print(
                f"not all is explained: {len(learner.report.contradictions)} of {len(lines)} pairs contradict what was "
                "learned; their outputs are wrong or the language is not complete",
                file=sys.stderr,
            )
        return 0
    consequence = f"the partial result is in {options.out}" if written else "nothing was written"
    print(
        f"not reliable: {learner.report.estimate:.1%} of {learner.report.heldout} held-out pairs predicted, "
        f"80% needed; {consequence}",
        file=sys.stderr,
    )
    return 1


def prelude(groups: str = PRIMITIVES) -> str:
    """The functions that learned programs are made of, one a line.

    Raises:
        InputError: an unknown group.
    """
    from nesy.search.bank import learnable

    lines = []
    for group in groups.split():
        try:
            primitives = learnable(group)
        except ValueError as error:
            raise InputError(str(error)) from None
        lines += [f"{group}:", *(f"  {primitive.about}" for primitive in primitives)]
        if group == "peano":
            lines.append("  0: the only number that a program may hold")
    return "\n".join([*lines, RECURSION])


def _reject_beside_facts(options: argparse.Namespace) -> None:
    """What says how to read and to explain pairs has no meaning for facts."""
    for name in ("types", "signature", "given", "symbols", "primitives", "state", "budget", "allow_contradictions"):
        value = getattr(options, name)
        if value is not None and value is not False and value != PRIMITIVES:
            raise InputError(
                f"--{name.replace('_', '-')} beside --facts",
                expected="--facts with no more than --out, --seed, --keep and --quiet",
            )


def _reject_same_file(options: argparse.Namespace) -> None:
    """No file may be written over another one of this command."""
    names = [
        name for name in (options.train, options.out, options.state, options.types, options.given) if name is not None
    ]
    for one, other in itertools.combinations(names, 2):
        if os.path.realpath(one) == os.path.realpath(other):
            raise InputError("named twice in this command", file=other, expected="different files")


def _read_state(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=path) from None
