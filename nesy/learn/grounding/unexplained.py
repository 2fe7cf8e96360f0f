"""New words from longer sentences that nothing explains: brackets, and whatever does not stand in a short sentence.

A hypothesis is a pattern of new words with a meaning, and a level. Before the recogniser has seen a word, every image
may be it with probability 1 / V (flat emission); the hypothesis under which the answers are most likely wins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nesy.learn.grounding.belief import Belief
from nesy.learn.grounding.expectation import expect
from nesy.learn.grounding.functions import Functions
from nesy.learn.grounding.sequences import Sequences
from nesy.learn.lexicon import SLOT, Sense
from nesy.learn.precedence import Precedence
from nesy.machine.expressions import Variable
from nesy.machine.values import Value
from nesy.search.meaning import of_expression

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

POOR = -1.0  # mean log-probability of an image, below which a sentence counts as unexplained
FEW = 8  # unexplained sentences at least
HALVINGS = ((12, 24), (40, 8), (160, 8))  # sentences, and hypotheses that go on from there
OFTEN, MANY = 3.0, 0.1  # a length whose sentences are unexplained so often: times the usual share, and at least
ENOUGH = 20  # sentences of a length for a share
MEANINGS = 6  # functions tried in every place
CONSTANTS = 20
GAIN = 15.0  # nats that a new word has to gain
CLEAR = 0.1  # of them, by how much it has to be better than a pattern of another shape
PENALTY = 3.0  # nats per new word


@dataclass(frozen=True)
class Hypothesis:
    """A belief with a new sense, and the symbols of its new words."""

    belief: Belief
    unseen: tuple[int, ...]
    about: str


@dataclass(frozen=True)
class Judged:
    """The hypothesis that won, its nats over doing without it, and over the runner-up."""

    hypothesis: Hypothesis
    gain: float
    margin: float


def unexplained(lengths: Indices, log_joint: Floats) -> NDArray[np.bool_]:
    """Sentences that no reading, or only a very improbable one, explains."""
    return ~(log_joint / lengths > POOR)


def strange(lengths: Indices, poor: NDArray[np.bool_]) -> Indices:
    """The unexplained sentences, by length, of lengths where they are more than wrong answers make them."""
    present = [n for n in np.unique(lengths) if (lengths == n).sum() >= ENOUGH]
    shares = {int(n): float(poor[lengths == n].mean()) for n in present}
    usual = min(shares.values(), default=0.0)
    lacking = [n for n, share in shares.items() if share > max(MANY, OFTEN * usual)]
    return np.concatenate([np.flatnonzero((lengths == n) & poor) for n in lacking] + [np.zeros(0, np.int64)]).astype(
        np.int64
    )


def explain(
    belief: Belief,
    data: Sequences,
    chosen: Indices,
    log_probs: Floats,
    functions: Functions,
    chance: dict[Value, float],
) -> Judged | None:
    """The best hypothesis for the chosen sentences; None where none pays."""
    if len(chosen) < FEW or not belief.free:
        return None
    hypotheses = list(propose(belief, functions, data, chosen))
    best, more = list(range(len(hypotheses))), chosen
    finals: list[tuple[float, int]] = []
    for size, kept in HALVINGS:  # the best on a few go on to more
        more = chosen[:size]
        finals = sorted(((_score(hypotheses[k], data, more, log_probs, chance), -k) for k in best), reverse=True)[:kept]
        best = [-k for _, k in finals]
    without = _score(Hypothesis(belief, (), ""), data, more, log_probs, chance)
    if not finals or finals[0][0] - without < GAIN:
        return None
    shapes = [shape(hypotheses[-k]) for _, k in finals]
    others = [score for (score, _), other in zip(finals, shapes, strict=True) if other != shapes[0]]
    margin = finals[0][0] - max(others, default=-np.inf)
    if margin < CLEAR * (finals[0][0] - without):
        return None
    return Judged(hypotheses[-finals[0][1]], finals[0][0] - without, margin)


def shape(hypothesis: Hypothesis) -> tuple[bool, ...]:
    """Where the slots of the new sense are."""
    return tuple(item is SLOT for item in hypothesis.belief.senses[-1].pattern)


def _score(
    hypothesis: Hypothesis, data: Sequences, chosen: Indices, log_probs: Floats, chance: dict[Value, float]
) -> float:
    """Log-likelihood of the sentences, each explained or drawn at random."""
    found = expect(
        hypothesis.belief,
        hypothesis.belief.language(data.kinds),
        data,
        chosen,
        log_probs,
        unseen=hypothesis.unseen,
        shortcut=False,
    )
    flat = -np.log(log_probs.shape[1])
    by_chance = np.array([np.log(chance[data.answers[i]]) for i in chosen.tolist()]) + flat * data.lengths[chosen]
    return float(np.logaddexp(found.log_joint, by_chance).sum()) - PENALTY * len(hypothesis.unseen)


def propose(belief: Belief, functions: Functions, data: Sequences, chosen: Indices) -> Iterator[Hypothesis]:
    """New brackets, new operators at every level, new words before and after, new constants."""
    identity = of_expression(1, Variable("a"))
    unary, binary = functions.of(1), functions.of(2)
    ones = [identity, *(unary.make(k) for k in range(min(MEANINGS, len(unary.costs))))]
    twos = [binary.make(k) for k in range(min(2 * MEANINGS, len(binary.costs)))]
    for meaning in dict.fromkeys(ones):
        yield from _with(belief, ("w", SLOT, "v"), meaning, None)
    levels = range(1 + max(belief.precedence.level.values(), default=-1))
    places = [2 * k for k in range(len(levels) + 1)] + [2 * k + 1 for k in levels]
    for place in sorted(places):
        for meaning in dict.fromkeys(ones[1:]):
            yield from _with(belief, ("w", SLOT), meaning, place)
            yield from _with(belief, (SLOT, "w"), meaning, place)
        for meaning in dict.fromkeys(twos):
            yield from _with(belief, (SLOT, "w", SLOT), meaning, place)
    known = set(belief.constants.values())
    common = Counter(data.answers[i] for i in chosen.tolist())
    for value in [v for v, _ in common.most_common(CONSTANTS) if v not in known]:
        made = belief.constant(value)
        yield Hypothesis(made, (belief.free[0],), f"a word for {value}")


def _with(belief: Belief, shape: Sequence[str | None], meaning: object, place: int | None) -> Iterator[Hypothesis]:
    """The belief with a new sense: closed, or on level place // 2 between (even) or at (odd) the old ones."""
    symbols = belief.free[: sum(item is not SLOT for item in shape)]
    if len(symbols) < sum(item is not SLOT for item in shape):
        return
    made = belief
    for symbol in symbols:
        made = made.assign(symbol, made.name(symbol))
    words = iter([made.words[s] for s in symbols])
    sense = Sense(tuple(SLOT if item is SLOT else next(words) for item in shape), meaning)  # type: ignore[arg-type]
    precedence = belief.precedence if place is None else inserted(belief.precedence, sense, place)
    made = Belief(made.words, (*belief.senses, sense), precedence)
    yield Hypothesis(made, tuple(symbols), f"{sense}")


def inserted(precedence: Precedence, sense: Sense, place: int) -> Precedence:
    """A sense on a level of its own between two, or on an old one, as the rest of that level associates."""
    level, own = place // 2, place % 2 == 0
    levels = {s: old + (own and old >= level) for s, old in precedence.level.items()}
    thresholds = {
        (s, slot): levels[s] + old - precedence.level[s] if slot in ends(s) else 0
        for (s, slot), old in precedence.threshold.items()
    }
    mates = [s for s, old in precedence.level.items() if not own and old == level]
    right = any(s.pattern[0] is SLOT and precedence.threshold[s, 0] > level for s in mates)
    levels[sense] = level
    infix = len(ends(sense)) == 2
    for slot in range(sense.slots):
        shut = infix and (slot == 0 if right else slot == sense.slots - 1)
        thresholds[sense, slot] = level + shut if slot in ends(sense) else 0
    return Precedence(levels, thresholds)


def ends(sense: Sense) -> set[int]:
    """The slots that a pattern begins and ends with."""
    first = {0} if sense.pattern[0] is SLOT else set()
    return first | ({sense.slots - 1} if sense.pattern[-1] is SLOT else set())
