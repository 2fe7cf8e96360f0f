"""Size preservation, inferred: which results and calls of functions are no larger than their arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nesy.machine.expressions import Apply, Clause, Expression, Lambda, Partial, calls, subexpressions
from nesy.recursion.components import components
from nesy.recursion.definitions import Definitions
from nesy.recursion.termination.callsites import Reading, read_clause
from nesy.recursion.termination.facts import Facts
from nesy.recursion.termination.sizes import Bound, Bounds, Size, instance


def infer(definitions: Definitions) -> tuple[Facts, dict[str, list[Reading]]]:
    """The facts that hold of all functions that are not ``partial``, and the readings of their clauses with them.

    It is the greatest fixpoint: all facts are assumed, those that a clause does not keep are dropped, until all
    are kept. Functions that do not call each other are looked at one after the other, the called ones first.
    """
    functions = {name: own for name, own in definitions.functions.items() if name not in definitions.partial}
    facts = Facts.all({name: definitions.arity(name) for name in functions}, _width(functions.values()))
    readings: dict[str, list[Reading]] = {}
    for group in components({name: _called(own) for name, own in functions.items()}):
        while True:
            found = {
                name: [
                    read_clause(clause, definitions, facts, functions[name][:number])
                    for number, clause in enumerate(functions[name])
                ]
                for name in group
            }
            kept = _kept(facts, found)
            if kept == facts:
                break
            facts = kept
        readings |= found
    return facts, {name: readings[name] for name in functions}


def _called(clauses: Iterable[Clause]) -> set[str]:
    return {name for clause in clauses for expression in _expressions(clause) for name in calls(expression)}


def _expressions(clause: Clause) -> tuple[Expression, ...]:
    return (clause.body,) if clause.guard is None else (clause.guard, clause.body)


def _kept(facts: Facts, readings: dict[str, list[Reading]]) -> Facts:
    """The facts that the clauses keep."""
    results, arguments = dict(facts.results), dict(facts.arguments)
    for name, own in readings.items():
        for reading in own:
            results[name] = _holding(results[name], reading.result, reading.parameters)
            for position, applications in enumerate(reading.applications):
                for k, size in ((k, size) for context in applications for k, size in enumerate(context)):
                    key = (name, position, k)
                    arguments[key] = _holding(arguments[key], size, reading.parameters)
    return Facts(results, arguments, facts.width)


def _holding(bounds: Bounds, size: Size, parameters: tuple[Bound, ...]) -> Bounds:
    """The bounds over parameters that a size keeps."""
    return frozenset(b for b in bounds if keeps(size, instance(b, parameters)))


def keeps(size: Size, bound: Bound) -> bool:
    """Whether a size is known to be within a bound."""
    return any(known <= bound for known in size.bounds)


def _width(functions: Iterable[tuple[Clause, ...]]) -> int:
    """How many arguments a function value takes at most."""
    expressions = (e for own in functions for clause in own for e in _expressions(clause))
    return max((count for expression in expressions for count in _counts(expression)), default=0)


def _counts(expression: Expression) -> Iterator[int]:
    match expression:
        case Lambda(parameters, _):
            yield len(parameters)
        case Apply(_, arguments):
            yield len(arguments)
        case Partial(_, _, missing):
            yield missing
    for part in subexpressions(expression):
        yield from _counts(part)
