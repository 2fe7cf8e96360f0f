"""Checks of a puzzle: sizes, kinds of rules, names that nothing uses, variables without rules, contradictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from nesy.errors import InputError
from nesy.lang.check import SEVERITIES, Finding, Report
from nesy.lang.puzzle import Call, Collection, Expression, Index, Literal, Name, Operation, RuleStatement, parts
from nesy.puzzles.model import Model, Value
from nesy.puzzles.names import unused_indices, used
from nesy.puzzles.solver import solver

if TYPE_CHECKING:
    from nesy.puzzles.puzzle import Puzzle

SPOKEN: Mapping[str, tuple[str, str]] = {
    "AllDifferent": ("all different", "all different"),
    "Linear": ("sum", "sums"),
    "Product": ("product", "products"),
    "Table": ("table", "tables"),
    "Element": ("element", "elements"),
    "Count": ("count", "counts"),
}
NODES = 20_000
"""How long to look for a solution of the empty puzzle."""


def check(puzzle: Puzzle) -> Report:
    """Check a puzzle with the parameters that it has; one that waits for data is checked as far as that goes."""
    found = [*_names(puzzle)]
    if puzzle.waits_for:
        names = ", ".join(puzzle.waits_for)
        found.append(Finding("note", f"waits for {names}, which comes with an instance; its rules are checked then"))
    else:
        try:
            found += _model(puzzle, puzzle.model())
        except InputError as error:
            found.append(Finding("error", _plain(error), error.line or 0))
    found.sort(key=lambda finding: (SEVERITIES.index(finding.severity), finding.line))
    return Report(tuple(found), puzzle.file)


def _names(puzzle: Puzzle) -> Iterator[Finding]:
    names = used(puzzle.statements)
    for statement in puzzle.statements:
        line = statement.name.line or 0
        if not isinstance(statement, RuleStatement) and statement.name not in names:
            yield Finding("warning", f"{statement.name} is not used", line)
        for name in unused_indices(statement):
            yield Finding("warning", f"the rule {statement.name} does not use its index {name}", line)


def _model(puzzle: Puzzle, model: Model) -> Iterator[Finding]:
    values = sum(map(len, model.domains))
    hidden = sum(len(array.variables) for array in model.arrays if array.hidden)
    helpers = f" (of these {hidden:,} that stand for parts of rules)" if hidden else ""
    yield Finding("note", f"{_many(len(model.domains), 'variable')}{helpers} with {values:,} values")
    yield Finding("note", f"{_many(len(model.rules), 'rule')}: {_kinds(model.kinds())}")
    free = {*range(len(model.domains))}.difference(*(rule.constraint.scope for rule in model.rules))
    if free:
        names = ", ".join(model.names[variable] for variable in sorted(free)[:5]) + ", ..." * (len(free) > 5)
        yield Finding("warning", f"{_many(len(free), 'variable')} without a rule: {names}")
    grounded = {rule.label.partition("[")[0] for rule in model.rules}
    for statement in puzzle.statements:
        if isinstance(statement, RuleStatement) and statement.name not in grounded:
            yield Finding("warning", f"the rule {statement.name} says nothing here", statement.name.line or 0)
    yield from _foreign_names(puzzle, model)
    yield from _contradiction(model)


def _foreign_names(puzzle: Puzzle, model: Model) -> Iterator[Finding]:
    """Names that stand for themselves in a rule, next to variables, and that no variable can have."""
    known: set[Value] = {item for domain in model.domains for item in domain}
    known |= {item for array in model.arrays for axis in array.axes for item in axis}
    if not any(isinstance(item, str) for item in known):
        return
    for statement in puzzle.statements:
        if isinstance(statement, RuleStatement):
            for literal in _compared_names(statement.body):
                if literal.value not in known:
                    what = f"{literal.value} is neither a value nor an index of any variable"
                    yield Finding("warning", what, literal.at.line or 0)


def _compared_names(expression: Expression) -> Iterator[Literal]:
    """Names that are compared with, or looked for in, something indexed or a variable; and names in indices."""
    todo = [expression]
    while todo:
        one = todo.pop()
        todo += parts(one)
        sides = one.operands if isinstance(one, Operation) else one.indices if isinstance(one, Index) else ()
        indexed = isinstance(one, Index) or any(isinstance(side, Index | Name) for side in sides)
        if isinstance(one, Call | Collection) and one.generators and one.generators.condition:
            todo.append(one.generators.condition)
        for side in sides:
            inside = side.items if isinstance(side, Collection) else (side,)
            yield from (part for part in inside if indexed and isinstance(part, Literal) and type(part.value) is str)


def _contradiction(model: Model) -> Iterator[Finding]:
    found = solver(model).search(model.full, limit=2, max_nodes=NODES)
    if found.complete and not found.solutions:
        yield Finding("error", "no assignment keeps to all rules: nesy solve --why says which are in conflict")
    elif found.complete and len(found.solutions) == 1:
        yield Finding("note", "without givens it has one solution")
    elif found.solutions:
        several = "several solutions" if len(found.solutions) > 1 else "a solution"
        yield Finding("note", f"without givens it has {several}")


def _kinds(kinds: Counter[str]) -> str:
    return ", ".join(f"{count:,} {SPOKEN[kind][count != 1]}" for kind, count in kinds.items()) or "none"


def _plain(error: InputError) -> str:
    """The message without its place."""
    return str(InputError(error.what, expected=error.expected, mend=error.mend))


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
