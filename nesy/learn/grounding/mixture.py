"""New words from short sentences: a mixture over (where the word stands) x (what it computes).

A sentence of one word and constants is explained by a *component*, a pattern with a function:

    P(y | images, component) = sum over arguments P(a | image) P(b | image) [f(a, b) = y]

or by none, and then its answer is drawn from the histogram of the answers. (A uniform distribution in its place lets
words be found in shuffled answers.) Components are added greedily while the gain in likelihood, in nats, pays for
their description.

Shapes: n sentences of one length, C constants, k components.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nesy.learn.grounding.functions import Functions, Library
from nesy.learn.lexicon import SLOT
from nesy.search.meaning import Meaning
from nesy.search.universe import UNDEFINED, Ids

Floats = NDArray[np.float64]
Shape = tuple[str | None, ...]
"""A pattern whose words are not known: ``(None, "w", None)``."""

SHAPES: dict[int, tuple[Shape, ...]] = {
    2: (("w", SLOT), (SLOT, "w"), (SLOT, SLOT)),
    3: ((SLOT, "w", SLOT), ("w", SLOT, SLOT), (SLOT, SLOT, "w"), ("w", SLOT, "v")),
    4: ((SLOT, "w", SLOT, "v"), ("w", SLOT, "v", SLOT), ("w", SLOT, SLOT, "v")),
}
SHARES = (0.1, 0.4)  # of the sentences that a new component may explain
SHORTLIST = 40
FLOOR = 12.0  # nats that a new component has to gain beyond its description
NODE = 2.0  # nats a node of a program
SAME = 0.97  # share of equal values that makes two functions one
ROUNDS = 25  # of expectation-maximisation
SWEEPS = 4
ALIKE = 6  # sentences of one look that may propose a function
LOOK_ALIKE = 0.5  # of the looks that a place usually has: images with no more of them may be one word


@dataclass(frozen=True, eq=False)
class Component:
    """A pattern and a function, and which symbols its words are.

    Attributes:
        table: the function's values, (C ** arity,) ids.
        symbols: none before the words have some.
        seen: whether the recogniser has been shown the words.
    """

    shape: Shape
    meaning: Meaning
    table: Ids
    symbols: tuple[int, ...] = ()
    seen: bool = False

    @property
    def slots(self) -> list[int]:
        return [k for k, item in enumerate(self.shape) if item is SLOT]

    @property
    def places(self) -> list[int]:
        """Where the words stand."""
        return [k for k, item in enumerate(self.shape) if item is not SLOT]


@dataclass(eq=False)
class Mixture:
    """The sentences of one length and what explains them.

    Args:
        probabilities: (n, length, V) of each symbol at each place.
        answers: (n,) ids.
        constants: the C symbols that are constants.
        functions: their libraries.
        other: (n,) probability of the answer by what is known already (phrases in phrases); zeros for nothing.
        groups: (n, length) of images that look alike; sentences whose word looks alike propose functions.
    """

    probabilities: Floats
    answers: Ids
    constants: Sequence[int]
    functions: Functions
    components: list[Component] = field(default_factory=list)
    other: Floats | None = None
    groups: Ids | None = None

    def __post_init__(self) -> None:
        n, self.length, self.symbols = self.probabilities.shape
        values, self.answer, counts = np.unique(self.answers, return_inverse=True, return_counts=True)
        self.values = values
        self.histogram = (counts / max(1, n))[self.answer]
        self.one_hot = np.eye(len(values) + 1)[self.answer]  # the last column is for values that are no answer
        self.arguments = self.probabilities[:, :, list(self.constants)]
        self._joint: dict[tuple[int, ...], Floats] = {}
        self._likelihoods: dict[int, tuple[Component, Floats]] = {}
        self._libraries: dict[int, tuple[Library, NDArray[np.int32]]] = {}

    # likelihood

    def joint(self, slots: Sequence[int]) -> Floats:
        """(n, C ** slots) probability of every choice of arguments."""
        key = tuple(slots)
        if key not in self._joint:
            found = self.arguments[:, key[0]]
            for k in key[1:]:
                found = (found[:, :, None] * self.arguments[:, None, k]).reshape(len(found), -1)
            self._joint[key] = found
        return self._joint[key]

    def explained(self, component: Component) -> Floats:
        """(n,) probability of the answer under a component, times P(image | word) / P(image) of its words: 1 for
        words that are new.
        """
        agrees = component.table[None, :] == self.answers[:, None]
        found: Floats = (self.joint(component.slots) * agrees).sum(1)
        if component.seen:
            for place, symbol in zip(component.places, component.symbols, strict=True):
                found = found * self.probabilities[:, place, symbol] * self.symbols
        return found

    def likelihoods(self, components: Sequence[Component]) -> Floats:
        """(n, k + 1 or 2): per component, of what is known already, of the histogram."""
        columns = []
        for component in components:
            if id(component) not in self._likelihoods:
                self._likelihoods[id(component)] = (component, self.explained(component))
            columns.append(self._likelihoods[id(component)][1])
        if self.other is not None:
            columns.append(self.other)
        return np.stack([*columns, self.histogram], axis=1)

    def fit(self, components: Sequence[Component]) -> tuple[float, Floats, Floats]:
        """Shares of the components by expectation-maximisation: log-likelihood, shares, responsibilities (n, k + 1)."""
        columns = self.likelihoods(components)
        shares = np.full(columns.shape[1], 1.0 / columns.shape[1])
        for _ in range(ROUNDS):
            weighted = columns * shares
            total = weighted.sum(1, keepdims=True)
            shares = np.maximum((weighted / total).mean(0), 1e-6)
            shares /= shares.sum()
        weighted = columns * shares
        total = weighted.sum(1, keepdims=True)
        return float(np.log(total).sum()), shares, weighted / total

    # search

    def grow(self, most: int) -> list[tuple[Component, float]]:
        """Add components while they pay, at most so many; each new one with its gain in nats.

        After every addition each new component is looked for again given the others: the first to come explains parts
        of what others explain better.
        """
        known = len(self.components)
        self._start()
        while len(self.components) <= known + most and len(self.answers):
            before, value = list(self.components), self._objective()
            found = self._best(self.components)
            if found is None or found[1] < FLOOR:
                break
            self.components.append(found[0])
            self._improve(known)
            self._drop(known, most)
            if self._objective() < value + 1e-6:
                self.components = before
                break
        return [(c, self._worth(k + known)) for k, c in enumerate(self.components[known:])]

    def _start(self) -> None:
        """Begin with what sentences with a word of one look propose, as far as it pays."""
        known = len(self.components)
        for component in self._proposals():
            if not synonym(component, self.components):
                self.components.append(component)
        self._drop(known, len(self.components))
        self._improve(known)
        self._drop(known, len(self.components))

    def _proposals(self) -> Iterator[Component]:
        """For every place of a word and every group of images there, the best function for these sentences."""
        if self.groups is None:
            return
        left = self.likelihoods(self.components)
        unknown = left[:, :-1].max(1, initial=0.0) < left[:, -1]
        for shape in SHAPES[self.length]:
            places = [k for k, item in enumerate(shape) if item is not SLOT]
            if len(places) != 1:
                continue
            for group in np.unique(self.groups[:, places[0]]):
                members = np.flatnonzero((self.groups[:, places[0]] == group) & unknown)
                if len(members) < ALIKE:
                    continue
                found = self._best_for(members, shape)
                if found is not None:
                    yield found

    def _best_for(self, members: Ids, shape: Shape) -> Component | None:
        """The function that is right about most of a few sentences, each taken with its most probable arguments."""
        scored = [self._score_for(members, one) for one in (shape, *self._with_words(members, shape))]
        score, component = max(scored, key=lambda found: found[0])
        return component if score + len(members) * np.log1p(-SHARES[-1]) >= 0 else None

    def _with_words(self, members: Ids, shape: Shape) -> Iterator[Shape]:
        """The shape with a second word for a slot in which the images look much alike."""
        assert self.groups is not None
        for k in range(len(shape)):
            here = self.groups[:, k]
            if shape[k] is SLOT and perplexity(here[members]) <= LOOK_ALIKE * perplexity(here):
                names = iter("wv")
                found = tuple(SLOT if item is SLOT and i != k else next(names) for i, item in enumerate(shape))
                if found in SHAPES[self.length]:
                    yield found

    def _score_for(self, members: Ids, shape: Shape) -> tuple[float, Component]:
        slots = [k for k, item in enumerate(shape) if item is SLOT]
        library = self.functions.of(len(slots))
        joint = self.joint(slots)[members]
        choice = joint.argmax(1)
        sure = joint[np.arange(len(members)), choice]
        gains = np.log1p(SHARES[-1] / (1 - SHARES[-1]) * sure / self.histogram[members]).astype(np.float32)
        scores = (library.tables[:, choice] == self.answers[members]) @ gains - NODE * library.costs
        best = int(scores.argmax())
        return float(scores[best]), Component(shape, library.make(best), library.tables[best])

    def _objective(self) -> float:
        costs = sum(NODE * c.meaning.cost + FLOOR for c in self.components)
        return self.fit(self.components)[0] - costs

    def _drop(self, first: int, most: int) -> None:
        """Leave out components from `first` on that no longer pay, and those that are too many."""
        while len(self.components) > first:
            worths = [self._worth(k) for k in range(first, len(self.components))]
            if min(worths) >= FLOOR and len(worths) <= most:
                return
            del self.components[first + int(np.argmin(worths))]

    def _improve(self, first: int) -> None:
        """Exchange components from `first` on for better ones until none is better."""
        for _ in range(SWEEPS):
            changed = False
            for k in range(first, len(self.components)):
                others = [c for i, c in enumerate(self.components) if i != k]
                found = self._best(others, [self.components[k].shape])
                if found is not None and found[1] > self._worth(k) + 1e-6:
                    self.components[k] = found[0]
                    changed = True
            changed |= self._untangle(first)
            if not changed:
                return

    def _untangle(self, first: int) -> bool:
        """Where two components have their values exchanged for some arguments, take the cheapest such pair: which of
        two functions a value belongs to, the answers alone do not say.
        """
        for k in range(first, len(self.components)):
            for other in range(k + 1, len(self.components)):
                one, two = self.components[k], self.components[other]
                pair = self._cheapest_pair(one, two) if one.shape == two.shape else None
                if pair is not None:
                    self.components[k], self.components[other] = pair
                    return True
        return False

    def _cheapest_pair(self, one: Component, two: Component) -> tuple[Component, Component] | None:
        library = self.functions.of(len(one.slots))
        tables = library.tables
        fits = np.flatnonzero(((tables == one.table) | (tables == two.table)).all(1))
        numbers = {tables[k].tobytes(): k for k in fits.tolist()}
        best, chosen = one.meaning.cost + two.meaning.cost, (-1, -1)
        for k in fits.tolist():
            rest = np.where(tables[k] == one.table, two.table, one.table)
            partner = numbers.get(rest.tobytes())
            if partner is not None and library.costs[k] + library.costs[partner] < best:
                best, chosen = library.costs[k] + library.costs[partner], (k, partner)
        if chosen[0] < 0:
            return None
        made = [Component(one.shape, library.make(k), tables[k]) for k in chosen]
        if sum(c.meaning.cost for c in made) >= one.meaning.cost + two.meaning.cost:
            return None
        return made[0], made[1]

    def _worth(self, k: int) -> float:
        """Nats that are lost without a component, less its description."""
        others = [c for i, c in enumerate(self.components) if i != k]
        gain = self.fit(self.components)[0] - self.fit(others)[0]
        return gain - NODE * self.components[k].meaning.cost

    def _best(
        self, others: Sequence[Component], shapes: Sequence[Shape] | None = None
    ) -> tuple[Component, float] | None:
        """The component that gains most beside the others, with its gain less its description."""
        before, shares, _ = self.fit(others)
        current = self.likelihoods(others) @ shares
        best: tuple[Component, float] | None = None
        for component in self._shortlist(current, shapes or SHAPES[self.length]):
            gain = self.fit([*others, component])[0] - before - NODE * component.meaning.cost
            if (best is None or gain > best[1]) and not synonym(component, others):
                best = (component, gain)
        return best

    def _shortlist(self, current: Floats, shapes: Sequence[Shape]) -> list[Component]:
        """The most promising new components of every shape.

        The gain of a component with the share e that is sure of its arguments is a sum over the sentences which it
        is right about; so it is one look-up per choice of arguments.
        """
        found: list[tuple[float, Shape, int, int]] = []
        for shape in shapes:
            slots = [k for k, item in enumerate(shape) if item is SLOT]
            library, cells = self._cells(len(slots))
            scores = np.full(len(library.costs), -np.inf)
            for share in SHARES:
                gains = np.log1p(share / (1 - share) / current)
                per_cell = ((self.joint(slots) * gains[:, None]).T @ self.one_hot).astype(np.float32)
                total = per_cell.ravel().take(cells).sum(1) + len(current) * np.log1p(-share)
                scores = np.maximum(scores, total - NODE * library.costs)
            order = np.argsort(-scores, kind="stable")[:SHORTLIST]
            found += [(-scores[k], shape, len(slots), int(k)) for k in order if scores[k] > 0]
        found.sort(key=lambda item: item[0])
        made = []
        for _, shape, arity, k in found[:SHORTLIST]:
            library = self.functions.of(arity)
            made.append(Component(shape, library.make(k), library.tables[k]))
        return made

    def _cells(self, arity: int) -> tuple[Library, NDArray[np.int32]]:
        """The library of an arity, and for every entry of its tables the number (arguments, answer) of a cell."""
        if arity not in self._libraries:
            library = self.functions.of(arity)
            width = len(self.values) + 1
            where = np.full(max(int(library.tables.max()), int(self.values.max())) + 1, width - 1, dtype=np.int32)
            where[self.values] = np.arange(len(self.values))
            where[UNDEFINED] = width - 1
            columns = where[library.tables]
            columns += np.arange(columns.shape[1], dtype=np.int32) * width
            self._libraries[arity] = (library, columns)
        return self._libraries[arity]

    # abduction

    def targets(self, responsibilities: Floats) -> Floats:
        """(n, length, V) probability of each symbol at each place, given the answer, times how well it is known."""
        out = np.zeros_like(self.probabilities)
        for component, share in zip(self.components, responsibilities.T, strict=False):
            joint = self.joint(component.slots) * (component.table[None, :] == self.answers[:, None])
            joint *= (share / np.maximum(joint.sum(1), 1e-300))[:, None]
            arity = len(component.slots)
            grid = joint.reshape(-1, *[len(self.constants)] * arity)
            for axis, place in enumerate(component.slots):
                others = tuple(1 + k for k in range(arity) if k != axis)
                out[:, place, list(self.constants)] += grid.sum(others) if others else grid
            for place, symbol in zip(component.places, component.symbols, strict=True):
                out[:, place, symbol] += share
        return out


def perplexity(groups: Ids) -> float:
    """The effective number of groups."""
    shares = np.unique(groups, return_counts=True)[1] / len(groups)
    return float(np.exp(-(shares * np.log(shares)).sum()))


def synonym(new: Component, others: Sequence[Component]) -> bool:
    """Whether another component of the shape has nearly the same values."""
    return any(new.shape == old.shape and (new.table == old.table).mean() > SAME for old in others)
