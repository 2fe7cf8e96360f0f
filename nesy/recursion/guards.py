"""Guards that leave no value out: ``n > m`` and ``n <= m``, ``c`` and ``not c``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nesy.machine.expressions import Call, Clause, Expression, Literal

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_ORDERS = {"<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {0, 1}, "==": {0}, "!=": {-1, 1}}
"""The signs of left minus right for which a comparison holds."""


def without_needless_guards(clauses: Sequence[Clause]) -> list[Clause]:
    """The clauses, without a guard that is true whenever those of the clauses above with the same patterns are not."""
    return [
        replace(clause, guard=None)
        if clause.guard is not None
        and complete([c.guard for c in clauses[: number + 1] if c.patterns == clause.patterns and c.guard is not None])
        else clause
        for number, clause in enumerate(clauses)
    ]


def complete(guards: Sequence[Expression]) -> bool:
    """Whether it is certain that one of the guards is true: one is, or they are a condition and its opposite, or
    comparisons of the same two sides that leave no order out.
    """
    if Literal(True) in guards or any(Call("not", (guard,)) in guards for guard in guards):
        return True
    signs: dict[tuple[Expression, Expression], set[int]] = {}
    for guard in guards:
        if isinstance(guard, Call) and guard.function in _ORDERS:
            left, right = guard.arguments
            signs.setdefault((left, right), set()).update(_ORDERS[guard.function])
            signs.setdefault((right, left), set()).update(_ORDERS[_MIRRORED[guard.function]])
    return any(found == {-1, 0, 1} for found in signs.values())
