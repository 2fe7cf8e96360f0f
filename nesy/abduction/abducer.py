"""Deduction and abduction over a grounded symbol system: the cheapest repair of a reading whose value is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nesy.abduction.attachments import Attachments
from nesy.abduction.results import LEVELS, Abduction, Level, Status, Success
from nesy.abduction.search import Option, Search, Setting
from nesy.abduction.trees import Deduction
from nesy.errors import InputError
from nesy.lang.language import Language
from nesy.machine.values import Value, kind, readings, text

CONFUSION, ATTACHMENT, MEANING = 4.0, 3.0, 5.0
"""Costs in nats where nothing tells them: of another word than the one given, of a part that moved, of another
meaning (a trust of 99.3%)."""

BUDGET = 2_000
"""Readings that are looked at for one example."""

Input = str | Sequence[str] | NDArray[np.floating]
_KINDS = {"integers": "int", "booleans": "bool", "sequences": "seq"}


class Abducer:
    """Repairs readings of a language.

    Args:
        language: the grammar and the meanings.
        words: what each of V uncertain symbols stands for, None for nothing; needed for log-probabilities only.
        levels: the kinds of edit that are allowed.
        confusion: cost of another word where the words are given. Any closed word of the language may stand there,
            and words of an open terminal that inverses propose.
        attachment: cost per part of the sentence that moved.
        meaning: cost of another meaning of a production whose clause is not in `trust`.
        trust: clause name to the probability that its program is right; another meaning costs its log-odds.
        budget: readings that are looked at per example.
    """

    def __init__(
        self,
        language: Language,
        words: Sequence[str | None] | None = None,
        *,
        levels: Iterable[Level] = LEVELS,
        confusion: float = CONFUSION,
        attachment: float = ATTACHMENT,
        meaning: float = MEANING,
        trust: Mapping[str, float] | None = None,
        budget: int = BUDGET,
    ) -> None:
        self.language, self.words, self.confusion = language, words, confusion
        deduction = Deduction(language)
        self.setting = Setting(
            deduction,
            Attachments(deduction),
            frozenset(levels),
            confusion,
            attachment,
            meaning,
            dict(trust or {}),
            budget,
        )
        grammar = language.grammar
        closed = {word for terminal in grammar.terminals.values() for word in terminal.words or ()}
        self._closed = sorted(word for word in closed if not grammar.ignored.intersection(grammar.match(word)))

    def abduce(self, sentence: Input, answer: str | Value) -> Abduction:
        """The cheapest repair of one example.

        Args:
            sentence: text, words, or log-probabilities (n, V) of the symbols at n places.
            answer: a value or its canonical text.

        Raises:
            InputError: log-probabilities of another shape, NaN, a place without a possible symbol, or an answer of a
                kind that the language does not have.
        """
        search = self._search(sentence, answer)
        found = next(search.repairs(), None)
        if found is not None:
            return found
        status: Status = "budget spent" if search.spent else "impossible"
        return Abduction(status, search.before, None, search.read, expanded=search.expanded)

    def repairs(self, sentence: Input, answer: str | Value) -> Iterator[Abduction]:
        """Repairs of one example, the cheapest first, until the budget is spent; raises as `abduce`."""
        return self._search(sentence, answer).repairs()

    def success(self, examples: Iterable[tuple[Input, str | Value]]) -> Success:
        """How many examples are right, repaired and not; raises as `abduce`."""
        found = [self.abduce(sentence, answer).status for sentence, answer in examples]
        statuses: tuple[Status, ...] = ("unchanged", "repaired", "budget spent", "impossible")
        return Success(*(found.count(status) for status in statuses))

    def _search(self, sentence: Input, answer: str | Value) -> Search:
        values = readings(answer) if isinstance(answer, str) else (answer,)
        kinds = {_KINDS[name] for name in self.language.domain.values}
        answers = [value for value in values if not kinds or kind(value) in kinds]
        if not answers:
            expected = " or ".join(self.language.domain.values)
            raise InputError(f"the answer {text(values[0])!r} is no value of the language", expected=expected)
        if isinstance(sentence, np.ndarray):
            return Search(self.setting, self._weighted(sentence), answers, open_words=False)
        return Search(self.setting, self._certain(self.language.words(sentence)), answers, open_words=True)

    def _certain(self, words: Sequence[str]) -> list[list[Option]]:
        return [[(0.0, word), *((self.confusion, w) for w in self._closed if w != word)] for word in words]

    def _weighted(self, log_probs: NDArray[np.floating]) -> list[list[Option]]:
        if self.words is None or log_probs.ndim != 2 or log_probs.shape[1] != len(self.words):
            expected = "Abducer(language, words)" if self.words is None else f"(n, {len(self.words)})"
            raise InputError(f"log-probabilities of shape {log_probs.shape}", expected=expected)
        if np.isnan(log_probs).any():
            raise InputError("log-probabilities that are NaN", expected="numbers, or -inf for what is impossible")
        found = []
        for place, row in enumerate(log_probs.tolist(), 1):
            best: dict[str, float] = {}
            for word, value in zip(self.words, row, strict=True):
                if word is not None and value > best.get(word, -math.inf):
                    best[word] = value
            if not best:
                raise InputError(f"no symbol with a word is possible at place {place}", expected="at least one")
            most = max(best.values())
            found.append(sorted((most - value, word) for word, value in best.items()))
        return found
