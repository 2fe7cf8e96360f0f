"""What abduction gives back: edits, the repaired derivation, and how a set of examples fared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nesy.derivation import Derivation

Level = Literal["symbol", "attachment", "meaning"]
LEVELS: tuple[Level, ...] = ("symbol", "attachment", "meaning")
Status = Literal["unchanged", "repaired", "budget spent", "impossible"]
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """One change.

    Attributes:
        level: what was changed.
        start, end: the words that the changed node covers, from 0, `end` excluded.
        before, after: the word, the part of the sentence, or the value; ``""`` for none.
        cost: in nats.
    """

    level: Level
    start: int
    end: int
    before: str
    after: str
    cost: float


@dataclass(frozen=True)
class Abduction:
    """What became of one example.

    Attributes:
        status: ``unchanged`` (the value was right), ``repaired``, ``budget spent``, or ``impossible``: no edits of
            the allowed levels give the answer.
        before: how the sentence is read, with its value; None where it has none.
        after: the repaired derivation; None where there is none.
        words: of `after`, else as they were read.
        edits: left to right, symbols before attachments before meanings.
        cost: their sum.
        expanded: how many readings were looked at.
    """

    status: Status
    before: Derivation | None
    after: Derivation | None
    words: Words
    edits: tuple[Edit, ...] = ()
    cost: float = 0.0
    expanded: int = 0


@dataclass(frozen=True)
class Success:
    """How abduction fared over a set: how many examples had each status."""

    unchanged: int = 0
    repaired: int = 0
    spent: int = 0
    impossible: int = 0

    @property
    def wrong(self) -> int:
        """Examples whose value was not the answer."""
        return self.repaired + self.spent + self.impossible

    @property
    def rate(self) -> float:
        """Share of those that were repaired; 1 where there were none."""
        return self.repaired / self.wrong if self.wrong else 1.0
