"""A new word in a known language: what it means and how tightly it binds, from a hundred expressions.

The language `hint` (digits, + - * /, brackets) is given; the word `max` is not in it. Only `max` is learned.

    python examples/new_word.py
"""

from __future__ import annotations

import random

import nesy

FUNCTIONS = {"+": lambda a, b: a + b, "-": lambda a, b: max(0, a - b), "*": lambda a, b: a * b, "max": max}
LEVEL = {"+": 0, "-": 0, "max": 0, "*": 1}


def expression(operators: int, rng: random.Random) -> tuple[str, int, int]:
    """A random expression with as few brackets as it needs: its words, its value and its level."""
    if operators == 0:
        digit = rng.randrange(10)
        return str(digit), digit, 2
    word = rng.choice(list(FUNCTIONS))
    before = rng.randrange(operators)
    left, a, inner = expression(before, rng)
    right, b, other = expression(operators - 1 - before, rng)
    left = f"( {left} )" if inner < LEVEL[word] else left
    right = f"( {right} )" if other <= LEVEL[word] else right
    return f"{left} {word} {right}", FUNCTIONS[word](a, b), LEVEL[word]


def pairs(count: int, operators: tuple[int, int], seed: int) -> list[tuple[str, int]]:
    """Expressions that hold the new word, with their values."""
    rng = random.Random(seed)
    found: dict[str, int] = {}
    while len(found) < count:
        words, value, _ = expression(rng.randint(*operators), rng)
        if "max" in words.split() and value <= 100:
            found[words] = value
    return list(found.items())


def main() -> None:
    """Learn the word, and try it on longer expressions."""
    train, test = pairs(100, (1, 4), seed=0), pairs(200, (5, 9), seed=1)
    print(f"given: the language hint; {len(train)} expressions with a new word, two of them:")
    for words, value in train[:2]:
        print(f"  {words} = {value}")
    learner = nesy.Learner(given="hint", seed=0, budget=30).fit(train)
    print("\nlearned:")
    for word, senses in learner.report.words:
        if word == "max":
            print("\n".join(f"  {sense.pattern}:  {sense.program}" for sense in senses))
    right, total = learner.score(test)
    print(f"\n{right} of {total} longer expressions right")


if __name__ == "__main__":
    main()
