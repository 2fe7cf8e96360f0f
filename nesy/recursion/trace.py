"""Traces: the steps of a reduction, as text, JSON lines or a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nesy.lang.clauses import print_expression, print_pattern
from nesy.machine.expressions import Clause, Expression
from nesy.machine.steps import Reduction, Step, Strategy
from nesy.recursion.writing import write
from nesy.terms import Value

FUEL = 100_000
"""Steps that one trace may take where nothing else is said."""

SHOWN = 40
"""Constructors, constants and calls of one expression that a line shows; ``...`` stands for the others."""


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
        from nesy.recursion.trace_page import page

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


# -------------------------------------------------------------------- one step


def step_line(step: Step, limit: int | None = SHOWN) -> str:
    """Number, what stood there before and after, the clause and its line, what its variables stand for."""
    number = f"{step.round:>3}.{step.number:<4}" if step.round else f"{step.number:>5}"
    change = f"{write(step.before(limit))}  ->  {write(step.after(limit))}"
    binding = ", ".join(f"{name} = {text}" for name, text in binding_texts(step, limit).items())
    return f"{number}  {change:<60}  {citation(step)}{'   ' if binding else ''}{binding}"


def citation(step: Step) -> str:
    """What a step used: a clause with its line, or the rule's name."""
    if step.clause is not None:
        return clause_head(step.clause) + (f", line {step.line}" if step.line else "")
    if step.rule in ("primitive", "let"):
        return f"{step.rule} {step.function}"
    return step.rule if step.rule == "apply" else step.function


def clause_head(clause: Clause) -> str:
    """The clause without its body."""
    patterns = ", ".join(map(print_pattern, clause.patterns))
    head = f"{clause.name}({patterns})" if patterns else clause.name
    return head if clause.guard is None else f"{head} when {print_expression(clause.guard)}"


def binding_texts(step: Step, limit: int | None = SHOWN) -> dict[str, str]:
    """What the step's variables stood for, as text."""
    return {name: write(step.bound(name, limit)) for name in step.binding if name != "_"}


def step_record(step: Step, limit: int | None = None) -> dict[str, Any]:
    """The step as JSON has it.

    Keys: step, rule, function, clause (1 for the function's first one; null where none was used), line, before,
    after, binding (variable -> text), depth; round where the reduction is parallel.
    """
    record = {
        "step": step.number,
        "rule": step.rule,
        "function": step.function,
        "clause": step.position or None,
        "line": step.line or None,
        "before": write(step.before(limit)),
        "after": write(step.after(limit)),
        "binding": binding_texts(step, limit),
        "depth": step.depth,
    }
    return {**record, "round": step.round} if step.round else record


# -------------------------------------------------------------------- the end


def value_line(reduction: Reduction, limit: int | None = SHOWN) -> str:
    """The value, or the expression where a round was the last one; and what it took."""
    taken = _count(reduction.steps, "step")
    if reduction.strategy == "parallel":
        taken += f", {_count(reduction.rounds, 'round')}"
    what = "value" if reduction.done else "so far"
    return f"{what}: {write(reduction.expression(limit))}   ({taken}, {reduction.strategy})"


def value_record(reduction: Reduction, limit: int | None = None) -> dict[str, Any]:
    """The last line of JSON: value (or ``expression``), steps, strategy, rounds."""
    what = "value" if reduction.done else "expression"
    return {
        what: write(reduction.expression(limit)),
        "steps": reduction.steps,
        "strategy": reduction.strategy,
        "rounds": reduction.rounds,
    }


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
