"""String functions in the manner of PCFG SET, learned from a few hundred pairs; no grammar, no meaning of any word.

    python examples/learn_pcfg.py [--pairs 400] [--seed 0]

Pairs are made by the shipped language ``pcfg``; the learner sees nothing but them. It is tested on sentences with
more functions than any that it has seen, on words that it has not seen, and again with the outputs renamed, where
nothing denotes itself (Hupkes et al., "Compositionality decomposed", JAIR 2020).
"""

from __future__ import annotations

import argparse
import random

import nesy

UNARY = ("copy", "reverse", "shift", "echo", "swap_first_last", "repeat")
BINARY = ("append", "prepend", "remove_first", "remove_second")
LETTERS = [f"{letter}{number}" for letter in "ABCDEFGH" for number in range(1, 6)]


def string(functions: int, rng: random.Random) -> str:
    """A random sentence with so many functions."""
    if not functions:
        return " ".join(rng.sample(LETTERS, rng.randint(2, 4)))
    if rng.random() < 0.6:
        return f"{rng.choice(UNARY)} {string(functions - 1, rng)}"
    left = rng.randrange(functions)
    return f"{rng.choice(BINARY)} {string(left, rng)} , {string(functions - 1 - left, rng)}"


def pairs(count: int, functions: range, rng: random.Random, names: dict[str, str]) -> list[tuple[str, str]]:
    """So many random sentences, each with its value as the language has it, its tokens named anew."""
    pcfg = nesy.language("pcfg")
    sentences = [string(rng.choice(functions), rng) for _ in range(count)]
    return [(s, " ".join(names[str(token)] for token in pcfg.run(s))) for s in sentences]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    shuffled = random.Random(options.seed).sample(LETTERS, len(LETTERS))
    for task, names in (
        ("outputs as they are", dict(zip(LETTERS, LETTERS, strict=True))),
        ("outputs renamed", {letter: f"t{number}" for number, letter in enumerate(shuffled)}),
    ):
        rng = random.Random(options.seed)
        learner = nesy.Learner(seed=options.seed).fit(pairs(options.pairs, range(1, 5), rng, names))
        correct, total = learner.score(pairs(200, range(8, 13), rng, names))
        print(f"{task}: {options.pairs} pairs with 1 to 4 functions, {learner.report.seconds:.1f} s")
        print(f"  sentences with 8 to 12 functions: {correct}/{total} right")
        programs = [line for line in str(learner.report).splitlines() if " = " in line and "(a" in line]
        print("\n".join(f"  {line}" for line in programs), flush=True)


if __name__ == "__main__":
    main()
