"""Learning and scoring as a user does: the command line in a fresh process, timed from its start to its end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Learned:
    """What came of one ``nesy learn`` and ``nesy score``.

    Attributes:
        code: exit code of ``nesy learn``.
        seconds: wall clock, from the start of the process to its end.
        megabytes: peak resident memory.
        estimate: the accuracy that the learner expects of itself, in percent; None if it printed none.
        explained: percent of the training pairs that the result explains; None if it printed none.
        correct, total: on the test file; correct is 0 if nothing was written.
    """

    code: int
    seconds: float
    megabytes: float
    estimate: float | None
    explained: float | None
    correct: int
    total: int

    @property
    def perfect(self) -> bool:
        return self.correct == self.total

    @property
    def accuracy(self) -> float:
        """Percent of the test file."""
        return 100 * self.correct / self.total


def learn_and_score(train: Path, test: Path, *more: str, seed: int = 0) -> Learned:
    """Learn from one PAIRS file and score on another; arguments as of `learn_and_scores`."""
    return learn_and_scores(train, [test], *more, seed=seed)[0]


def learn_and_scores(train: Path, tests: Sequence[Path], *more: str, seed: int = 0) -> list[Learned]:
    """Learn from one PAIRS file and score on others.

    Args:
        train, tests: PAIRS files.
        more: further arguments of ``nesy learn``.
        seed: of the learner.

    Returns:
        The one run of ``nesy learn``, with each test's score.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "learned.nesy"
        start = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-m", "nesy", "learn", train, "--out", out, "--seed", str(seed), "--quiet", *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
        ) as process:
            assert process.stdout
            printed = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        estimate = re.search(r"([\d.]+)% of \d+ held-out pairs", printed)
        explained = re.search(r"([\d.]+)% of the pairs explained", printed)
        unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
        run = Learned(
            process.returncode,
            round(seconds, 2),
            round(usage.ru_maxrss * unit / 2**20, 1),
            float(estimate[1]) if estimate else None,
            float(explained[1]) if explained else None,
            *score(out, tests[0]),
        )
        others = [score(out, test) for test in tests[1:]]
        return [run, *(replace(run, correct=correct, total=total) for correct, total in others)]


def score(learned: Path, test: Path) -> tuple[int, int]:
    """(correct, total) of a learned language on a PAIRS file; none is correct if nothing was written."""
    if not learned.exists():
        from nesy.pairs import read_pairs

        return 0, len(read_pairs(test, allow_contradictions=True))
    done = subprocess.run(
        [sys.executable, "-m", "nesy", "score", learned, test, "--allow-contradictions"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    correct, total = done.stdout.split("\n")[-2].split()[0].split("/")
    return int(correct), int(total)
