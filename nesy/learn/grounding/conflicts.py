"""Precedence from sentences of two words: which of them takes the constant that both could take?

Where a pattern X that ends in a slot is followed by a pattern Y that begins with one, as in ``a X b Y c``, either X is
an argument of Y or Y of X. The answers vote, for every pair (X, Y). Levels and associativities are those with the
most votes, in nats, all of them tried where there are few patterns; every level has its price.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nesy.learn.grounding.belief import Belief
from nesy.learn.lexicon import SLOT, Sense
from nesy.learn.precedence import Precedence
from nesy.search.universe import Ids, Universe

Floats = NDArray[np.float64]
LEVEL = 2.0  # nats a level costs
NOISE = 0.05  # share of answers that may be wrong
EXHAUSTIVE = 6  # patterns of which all orders are tried
WIDEST = 20_000  # choices of arguments
MOST = 2000  # sentences of each length


@dataclass(frozen=True)
class Votes:
    """Log-likelihoods of the sentences with X before Y: `first` where X is an argument of Y, `second` where Y is one
    of X.
    """

    first: float
    second: float


def ends_open(sense: Sense) -> bool:
    """Whether a phrase to the right may be mistaken for a part of it."""
    return sense.pattern[-1] is SLOT


def begins_open(sense: Sense) -> bool:
    """Whether a phrase to the left may be mistaken for a part of it."""
    return sense.pattern[0] is SLOT


def count_votes(
    belief: Belief, universe: Universe, sentences: Mapping[int, tuple[Floats, Ids]]
) -> dict[tuple[Sense, Sense], Votes]:
    """The votes for every pair that can stand side by side.

    Args:
        sentences: per length the probabilities (n, length, V) of each symbol at each place, and the answers' ids.
    """
    found = {}
    for x, y in product(belief.phrases, repeat=2):
        length = len(x.pattern) + len(y.pattern) - 1
        if ends_open(x) and begins_open(y) and length in sentences:
            probabilities, answers = sentences[length]
            found[x, y] = _votes(belief, universe, x, y, probabilities[:MOST], answers[:MOST])
    return found


def _votes(belief: Belief, universe: Universe, x: Sense, y: Sense, probabilities: Floats, answers: Ids) -> Votes:
    pattern = (*x.pattern, *y.pattern[1:])
    constants, slots = list(belief.constants), [k for k, item in enumerate(pattern) if item is SLOT]
    if len(constants) ** len(slots) > WIDEST:
        return Votes(0.0, 0.0)
    present = np.ones(len(answers))
    for place, word in enumerate(pattern):
        if word is not SLOT:
            present = present * probabilities[:, place, belief.symbols(word)].sum(1)
    chosen = np.flatnonzero(present > 0.1)
    if not len(chosen):
        return Votes(0.0, 0.0)
    joint = np.ones((len(chosen), 1))
    for place in slots:
        joint = (joint[:, :, None] * probabilities[chosen, place][:, None, constants]).reshape(len(chosen), -1)
    ids = [universe.id(v) for v in belief.constants.values()]
    values, counts = np.unique(answers, return_counts=True)
    chance = (counts / counts.sum())[np.searchsorted(values, answers[chosen])]
    votes = []
    for table in _tables(universe, x, y, ids, len(slots)):
        right = (joint * (table[None, :] == answers[chosen, None])).sum(1)
        votes.append(float(present[chosen] @ np.log((1 - NOISE) * right + NOISE * chance)))
    return Votes(*votes)


def _tables(universe: Universe, x: Sense, y: Sense, ids: Sequence[int], slots: int) -> Iterator[Ids]:
    """The values of ``Y(X(...), ...)`` and of ``X(..., Y(...))`` for every choice of arguments."""
    choices = list(product(ids, repeat=slots))
    n = x.slots
    yield np.array([y.meaning(universe, (x.meaning(universe, c[:n]), *c[n:])) for c in choices], dtype=np.int64)
    yield np.array(
        [x.meaning(universe, (*c[: n - 1], y.meaning(universe, c[n - 1 :]))) for c in choices], dtype=np.int64
    )


def fit_levels(senses: Sequence[Sense], votes: Mapping[tuple[Sense, Sense], Votes]) -> Precedence:
    """The levels (0 binds loosest) and associativities with the most votes."""
    senses = [s for s in senses if not s.closed]
    best = max(_orders(senses, votes), key=lambda levels: _score(levels, votes), default=())
    return _precedence(best, votes)


Levels = tuple[tuple[Sense, ...], ...]


def _orders(senses: Sequence[Sense], votes: Mapping[tuple[Sense, Sense], Votes]) -> Iterator[Levels]:
    """All weak orders; of many senses, those that the best order of the first ones is extended to."""
    kept: list[Levels] = [()]
    for k, sense in enumerate(senses):
        kept = [order for levels in kept for order in _insertions(levels, sense)]
        if k >= EXHAUSTIVE:
            kept = sorted(kept, key=lambda levels: -_score(levels, votes))[:500]
    yield from kept


def _insertions(levels: Levels, sense: Sense) -> Iterator[Levels]:
    for k in range(len(levels)):
        yield (*levels[:k], (*levels[k], sense), *levels[k + 1 :])
    for k in range(len(levels) + 1):
        yield (*levels[:k], (sense,), *levels[k:])


def _score(levels: Levels, votes: Mapping[tuple[Sense, Sense], Votes]) -> float:
    place = {sense: k for k, level in enumerate(levels) for sense in level}
    total = -LEVEL * len(levels)
    for (x, y), vote in votes.items():
        if x in place and y in place and place[x] != place[y]:
            total += vote.first if place[x] > place[y] else vote.second
    return total + sum(max(_sides(level, votes)) for level in levels)


def _sides(level: Sequence[Sense], votes: Mapping[tuple[Sense, Sense], Votes]) -> tuple[float, float]:
    """Votes for a level that associates to the left, and to the right."""
    mine = [votes[x, y] for x, y in product(level, repeat=2) if (x, y) in votes]
    left, right = sum(v.first for v in mine), sum(v.second for v in mine)
    prefix = any(not begins_open(s) for s in level)
    postfix = any(not ends_open(s) for s in level)
    infix = len(level) > 1 and any(begins_open(s) for s in level) and any(ends_open(s) for s in level)
    return (
        left if not (prefix and infix) else -np.inf,
        right if not (postfix and infix) else -np.inf,
    )


def _precedence(levels: Levels, votes: Mapping[tuple[Sense, Sense], Votes]) -> Precedence:
    level = {sense: k for k, senses in enumerate(levels) for sense in senses}
    threshold = {}
    for k, senses in enumerate(levels):
        left, right = _sides(senses, votes)
        for sense in senses:
            last = sense.slots - 1
            threshold.update({(sense, slot): 0 for slot in range(sense.slots)})
            if begins_open(sense):
                threshold[sense, 0] = k + (ends_open(sense) and right > left)
            if ends_open(sense):
                threshold[sense, last] = k + (begins_open(sense) and left >= right)
    return Precedence(level, threshold)
