"""English to French with a new word (Lake & Baroni, "Generalization without systematicity", ICML 2018).

Trained once on 6,073 pairs, 1,000 of them ``i am daxy .`` -> ``je suis daxiste .``; tested on the eight sentences that
use *daxy* elsewhere. Translation is not compositional everywhere: few of the other test sentences are right, and the
learner says so (it writes the language only with ``--keep``).
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.claims import DATA, Claim, Kept
from benchmarks.command import Learned, learn_and_scores

SEEDS = range(5)
BUDGET = 5  # seconds of looking for another kind of language first
OPTIONS = ("--keep", "--allow-contradictions", "--budget", str(BUDGET))


def claims(kept: Kept) -> Iterator[Claim]:
    if not (DATA / "mt").is_dir():
        yield Claim("translation", f"not measured: no {DATA / 'mt'}")
        return
    with tempfile.TemporaryDirectory() as folder:
        train, *tests = (_pairs(part, Path(folder)) for part in ("train", "test-daxy", "test"))
        runs = []
        for seed in SEEDS:
            found = kept.once(f"{seed}", lambda seed=seed: _measured(train, tests, seed))
            runs.append([Learned(**run) for run in found])
    daxy, whole = ([run[k] for run in runs] for k in (0, 1))
    yield Claim(
        "translation.daxy",
        f"{min(run.correct for run in daxy)} of {daxy[0].total} (worst of {len(runs)} seeds)",
        "published: NSR and NeSS 8 of 8, Transformer 14.4%, seq2seq 12.5%",
        "",
        "8 of 8 on 5 seeds",
        all(run.perfect for run in daxy),
        "exact match, trained on 6,073 pairs; "
        f"of the {whole[0].total} other test sentences {min(run.accuracy for run in whole):.1f}% are right, "
        f"{max(run.estimate or 0 for run in daxy):.0f}% of the held-out pairs: exit code {daxy[0].code} without --keep",
    )
    seconds = [run.seconds for run in daxy]
    yield Claim(
        "translation.time",
        f"{statistics.median(seconds):.1f} s (median of {len(runs)}; slowest {max(seconds):.1f} s)",
        bar="<= 30 s a run, aim 5 s",
        met=max(seconds) <= 30,
        detail=f"from process start to file written; the first {BUDGET} s are spent on other kinds of language",
    )


def _measured(train: Path, tests: list[Path], seed: int) -> list[dict[str, object]]:
    return [asdict(run) for run in learn_and_scores(train, tests, *OPTIONS, seed=seed)]


def _pairs(part: str, folder: Path) -> Path:
    """A PAIRS file of a part of the data."""
    lines = ((DATA / "mt" / f"{part}.{end}").read_text(encoding="utf-8").splitlines() for end in ("en", "fr"))
    made = folder / f"{part}.tsv"
    made.write_text("".join(f"{x.strip()}\t{y.strip()}\n" for x, y in zip(*lines, strict=True)), encoding="utf-8")
    return made
