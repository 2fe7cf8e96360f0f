"""Whether the clauses of every function cover all values of its types, and each of them is of use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nesy.lang.cases import Row, TooManyCases, fitting, missing, unreachable
from nesy.lang.check import Finding
from nesy.lang.clauses import print_pattern
from nesy.machine.expressions import Clause
from nesy.recursion.definitions import Definitions
from nesy.recursion.guards import without_needless_guards
from nesy.types import Declarations


def coverage(definitions: Definitions) -> Iterator[Finding]:
    """Missing cases (errors) and clauses that are never reached (warnings) of well-typed functions.

    A clause with a guard covers nothing, as the guard may be false, unless those above with the same patterns have
    the opposite guards. Functions on integers are often meant for 0, 1,
    2, ... only: that negative ones alone are missing is a warning.
    """
    for name, clauses in definitions.functions.items():
        try:
            for position in unreachable(clauses, definitions.declarations):
                message = f"this clause of {name} is never reached: the ones above take all its cases"
                yield Finding("warning", message, clauses[position].line)
            yield from _missing(name, clauses, definitions.declarations)
        except TooManyCases:
            message = f"{name} has too many cases to say whether its clauses cover them; split it into functions"
            yield Finding("warning", message, clauses[0].line)


def _missing(name: str, clauses: Sequence[Clause], declarations: Declarations) -> Iterator[Finding]:
    clauses = without_needless_guards(clauses)
    for negative in (False, True):
        severity = "warning" if negative else "error"
        absent = missing(clauses, declarations, guards_hold=True, negative=negative)
        if absent is not None:
            yield Finding(severity, f"no clause for {_head(name, absent)}", clauses[0].line)
            return
        absent = missing(clauses, declarations, negative=negative)
        if absent is not None:
            last = clauses[fitting(clauses, absent, declarations)[-1]].line
            why = f"the guard in line {last} may be false; add a clause without a guard"
            yield Finding(severity, f"perhaps no clause for {_head(name, absent)}: {why}", clauses[0].line)
            return


def _head(name: str, patterns: Row) -> str:
    return f"{name}({', '.join(map(print_pattern, patterns))})" if patterns else name
