"""SCAN: accuracy on the official splits, time, memory, and how few pairs are enough.

The official files are read from ``$NESY_DATA/scan``. Where they are absent, the splits are made from all 20,910
pairs, which the definition file ``scan`` reproduces, by the same rules (the simple split by another draw).

Each learning run is a fresh ``nesy learn``, timed from the start of the process to the written file.
"""

from __future__ import annotations

import functools
import os
import random
import statistics
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.claims import DATA, Claim, Kept
from benchmarks.command import Learned, learn_and_score
from nesy.pairs import Pair, read_pairs

SEEDS = range(5)
SIZES = (25, 50, 100, 200, 500)
FEW_SECONDS = 60  # budget of a run on few pairs
BASELINE_TESTS = 500
BASELINE_SECONDS = float(os.environ.get("NESY_BASELINE_SECONDS", "300"))

OFFICIAL = {
    "simple": ("simple_split", "simple"),
    "length": ("length_split", "length"),
    "addprim_jump": ("add_prim_split", "addprim_jump"),
    "template_around_right": ("template_split", "template_around_right"),
}
RULES: dict[str, Callable[[str, str], bool | None]] = {
    "simple": lambda text, output: random.Random(text).random() < 0.8,
    "length": lambda text, output: len(output.split()) <= 22,
    "addprim_jump": lambda text, output: text == "jump" or "jump" not in text.split(),
    "template_around_right": lambda text, output: None if "turn around right" in text else "around right" not in text,
}
"""Which pairs are for training (True), for the test (False) or left out, where the official files are absent."""


def claims(kept: Kept) -> Iterator[Claim]:
    with tempfile.TemporaryDirectory() as folder:
        found = {split: files(split, Path(folder)) for split in OFFICIAL}
        detail = "official files" if (DATA / "scan").is_dir() else "splits remade from the definition file"
        runs: list[Learned] = []
        for split, (train, test) in found.items():
            ours = [_full(kept, split, seed, train, test) for seed in SEEDS]
            runs += ours
            yield _accuracy(kept, split, ours, train, test, detail)
        yield _time(kept, runs)
        yield _memory(runs)
        for split, (train, test) in found.items():
            yield _curve(kept, split, train, test, Path(folder))


def files(split: str, folder: Path) -> tuple[Path, Path]:
    """The training and the test file of a split; made in `folder` if the official ones are absent."""
    where, name = OFFICIAL[split]
    official = tuple(DATA / "scan" / where / f"tasks_{part}_{name}.txt.gz" for part in ("train", "test"))
    if all(path.exists() for path in official):
        return official[0], official[1]
    from nesy.cli.demo import scan_pairs

    pairs = scan_pairs()
    chosen = [RULES[split](text, output) for text, output in pairs]
    made = []
    for part, wanted in (("train", True), ("test", False)):
        path = folder / f"{split}.{part}.tsv"
        lines = (f"{x}\t{y}\n" for (x, y), here in zip(pairs, chosen, strict=True) if here is wanted)
        path.write_text("".join(lines), encoding="utf-8")
        made.append(path)
    return made[0], made[1]


def sample(train: list[Pair], test: list[Pair], size: int, seed: int) -> list[Pair]:
    """Random training pairs; a draw that lacks a word of the test set is drawn again."""
    needed = {word for pair in test for word in pair.input}
    rng = random.Random(f"{size}/{seed}")
    while True:
        drawn = rng.sample(train, size)
        if needed <= {word for pair in drawn for word in pair.input}:
            return drawn


def _full(kept: Kept, split: str, seed: int, train: Path, test: Path) -> Learned:
    return Learned(**kept.once(f"{split} all {seed}", lambda: _measured(train, test, seed=seed)))


def _measured(train: Path, test: Path, *more: str, seed: int) -> dict[str, Any]:
    return asdict(learn_and_score(train, test, *more, seed=seed))


