"""The engine for every kind of rule: one mask per variable, one propagator per rule, a worklist."""

from __future__ import annotations

from collections.abc import Sequence

from nesy.puzzles.alignment import Alignment, bits
from nesy.puzzles.model import Model
from nesy.puzzles.propagate import Propagator, forward_checks, propagators
from nesy.puzzles.search import Contradiction


class Domains:
    """Propagation over a list of masks.

    Args:
        model: its rules are compiled at once.
        weak: only forward checking, for studies of search.
    """

    def __init__(self, model: Model, *, weak: bool = False) -> None:
        self.alignment = Alignment(model)
        staged: list[tuple[int, int, Propagator]] = []
        for number, rule in enumerate(model.rules):
            compiled = (forward_checks if weak else propagators)(rule.constraint, self.alignment)
            staged += [(stage, number, one) for stage, one in enumerate(compiled)]
        staged.sort(key=lambda entry: entry[:2])
        self._propagators = [one for _, _, one in staged]
        self._scopes = [model.rules[number].constraint.scope for _, number, _ in staged]
        self._watch = [0] * len(model.domains)
        for place, (_, number, _) in enumerate(staged):
            for variable in model.rules[number].constraint.scope:
                self._watch[variable] |= 1 << place

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
        """Run the propagators of a mask, and those that their changes call for, the cheap ones first."""
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
