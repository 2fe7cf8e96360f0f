"""The steps of a reduction as lines of text and as JSON records."""

from __future__ import annotations

from typing import Any

from nesy.lang.clauses import print_expression, print_pattern
from nesy.machine.contraction import Step
from nesy.machine.expressions import Clause
from nesy.machine.steps import Reduction
from nesy.recursion.tracing.writing import write

SHOWN = 40
"""Constructors, constants and calls of one expression that a line shows; ``...`` stands for the others."""


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
