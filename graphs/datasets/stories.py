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
    """b questions with n facts in all; a question's facts stand together, and questions in ascending number of them.

    Attributes:
        sentences: (s, length) words of each distinct fact, 0 behind its end.
        questions: (q, length) words of each distinct question.
        facts: (n,) rows of `sentences`.
        asked: (b,) rows of `questions`.
        sizes: (b,) facts of each question.
        positions: (n,) place of each fact in its story, 0 the oldest that is kept.
        answers: (b,) words, or `NEVER`.
        order: (b,) which of the indices asked for each question is.
    """

    sentences: Tensor
    questions: Tensor
    facts: Tensor
    asked: Tensor
    sizes: Tensor
    positions: Tensor
    answers: Tensor
    order: Tensor

    def to(self, device: torch.device | str) -> StoryBatch:
        """The same batch elsewhere."""
        return StoryBatch(*(getattr(self, name).to(device) for name in self.__slots__))


def vocabulary(questions: Iterable[Question]) -> tuple[str, ...]:
    """All words and answers of the questions, sorted; word number 2 is the first of them."""
    words: set[str] = set()
    for question in questions:
        words.update(question.words, [question.answer], *question.facts)
    return tuple(sorted(words))


class Stories:
    """Questions, encoded once.

    Args:
        questions: as `graphs.datasets.babi` reads them.
        words: see `vocabulary`; others are one unknown word.
        facts: how many of the last facts are kept.
    """

    def __init__(self, questions: Sequence[Question], words: Sequence[str], facts: int = 20) -> None:
        number = {word: place for place, word in enumerate(words, 2)}
        rows: dict[tuple[str, ...], int] = {}
        self._facts = torch.zeros(len(questions), facts, dtype=torch.long)
        self._sizes = torch.tensor([min(facts, len(question.facts)) for question in questions], dtype=torch.long)
        for place, question in enumerate(questions):
            for position, fact in enumerate(question.facts[-facts:]):
                self._facts[place, position] = rows.setdefault(fact, len(rows))
        self._asked = torch.tensor([rows.setdefault(one.words, len(rows)) for one in questions], dtype=torch.long)
        self._answers = torch.tensor([number.get(one.answer, NEVER) for one in questions], dtype=torch.long)
        self._sentences = torch.zeros(len(rows), max(map(len, rows), default=0), dtype=torch.long)
        for sentence, row in rows.items():
            self._sentences[row, : len(sentence)] = torch.tensor([number.get(word, UNKNOWN) for word in sentence])

    def __len__(self) -> int:
        return len(self._sizes)

    def batch(self, indices: Tensor) -> StoryBatch:
        """The questions with these indices, (b,)."""
        sizes, order = self._sizes[indices].sort(stable=True)
        indices = indices[order]
        positions = torch.arange(self._facts.shape[1]).expand(len(indices), -1)
        kept = positions < sizes[:, None]
        sentences, facts = self._facts[indices][kept].unique(return_inverse=True)
        questions, asked = self._asked[indices].unique(return_inverse=True)
        return StoryBatch(
            sentences=self._trimmed(sentences),
            questions=self._trimmed(questions),
            facts=facts,
            asked=asked,
            sizes=sizes,
            positions=positions[kept],
            answers=self._answers[indices],
            order=order,
        )

    def _trimmed(self, rows: Tensor) -> Tensor:
        """The sentences as wide as the longest of them."""
        found = self._sentences[rows]
        return found[:, : int((found != 0).sum(1).max())] if len(found) else found
