"""Random languages in nonce words: how many are learned perfectly, refused, or wrongly claimed.

    python -m benchmarks.random_languages --seeds 0-19 --noise 0.05 --family mixture

Seeds below 1000 are for development; the claims use 1000 and up, which nobody looks at in between.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.claims import Claim, Kept
from benchmarks.command import Learned, learn_and_score
from benchmarks.languages import FAMILIES, sample, write

CLAIMED, NOISY = range(1000, 1100), range(1000, 1010)
LIMIT = 180.0  # seconds


def claims(kept: Kept) -> Iterator[Claim]:
    for name, noise, seeds in (("clean", 0.0, CLAIMED), ("noise", 0.05, NOISY)):
        runs = []
        for seed in seeds:
            measure = lambda seed=seed, noise=noise: asdict(judge(seed, noise=noise)[1])  # noqa: E731
            runs.append(Learned(**kept.once(f"{name} {seed}", measure)))
        verdicts = Counter(verdict(run) for run in runs)
        learned, slowest = verdicts["learned"], max(run.seconds for run in runs)
        honest = not verdicts["claimed"] and not verdicts["failed"]
        yield Claim(
            f"random_languages.{name}",
            f"{learned} of {len(runs)} learned to 100%",
            bar=">= 95 of 100, <= 180 s each, the others refused or flagged" if not noise else "reported",
            met=(learned >= 95 and slowest <= LIMIT and honest) if not noise else None,
            detail=f"{dict(verdicts)}; slowest {slowest:.0f} s; estimate off by more than 5 points: {_off(runs)}",
        )


def judge(seed: int, *, noise: float = 0.0, family: str | None = None, budget: float = LIMIT) -> tuple[str, Learned]:
    """Learn one random language; its name, and what came of it."""
    drawn = sample(seed, noise=noise, family=family)
    with tempfile.TemporaryDirectory() as folder:
        write(drawn, Path(folder))
        more = ["--allow-contradictions"] if noise else []
        run = learn_and_score(Path(folder) / "train.tsv", Path(folder) / "test.tsv", "--budget", str(budget), *more)
    return drawn.name, run


def verdict(run: Learned) -> str:
    """``learned``; ``refused``; ``flagged`` (written, but it said that not all is explained or predicted);
    ``claimed`` (it said that all is, and the test is not perfect); or ``failed``.
    """
    if run.code == 0:
        sure = run.estimate == run.explained == 100
        return "learned" if run.perfect else "claimed" if sure else "flagged"
    return "refused" if run.code == 1 and run.estimate is not None else "failed"


def _off(runs: list[Learned]) -> int:
    return sum(run.estimate is not None and run.code == 0 and abs(run.estimate - run.accuracy) > 5 for run in runs)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Learn random languages, one line each.")
    parser.add_argument("--seeds", default="0-9", help="a seed or a range such as 0-19")
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--family", choices=FAMILIES)
    parser.add_argument("--budget", type=float, default=LIMIT)
    options = parser.parse_args(arguments)
    first, _, last = options.seeds.partition("-")
    verdicts: Counter[str] = Counter()
    for seed in range(int(first), int(last or first) + 1):
        name, run = judge(seed, noise=options.noise, family=options.family, budget=options.budget)
        verdicts[verdict(run)] += 1
        expected = f"{run.estimate:6.2f}%" if run.estimate is not None else "      -"
        print(
            f"{verdict(run):8} {name:24} test {run.accuracy:6.2f}%  estimate {expected}  {run.seconds:6.1f} s  "
            f"{run.megabytes:5.0f} MB",
            flush=True,
        )
    print(", ".join(f"{count} {name}" for name, count in verdicts.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
