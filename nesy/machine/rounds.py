"""Parallel rounds: every outstanding call is contracted once, the calls that this makes wait for the next round.

These are the papers' depth-limited reductions: k rounds unroll k levels of the recursion. Only calls of defined
functions and of function values take a round; primitives, `if` and `let` are settled as soon as they can be.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from functools import lru_cache

from nesy.machine.cells import DATA, Cell, Closure, Node, Part, tip
from nesy.machine.contraction import Rewriter, Step, needed, unfinished
from nesy.machine.expressions import Apply, Call, Clause, bound, variables
from nesy.machine.matching import Binding


class Rounds:
    """Contracts in rounds, until there is a value or the last round is over.

    A cell that waits for another one is on the other one's list.
    """

    def __init__(self, rewriter: Rewriter, root: Part, last: int | None = None) -> None:
        self.rewriter, self.root, self.last = rewriter, root, last
        self.calls: list[Cell] = []
        self.ready: deque[Cell] = deque()
        self.dropped = False

    def run(self) -> Iterator[Step]:
        """The steps, round by round."""
        while isinstance(tip(self.root), Cell) and self.rewriter.rounds != self.last:
            self.rewriter.rounds += 1
            if self.rewriter.rounds == 1:
                self._enlist(self.root)
                yield from self._settle()
            yield from self._round()

    def _round(self) -> Iterator[Step]:
        """First find what can be contracted now, then do it: no call sees what another one becomes."""
        calls, self.calls = self._outstanding(), []
        chosen = []
        for cell in calls:
            choice = yield from self._choose(cell)
            if isinstance(choice, Cell):
                self._wait(cell, choice)
            else:
                chosen.append((cell, choice))
        for cell, choice in chosen:
            step = self._contract(cell, choice)
            yield step
            self._changed(cell)
        yield from self._settle()

    def _choose(self, cell: Cell) -> Generator[Step, None, tuple[int, Binding] | Cell | None]:
        """The clause for a call (None: a function value, which needs none), or the cell that must be known first."""
        if isinstance(cell.content.expression, Apply):
            function = tip(cell.content.parts[0])
            return function if isinstance(function, Cell) else None
        choice = self.rewriter.choose(cell)
        while isinstance(choice, Cell) and choice.waiting is None:  # a guard: perhaps it takes primitives only
            self._enlist(choice)
            yield from self._settle()
            choice = self.rewriter.choose(cell)
        return choice

    def _contract(self, cell: Cell, choice: tuple[int, Binding] | None) -> Step:
        step = self.rewriter.contract(cell) if choice is None else self.rewriter.unfold(cell, *choice)
        assert isinstance(step, Step)
        if step.clause is not None:
            left_out = _unused(step.clause) & step.binding.keys()
            self.dropped |= any(isinstance(step.binding[name], Cell) for name in left_out)
        return step

    def _settle(self) -> Iterator[Step]:
        """Contract whatever takes no round, until nothing is left that can be."""
        while self.ready:
            cell = self.ready.popleft()
            node = cell.content
            if not isinstance(node, Node):
                continue
            if self._takes_a_round(node):
                self.calls.append(cell)
            elif not isinstance(node.expression, DATA):
                outcome = self.rewriter.contract(cell)
                if isinstance(outcome, Cell):
                    self._wait(cell, outcome)
                else:
                    self.dropped |= outcome.rule != "primitive"
                    yield outcome
                    self._changed(cell)
            elif (first := unfinished(node.parts)) is not None:
                self._wait(cell, first)
            else:
                self.rewriter.finish(cell)
                self._changed(cell)

    def _changed(self, cell: Cell) -> None:
        """Tell those who wait for a cell, and enlist what came to stand in it."""
        content = cell.content
        if not isinstance(content, Node) or isinstance(content.expression, DATA):
            self.ready.extend(cell.waiting or ())
            cell.waiting = []
        if isinstance(content, Node):
            self._arrange(cell)
        self._enlist(*(needed(content) if isinstance(content, Node) else (content,)))

    def _enlist(self, *parts: Part) -> None:
        """Make every call in some parts outstanding, except in branches that nobody has chosen."""
        stack = list(reversed(parts))
        while stack:
            cell = tip(stack.pop())
            if isinstance(cell, Cell) and cell.waiting is None:
                cell.waiting = []
                self._arrange(cell)
                stack.extend(reversed(needed(cell.content)))

    def _arrange(self, cell: Cell) -> None:
        (self.calls if self._takes_a_round(cell.content) else self.ready).append(cell)

    def _wait(self, cell: Cell, other: Cell) -> None:
        self._enlist(other)
        assert other.waiting is not None
        other.waiting.append(cell)

    def _takes_a_round(self, node: Node) -> bool:
        form = node.expression
        return isinstance(form, Apply) or (isinstance(form, Call) and form.function in self.rewriter.functions)

    def _outstanding(self) -> list[Cell]:
        """The calls that the expression still holds: those that were dropped are forgotten, until someone asks."""
        if not self.dropped:
            return self.calls
        self.dropped = False
        held = _cells(self.root)
        for cell in self.calls:
            if cell not in held:
                cell.waiting = None
        return [cell for cell in self.calls if cell in held]


def _cells(root: Part) -> set[Cell]:
    """The cells that an expression consists of."""
    found: set[Cell] = set()
    stack = [root]
    while stack:
        part = stack.pop()
        if isinstance(part, Cell):
            if part in found:
                continue
            found.add(part)
            stack += [part.content] if part.trial is None else [part.content, part.trial[2]]
        elif isinstance(part, Node | Closure):
            stack += part.parts
            stack += (part.scope or {}).values()
    return found


@lru_cache(maxsize=4096)
def _unused(clause: Clause) -> frozenset[str]:
    """The variables of a clause's patterns that its body does not mention."""
    names = {name for pattern in clause.patterns for name in bound(pattern)} | {"_"}
    return frozenset(names - set(variables(clause.body)))
