"""How well pictures are read, measured with labels that the learner never sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nesy.demos.arithmetic.data import Example
from nesy.derivation import Derivation
from nesy.errors import NesyError
from nesy.images.picture import Image
from nesy.lang.language import Language
from nesy.learn.sight import Sight
from nesy.machine.values import text


@dataclass(frozen=True)
class Measured:
    """Shares of test pictures and expressions.

    Attributes:
        symbols: pictures of single symbols that are told apart as their labels say.
        answers: expressions whose answer is right.
        parses: expressions whose phrases are the right ones.
    """

    symbols: float
    answers: float
    parses: float


def measure(sight: Sight, pictures: Mapping[str, Image], examples: Sequence[Example], truth: Language) -> Measured:
    """Measure on labelled pictures of each symbol, and on expressions."""
    readings = sight.readings([example.images for example in examples])
    right = parsed = 0
    for example, reading in zip(examples, readings, strict=True):
        if reading is None:
            continue
        right += text(reading.value) == example.answer
        try:
            found = sight.language.parse(reading.words)
        except NesyError:
            continue
        parsed += phrases(found) == phrases(truth.parse(example.symbols))
    total = max(1, len(examples))
    return Measured(symbols_right(sight, pictures), right / total, parsed / total)


def symbols_right(sight: Sight, pictures: Mapping[str, Image]) -> float:
    """The share of labelled pictures that are told apart, every symbol standing for at most one label."""
    return sum(count for _, _, count in matched(sight, pictures)) / sum(map(len, pictures.values()))


def matched(sight: Sight, pictures: Mapping[str, Image]) -> list[tuple[int, str, int]]:
    """Symbols with the labels that they stand for, and how many pictures agree, most first; one label each."""
    labels = list(pictures)
    counts = np.stack(
        [np.bincount(sight.log_probs([pictures[label]])[0].argmax(1), minlength=len(sight.words)) for label in labels]
    )  # (labels, symbols)
    pairs: list[tuple[int, str, int]] = []
    for flat in np.argsort(-counts, axis=None, kind="stable").tolist():
        label, symbol = divmod(flat, counts.shape[1])
        if all(labels[label] != other and symbol != taken for taken, other, _ in pairs):
            pairs.append((symbol, labels[label], int(counts[label, symbol])))
    return pairs


def phrases(derivation: Derivation) -> set[tuple[int, int]]:
    """Where phrases of more than one symbol begin and end."""
    return {(node.start, node.end) for node in derivation.nodes() if len(node.words) > 1}
