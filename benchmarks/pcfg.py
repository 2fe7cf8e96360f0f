"""PCFG SET (Hupkes et al. 2020): accuracy on the published tests, from how few pairs, and with renamed outputs.

The training inputs of the published set are not public: ours are drawn from the 10K corpus' training part (7,779
pairs, 8% of the published size), which shares no input with the published iid (9,721) and productivity (11,333)
tests. Systematicity by the published rule: trained without the four adjacent pairs of functions, tested on all
sentences of the data that hold one. *Renamed*: the same data, each token of the outputs renamed by a random bijection
for each seed, so that nothing denotes itself; a word that no training pair holds cannot be known then, so the share
of the tests without such words is reported as the ceiling.
"""

from __future__ import annotations

import functools
import gzip
import os
import random
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.claims import DATA, Claim, Kept
from benchmarks.command import Learned, learn_and_scores

SEEDS = range(5)
SIZES = (50, 100, 200, 500, 1000, 2000, 7779)
RENAMED_SIZES = (500, 1000, 2000, 7779)
BUDGET = 60  # seconds
BASELINE_TESTS = 500
BASELINE_SECONDS = float(os.environ.get("NESY_BASELINE_SECONDS", "300"))
HELD_OUT = ("swap_first_last repeat", "append remove_second", "repeat remove_second", "append swap_first_last")

Pairs = list[tuple[str, str]]


def claims(kept: Kept) -> Iterator[Claim]:
    if not (DATA / "pcfg").is_dir():
        yield Claim("pcfg", f"not measured: no {DATA / 'pcfg'}")
        return
    train, tests = read("10K/train"), {"iid": read("pcfgset/test"), "productivity": read("productivity/test")}
    with tempfile.TemporaryDirectory() as folder:
        runs = {n: [_runs(kept, "plain", train, tests, n, s, Path(folder)) for s in SEEDS] for n in SIZES}
        neural = {kind: kept.once(f"neural {kind}", functools.partial(_neural, kind, train, tests)) for kind in KINDS}
        for name in tests:
            yield _accuracy(f"pcfg.{name}", [run[name] for run in runs[500]], neural, name)
        yield _systematicity(kept, train, Path(folder))
        yield _curve("pcfg.few", runs, "100% from 500 pairs, aim 100")
        renamed = {
            n: [_runs(kept, "renamed", *rename(train, tests, s), n, s, Path(folder)) for s in SEEDS]
            for n in RENAMED_SIZES
        }
        yield _curve("pcfg.renamed", renamed, "99.5% from 7,779 pairs, aim 1,000", ceilings(kept, train, tests))
        yield _time("pcfg.time", runs[500])
        yield _time("pcfg.renamed.time", [run for n in RENAMED_SIZES[1:] for run in renamed[n]])


def read(part: str) -> Pairs:
    """The pairs of a part of the data."""
    with (
        gzip.open(DATA / "pcfg" / f"{part}.src.gz", "rt", encoding="utf-8") as inputs,
        gzip.open(DATA / "pcfg" / f"{part}.tgt.gz", "rt", encoding="utf-8") as outputs,
    ):
        return [(x.strip(), y.strip()) for x, y in zip(inputs, outputs, strict=True)]


def sample(pairs: Pairs, size: int, seed: int) -> Pairs:
    """So many random pairs."""
    return random.Random(f"{size}/{seed}").sample(pairs, min(size, len(pairs)))


def rename(train: Pairs, tests: dict[str, Pairs], seed: int) -> tuple[Pairs, dict[str, Pairs]]:
    """The same data with the tokens of all outputs renamed by one random bijection to new tokens."""
    tokens = sorted({token for part in (train, *tests.values()) for _, y in part for token in y.split()})
    numbers = random.Random(seed).sample(range(len(tokens)), len(tokens))
    name = {token: f"o{number}" for token, number in zip(tokens, numbers, strict=True)}

    def renamed(pairs: Pairs) -> Pairs:
        return [(x, " ".join(name[token] for token in y.split())) for x, y in pairs]

    return renamed(train), {key: renamed(pairs) for key, pairs in tests.items()}


def ceilings(kept: Kept, train: Pairs, tests: dict[str, Pairs]) -> dict[int, float]:
    """Per training size the percent of the test sentences whose words all occurred, of the worst seed and test."""

    def worst(size: int) -> float:
        found = []
        for seed in SEEDS:
            known = {word for x, _ in sample(train, size, seed) for word in x.split()}
            found += [sum(known.issuperset(x.split()) for x, _ in part) / len(part) for part in tests.values()]
        return 100 * min(found)

    return {size: kept.once(f"ceiling {size}", functools.partial(worst, size)) for size in RENAMED_SIZES}


def held_out(text: str) -> bool:
    """Whether a sentence holds one of the pairs of functions that systematicity holds out."""
    return any(f" {pair} " in f" {text} " for pair in HELD_OUT)


def _write(path: Path, pairs: Sequence[tuple[str, str]]) -> Path:
    path.write_text("".join(f"{x}\t{y}\n" for x, y in pairs), encoding="utf-8")
    return path


