"""The engine for models whose rules are all all-different: every state is one large integer.

Bit ``variable * width + position`` is set while the variable may still have the value. Values that are a variable's
only one, and places that are a value's only one in a rule that needs them all, are found for all variables and rules
at once (`nesy.puzzles.folding`); then each of them takes away, with one operation, what it excludes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from copy import copy
from functools import cached_property
from typing import TypeAlias

from nesy.puzzles.alignment import Alignment, bits
from nesy.puzzles.different import terms
from nesy.puzzles.folding import families, pairs, singles
from nesy.puzzles.matching import supported
from nesy.puzzles.model import AllDifferent, Model
from nesy.puzzles.propagate import plain
from nesy.puzzles.search import Contradiction

State: TypeAlias = tuple[int, int]
"""The candidates left, and those of them that are decided."""

_KEPT = 1 << 28
"""What candidates leave is remembered where that takes at most so many bits for all of them."""


def fits(model: Model) -> bool:
    """Whether the engine is one for the model."""
    rules = [plain(rule.constraint) for rule in model.rules]
    if not all(isinstance(rule, AllDifferent) and len(set(rule.scope)) == len(rule.scope) for rule in rules):
        return False
    shifted = any(isinstance(rule, AllDifferent) and any(rule.offsets) for rule in rules)
    return bool(rules) and (not shifted or Alignment(model).dense)


class Candidates:
    """Propagation over the set of all pairs of a variable and a value.

    Args:
        model: one for which `fits` holds.
        weak: naked singles alone, for studies of search.
    """

    def __init__(self, model: Model, *, weak: bool = False) -> None:
        self.model, self.alignment = model, Alignment(model)
        self._width = width = len(self.alignment.values)
        self._all = sum(mask << width * variable for variable, mask in enumerate(self.alignment.full))
        rules = [rule for rule in (plain(rule.constraint) for rule in model.rules) if isinstance(rule, AllDifferent)]
        (cells,) = families(range(v * width, (v + 1) * width) for v in range(len(model.domains)))
        needed = [] if weak else [group for rule in rules for group in self._needed(rule)]
        self._families = [cells, *families(needed)]
        self._singles = singles(self._families)
        self._pairs = pairs(cells)
        self._rules = rules
        self._weak, self._matching = weak, False
        self._keep = _Keep(rules, width, self._all)
        count = width * len(model.domains)
        self._powers = [1 << candidate for candidate in range(count)] if count**2 <= _KEPT else _Powers()

    def _needed(self, rule: AllDifferent) -> Iterator[list[int]]:
        """Per value of a rule with as many values as variables: the candidates that stand for it."""
        union = 0
        for variable, shift in terms(rule):
            union |= self.alignment.full[variable] << shift
        if union.bit_count() == len(rule.scope):
            width = self._width
            for place in bits(union):
                yield [v * width + place - shift for v, shift in terms(rule) if 0 <= place - shift < width]

    def start(self, domains: Sequence[int]) -> State | Contradiction:
        left = self._all
        for variable, (mask, full) in enumerate(zip(domains, self.model.full, strict=True)):
            if mask != full:
                left ^= self.alignment.encode(variable, full ^ mask) << variable * self._width
        return self._settle(left, 0)

    def assign(self, state: State, variable: int, position: int) -> State | Contradiction:
        candidate = variable * self._width + self.alignment.place(variable, position)
        left, decided = state
        return self._settle(left & self._keep[candidate], decided | self._powers[candidate])

    def thorough(self) -> Candidates:
        if self._weak:
            return self
        other = copy(self)
        other._matching = True
        return other

    def _settle(self, left: int, decided: int) -> State | Contradiction:
        """Decide and remove until nothing more follows."""
        state = self._decide(left, decided)
        before = 0
        while self._matching and not isinstance(state, Contradiction):
            removed = self._unsupported(state, before)
            if isinstance(removed, Contradiction):
                return removed
            if not removed:
                break
            before = state[0]
            state = self._decide(before & ~removed, state[1])
        return state

    def _decide(self, left: int, decided: int) -> State | Contradiction:
        """Decide what is alone and remove what that excludes, until nothing new is alone."""
        singles, keep, powers = self._singles, self._keep, self._powers
        while True:
            alone = singles(left)
            if isinstance(alone, tuple):
                return self._contradiction(*alone)
            new = alone ^ decided
            if not new:
                return left, decided
            decided = alone
            while new:
                candidate = new.bit_length() - 1
                left &= keep[candidate]
                new ^= powers[candidate]

    def _unsupported(self, state: State, before: int) -> int | Contradiction:
        """What matching removes, in the rules whose candidates are not those of `before`."""
        left, decided = state
        width, cell = self._width, (1 << self._width) - 1
        removed = 0
        for rule, whole in self._matched:
            if not (left ^ before) & whole:
                continue
            open_ = [(v, shift) for v, shift in terms(rule) if not decided >> v * width & cell]
            masks = [(left >> v * width & cell) << shift for v, shift in open_]
            kept = supported(masks)
            if kept is None:
                return Contradiction(rule.scope)
            if kept != masks:
                for (variable, shift), old, new in zip(open_, masks, kept, strict=True):
                    removed |= (old ^ new) >> shift << variable * width
        return removed

    @cached_property
    def _matched(self) -> list[tuple[AllDifferent, int]]:
        """Rules for matching, with the mask of all their candidates."""
        cell = (1 << self._width) - 1
        rules = [rule for rule in self._rules if len(rule.scope) > 2]
        return [(rule, sum(cell << variable * self._width for variable in rule.scope)) for rule in rules]

    def _contradiction(self, number: int, bases: int) -> Contradiction:
        """What to blame for groups of a family that have no candidates left: the first one."""
        width = self._width
        base = bases.bit_length() - 1
        if number:
            return Contradiction([candidate // width for candidate in self._families[number].group(base)])
        return Contradiction(self._around[base // width])

    @cached_property
    def _around(self) -> list[list[int]]:
        """Per variable itself and those that it shares a rule with."""
        found = [{variable: None} for variable in range(len(self.model.domains))]
        for rule in self._rules:
            for variable in rule.scope:
                found[variable].update(dict.fromkeys(rule.scope))
        return [list(variables) for variables in found]

    def choices(self, state: State) -> list[int]:
        left, width = state[0], self._width
        two, more = self._pairs(left)
        if two or not more:
            return [base // width for base in bits(two)]
        cell = (1 << width) - 1
        sizes = [(base // width, (left >> base & cell).bit_count()) for base in bits(more)]
        fewest = min(size for _, size in sizes)
        return [variable for variable, size in sizes if size == fewest]

    def values(self, state: State, variable: int) -> list[int]:
        cell = state[0] >> variable * self._width & (1 << self._width) - 1
        return [self.alignment.own(variable, place) for place in bits(cell)]

    def solution(self, state: State) -> tuple[int, ...]:
        width, own = self._width, self.alignment.own
        return tuple(own(variable, candidate - variable * width) for variable, candidate in enumerate(bits(state[0])))


class _Powers:
    """Powers of two, where a list of them would take too much memory."""

    def __getitem__(self, exponent: int) -> int:
        return 1 << exponent


class _Keep(dict[int, int]):
    """Candidate -> the mask of those that it does not exclude."""

    def __init__(self, rules: Sequence[AllDifferent], width: int, every: int) -> None:
        self._width, self._every = width, every
        self._remember = every.bit_length() ** 2 <= _KEPT
        self._around: dict[int, dict[int, int]] = defaultdict(dict)
        for rule in rules:
            for variable, shift in terms(rule):
                around = self._around[variable]
                for other, minus in terms(rule):
                    if other != variable:
                        around[shift - minus] = around.get(shift - minus, 0) | 1 << other * width

    def __missing__(self, candidate: int) -> int:
        variable, place = divmod(candidate, self._width)
        excluded = (1 << self._width) - 1 << variable * self._width ^ 1 << candidate
        for difference, others in self._around[variable].items():
            if 0 <= place + difference < self._width:
                excluded |= others << place + difference
        kept = self._every & ~excluded
        if self._remember:
            self[candidate] = kept
        return kept