def _accuracy(kept: Kept, split: str, ours: list[Learned], train: Path, test: Path, detail: str) -> Claim:
    worst = min(run.accuracy for run in ours)
    baselines = {
        kind: kept.once(f"{split} {kind}", functools.partial(_apart, _neural, kind, train, test))
        for kind in ("gru", "transformer")
    }
    best = max(baselines.values())
    return Claim(
        f"scan.{split}",
        f"{worst:.2f}% (worst of {len(ours)} seeds)",
        ", ".join(f"{kind} {value:.1f}%" for kind, value in baselines.items()),
        f"{worst / best:.1f}x" if best else "",
        "100.00% on every seed",
        all(run.perfect for run in ours),
        f"{detail}, {ours[0].total} test pairs; neural baselines: {BASELINE_SECONDS:.0f} s of training each, "
        f"{BASELINE_TESTS} random test pairs",
    )


def _apart(function: Callable[..., float], *arguments: object) -> float:
    """Call it in a process of its own: what this one holds would count as the memory of those that it starts."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def _neural(kind: str, train: Path, test: Path) -> float:
    """Percent of `BASELINE_TESTS` random test pairs that a neural model answers, trained for `BASELINE_SECONDS` on the
    same pairs.
    """
    from nesy.neural.sequence import SequenceModel

    model = SequenceModel("gru" if kind == "gru" else "transformer", threads=1)
    model.fit([(pair.text, pair.output) for pair in read_pairs(train)], seconds=BASELINE_SECONDS)
    asked = random.Random(0).sample(read_pairs(test), BASELINE_TESTS)
    correct, total = model.score([(pair.text, pair.output) for pair in asked])
    return 100 * correct / total


def _time(kept: Kept, runs: list[Learned]) -> Claim:
    median = statistics.median(run.seconds for run in runs)
    return Claim(
        "scan.time",
        f"{median:.1f} s (median of {len(runs)}; slowest {max(run.seconds for run in runs):.1f} s)",
        f"{BASELINE_SECONDS:.0f} s (the neural baselines above, not to the same accuracy)",
        f"{BASELINE_SECONDS / median:.0f}x",
        "median <= 6 s",
        median <= 6,
        "one split, all pairs, from process start to file written",
    )


def _memory(runs: list[Learned]) -> Claim:
    peak = max(run.megabytes for run in runs)
    return Claim(
        "scan.memory", f"{peak:.0f} MB", bar="<= 1 GB", met=peak <= 1024, detail="peak resident memory of any run"
    )


def _curve(kept: Kept, split: str, train: Path, test: Path, folder: Path) -> Claim:
    """How many of the seeds are perfect, by number of random training pairs."""
    perfect = {}
    pairs, tests = read_pairs(train), read_pairs(test)
    for size in SIZES:
        runs = []
        for seed in SEEDS:
            few = folder / f"{split}.{size}.{seed}.tsv"
            drawn = sample(pairs, tests, size, seed)
            few.write_text("".join(f"{pair.text}\t{pair.output}\n" for pair in drawn), encoding="utf-8")
            measure = functools.partial(_measured, few, test, "--budget", str(FEW_SECONDS), seed=seed)
            runs.append(Learned(**kept.once(f"{split} {size} {seed}", measure)))
        perfect[size] = sum(run.perfect for run in runs)
    enough = [size for size in SIZES if all(perfect[other] == len(SEEDS) for other in SIZES if other >= size)]
    return Claim(
        f"scan.few.{split}",
        f"{enough[0]} pairs" if enough else f"more than {SIZES[-1]} pairs",
        f"{len(pairs)} pairs (all)",
        f"{len(pairs) / enough[0]:.0f}x fewer" if enough else "",
        "100 pairs, all seeds at 100%",
        bool(enough) and enough[0] <= 100,
        "perfect seeds: "
        + ", ".join(f"{size}: {perfect[size]}/{len(SEEDS)}" for size in SIZES)
        + f"; budget {FEW_SECONDS} s",
    )
