"""Constants from sentences of one image, and words from short ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nesy.forest import Reader
from nesy.learn.grounding.belief import Belief
from nesy.learn.grounding.functions import Functions
from nesy.learn.grounding.looks import alike
from nesy.learn.grounding.mixture import SHAPES, Component, Mixture
from nesy.learn.grounding.sequences import Sequences
from nesy.learn.lexicon import SLOT, Sense
from nesy.learn.precedence import Precedence
from nesy.machine.primitives import Primitive
from nesy.machine.values import Value, text
from nesy.search.universe import Universe

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

FEW = 12  # sentences of a length that are enough to look for words
RARE = 0.2  # of the usual count of a constant: rarer answers are taken for wrong ones
CONFUSED = 0.2  # probability that a recogniser gives to the other of two words which look alike
OTHERS = 8  # values beside the constants on which functions are told apart


def constants(answers: Sequence[Value], most: int) -> list[Value]:
    """The answers of one-image sentences, without those so rare that they may be wrong; at most so many."""
    counts = Counter(answers)
    ordered = sorted(counts, key=lambda v: (-counts[v], text(v)))
    usual = np.median([counts[v] for v in ordered[: max(2, min(most, len(ordered) // 2))]]) if ordered else 0
    kept = [v for v in ordered if counts[v] >= RARE * usual and (counts[v] > 1 or usual < 8)]
    return sorted(kept[:most], key=lambda v: (len(text(v)), text(v)))


@dataclass(frozen=True, eq=False)
class Abduced:
    """What short sentences say.

    Attributes:
        belief: with the new words.
        rows: (r,) images that something is known about.
        targets: (r, V) their distributions over the symbols.
        weights: (r,) how well each is known.
        gains: per new word its pattern and the nats that it gained.
        log_likelihood: of the answers.
    """

    belief: Belief
    rows: Indices
    targets: Floats
    weights: Floats
    gains: list[tuple[str, float]]
    log_likelihood: float


def find_words(belief: Belief, functions: Functions, data: Sequences, chosen: Indices, log_probs: Floats) -> Abduced:
    """Look for words in the chosen short sentences, and abduce what the images of these show.

    Words are looked for in the shortest sentences that have new ones; longer sentences may hold these inside.
    """
    universe = functions.universe
    known = list(belief.known)
    probabilities = np.zeros_like(log_probs)
    probabilities[:, known] = np.exp(
        log_probs[:, known] - np.logaddexp.reduce(log_probs[:, known], axis=1, keepdims=True)
    )
    rows: list[Indices] = []
    targets: list[Floats] = []
    gains: list[tuple[str, float]] = []
    log_likelihood = 0.0
    for length in sorted(SHAPES):
        mine = chosen[data.lengths[chosen] == length]
        if len(mine) < FEW:
            continue
        mixture = Mixture(
            data.block(probabilities, mine, length),
            universe.ids([data.answers[i] for i in mine.tolist()]),
            list(belief.constants),
            functions,
            [c for s in belief.phrases for c in components(belief, s, functions) if len(c.shape) == length],
            nested(belief, data, mine, probabilities, length),
            looks(belief, data, mine, length, log_probs),
        )
        for component, gain in mixture.grow(len(belief.free)) if not gains else ():
            belief, named = name(belief, component)
            mixture.components[mixture.components.index(component)] = named
            gains.append((" ".join(item or "_" for item in named_pattern(belief, named)), gain))
        total, _, responsibilities = mixture.fit(mixture.components)
        log_likelihood += total
        rows.append((data.starts[mine][:, None] + np.arange(length)).ravel())
        targets.append(mixture.targets(responsibilities).reshape(-1, log_probs.shape[1]))
    everything = np.concatenate([*targets, np.zeros((0, log_probs.shape[1]))])
    weights = everything.sum(1)
    return Abduced(
        belief,
        np.concatenate([*rows, np.zeros(0, np.int64)]).astype(np.int64),
        everything / np.maximum(weights, 1e-9)[:, None],
        weights,
        gains,
        log_likelihood,
    )


def looks(belief: Belief, data: Sequences, chosen: Indices, length: int, log_probs: Floats) -> Indices:
    """(n, length) numbers of groups of images that look alike, those of each place by themselves."""
    places = [data.starts[chosen] + place for place in range(length)]
    known = log_probs[:, list(belief.constants)]
    return np.stack([alike(data.pixels[rows], known[rows]) for rows in places], axis=1)


def functions_of(
    belief: Belief, universe: Universe, answers: Sequence[Value], primitives: Sequence[Primitive]
) -> Functions:
    """The functions that words may mean; Peano's arithmetic goes on from what was found."""
    values = list(belief.constants.values())
    others = [v for v, _ in Counter(answers).most_common() if v not in values][:OTHERS]
    bare = "+" not in {p.name for p in primitives}
    found = {s.words[0]: s.meaning for s in belief.phrases if bare and len(s.words) == 1}
    return Functions(universe, universe.ids(values), others, primitives, found)


