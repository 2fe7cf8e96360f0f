"""Termination by the size-change principle with inferred size preservation.

What is proved is that every call returns or is undefined, in a well-typed program whose types are strictly positive
(`nesy.recursion.typing.infer`, `nesy.recursion.typing.positivity`), all of whose functions are proved.

**Why functions as values are sound.** Call a value *good* by induction on its type: data if all its parts are, a
function if on good arguments it returns a good value, or is undefined. Call a call *bad* if its arguments are good,
but it does not return a good value, or breaks one of the `Facts` that are assumed of its function. The body of a bad
call has a first part, inside out, that does not return a good value or is larger than `callsites` says. That part
cannot be the application of a function value: it is good, and so are its arguments. So it is a call, or a function
that is not good: a lambda or partial application, and then there are good arguments for which its body, or the call
of the function, is bad in turn; if it was handed to a function that applies its parameters only to values within some
bounds, such arguments are among those within them. So a bad call leads to another one, by a call site whose
size-change graph tells the truth, since all that was evaluated before kept its bounds. An infinite sequence of bad
calls is what the size-change principle excludes. Thus there is none: calls return, and the facts hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nesy.lang.check import Finding
from nesy.lang.clauses import print_expression, print_pattern
from nesy.machine.expressions import Call, Clause, Partial, Variable, calls
from nesy.recursion.components import components
from nesy.recursion.definitions import Definitions
from nesy.recursion.termination.callsites import CallSite, Reading
from nesy.recursion.termination.preservation import infer
from nesy.recursion.termination.sizechange import Graph, Multipath, Step, Undecided, undescending

_WIDE = 80


@dataclass(frozen=True, slots=True)
class Unproved:
    """A function that is not proved to terminate.

    Attributes:
        reason: the calls along which nothing gets smaller, or the partial function that it calls.
        line: of the clause where these begin.
    """

    function: str
    reason: str
    line: int

    def __str__(self) -> str:
        return f"{self.function} is not proved to terminate: {self.reason}"


@dataclass(frozen=True, slots=True)
class _Site:
    """A call site in its clause."""

    clause: Clause
    call: Call | Partial


def termination(definitions: Definitions) -> dict[str, Unproved]:
    """The functions that are not marked ``partial`` and not proved to terminate.

    A function that only calls one of them is proved as far as that one terminates, and is not among them.
    """
    _, readings = infer(definitions)
    steps = [step for own in readings.values() for reading in own for step in _steps(reading)]
    found: dict[str, Unproved] = {}
    for group in components({name: {step.target for step in steps if step.source == name} for name in readings}):
        inside = [step for step in steps if step.source in group and step.target in group]
        try:
            found.update({name: _circling(path) for name, path in undescending(inside).items()})
        except Undecided:
            found.update({name: _undecided(definitions.functions[name][0]) for name in group})
    return {name: found[name] for name in readings if name in found} | _dependent(definitions)


def unproved(definitions: Definitions) -> Iterator[Finding]:
    """An error for every function that is not proved to terminate."""
    for one in termination(definitions).values():
        yield Finding("error", f"{one}; mark it: partial {one.function}", one.line)


def _steps(reading: Reading) -> Iterator[Step[_Site]]:
    clause = reading.clause
    for site in reading.calls:
        yield Step(clause.name, site.call.function, size_change(reading, site), _Site(clause, site.call))


def size_change(reading: Reading, site: CallSite) -> Graph:
    """The size-change graph of a call site."""
    arcs = set()
    for i, parameter in enumerate(reading.parameters):
        for j, size in enumerate(site.arguments):
            if any(bound <= parameter for bound in size.bounds):
                arcs.add((i, j, any(bound < parameter for bound in size.bounds)))
    return Graph(frozenset(arcs))


def _dependent(definitions: Definitions) -> dict[str, Unproved]:
    """The functions that call a partial one."""
    found: dict[str, Unproved] = {}
    for name, clauses in definitions.functions.items():
        for clause in clauses:
            called = [c for e in (clause.guard, clause.body) if e is not None for c in calls(e)]
            partial = next((c for c in called if c in definitions.partial), None)
            if partial is not None and name not in definitions.partial:
                reason = f"it calls {partial} (line {clause.line}), which is partial"
                found.setdefault(name, Unproved(name, reason, clause.line))
    return found


def _undecided(clause: Clause) -> Unproved:
    reason = "its calls can follow each other in too many ways"
    return Unproved(clause.name, reason, clause.line)


def _circling(path: Multipath[_Site]) -> Unproved:
    first = path.steps[0].site.clause
    calls = [f"{_call(step.site.call)} (line {step.site.clause.line})" for step in path.steps]
    reason = f"{' -> '.join([_head(first), *calls])} never gets smaller in any argument"
    return Unproved(first.name, reason, first.line)


def _head(clause: Clause) -> str:
    patterns = ", ".join(map(print_pattern, clause.patterns))
    return _short(f"{clause.name}({patterns})" if patterns else clause.name)


def _call(call: Call | Partial) -> str:
    """The call; an argument that is not there yet is printed as `_`."""
    missing = call.missing if isinstance(call, Partial) else 0
    arguments = (*call.arguments, *[Variable("_")] * missing)
    return _short(print_expression(Call(call.function, arguments)) if arguments else call.function)


def _short(text: str) -> str:
    return text if len(text) <= _WIDE else text[: _WIDE - 3] + "..."
