"""What the answers say about every image: the E-step, by the packed forest of a language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nesy.errors import NesyError
from nesy.forest import Reader
from nesy.lang.language import Language
from nesy.learn.grounding.belief import Belief
from nesy.learn.grounding.sequences import Sequences
from nesy.machine.values import Value, kind

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

WRONG = 0.05  # share of answers that may be wrong
SURE = 0.97  # symbols that sure are not asked about where they give the answer as they are
PRUNE = 1e-3
CAP = 200  # values of a phrase


@dataclass(frozen=True, eq=False)
class Expected:
    """Per image a distribution over symbols, for m sentences of N images.

    Attributes:
        targets: (N, V); rows of sentences that nothing explains are zeros.
        weights: (m,) probability that the answer is right: z / (z + chance), 0 where nothing explains it.
        log_joint: (m,) log of the probability of the readings that are worth the answer.
        direct: (m,) the symbols that are most probable each by itself give the answer.
    """

    targets: Floats
    weights: Floats
    log_joint: Floats
    direct: NDArray[np.bool_]


def expect(
    belief: Belief,
    language: Language,
    data: Sequences,
    chosen: Indices,
    log_probs: Floats,
    *,
    doubt: float = 0.0,
    unseen: Sequence[int] = (),
    chance: dict[Value, float] | None = None,
    shortcut: bool = True,
    marginalise: bool = True,
) -> Expected:
    """The posterior of the symbols of the chosen sentences.

    Args:
        log_probs: (N, V) of all images of the data.
        doubt: e of ``(1 - e) P + e / known``, which lets the answers overrule a recogniser that is sure but wrong.
        unseen: symbols that the recogniser has not been shown: every image may be one, with probability 1 / V.
        chance: the share of each answer among all, for the weights.
        shortcut: do not build a forest where sure symbols give the answer as they are.
        marginalise: sum over all readings that are worth the answer; else the best one stands for all.
    """
    softened = soften(belief, log_probs, doubt, unseen)
    rows = data.split(softened)
    log_joint = np.full(len(chosen), -np.inf)
    weights = np.zeros(len(chosen))
    targets = [np.zeros_like(rows[i]) for i in chosen]
    direct = np.array([right(belief, language, rows[i], data.answers[i]) for i in chosen], dtype=bool)
    asked = []
    for k, i in enumerate(chosen.tolist()):
        if shortcut and direct[k] and rows[i].max(1).min() > np.log(SURE * (1 - doubt)):
            targets[k] = np.exp(rows[i] - np.logaddexp.reduce(rows[i], axis=1, keepdims=True))
            log_joint[k], weights[k] = rows[i].max(1).sum(), 1.0
        else:
            asked.append(k)
    if asked:
        reader = Reader(language, belief.words, cap=CAP, limit=largest(data.answers))
        if not marginalise:
            best = reader.best([rows[chosen[k]] for k in asked], [data.answers[chosen[k]] for k in asked], prune=PRUNE)
            for k, reading in zip(asked, best, strict=True):
                if reading is not None:
                    targets[k] = np.eye(log_probs.shape[1])[list(reading.symbols)]
                    log_joint[k], weights[k] = reading.log_prob, 1.0
            asked = []
        found = reader.posterior(
            [rows[chosen[k]] for k in asked], [data.answers[chosen[k]] for k in asked], prune=PRUNE
        )
        for place, k in enumerate(asked):
            log_joint[k] = found.log_joint[place]
            if np.isfinite(log_joint[k]):
                targets[k] = found.symbols[place]
                by_chance = (chance or {}).get(data.answers[chosen[k]], 0.0)
                odds = np.exp(min(50.0, found.log_any[place] - log_joint[k])) * by_chance * WRONG / (1 - WRONG)
                weights[k] = 1 / (1 + odds)
    return Expected(np.concatenate([*targets, np.zeros((0, log_probs.shape[1]))]), weights, log_joint, direct)


def soften(belief: Belief, log_probs: Floats, doubt: float, unseen: Sequence[int] = ()) -> Floats:
    """Probabilities of the known symbols only, mixed with a uniform distribution."""
    known = [s for s in belief.known if s not in unseen]
    out = np.full(log_probs.shape, -np.inf)
    part = log_probs[:, known] - np.logaddexp.reduce(log_probs[:, known], axis=1, keepdims=True)
    out[:, known] = np.logaddexp(part + np.log1p(-doubt), np.log(doubt / len(known))) if doubt else part
    out[:, list(unseen)] = -np.log(log_probs.shape[1])
    return out


def right(belief: Belief, language: Language, rows: Floats, answer: Value) -> bool:
    """Whether the most probable symbols, each by itself, give the answer."""
    return same(value(language, [belief.words[s] or "" for s in rows.argmax(1)]), answer)


def value(language: Language, words: Sequence[str]) -> Value | None:
    """The value of a sentence, or None."""
    try:
        return language.run(words)
    except NesyError:
        return None


def same(first: Value | None, second: Value) -> bool:
    """Whether there is a first value, of the kind of the second and equal to it."""
    return first is not None and kind(first) == kind(second) and first == second


def largest(answers: Sequence[Value]) -> int:
    """What integers of a sentence may be at most: far above the answers."""
    return 1000 + 10 * max((abs(a) for a in answers if not isinstance(a, tuple)), default=0)
