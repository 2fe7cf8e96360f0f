"""Searches for programs in a second language, with and without the programs of a first one.

The second language has the meanings of the first under nonce words. SCAN: 500 random pairs of the published length
split each, the actions renamed too. HINT-style arithmetic: 2,000 stored expressions each, evenly over the numbers of
operators, `primitives: peano`. The properties were chosen on seeds 0 (SCAN) and 100 (HINT).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks.claims import DATA, Claim, Kept
from benchmarks.hint_symbols import draw, read, renamed, renaming
from graphs import ExactIndex
from nesy.cli.demo import length_split, scan_pairs
from nesy.learn import Learner
from nesy.search.retrieval import CHANNELS, Programs

SEEDS = (1, 2)
TESTED = 2000

Pairs = list[tuple[str, str]]


def scan(seed: int) -> tuple[Pairs, Pairs, Pairs]:
    """Pairs of the first language, of the second, and longer ones of the second."""
    rng = random.Random(seed)
    short, long = length_split(scan_pairs())
    words = sorted({word for x, _ in short for word in x.split()})
    actions = sorted({action for _, y in short for action in y.split()})
    names = dict(zip(words, (f"n{k}" for k in rng.sample(range(100), len(words))), strict=True))
    names |= dict(zip(actions, (f"A{k}" for k in rng.sample(range(100), len(actions))), strict=True))
    first, second, test = rng.sample(short, 500), rng.sample(short, 500), rng.sample(long, TESTED)
    return first, *([(renamed(x, names), renamed(y, names)) for x, y in some] for some in (second, test))  # type: ignore[return-value]


def hint(seed: int) -> tuple[Pairs, Pairs, Pairs]:
    """The same of arithmetic."""
    rng = random.Random(seed)
    rows = read("train")
    first, second = draw(rows, "even", 2000, rng), draw(rows, "even", 2000, rng)
    names = renaming(second, rng)
    test = [(renamed(row[0], names), row[1]) for row in rng.sample(read("test"), TESTED)]
    return [(row[0], row[1]) for row in first], [(renamed(row[0], names), row[1]) for row in second], test


def measured(language: str, seed: int) -> dict[str, Any]:
    """Searches in the second language, and percent right of its test."""
    first, second, test = {"scan": scan, "hint": hint}[language](seed)
    options: dict[str, Any] = {"seed": seed, "primitives": "peano"} if language == "hint" else {"seed": seed}
    alone, known = Programs(ExactIndex(CHANNELS)), Programs(ExactIndex(CHANNELS))
    without = Learner(programs=alone, **options).fit(second)
    Learner(programs=known, **options).fit(first)
    known.asked = known.answered = 0
    found = Learner(programs=known, **options).fit(second)
    return {
        "without": alone.asked,
        "asked": known.asked,
        "answered": known.answered,
        "right": {
            name: 100 * right / total
            for name, (right, total) in (("without", without.score(test)), ("with", found.score(test)))
        },
    }


def claims(kept: Kept) -> Iterator[Claim]:
    """The table."""
    for language in ("scan", "hint"):
        if language == "hint" and not (DATA / "hint").is_dir():
            yield Claim("program_retrieval.hint", "skipped: no NESY_DATA")
            continue
        runs = [kept.once(f"{language}.{seed}", partial(measured, language, seed)) for seed in SEEDS]
        searches = sum(run["asked"] - run["answered"] for run in runs)
        before = sum(run["without"] for run in runs)
        worst = {name: min(run["right"][name] for run in runs) for name in ("with", "without")}
        yield Claim(
            f"program_retrieval.{language}",
            f"{searches} searches",
            f"{before} (nothing known)",
            f"{searches / before:.2f}",
            detail=f"second language, {len(runs)} seeds; {sum(run['answered'] for run in runs)} answered by known "
            f"programs; worst test {worst['with']:.2f}% right with them, {worst['without']:.2f}% without",
        )
