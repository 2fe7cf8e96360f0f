"""The engine for every kind of rule: one mask per variable, one propagator per rule, a worklist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

from nesy.puzzles.alignment import Alignment, bits
from nesy.puzzles.model import Constraint, Model
from nesy.puzzles.propagate import forward_checks, matchings, propagators
from nesy.puzzles.propagator import Propagator
from nesy.puzzles.search import Contradiction


class Domains:
    """Propagation over a list of masks.

    Args:
        model: its rules are compiled at once.
        weak: only forward checking, for studies of search.
    """

    def __init__(self, model: Model, *, weak: bool = False) -> None:
        self.alignment = Alignment(model)
        self._model, self._weak = model, weak
        self._propagators: list[Propagator] = []
        self._scopes: list[tuple[int, ...]] = []
        self._watch = [0] * len(model.domains)
        self._add(forward_checks if weak else propagators)

    def _add(self, compiler: Callable[[Constraint, Alignment], list[Propagator]]) -> None:
        for rule in self._model.rules:
            for one in compiler(rule.constraint, self.alignment):
                for variable in rule.constraint.scope:
                    self._watch[variable] |= 1 << len(self._propagators)
                self._propagators.append(one)
                self._scopes.append(rule.constraint.scope)

    def thorough(self) -> Domains:
        if self._weak:
            return self
        other = copy(self)
        other._propagators, other._scopes, other._watch = list(self._propagators), list(self._scopes), list(self._watch)
        other._add(matchings)
        return other

    def start(self, domains: Sequence[int]) -> list[int] | Contradiction:
        state = [self.alignment.encode(variable, mask) for variable, mask in enumerate(domains)]
        if not all(state):
            return Contradiction(())
        return self._propagate(state, (1 << len(self._propagators)) - 1)

    def assign(self, state: list[int], variable: int, position: int) -> list[int] | Contradiction:
        after = list(state)
        after[variable] = 1 << self.alignment.place(variable, position)
        return self._propagate(after, self._watch[variable])

    def _propagate(self, domains: list[int], pending: int) -> list[int] | Contradiction:
        """Run the propagators of a mask, and those that their changes call for, in their order."""
        compiled, watch = self._propagators, self._watch
        while pending:
            low = pending & -pending
            pending ^= low
            number = low.bit_length() - 1
            changed = compiled[number](domains)
            if changed is None:
                return Contradiction(self._scopes[number])
            for variable in changed:
                pending |= watch[variable]
        return domains

    def choices(self, state: list[int]) -> list[int]:
        sizes = [mask.bit_count() for mask in state]
        fewest = min((size for size in sizes if size > 1), default=0)
        return [variable for variable, size in enumerate(sizes) if size == fewest]

    def values(self, state: list[int], variable: int) -> list[int]:
        return [self.alignment.own(variable, place) for place in bits(state[variable])]

    def solution(self, state: list[int]) -> tuple[int, ...]:
        own = self.alignment.own
        return tuple(own(variable, mask.bit_length() - 1) for variable, mask in enumerate(state))
