"""Traces: the steps of a reduction, as text, JSON lines or a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nesy.machine.contraction import Step
from nesy.machine.expressions import Clause, Expression
from nesy.machine.steps import Reduction, Strategy
from nesy.recursion.tracing.step_text import SHOWN, step_line, step_record, value_line, value_record
from nesy.recursion.tracing.trace_page import page
from nesy.terms import Value

FUEL = 100_000
"""Steps that one trace may take where nothing else is said."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The reduction of an expression to its value.

    Attributes:
        expression: what was reduced.
        steps: each cites the clause that it used.
        reduction: the run, which knows the whole expression after every step.
    """

    expression: Expression
    steps: tuple[Step, ...]
    reduction: Reduction

    @property
    def value(self) -> Value:
        return self.reduction.value

    @property
    def rounds(self) -> int:
        """How many parallel rounds it took; 0 in the other orders."""
        return self.reduction.rounds

    def after(self, step: int, limit: int | None = None) -> Expression:
        """The whole expression after a step (0: at the start): pending calls stand inside constructors."""
        return self.reduction.expression(limit, step=step)

    def pretty(self, limit: int | None = SHOWN) -> str:
        """One line a step, and the value.

        Args:
            limit: how many constructors, constants and calls of one expression; None: all.
        """
        return "\n".join([*(step_line(step, limit) for step in self.steps), value_line(self.reduction, limit)])

    def json_lines(self, limit: int | None = None) -> Iterator[str]:
        """One JSON object a step; see `step_record`. The last one holds the value."""
        for step in self.steps:
            yield json.dumps(step_record(step, limit), ensure_ascii=False)
        yield json.dumps(value_record(self.reduction, limit), ensure_ascii=False)

    def html(self) -> str:
        """One self-contained page."""
        return page(self.steps, self.reduction)


def trace(
    functions: Mapping[str, Sequence[Clause]],
    expression: Expression,
    *,
    strategy: Strategy = "innermost",
    fuel: int = FUEL,
) -> Trace:
    """Reduce a closed expression and keep every step.

    Raises:
        Undefined: a call that no clause fits, or a primitive without a value.
        OutOfFuel: more steps than `fuel`.
    """
    reduction = Reduction(functions, expression, strategy, fuel=fuel)
    return Trace(expression, tuple(reduction), reduction)
