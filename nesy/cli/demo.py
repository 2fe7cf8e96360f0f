"""See it work: SCAN's commands (a minute), handwritten arithmetic (two), a handwritten sudoku (one), links, vectors.

`arithmetic` learns from pictures of handwritten digits (scikit-learn's) and drawn signs with nothing but the answers.
`sudoku` solves sudokus of handwritten digits from their pictures; exact reasoning corrects digits that are misread.
`links` hides links of a graph and predicts them, by counting common neighbours and with a network.
`index` builds an index of 100,000 vectors, searches it in several ways, saves it, and draws recall against time.
`scan` learns SCAN's commands from short examples and follows longer ones than it ever saw.

The pairs are enumerated from the definition file `scan` that nesy brings. Commands of at most 22 actions are for
learning, the others for the test: this is the published length split.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from nesy.cli.arguments import natural, on_terminal
from nesy.cli.arguments import seconds as positive
from nesy.cli.score import accuracy, answer

EXAMPLES = """examples:
  nesy demo
  nesy demo scan --out /tmp/demo --seconds 5
  nesy demo arithmetic
  nesy demo sudoku
  nesy demo links
  nesy demo index
"""
LONGEST_TRAINED = 22  # actions
BASELINE = 20.0  # seconds
SHOWN = "jump around left thrice"  # 24 actions

Pairs = list[tuple[str, str]]


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name",
        nargs="?",
        choices=["scan", "arithmetic", "sudoku", "links", "index"],
        default="scan",
        help="which demonstration (default scan)",
    )
    parser.add_argument("--out", default="nesy-demo", metavar="FOLDER", help="where the files go (default nesy-demo)")
    parser.add_argument("--seed", type=natural, default=0)
    parser.add_argument(
        "--seconds",
        type=positive,
        help="training time of the neural baseline (default 20; of arithmetic: as long as the learning took)",
    )
    parser.add_argument("--scale", type=positive, default=1.0, help=argparse.SUPPRESS)  # of the work, for tests


def main(options: argparse.Namespace) -> int:
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    if options.name == "arithmetic":
        from nesy.demos.arithmetic.run import run

        return run(folder, _command(), seed=options.seed, seconds=options.seconds, scale=options.scale)
    if options.name == "sudoku":
        from nesy.demos.sudoku.run import run as run_sudoku

        return run_sudoku(folder, _command(), seed=options.seed, scale=options.scale)
    if options.name == "links":
        from nesy.demos.links.run import run as run_links

        return run_links(folder, seed=options.seed, scale=options.scale)
    if options.name == "index":
        from nesy.demos.index.run import run as run_index

        return run_index(folder, seed=options.seed, scale=options.scale)
    return _scan(folder, options)


def _scan(folder: Path, options: argparse.Namespace) -> int:
    from nesy.cli.display import Display, print_report
    from nesy.files import check_writable, write_atomically
    from nesy.lang.language import Language
    from nesy.learn import Learner

    seconds = options.seconds or BASELINE
    learned, page = folder / "learned.nesy", folder / "derivation.html"
    check_writable(learned)

    train, test = length_split(scan_pairs())
    print(f"{len(train)} examples of at most {LONGEST_TRAINED} actions, six of them:\n")
    for text, output in _six(train, options.seed):
        print(f"  {text}\n    -> {output}")

    print("\nLearning a language from nothing but these ...", flush=True)
    start = time.monotonic()
    with Display() as display:
        learner = Learner(seed=options.seed, progress=display.show).fit(train)
    learner.save(str(learned))
    print(f"done in {time.monotonic() - start:.1f} s. What it found:\n")
    print_report(learner.report, list(range(1, len(train) + 1)), "examples")

    print(f"\nThe file {learned} on {len(test)} commands of {LONGEST_TRAINED + 2} to 48 actions:")
    language = Language.load(learned)
    correct = sum(answer(language, text) == output for text, output in test)
    print(f"  {'the learned language':35} {accuracy(correct, len(test))}", flush=True)
    baseline = _baseline(train, test, seconds, options.seed)
    print(f"  {f'neural baseline, {seconds:.0f} s of training':35} {baseline}")
    print("  (a GRU encoder-decoder with attention on the same pairs)")

    derivation = language.parse(SHOWN)
    write_atomically(page, derivation.html())
    print(f'\nWhy "{SHOWN}" means what it means:\n')
    print(derivation.pretty())
    print(f"\nthe language:   {learned}   (text: read it, correct it, run it)")
    print(f"the derivation: {page}")
    print(f'next:           {_command()} run {learned} "walk opposite right twice"')
    return 0 if correct == len(test) else 1


def scan_pairs() -> Pairs:
    """All 20,910 commands of SCAN with their actions, shortest first."""
    from nesy.lang.enumerate import sentences
    from nesy.lang.language import Language
    from nesy.machine.values import text

    scan = Language.load("scan")
    commands = (" ".join(words) for words in sentences(scan))
    return [(command, text(scan.run(command))) for command in commands]


def length_split(pairs: Pairs) -> tuple[Pairs, Pairs]:
    """Those with at most 22 actions, and the longer ones."""
    short = [pair for pair in pairs if len(pair[1].split()) <= LONGEST_TRAINED]
    return short, [pair for pair in pairs if len(pair[1].split()) > LONGEST_TRAINED]


def _six(pairs: Pairs, seed: int) -> Pairs:
    """Six readable pairs, short and long."""
    readable = [pair for pair in pairs if len(pair[1]) <= 90]
    return sorted(random.Random(seed).sample(readable, 6), key=lambda pair: len(pair[1]))


def _command() -> str:
    """How to call nesy from this shell."""
    if shutil.which("nesy"):
        return "nesy"
    beside = Path(sys.executable).with_name("nesy")
    return os.path.relpath(beside) if beside.exists() else "python -m nesy"


def _baseline(train: Sequence[tuple[str, str]], test: Sequence[tuple[str, str]], seconds: float, seed: int) -> str:
    """Train the neural baseline and score it; torch is loaded here and not before."""
    from nesy.neural.sequence import SequenceModel

    start = time.monotonic()

    def progress(step: int, loss: float) -> None:
        if on_terminal() and step % 10 == 0:
            os.write(2, f"\r\x1b[K  training the baseline: {time.monotonic() - start:.0f} s".encode())

    model = SequenceModel("gru", hidden=100, rate=4e-3, seed=seed, threads=1)
    model.fit(train, seconds=seconds, progress=progress)
    if on_terminal():
        os.write(2, b"\r\x1b[K")
    return accuracy(*model.score(test))
