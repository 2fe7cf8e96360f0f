"""Small steps: one contraction at a time, each citing the clause that it used, in one of three orders.

A step costs O(1) amortised, and the size of the clause that it uses, however deep the expression is.
The rules and what a step tells are in `nesy.machine.contraction`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal as OneOf

from nesy.machine.cells import Cell, instantiate, read, tip
from nesy.machine.contraction import Rewriter, Step
from nesy.machine.expressions import Clause, Expression
from nesy.machine.rounds import Rounds
from nesy.machine.run import FUEL
from nesy.machine.stack import by_stack
from nesy.terms import Value

Strategy = OneOf["innermost", "outermost", "parallel"]

STRATEGIES: tuple[Strategy, ...] = ("innermost", "outermost", "parallel")
"""Call by value, leftmost first; call by need, leftmost and outermost first; every outstanding call once a round."""


class Reduction:
    """The reduction of a closed expression: iterate over it for its steps, once.

    Args:
        functions: the clauses of each function, in the order in which they are tried.
        expression: closed, with its names looked up.
        strategy: one of `STRATEGIES`.
        fuel: how many steps may be made.
        history: whether steps and `expression` can be read later, at the cost of keeping what was replaced.
            Without it a run of a million steps takes no memory but its expression's; read each step before the next.
        rounds: after how many parallel rounds to stop; None: at the value.
    """

    def __init__(
        self,
        functions: Mapping[str, Sequence[Clause]],
        expression: Expression,
        strategy: Strategy = "innermost",
        *,
        fuel: int = FUEL,
        history: bool = True,
        rounds: int | None = None,
    ) -> None:
        self.strategy = strategy
        self.root = instantiate(expression, {})
        self._rewriter = Rewriter(functions, fuel, history)
        if strategy == "parallel":
            self._run = Rounds(self._rewriter, self.root, rounds).run()
        else:
            self._run = by_stack(self._rewriter, self.root, by_value=strategy == "innermost")

    def __iter__(self) -> Iterator[Step]:
        """The steps.

        Raises:
            Undefined: a call that no clause fits, or a primitive without a value.
            OutOfFuel: more steps than `fuel`.
        """
        return self._run

    @property
    def steps(self) -> int:
        """How many steps have been made."""
        return self._rewriter.steps

    @property
    def rounds(self) -> int:
        """How many parallel rounds have been begun; 0 in the other orders."""
        return self._rewriter.rounds

    @property
    def done(self) -> bool:
        """Whether the expression is a value."""
        return not isinstance(tip(self.root), Cell)

    @property
    def value(self) -> Value:
        """The value; call it when the steps are at their end."""
        value = tip(self.root)
        assert not isinstance(value, Cell), "steps are left"
        return value

    def expression(self, limit: int | None = None, *, step: int | None = None) -> Expression:
        """The whole expression: pending calls stand inside constructors.

        Args:
            limit: how many forms at most; ``...`` stands for the rest.
            step: as it was after the step of this number (0: at the start), where a history is kept.
        """
        return read(self.root, step, limit)


def reduce(
    functions: Mapping[str, Sequence[Clause]],
    expression: Expression,
    strategy: Strategy = "innermost",
    *,
    fuel: int = FUEL,
    history: bool = True,
) -> Iterator[Step]:
    """The steps that reduce a closed expression to its value.

    Raises:
        Undefined: a call that no clause fits, or a primitive without a value.
        OutOfFuel: more steps than `fuel`.
    """
    return iter(Reduction(functions, expression, strategy, fuel=fuel, history=history))


def unroll(
    functions: Mapping[str, Sequence[Clause]], expression: Expression, rounds: int, *, fuel: int = FUEL
) -> Expression:
    """The expression after so many parallel rounds, or its value where it needs fewer.

    Raises:
        Undefined, OutOfFuel: as `reduce` does.
    """
    reduction = Reduction(functions, expression, "parallel", fuel=fuel, rounds=rounds, history=False)
    for _ in reduction:
        pass
    return reduction.expression()
