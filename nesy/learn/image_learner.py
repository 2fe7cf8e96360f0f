"""`Learner` on pictures: the pairs are checked, a language that sees is grounded, and it is judged."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from nesy.errors import InputError
from nesy.images import Frame, ImagePairs
from nesy.learn.grounding import Epoch, Grounding
from nesy.learn.sight import Sight
from nesy.machine.values import text
from nesy.pairs import output_kinds

if TYPE_CHECKING:
    import torch
    from torch import nn

JUDGED = 2000  # pairs that what was learned is compared with
OFTEN = 3, 0.01  # an answer of one-image pairs that comes as often, in number and in share, is a symbol's


class ImageLearner:
    """Learns a language that sees.

    Args:
        symbols: how many kinds of symbol the images show.
        progress: called after every round.
        state: a file that keeps the state of the work; `fit` goes on from it where it exists.

    Attributes:
        sight: what was learned; the best so far after an interrupt; None if nothing was.
        reliable: whether the held-out answers are predicted.
        refused: why nothing was learned, or less than everything.
        wrong: (index, words, expected, got) of pairs that what was learned contradicts, among the first `judged`.
    """

    def __init__(
        self,
        symbols: int,
        *,
        recogniser: nn.Module | None,
        primitives: str,
        seed: int,
        budget: float,
        device: str | torch.device | None,
        progress: Callable[[Epoch], None] | None,
        state: str | os.PathLike[str] | None,
    ) -> None:
        self.primitives = primitives
        self.sight: Sight | None = None
        self.wrong: list[tuple[int, str, str, str]] = []
        self.judged = 0
        self._support: Counter[str] = Counter()
        self._grounding = Grounding(
            symbols,
            recogniser=recogniser,
            primitives=primitives,
            seed=seed,
            budget=budget,
            device=device,
            progress=progress,
            checkpoint=state,
        )

    def fit(self, pairs: Iterable[tuple[Any, object]]) -> None:
        """Learn from pairs of image sequences (k, h, w) and answers.

        Raises:
            InputError: something is wrong with the pairs, or they cannot be of so many symbols or such a domain.
            KeyboardInterrupt: passed on; `sight` holds the best so far.
        """
        data = pairs if isinstance(pairs, ImagePairs) else ImagePairs.of(pairs)
        check_answers(data, self._grounding.symbols, self.primitives)
        try:
            self._grounding.fit(data.sequences, data.answers)
        finally:
            self._take(Frame.of(data.images))
        self._judge(data)

    @property
    def reliable(self) -> bool:
        return self.sight is not None and self.report.reliable

    @property
    def report(self) -> Any:
        return self._grounding.report

    @property
    def refused(self) -> list[str]:
        return list(self.report.refused)

    @property
    def words(self) -> list[tuple[str, str, int]]:
        """Per symbol its word, what it means, and in how many of the pairs that were judged it was read."""
        if self.sight is None:
            return []
        return [
            (word, "\n".join(self.sight.meaning(word)), self._support[word])
            for word in dict.fromkeys(self.sight.words)
            if word is not None
        ]

    def _take(self, frame: Frame) -> None:
        found = self._grounding
        if found.language is not None and found.recogniser is not None:
            self.sight = Sight(found.language, found.words, found.recogniser, frame)

    def _judge(self, data: ImagePairs) -> None:
        if self.sight is None:
            return
        self.judged = min(len(data), JUDGED)
        readings = self.sight.readings(data.sequences[: self.judged])
        for index, (reading, expected) in enumerate(zip(readings, data.answers[: self.judged], strict=True)):
            self._support.update(set(reading.words) if reading is not None else ())
            got = "(no value)" if reading is None else text(reading.value)
            if got != expected:
                self.wrong.append((index, "" if reading is None else " ".join(reading.words), expected, got))


def check_answers(pairs: ImagePairs, symbols: int, primitives: str) -> None:
    """Refuse answers that no language of this domain, or of so few symbols, can have.

    Raises:
        InputError: sequences of words where programs have none; more constants than symbols.
    """
    groups = primitives.split()
    if output_kinds(pairs.answers) == ("seq",) and "lists" not in groups:
        index = next(k for k, answer in enumerate(pairs.answers) if output_kinds([answer]) == ("seq",))
        raise InputError(
            f'pair {index}: the answer "{pairs.answers[index]}" is a sequence of words',
            expected=f"values that {primitives} can make",
            mend="correct the answer, or allow the primitives lists",
        )
    lengths = pairs.offsets[1:] - pairs.offsets[:-1]
    alone = Counter(answer for answer, length in zip(pairs.answers, lengths.tolist(), strict=True) if length == 1)
    number, share = OFTEN
    often = [answer for answer, count in alone.items() if count >= max(number, share * alone.total())]
    if len(often) > symbols:
        raise InputError(
            f"pairs of one image have {len(often)} different answers",
            expected=f"at most as many as there are symbols, {symbols}",
            mend="declare more symbols",
        )