def components(belief: Belief, sense: Sense, functions: Functions) -> list[Component]:
    """A known sense as a component of a mixture, for every choice of the symbols of its words."""
    symbols: list[tuple[int, ...]] = [()]
    for word in sense.words:
        symbols = [(*before, s) for before in symbols for s in belief.symbols(word)]
    table = functions.table(sense.meaning)
    return [Component(sense.pattern, sense.meaning, table, choice, True) for choice in symbols]


def name(belief: Belief, component: Component) -> tuple[Belief, Component]:
    """The belief with a component whose words get free symbols, and the component with them.

    A component whose words are more than the free symbols is left out.
    """
    symbols = tuple(belief.free[: len(component.places)])
    for symbol in symbols:
        belief = belief.assign(symbol, belief.name(symbol))
    named = Component(component.shape, component.meaning, component.table, symbols)
    return belief.add(Sense(named_pattern(belief, named), component.meaning)), named


def named_pattern(belief: Belief, component: Component) -> tuple[str | None, ...]:
    """The pattern with the words of its symbols."""
    words = iter([belief.words[s] for s in component.symbols])
    return tuple(SLOT if item is SLOT else next(words) for item in component.shape)


def nested(belief: Belief, data: Sequences, chosen: Indices, probabilities: Floats, length: int) -> Floats | None:
    """(n,) probability of the answers by phrases in phrases, of the words that are known from shorter sentences."""
    inner = [s for s in belief.phrases if len(s.pattern) < length]
    if not inner:
        return None
    simple = Belief(belief.words, tuple(s for s in belief.senses if not s.slots or s in inner), Precedence())
    words = tuple(w if any(w in s.words for s in simple.senses) else None for w in belief.words)
    scale = np.full(len(words), 1.0)
    scale[[s for s in belief.known if s not in belief.constants]] = len(words)
    with np.errstate(divide="ignore"):
        logs = np.log(data.block(probabilities, chosen, length) * scale)
    found = Reader(simple.language(data.kinds), words).posterior(list(logs), [data.answers[i] for i in chosen.tolist()])
    return np.exp(found.log_joint)


def merged(belief: Belief, rows: Indices, targets: Floats, log_probs: Floats) -> Belief:
    """Words of different patterns whose images a recogniser cannot tell apart become one word."""
    labels = targets.argmax(1)
    words = [s for s in belief.known if s not in belief.constants]
    confusion = np.array(
        [[_mean(log_probs[rows[labels == s]][:, words], k) for k in range(len(words))] for s in words]
    ).reshape(len(words), len(words))
    for i, first in enumerate(words):
        for j, second in enumerate(words[i + 1 :], i + 1):
            if min(confusion[i, j], confusion[j, i]) > CONFUSED and not rivals(belief, first, second):
                return unite(belief, first, second)
    return belief


def rivals(belief: Belief, first: int, second: int) -> bool:
    """Whether two words stand in the same place of the same pattern: then they are two, however alike they look."""
    shapes = [
        {
            tuple(item if item is SLOT else item == belief.words[symbol] for item in s.pattern)
            for s in belief.senses
            if belief.words[symbol] in s.words
        }
        for symbol in (first, second)
    ]
    return bool(shapes[0] & shapes[1])


def _mean(log_probs: Floats, k: int) -> float:
    return float(np.exp(log_probs[:, k] - np.logaddexp.reduce(log_probs, axis=1)).mean()) if len(log_probs) else 0.0


def unite(belief: Belief, first: int, second: int) -> Belief:
    """The second symbol's word becomes the first one's; its symbol is free again."""
    old, new = belief.words[second], belief.words[first]
    senses = tuple(Sense(tuple(new if w == old else w for w in s.pattern), s.meaning) for s in belief.senses)
    renewed = dict(zip(belief.senses, senses, strict=True))
    precedence = Precedence(
        {renewed[s]: level for s, level in belief.precedence.level.items()},
        {(renewed[s], slot): level for (s, slot), level in belief.precedence.threshold.items()},
    )
    return Belief(belief.words, tuple(dict.fromkeys(senses)), precedence).assign(second, None)