def _runs(
    kept: Kept, task: str, train: Pairs, tests: dict[str, Pairs], size: int, seed: int, folder: Path
) -> dict[str, Learned]:
    """One run of the learner with its score on each test."""

    def measure() -> list[dict[str, object]]:
        files = [_write(folder / f"{name}.tsv", pairs) for name, pairs in tests.items()]
        few = _write(folder / "train.tsv", sample(train, size, seed))
        return [asdict(run) for run in learn_and_scores(few, files, "--budget", str(BUDGET), seed=seed)]

    found = kept.once(f"{task} {size} {seed}", measure)
    return {name: Learned(**run) for name, run in zip(tests, found, strict=True)}


def _accuracy(name: str, runs: list[Learned], neural: dict[str, dict[str, float]], test: str) -> Claim:
    worst, mean = min(run.accuracy for run in runs), statistics.mean(run.accuracy for run in runs)
    best = max(values[test] for values in neural.values())
    return Claim(
        name,
        f"{worst:.2f}% (worst of {len(runs)} seeds; mean {mean:.2f}%)",
        ", ".join(f"{kind} {values[test]:.1f}%" for kind, values in neural.items()) + "; published 100 (NSR)",
        f"{worst / best:.1f}x" if best else "",
        "100% from 500 pairs",
        all(run.perfect for run in runs),
        f"500 random pairs of the 10K corpus, {runs[0].total} test pairs; neural baselines: all 7,779 pairs, "
        f"{BASELINE_SECONDS:.0f} s of training each, {BASELINE_TESTS} random test pairs",
    )


def _systematicity(kept: Kept, train: Pairs, folder: Path) -> Claim:
    parts = ("10K/train", "10K/dev", "10K/test", "pcfgset/dev", "pcfgset/test", "productivity/test")
    tests = {"systematicity": sorted({pair for part in parts for pair in read(part) if held_out(pair[0])})}
    without = [pair for pair in train if not held_out(pair[0])]
    runs = [_runs(kept, "systematicity", without, tests, 500, seed, folder)["systematicity"] for seed in SEEDS]
    worst, mean = min(run.accuracy for run in runs), statistics.mean(run.accuracy for run in runs)
    return Claim(
        "pcfg.systematicity",
        f"{worst:.2f}% (worst of {len(runs)} seeds; mean {mean:.2f}%)",
        "published 100 (NSR)",
        "",
        "100% from 500 pairs",
        all(run.perfect for run in runs),
        f"500 random pairs of the {len(without)} without the four pairs of functions; {runs[0].total} tests with one",
    )


def _curve(
    name: str, runs: dict[int, list[dict[str, Learned]]], bar: str, ceiling: dict[int, float] | None = None
) -> Claim:
    """Perfect seeds and the worst accuracy of any seed and test, by number of training pairs."""
    worst = {n: min(run.accuracy for tests in found for run in tests.values()) for n, found in runs.items()}
    perfect = {n: sum(all(run.perfect for run in tests.values()) for tests in found) for n, found in runs.items()}
    wanted = dict.fromkeys(runs, 99.5 if ceiling else 100.0)
    enough = [n for n in runs if all(worst[other] >= wanted[other] for other in runs if other >= n)]
    detail = "; ".join(
        f"{n}: {perfect[n]}/{len(SEEDS)} perfect, worst {worst[n]:.2f}%"
        + (f" (ceiling {ceiling[n]:.2f}%)" if ceiling else "")
        for n in runs
    )
    return Claim(
        name,
        f"{enough[0]} pairs" if enough else f"more than {max(runs)} pairs",
        "-" if ceiling else "~100,000 pairs (published)",
        "" if ceiling or not enough else f"{100_000 // enough[0]}x fewer",
        bar,
        bool(enough) and enough[0] <= (7779 if ceiling else 500),
        f"pairs: perfect seeds, and the worst accuracy on iid and productivity: {detail}",
    )


def _time(name: str, runs: list[dict[str, Learned]]) -> Claim:
    seconds = [run["iid"].seconds for run in runs]
    return Claim(
        name,
        f"{statistics.median(seconds):.1f} s (median of {len(seconds)}; slowest {max(seconds):.1f} s)",
        bar="<= 30 s a run, aim 5 s",
        met=max(seconds) <= 30,
        detail="from process start to file written",
    )


KINDS = ("gru", "transformer")


def _neural(kind: str, train: Pairs, tests: dict[str, Pairs]) -> dict[str, float]:
    """Percent of `BASELINE_TESTS` random pairs of each test that a neural model answers."""
    from nesy.neural.sequence import SequenceModel

    model = SequenceModel("gru" if kind == "gru" else "transformer", threads=1)
    model.fit(train, seconds=BASELINE_SECONDS)
    found = {}
    for name, pairs in tests.items():
        correct, total = model.score(random.Random(0).sample(pairs, BASELINE_TESTS))
        found[name] = 100 * correct / total
    return found
