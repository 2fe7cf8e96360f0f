"""Small languages written in invented signs: for tests of learning from images."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from nesy.errors import NesyError
from nesy.lang.language import Language
from nesy.machine.values import text

SIDE = 12


class Signs:
    """One random bitmap a word, drawn with noise and a small shift."""

    def __init__(self, words: Sequence[str], seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        coarse = np.stack([self._bitmap() for _ in words])
        self.shapes = {w: np.kron(c, np.ones((2, 2))) for w, c in zip(words, coarse, strict=True)}

    def _bitmap(self) -> np.ndarray:
        cells = np.zeros(16)
        cells[self.rng.permutation(16)[:7]] = 1
        return cells.reshape(4, 4)

    def draw(self, word: str) -> np.ndarray:
        paper = np.zeros((SIDE, SIDE))
        y, x = 2 + self.rng.integers(-1, 2, 2)
        paper[y : y + 8, x : x + 8] = self.shapes[word]
        noisy = paper * self.rng.uniform(0.7, 1.0) + 0.15 * self.rng.random(paper.shape)
        return (255 * np.clip(noisy, 0, 1)).astype(np.uint8)

    def write(self, words: Sequence[str]) -> np.ndarray:
        return np.stack([self.draw(word) for word in words])


def sentences(language: Language, count: int, lengths: Sequence[int], seed: int = 0) -> list[tuple[list[str], str]]:
    """Random sentences with their answers, as many of every length as there are, by trial and error."""
    rng = random.Random(seed)
    words = sorted({w for t in language.grammar.terminals.values() for w in t.words or ()})
    found: list[tuple[list[str], str]] = []
    for k in range(count):
        length = lengths[k % len(lengths)]
        for _ in range(4000):
            words_ = rng.choices(words, k=length)
            try:
                value = language.run(words_)
            except NesyError:
                continue
            if value.__class__ is not int or abs(value) < 200:
                found.append((words_, text(value)))
                break
    return found
