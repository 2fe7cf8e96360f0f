"""Questions about stories as tensors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from graphs.datasets.babi import Question

UNKNOWN = 1
"""The word that no training question has; 0 is no word."""
NEVER = -100
"""The answer that no training question has: no loss, and never right."""


@dataclass(frozen=True, slots=True)
class StoryBatch:
    """b questions with n facts in all; the facts of a question stand together, oldest first.

    Attributes:
        sentences: (s, length) words of each distinct fact, 0 behind its end.
        questions: (q, length) words of each distinct question.
        facts: (n,) rows of `sentences`.
        asked: (b,) rows of `questions`.
        sizes: (b,) facts of each question.
        positions: (n,) place of each fact in its story, 0 the oldest that is kept.
        answers: (b,) words, or `NEVER`.
    """

    sentences: Tensor
    questions: Tensor
    facts: Tensor
    asked: Tensor
    sizes: Tensor
    positions: Tensor
    answers: Tensor

    def to(self, device: torch.device | str) -> StoryBatch:
        """The same batch elsewhere."""
        return StoryBatch(*(getattr(self, name).to(device) for name in self.__slots__))


def vocabulary(questions: Iterable[Question]) -> tuple[str, ...]:
    """All words and answers of the questions, sorted; in tensors the first of them is number 2."""
    words: set[str] = set()
    for question in questions:
        words.update(question.words, [question.answer], *question.facts)
    return tuple(sorted(words))


class Stories:
    """Questions, encoded once.

    Args:
        questions: as `graphs.datasets.babi` reads them.
        words: see `vocabulary`; all others are one unknown word.
        facts: how many of the last facts are kept.
    """

    def __init__(self, questions: Sequence[Question], words: Sequence[str], facts: int = 20) -> None:
        number = {word: place for place, word in enumerate(words, 2)}
        rows: dict[tuple[str, ...], int] = {}
        kept = [[rows.setdefault(fact, len(rows)) for fact in question.facts[-facts:]] for question in questions]
        self._asked = torch.tensor([rows.setdefault(question.words, len(rows)) for question in questions])
        self._answers = torch.tensor([number.get(question.answer, NEVER) for question in questions])
        self._sizes = torch.tensor([len(one) for one in kept])
        self._facts = _padded(kept, facts)
        longest = max(map(len, rows), default=0)
        self._sentences = _padded([[number.get(word, UNKNOWN) for word in sentence] for sentence in rows], longest)

    def __len__(self) -> int:
        return len(self._sizes)

    def batch(self, indices: Tensor) -> StoryBatch:
        """The questions with these indices, (b,)."""
        sizes = self._sizes[indices]
        positions = torch.arange(self._facts.shape[1]).expand(len(indices), -1)
        kept = positions < sizes[:, None]
        sentences, facts = self._facts[indices][kept].unique(return_inverse=True)
        questions, asked = self._asked[indices].unique(return_inverse=True)
        return StoryBatch(
            sentences=self._words(sentences),
            questions=self._words(questions),
            facts=facts,
            asked=asked,
            sizes=sizes,
            positions=positions[kept],
            answers=self._answers[indices],
        )

    def _words(self, rows: Tensor) -> Tensor:
        """The sentences, as wide as the longest of them."""
        found = self._sentences[rows]
        return found[:, : int((found != 0).sum(1).max())]


def _padded(rows: Sequence[Sequence[int]], width: int) -> Tensor:
    return torch.tensor([[*row, *[0] * (width - len(row))] for row in rows], dtype=torch.long)
