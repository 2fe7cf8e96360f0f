"""What was found while learning from images, epoch by epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Epoch:
    """One round of search and training.

    Attributes:
        phase: what was looked for: constants, words, order, sentences, the unexplained.
        seconds: since the start.
        sentences: on how many it worked.
        answers: share of them whose most probable symbols, each by itself, give the answer.
        abduced: share of them that some reading explains.
        log_likelihood: mean over these, per image, of the probability of their readings that are worth the answer.
        found: what was found in it, in words.
    """

    phase: str
    number: int
    seconds: float
    sentences: int
    answers: float
    abduced: float
    log_likelihood: float
    found: tuple[str, ...] = ()

    @property
    def explained(self) -> int:
        """How many of the sentences some reading explains."""
        return 0 if math.isnan(self.abduced) else round(self.abduced * self.sentences)


@dataclass
class Report:
    """What was found, and how far to trust it.

    Attributes:
        estimate: share of the held-out answers that are predicted; `heldout` is their number.
        guess: share of them that the most frequent answer gets right.
        epochs: in order.
        words: per symbol its word and what it means.
        refused: why nothing, or less than everything, is reported.
    """

    estimate: float = 0.0
    guess: float = 0.0
    heldout: int = 0
    epochs: list[Epoch] = field(default_factory=list)
    words: list[tuple[int, str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def reliable(self) -> bool:
        """Whether the held-out answers are predicted well, and better than by guessing."""
        return self.estimate >= max(0.5, 1.5 * self.guess)
