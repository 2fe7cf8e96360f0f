"""Pictures of arithmetic: handwritten digits of scikit-learn, signs drawn by our own pen, and what they are worth.

The rules of the expressions are those of HINT (Li et al., arXiv 2103.01403, section 3).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nesy.demos.digits import handwritten_digits
from nesy.errors import NesyError
from nesy.images import Frame
from nesy.images.picture import Image
from nesy.images.show import enlarged
from nesy.images.strokes import Hand, counted, draw
from nesy.lang.language import Language
from nesy.machine.values import text

FRAME = Frame(20, 20, 0.1)
DIGITS, OPERATORS = "0123456789", "+-x/"
SIGNS = OPERATORS + "()"
MOST = 100  # as an intermediate result
HANDS = 8
DRAWN = 150  # of each sign, about as many as there are of each digit
TESTED = 0.25  # of the pictures, and of the hands

TRUTH = """%grammar
?start: sum
?sum: product | sum "+" product -> plus | sum "-" product -> minus
?product: atom | product "x" atom -> times | product "/" atom -> over
?atom: DIGIT -> digit | "(" sum ")"
DIGIT: /[0-9]/

%semantics
digit(d) = int(d)
plus(a, b) = a + b
minus(a, b) = max(0, a - b)
times(a, b) = a * b
over(a, b) = (a + b - 1) div b
"""
"""What the answers are computed with. Whoever learns never sees it."""


@dataclass(frozen=True)
class Example:
    """One expression: its symbols, which nobody is told, its pictures (k, h, w), and its answer."""

    symbols: tuple[str, ...]
    images: Image
    answer: str


@dataclass
class Handwriting:
    """Pictures of every symbol: those to learn from, and others, of other hands, to test with."""

    train: Mapping[str, Image]
    test: Mapping[str, Image]
    truth: Language = field(default_factory=lambda: Language.load("truth", text=TRUTH))

    @classmethod
    def collect(cls, seed: int = 0) -> Handwriting:
        """The digits of scikit-learn, a quarter of them for the test, and signs drawn in eight hands, two for it.

        Raises:
            InputError: scikit-learn is not installed.
        """
        grey, shown = handwritten_digits()
        rng = np.random.default_rng(seed)
        train: dict[str, Image] = {}
        test: dict[str, Image] = {}
        for digit in DIGITS:
            found = framed(grey[rng.permutation(np.flatnonzero(shown == int(digit)))])
            cut = round(len(found) * TESTED)
            test[digit], train[digit] = found[:cut], found[cut:]
        hands = [Hand.of(number, seed) for number in range(HANDS)]
        cut = round(HANDS * TESTED)
        for sign in SIGNS:
            test[sign], train[sign] = drawn(sign, hands[:cut], rng), drawn(sign, hands[cut:], rng)
        return cls(train, test)

    def examples(self, counts: Sequence[int], rng: random.Random, *, test: bool = False) -> list[Example]:
        """One example for each number of operators, in pictures to learn from or in those for the test."""
        pictures = self.test if test else self.train
        return [self._example(count, pictures, rng) for count in counts]

    def _example(self, operators: int, pictures: Mapping[str, Image], rng: random.Random) -> Example:
        symbols, answer = next(valued(operators, self.truth, rng))
        images = np.stack([pictures[symbol][rng.randrange(len(pictures[symbol]))] for symbol in symbols])
        return Example(symbols, images, answer)


def framed(images: Image) -> Image:
    """Pictures (n, 8, 8) of scikit-learn's kind, enlarged and cut out as the symbols of any picture are."""
    return np.stack([FRAME.place(enlarged(image, 4)) for image in images])


def drawn(sign: str, hands: Sequence[Hand], rng: np.random.Generator) -> Image:
    """Pictures of a sign (n, h, w), the hands taking turns."""
    each = round(DRAWN * len(hands) / HANDS)
    return framed(np.stack([counted(draw(sign, hands[k % len(hands)], rng)) for k in range(each)]))


def valued(operators: int, truth: Language, rng: random.Random) -> Iterator[tuple[tuple[str, ...], str]]:
    """Random expressions that have a value and no intermediate one over `MOST`, with their answers."""
    while True:
        symbols = expression(operators, rng)
        try:
            derivation = truth.parse(symbols)
        except NesyError:  # division by zero
            continue
        if all(not isinstance(node.value, int) or node.value <= MOST for node in derivation.nodes()):
            yield symbols, text(derivation.value) if derivation.value is not None else ""


def expression(operators: int, rng: random.Random) -> tuple[str, ...]:
    """A random expression: a random tree with as few brackets as it needs."""
    if operators == 0:
        return (rng.choice(DIGITS),)
    left = rng.randrange(operators)
    operator = rng.choice(OPERATORS)
    first, second = expression(left, rng), expression(operators - 1 - left, rng)
    tight = operator in "x/"
    return (*_bracketed(first, tight, False), operator, *_bracketed(second, tight, True))


def _bracketed(part: tuple[str, ...], tight: bool, right: bool) -> tuple[str, ...]:
    """A part in brackets, if it binds less than the operator beside it, or as much and stands on its right."""
    loosest = min((2 if symbol in "x/" else 1 for symbol in outermost(part)), default=3)
    needs = loosest < (2 if tight else 1) or (right and loosest == (2 if tight else 1))
    return ("(", *part, ")") if needs else part


def outermost(part: Sequence[str]) -> list[str]:
    """The operators of an expression that no bracket encloses."""
    found, depth = [], 0
    for symbol in part:
        depth += (symbol == "(") - (symbol == ")")
        if depth == 0 and symbol in OPERATORS:
            found.append(symbol)
    return found
