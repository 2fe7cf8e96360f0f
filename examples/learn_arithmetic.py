"""Arithmetic from nothing but expressions and their results: words for digits, operators and brackets are unknown.

    python examples/learn_arithmetic.py [--pairs 1000] [--seed 0]

Programs are made of Peano's primitives: 0, successor, predecessor, a test for zero, recursion. ``times`` is found
through ``plus``, the quotient through the difference. What was learned is shown as a formula where sympy can prove it,
runs on numbers of any size, and then learns one more word from 60 expressions, all else given.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable

import sympy

import nesy
from nesy.recursion.arithmetic import NotArithmetic, proved_equal, to_sympy

Operators = dict[str, tuple[int, Callable[[int, int], int]]]
OPERATORS: Operators = {
    "plus": (0, lambda a, b: a + b),
    "less": (0, lambda a, b: max(0, a - b)),
    "times": (1, lambda a, b: a * b),
    "by": (1, lambda a, b: -(-a // b)),
}
DIGITS = ("nul", "ein", "dva", "tri", "quar", "penta", "seis", "sjau", "otto", "novem")
INTENDED = {
    "plus": lambda a, b: a + b,
    "less": lambda a, b: sympy.Max(0, a - b),
    "times": lambda a, b: a * b,
    "by": lambda a, b: sympy.ceiling(a / b),
}

Tree = int | tuple[str, "Tree", "Tree"]


def pairs(count: int, operators: Operators, rng: random.Random, *, word: str = "") -> list[tuple[str, int]]:
    """Random expressions of up to five operators and their results, short ones as often as long ones; with `word`,
    those that hold it.
    """
    found = {} if word else {digit: value for value, digit in enumerate(DIGITS)}
    while len(found) < count:
        tree = draw(rng.randint(1, 5), operators, rng)
        try:
            results = values(tree, operators)
        except ZeroDivisionError:
            continue
        if max(results) <= 100 and (not word or word in show(tree, operators).split()):
            found[show(tree, operators)] = results[-1]
    return list(found.items())


def draw(size: int, operators: Operators, rng: random.Random) -> Tree:
    if size == 0:
        return rng.randrange(10)
    left = rng.randrange(size)
    return rng.choice(sorted(operators)), draw(left, operators, rng), draw(size - 1 - left, operators, rng)


def values(tree: Tree, operators: Operators) -> list[int]:
    """The values of all parts, the whole last."""
    if isinstance(tree, int):
        return [tree]
    left, right = (values(part, operators) for part in tree[1:])
    return [*left, *right, operators[tree[0]][1](left[-1], right[-1])]


def show(tree: Tree, operators: Operators) -> str:
    """The words, with brackets where they are needed."""
    if isinstance(tree, int):
        return DIGITS[tree]
    level = operators[tree[0]][0]
    shown = []
    for part, least in zip(tree[1:], (level, level + 1), strict=True):
        low = not isinstance(part, int) and operators[part[0]][0] < least
        shown.append(f"( {show(part, operators)} )" if low else show(part, operators))
    return f"{shown[0]} {tree[0]} {shown[1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)

    train = pairs(options.pairs, OPERATORS, rng)
    learner = nesy.Learner(seed=options.seed, primitives="peano", budget=60).fit(train)
    print(f"{len(train)} pairs, such as", *(f"  {x} = {y}" for x, y in train[-3:]), sep="\n")
    print(f"\n{learner.report}\n")
    language = learner.language
    assert language is not None

    for word, intended in INTENDED.items():
        try:
            formula = to_sympy(language, word)
            print(f"{word}: {formula.expr}", "proved" if proved_equal(formula, intended) else "not proved")
        except NotArithmetic as error:
            print(f"{word}: no formula: {error}")
    large = " times ".join(["novem"] * 12)
    print(f"{large} = {language.run(large)}")

    operators = {**OPERATORS, "top": (0, max)}
    more = pairs(260, operators, rng, word="top")
    pupil = nesy.Learner(seed=options.seed, primitives="peano", given=language, budget=30).fit(more[:60])
    right, total = pupil.score(more[60:])
    print(f"\none word more, from 60 pairs: {right} of {total} right")
    assert pupil.language is not None
    print(*(line for line in pupil.language.source.splitlines() if line.startswith("top(")), sep="\n")


if __name__ == "__main__":
    main()
