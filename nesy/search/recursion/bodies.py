"""The bodies that a clause may have: expressions, and decisions between expressions that explain some rows each.

Conditions and branches come from one bank; a decision is put together from the rows that each branch explains
(Alur, Radhakrishna & Udupa, "Scaling enumerative program synthesis via divide and conquer", TACAS 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from nesy.machine.expressions import Call, Expression
from nesy.search.recursion.bank import Bank, Caller, Entry, Environment
from nesy.search.recursion.store import UNDEFINED
from nesy.types import BOOL, Type

DECISIONS = 3_000
"""Decisions of one clause that are looked at in one round."""
CONDITIONS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """``if condition then yes else no``.

    Attributes:
        true: the number of the value true.
        level: one more than the cost of the most expensive part, so that plain expressions are tried first.
    """

    condition: Entry
    yes: Entry
    no: Body
    true: int

    @property
    def cost(self) -> int:
        return 1 + self.condition.cost + self.yes.cost + self.no.cost

    @property
    def level(self) -> int:
        return max(1 + self.condition.cost, 1 + self.yes.cost, self.no.level + isinstance(self.no, Entry))

    def expression(self, names: Sequence[str]) -> Expression:
        """The expression, where the places have these names."""
        return Call("if", tuple(part.expression(names) for part in (self.condition, self.yes, self.no)))

    def places(self) -> Iterator[int]:
        """The places that it mentions, with repetitions."""
        for part in (self.condition, self.yes, self.no):
            yield from part.places()

    def paths(self) -> Iterator[frozenset[Entry]]:
        """The recursive calls that are made together."""
        for before in self.condition.paths():
            for branch in (self.yes, self.no):
                yield from (before | calls for calls in branch.paths())

    def runner(self) -> Callable[[Environment, Caller], int]:
        """A function that evaluates it."""
        condition, yes, no, true = self.condition.runner(), self.yes.runner(), self.no.runner(), self.true

        def run(environment: Environment, call: Caller) -> int:
            decided = condition(environment, call)
            if decided == UNDEFINED:
                return UNDEFINED
            return yes(environment, call) if decided == true else no(environment, call)

        return run


Body = Entry | Decision


class Bodies:
    """The bodies of a clause that are consistent with the examples.

    Args:
        targets: the expected values of the bank's first rows.
        only: the function that the body must be a call of, if any.
    """

    def __init__(self, bank: Bank, type_: Type, targets: Sequence[int], only: str | None = None) -> None:
        self.bank, self.type, self.targets, self.only = bank, type_, targets, only
        self.all_rows = (1 << len(targets)) - 1
        self._true = bank.store.constant(True)
        self._covers: dict[tuple[int, int], list[Entry]] = {}
        self._parts: dict[int, list[tuple[int, Entry]]] = {}
        self._rounds: dict[int, dict[int, list[Body]]] = {}

    def up_to(self, level: int) -> dict[int, list[Body]]:
        """By cost: the bodies of at most this level."""
        if level not in self._rounds:
            found = {cost: list(bodies) for cost, bodies in self.up_to(level - 1).items()} if level > 1 else {}
            for body in self._new(level):
                found.setdefault(body.cost, []).append(body)
            self._rounds[level] = dict(sorted(found.items()))
        return self._rounds[level]

    def plain(self, cost: int) -> list[Entry]:
        """The expressions of this cost that fit all rows."""
        return self._covering(self.all_rows, cost)

    def _new(self, level: int) -> Iterator[Body]:
        plain = self.plain(level)
        if self.only is not None:
            yield from (entry for entry in plain if entry.made == self.only)
            return
        yield from plain
        if len(self.targets) < 2:
            return
        count = 0
        most = level - 1  # of a part
        for cost in range(4, (CONDITIONS + 1) * most + CONDITIONS * (most + 1) + 1):
            for body in self._decisions(self.all_rows, cost, most, CONDITIONS):
                if body.level == level:
                    yield body
                count += 1
                if count > DECISIONS:
                    return

    def _decisions(self, rows: int, cost: int, most: int, conditions: int) -> Iterator[Decision]:
        """``if`` expressions of this cost that fit the rows, with at most so many conditions one after the other."""
        for condition_cost in range(1, min(most, cost - 3) + 1):
            for condition, true, false in self._conditions(condition_cost):
                first, second = rows & true, rows & false
                if not first or not second or first & second == rows:
                    continue
                left = cost - 1 - condition_cost
                for yes_cost in range(1, min(most, left - 1) + 1):
                    yes = self._covering(first, yes_cost)
                    if not yes:
                        continue
                    others = self._covering(second, left - yes_cost) if left - yes_cost <= most else []
                    more = self._decisions(second, left - yes_cost, most, conditions - 1) if conditions > 1 else ()
                    for no in (*others, *more):
                        for entry in yes:
                            yield Decision(condition, entry, no, self._true)

    def _covering(self, rows: int, cost: int) -> list[Entry]:
        """The expressions of a cost that may explain all these rows."""
        key = (rows, cost)
        if key not in self._covers:
            self._covers[key] = [entry for mask, entry in self._explaining(cost) if mask & rows == rows]
        return self._covers[key]

    def _explaining(self, cost: int) -> list[tuple[int, Entry]]:
        """The expressions of a cost with the rows that they may explain."""
        if cost not in self._parts:
            found = [(self._mask(entry), entry) for entry in self.bank.level(self.type, cost)]
            self._parts[cost] = [(mask, entry) for mask, entry in found if mask or not self.targets]
        return self._parts[cost]

    def _mask(self, entry: Entry) -> int:
        fits = self.bank.store.fits
        mask = 0
        for k, (value, target) in enumerate(zip(entry.values, self.targets)):  # noqa: B905 - rows without targets follow
            mask |= fits(value, target) << k
        return mask

    def _conditions(self, cost: int) -> Iterator[tuple[Entry, int, int]]:
        """Conditions with the rows where they may be true and those where they may be false."""
        store = self.bank.store
        for entry in self.bank.level(BOOL, cost):
            values = entry.values[: len(self.targets)]
            if UNDEFINED in values:
                continue
            true = sum(1 << k for k, v in enumerate(values) if v == self._true or store.stuck[v])
            false = sum(1 << k for k, v in enumerate(values) if v != self._true or store.stuck[v])
            if true & ~false and false & ~true:
                yield entry, true, false
