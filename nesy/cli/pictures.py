"""Pictures on the command line: what is one, and the verbs learn, run and solve on them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nesy.errors import InputError

if TYPE_CHECKING:
    from nesy.learn import Learner
    from nesy.learn.sight import Sight
    from nesy.puzzles.puzzle import Puzzle

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_ARCHIVE = b"PK\x03\x04"


def holds_images(path: str) -> bool:
    """Whether a path names image sequences: a folder, an ``.npz``, or what begins like one."""
    return os.path.isdir(path) or path.endswith(".npz") or _begin(path).startswith(_ARCHIVE)


def is_picture(path: str) -> bool:
    """Whether a file begins as a PNG or JPEG does."""
    return _begin(path).startswith(_PICTURES)


def seen(path: str) -> bool:
    """Whether an input is a picture, or an ``.npz`` or folder of image sequences that is there."""
    return is_picture(path) or (os.path.exists(path) and holds_images(path))


def _begin(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read(8)
    except (OSError, ValueError):
        return b""


def learn(options: argparse.Namespace) -> int:
    """Learn from image sequences; write the definition file and, beside it, the recogniser."""
    from nesy.cli.display import Display
    from nesy.files import check_writable
    from nesy.images import ImagePairs
    from nesy.learn import Learner
    from nesy.learn.sight import weights_of

    weights = weights_of(options.out)
    if os.path.realpath(weights) in map(os.path.realpath, (options.out, options.train, options.state or options.out)):
        raise InputError("the name of the recogniser's file", file=weights, expected="other names in this command")
    for path in (options.out, weights, options.state):
        if path is not None:
            check_writable(path)
    pairs = ImagePairs.read(options.train)
    if options.symbols is None:
        raise InputError(
            "image sequences without --symbols",
            file=options.train,
            expected="--symbols N: how many different symbols the images show",
        )
    if options.resume and not os.path.exists(options.state):
        raise InputError("cannot be read: No such file or directory", file=options.state)
    if options.state is not None and not options.resume and os.path.exists(options.state):
        os.unlink(options.state)
    with Display(quiet=options.quiet) as display:
        learner = Learner(
            symbols=options.symbols,
            seed=options.seed,
            budget=options.budget,
            primitives=options.primitives,
            progress=display.show,
            state=options.state,
        )
        try:
            learner.fit(pairs)
        except InputError as error:
            error.file = error.file or options.train
            raise
        except KeyboardInterrupt:
            display.close()
            _keep(learner, options)
            raise
    return _conclude(learner, len(pairs), options)


def _keep(learner: Learner, options: argparse.Namespace) -> None:
    """After an interrupt: say where the work is, and write what was found so far if that was asked for."""
    if options.state is not None and os.path.exists(options.state):
        print(f"the state is in {options.state}; go on with --resume", file=sys.stderr)
    if options.keep and learner.sight is not None:
        learner.save(options.out)
        print(f"what was found so far is in {options.out}", file=sys.stderr)


def _conclude(learner: Learner, pairs: int, options: argparse.Namespace) -> int:
    from nesy.cli.display import print_report
    from nesy.learn.sight import weights_of

    print_report(learner.report, list(range(pairs)), options.train)
    written = learner.sight is not None and (learner.reliable or options.keep)
    if written:
        learner.save(options.out)
        print(f"written: {options.out} and {weights_of(options.out)}")
    if learner.reliable:
        return 0
    for reason in learner.refused:
        print(f"refused: {reason}", file=sys.stderr)
    consequence = f"the partial result is in {options.out}" if written else "nothing was written"
    print(
        f"not reliable: {learner.report.estimate:.1%} of {learner.report.heldout} held-out answers predicted, "
        f"80% needed; {consequence}",
        file=sys.stderr,
    )
    return 1


def load(path: str) -> Sight:
    """The language that sees of a definition file with a recogniser beside it.

    Raises:
        InputError: with the file.
    """
    from nesy.learn.sight import Sight

    return Sight.load(path)


def run(language: str, paths: Sequence[str]) -> int:
    """Print the value of each picture, or of each sequence of a file of them; one without a value leaves a message."""
    from nesy.machine.values import text

    sight = load(language)
    worst = 0
    places, sequences = zip(*_sequences(sight, paths), strict=True)
    for place, images, reading in zip(places, sequences, sight.readings(sequences), strict=True):
        if reading is None:
            worst = 2
            print()
            print(f"{place}: no reading of the {len(images)} symbols is a sentence with a value", file=sys.stderr)
        else:
            print(text(reading.value))
    return worst


def _sequences(sight: Sight, paths: Sequence[str]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for path in paths:
        if is_picture(path):
            found.append((path, sight.picture(path)))
        else:
            found += [(f"{path}: {number}", images) for number, images in enumerate(sight.pairs(path).sequences)]
    return found


def solve(puzzle: Puzzle, paths: Sequence[str], recogniser: str | None, seconds: float) -> int:
    """Print what is written in pictures of boards, what reasoning corrected, and the solutions.

    Each is read as probably as can be, so that every rule holds and there is one solution.
    """
    from nesy.puzzles.show import show, show_instance
    from nesy.solving.account import account
    from nesy.solving.picture import PuzzleSight

    if recogniser is None:
        raise InputError(
            "a picture without --recogniser",
            file=paths[0],
            expected="--recogniser FILE, such as nesy demo sudoku writes",
        )
    sight, model, worst = PuzzleSight.load(recogniser), puzzle.model(), 0
    for path in paths:
        reading = sight.read(path, model, unique=True, max_seconds=seconds)
        if reading.status == "unknown":
            print(f"{path}: unknown: the budget of {seconds:g} s was spent after {reading.looked_at:,} readings")
        elif reading.status == "unsatisfiable":
            print(f"{path}: no reading of it has exactly one solution ({reading.seconds:.2f} s)")
        else:
            print(f"{path}:\n{show_instance(reading.answer.instance)}\n")
            print("\n".join([f"{len(reading.changes)} symbols corrected", *account(reading)]))
            print(f"\n{show(reading.answer)}\nsolved: the only solution ({reading.seconds:.2f} s)")
        worst = max(worst, int(reading.status != "solved"))
    return worst
