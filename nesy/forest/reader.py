"""A language over uncertain symbols."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nesy.errors import InputError
from nesy.forest.best import Goal, WellFormed, Worth, trace
from nesy.forest.goals import Goals, Unsolvable
from nesy.forest.inside import Batch, Inside, Outside, batch
from nesy.forest.lazy import Lazy
from nesy.forest.listed import MOST_SEQUENCES, Listed, listed
from nesy.forest.rules import compile_rules
from nesy.forest.values import UNDEFINED, Values
from nesy.lang.language import Language
from nesy.machine.values import Value

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PRUNE = 1e-4
"""Alternatives of a symbol that are less probable than the best one by this factor are left out."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """What answers say about symbols.

    Attributes:
        log_joint: (m,) log of the summed probability of the readings (symbols and parse) that are worth the answer;
            -inf where there is none.
        log_any: (m,) the same of the readings that have any value; of all well-formed readings where there are more
            than `CROWD` values and only those that fit the answer were looked for.
        symbols: per sequence (n, V): probability of each symbol at each position, given the answer; zeros where no
            reading is worth it. It is the derivative of `log_joint` by the log-probabilities.
        productions: (P,) how often each production of the grammar is used, summed over the sequences; None where that
            was not asked for.
        capped: (m,) whether values were dropped, so that the sums may be too small.
    """

    log_joint: Floats
    log_any: Floats
    symbols: list[Floats]
    productions: Floats | None
    capped: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Reading:
    """One way to read a sequence.

    Attributes:
        symbols: the symbol at each position.
        words: the words that they stand for.
        value: of the sentence.
        log_prob: of the symbols.
    """

    symbols: tuple[int, ...]
    words: tuple[str, ...]
    value: Value
    log_prob: float


class Reader:
    """Reads sequences of uncertain symbols as sentences of a language.

    Every derivation counts: a sentence with two of them is twice as probable as its symbols are.

    Args:
        language: any language; what its clauses leave undefined, or compute for too long, is no reading.
        words: per symbol the word that it stands for, or None; several symbols may share a word.
        limit: integers beyond it are left out.
        cap: how many values a phrase may have, the most probable ones. Without it all count; where a phrase has more
            than `CROWD`, those that fit the answer are found by the inverses of the clauses, and if that cannot be,
            `MOST` is the cap.

    Raises:
        InputError: a word is not one of the language.
    """

    def __init__(
        self, language: Language, words: Sequence[str | None], *, limit: int | None = None, cap: int | None = None
    ) -> None:
        self.language, self.words = language, tuple(words)
        self.limit, self.cap = limit, cap
        self._unsolvable: float = np.inf  # sequences as long as this are read with a cap
        self._forget()

    def _forget(self) -> None:
        """Begin anew: no value has been met."""
        self.values = Values(self.limit)
        self.rules = compile_rules(self.language, self.words, self.values)
        self._listed: dict[int, Listed | None] = {}

    def _tidy(self) -> None:
        if len(self.values) > MOST_VALUES:
            self._forget()

    def posterior(
        self,
        log_probs: Sequence[ArrayLike] | Floats,
        answers: Sequence[Value],
        *,
        prune: float = PRUNE,
        productions: bool = False,
    ) -> Posterior:
        """What the answers say about the symbols.

        Args:
            log_probs: per sequence (n, V) log-probabilities of the symbols; n may differ.
            answers: the value of each sequence.
            prune: leave out symbols less probable than this times the best of their position; 0 is exact.
            productions: count how often productions are used.

        Raises:
            InputError: an array has another shape, or holds NaN.
        """
        if len(log_probs) != len(answers):
            what = f"{len(log_probs)} sequences and {len(answers)} answers"
            raise InputError(what, expected="one answer per sequence")
        if isinstance(log_probs, np.ndarray) and log_probs.ndim == 3 and log_probs.size and not productions:
            log_probs = self._checked([log_probs.reshape(-1, log_probs.shape[2])])[0].reshape(log_probs.shape)
            short = self._short(log_probs, answers)
            if short is not None:
                return short
        arrays = self._checked(log_probs)
        joint, total = np.full(len(arrays), -np.inf), np.full(len(arrays), -np.inf)
        capped = np.zeros(len(arrays), dtype=bool)
        symbols: list[Floats] = [*arrays]
        used = np.zeros(len(self.language.grammar.productions))
        for part in _parts(arrays):
            self._tidy()
            some, asked = [arrays[i] for i in part], [answers[i] for i in part]
            short = None if productions else self._short(some, asked)
            found = short or self._long(some, asked, prune)
            joint[part], total[part], capped[part] = found.log_joint, found.log_any, found.capped
            for i, one in zip(part.tolist(), found.symbols, strict=True):
                symbols[i] = one
            used += 0 if found.productions is None else found.productions
        return Posterior(joint, total, symbols, used if productions else None, capped)

    def _short(self, arrays: Sequence[Floats] | Floats, answers: Sequence[Value]) -> Posterior | None:
        """Of sequences of one length, where all sequences of that length can be listed."""
        length, width = len(arrays[0]), len(self.words)
        if width ** max(map(len, arrays)) > MOST_SEQUENCES or self.cap is not None:
            return None
        if length not in self._listed:
            self._listed[length] = listed(self.rules, width, length)
        every = self._listed[length]
        if every is None:
            return None
        logs = arrays if isinstance(arrays, np.ndarray) else np.stack(arrays)
        largest = logs.max(axis=2, keepdims=True)
        targets = np.array([self.values.id(answer) for answer in answers], dtype=np.int64)
        some, any_, symbols = every.posterior(np.exp(logs - largest), targets)
        with np.errstate(divide="ignore"):
            scale = largest.sum(axis=(1, 2))
            return Posterior(np.log(some) + scale, np.log(any_) + scale, list(symbols), None, some < 0)

    def _long(self, arrays: list[Floats], answers: list[Value], prune: float) -> Posterior:
        made = batch(arrays, len(self.words), prune)
        targets = np.array([self.values.id(answer) for answer in answers], dtype=np.int64)
        inside = self._inside(made, targets)
        joint = np.full(len(arrays), -np.inf)
        total = np.full(len(arrays), -np.inf)
        for sequence, target in enumerate(targets.tolist()):
            ids, logs = inside.root(sequence)
            if len(ids):
                total[sequence] = np.logaddexp.reduce(logs)
                joint[sequence] = logs[ids == target][0] if target != UNDEFINED and target in ids else -np.inf
        if inside.crowded:
            well_formed = Inside(self.rules, made, forget=True).run()
            for sequence, length in enumerate(made.lengths.tolist()):
                if (self.rules.root, length) in inside.crowded:
                    total[sequence] = np.logaddexp.reduce(well_formed.root(sequence)[1], initial=-np.inf)
        outside = Outside(inside, targets)
        symbols = [
            outside.symbols[row : row + length]
            for row, length in zip(made.start.tolist(), made.lengths.tolist(), strict=False)
        ]
        hit = np.zeros(len(arrays), dtype=bool)
        hit[np.searchsorted(made.start, inside.capped, side="right") - 1] = True
        return Posterior(joint, total, symbols, outside.productions, hit)

    def best(
        self, log_probs: Sequence[ArrayLike], answers: Sequence[Value] | None = None, *, prune: float = 0.0
    ) -> list[Reading | None]:
        """The most probable reading of each sequence (that is worth its answer); None where there is none.

        Without answers it is exact unless the most probable well-formed readings by the thousands have no value; then a
        good one is found by a beam.

        Args:
            prune: as in `posterior`.

        Raises:
            InputError: as `posterior`.
        """
        arrays = self._checked(log_probs)
        found: list[Reading | None] = [None] * len(arrays)
        for part in _parts(arrays):
            self._tidy()
            made = batch([arrays[i] for i in part], len(self.words), prune)
            if answers is None:
                well_formed = WellFormed(self.rules, made)
                for sequence, i in enumerate(part.tolist()):
                    if well_formed.root(sequence) > -np.inf:
                        goal = Goal(self.rules.root, int(made.start[sequence]), int(made.lengths[sequence]))
                        symbols, value = trace(well_formed, goal)
                        if value != UNDEFINED:
                            found[i] = self._reading(symbols, value, arrays[i])
                        else:
                            found[i] = self._defined(well_formed, sequence, arrays[i])
            else:
                for i in part.tolist():
                    found[i] = self._worth(arrays[i], answers[i], prune)
        return found

    def readings(self, log_prob: ArrayLike, *, prune: float = 0.0) -> Iterator[Reading]:
        """The readings of one sequence, the most probable first; each derivation is one.

        Args:
            prune: as in `posterior`.
        """
        (array,) = self._checked([log_prob])
        chart = WellFormed(self.rules, batch([array], len(self.words), prune))
        for found in Lazy(chart).readings(0):
            yield self._reading(found.symbols, found.pack, array)

    def _defined(self, chart: WellFormed, sequence: int, array: Floats) -> Reading | None:
        """The best reading that has a value, where the best one has none."""
        found = next(Lazy(chart, BUDGET).readings(sequence), None)
        if found is not None:
            return self._reading(found.symbols, found.pack, array)
        inside = Inside(self.rules, batch([array], len(self.words), BEAM_PRUNE), best=True, cap=BEAM).run()
        ids, logs = inside.root(0)
        if not len(ids):
            return None
        value = int(ids[logs.argmax()])
        symbols, _ = trace(Worth(inside), Goal(self.rules.root, 0, len(array), value))
        return self._reading(symbols, value, array)

    def _worth(self, array: Floats, answer: Value, prune: float) -> Reading | None:
        """The best reading with this value."""
        value = self.values.id(answer)
        inside = self._inside(batch([array], len(self.words), prune), np.array([value]), best=True)
        ids, _ = inside.root(0)
        if value not in ids or value == UNDEFINED:
            return None
        symbols, _ = trace(Worth(inside), Goal(self.rules.root, 0, len(array), value))
        return self._reading(symbols, value, array)

    def _reading(self, symbols: tuple[int, ...], value: int, array: Floats) -> Reading:
        words = tuple(str(self.words[symbol]) for symbol in symbols)
        log_prob = float(array[np.arange(len(symbols)), list(symbols)].sum())
        return Reading(symbols, words, self.values.value(value), log_prob)

    def _inside(self, made: Batch, targets: Ints, *, best: bool = False) -> Inside:
        """The inside pass; where there are very many values, only those from which the targets can be made."""
        longest = int(made.lengths.max(initial=0))
        if self.cap is not None or longest >= self._unsolvable:
            return Inside(self.rules, made, best=best, cap=self.cap or MOST).run()
        inside = Inside(self.rules, made, best=best, crowd=CROWD).run()
        if not any((self.rules.root, length) in inside.crowded for length in made.lengths.tolist()):
            inside.crowded.clear()
            return inside
        try:
            useful = Goals(inside, targets).keys
        except Unsolvable:
            self._unsolvable = longest
            return Inside(self.rules, made, best=best, cap=MOST).run()
        return Inside(self.rules, made, best=best, useful=useful, crowded=inside.crowded).run()

    def distribution(self, log_prob: ArrayLike, *, prune: float = PRUNE) -> dict[Value, float]:
        """The values of one sequence with their log-probabilities, the most probable first."""
        (array,) = self._checked([log_prob])
        inside = Inside(self.rules, batch([array], len(self.words), prune), cap=self.cap).run()
        ids, logs = inside.root(0)
        order = np.argsort(-logs, kind="stable").tolist()
        return {self.values.value(int(ids[i])): float(logs[i]) for i in order}

    def spans(self, log_prob: ArrayLike, *, prune: float = PRUNE) -> dict[tuple[str, int, int], dict[Value, float]]:
        """What the parts of one sequence may be worth, whatever stands around them.

        Returns:
            per rule of the grammar, start and end the values of that part with the log of the summed probability of its
            readings; parts that no sentence of this length can have are left out.
        """
        (array,) = self._checked([log_prob])
        made = batch([array], len(self.words), prune)
        inside = Inside(self.rules, made, cap=self.cap).run()
        largest = np.concatenate(([0.0], np.cumsum(array.max(axis=1)))) if len(array) else np.zeros(1)
        found: dict[tuple[str, int, int], dict[Value, float]] = {}
        for head, state in self.rules.heads.items():
            if state not in self.rules.single:
                continue
            for length in range(len(array) + 1):
                cell = inside.cells.get((state, length))
                for row, value, weight in zip(cell.row, cell.value, cell.weight, strict=True) if cell else ():
                    scale = inside.scale[length][row] + largest[row + length] - largest[row]
                    part = found.setdefault((head, int(row), int(row) + length), {})
                    part[self.values.value(int(value))] = float(np.log(weight) + scale)
        return found

    def _checked(self, log_probs: Sequence[ArrayLike] | Floats) -> list[Floats]:
        arrays = []
        for number, one in enumerate(log_probs):
            array = np.asarray(one, dtype=np.float64)
            if array.size == 0:
                array = array.reshape(0, len(self.words))
            if array.ndim != 2 or array.shape[1] != len(self.words):
                raise InputError(
                    f"sequence {number} has log-probabilities of shape {array.shape}",
                    expected=f"(number of symbols, {len(self.words)})",
                )
            if np.isnan(array).any() or np.isposinf(array).any():
                raise InputError(f"sequence {number} holds a log-probability that is no number")
            arrays.append(array)
        return arrays


CROWD = 500
"""Where a phrase may have more values than this, those that fit the answer are looked for."""
MOST = 2_000
"""The cap where that cannot be done."""

BUDGET = 20_000
"""Candidates that are looked at for the best reading, where the best well-formed one has no value."""
BEAM, BEAM_PRUNE = 16, 1e-3
"""After that, how many values of a phrase are kept, and which alternatives of a symbol."""

MOST_VALUES = 300_000
"""Values that are remembered from one call to the next."""

ROWS = 256
"""How many rows are read at once."""


def _parts(arrays: list[Floats]) -> list[NDArray[np.int64]]:
    """Sequences to read together: not too many, of similar length; short ones of one length."""
    order = np.argsort([len(array) for array in arrays], kind="stable").tolist()
    parts: list[list[int]] = []
    rows = 0
    for i in order:
        length, width = arrays[i].shape
        alike = parts and (width**length > MOST_SEQUENCES or len(arrays[parts[-1][0]]) == length)
        if not alike or rows + length + 1 > ROWS:
            parts.append([])
            rows = 0
        parts[-1].append(i)
        rows += length + 1
    return [np.array(part, dtype=np.int64) for part in parts]
