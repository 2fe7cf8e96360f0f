"""Handwritten arithmetic: what the pictures show, how they combine and what they mean, learned from answers alone.

    python examples/read_and_compute.py [--pairs 1900] [--budget 120] [--seed 0] [--out arithmetic.nesy]

The digits are those of scikit-learn, the signs are drawn. No label of a picture, no grammar and no program is given.
Then it reads expressions in pictures that it never saw, longer than those it learned from. Needs the extra `digits`.
"""

from __future__ import annotations

import argparse
import random

import nesy
from nesy.abduction import Abducer
from nesy.abduction.account import account
from nesy.demos.arithmetic.data import DIGITS, FRAME, SIGNS, Example, Handwriting
from nesy.neural.recogniser import ConvolutionalRecogniser

SHARES = (0.1, 0.4, 0.3, 0.2)
"""Of the pairs: expressions of no, one, two and three operators."""


def pairs(examples: list[Example]) -> list[tuple[object, str]]:
    """Image sequences (k, h, w) with their answers: all that is given."""
    return [(example.images, example.answer) for example in examples]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=1900)
    parser.add_argument("--budget", type=float, default=120.0, help="seconds of learning")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", metavar="FILE", help="where to keep what was learned")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    handwriting = Handwriting.collect(options.seed)
    counts = [operators for operators, share in enumerate(SHARES) for _ in range(round(share * options.pairs))]

    kinds = len(DIGITS + SIGNS)
    network = ConvolutionalRecogniser.seeded(
        options.seed, kinds, FRAME.height, FRAME.width, channels=(8, 16, 32), hidden=64
    )
    learner = nesy.Learner(symbols=kinds, recogniser=network, seed=options.seed, budget=options.budget)
    learner.fit(pairs(handwriting.examples(counts, rng)))
    if learner.sight is None:
        print("nothing reliable was found:", *learner.refused, sep="\n  ")
        return
    print(learner.report)

    print("\nanswers right, in pictures never learned from:")
    for operators in (1, 2, 3, 6):
        right, total = learner.score(pairs(handwriting.examples([operators] * 50, rng, test=True)))
        print(f"  {operators} operators: {right}/{total}")

    (example,) = handwriting.examples([3], rng, test=True)
    print(f"\n{' '.join(example.symbols)} is read as")
    print(learner.derive(example.images).pretty())
    wrong = str(int(example.answer) + 1)
    (log_probs,) = learner.sight.log_probs([example.images])
    repair = Abducer(learner.sight.language, learner.sight.words, levels=("symbol",)).abduce(log_probs, wrong)
    print(f"\nIf the answer were {wrong}:")
    print(account(repair, learner.sight.language, learner.sight.spelled(example.images), wrong))
    if options.out:
        learner.save(options.out)


if __name__ == "__main__":
    main()
