"""A program whose recursion is cut at a depth: what a network computes that learned the recursion only so far.

Every recursive function f gets a companion that is handed how many calls may still be nested:

    succ_within(0, b)             = b                               # cut: the argument is copied
    succ_within(depth + 1, X1(b)) = X0(succ_within(depth, b))       # a recursive call costs one
    twice_within(depth + 1, b)    = succ_within(depth + 1, b)       # any other call costs none

The result is a program as any other: read it, check it, run it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from nesy.errors import Undefined
from nesy.lang.clauses import print_clause
from nesy.machine.expressions import (
    Apply,
    Call,
    Clause,
    Construct,
    Expression,
    Lambda,
    Let,
    Literal,
    Partial,
    Sequence,
    Successor,
    Variable,
    bound,
    calls,
    subexpressions,
)
from nesy.recursion.components import components
from nesy.recursion.program import Program
from nesy.terms import Value


@dataclass(frozen=True, eq=False)
class Cut:
    """A program with companions of its recursive functions.

    Args:
        program: the whole one.
        copy: a call that is cut gives its first argument of the result's type; it has no value where there is none,
            or without `copy`.
    """

    program: Program
    copy: bool = True

    def call(self, function: str, depth: int, *arguments: Value) -> Value:
        """The value of a call within which recursive calls are nested so deep and no deeper.

        Raises:
            Undefined: a call was cut, and there is nothing to copy.
        """
        if function not in self._companions:
            return self.program.call(function, *arguments)
        return self.companion.call(self._companions[function], depth + 1, *arguments)

    def depth(self, function: str, *arguments: Value) -> int:
        """How deep recursive calls are nested in this call; 0 if it makes none.

        Raises:
            Undefined, OutOfFuel, InputError: the call has no value.
        """
        self.program.call(function, *arguments)
        whole = self._whole
        high = 1
        while not whole._suffices(function, high - 1, arguments):
            high *= 2
        low = high // 2  # depths below `low` do not suffice, `high - 1` does
        while low < high - 1:
            middle = (low + high) // 2
            low, high = (low, middle) if whole._suffices(function, middle - 1, arguments) else (middle, high)
        return high - 1

    @cached_property
    def companion(self) -> Program:
        """The program with the companions after its own text."""
        return Program.load(text="\n".join([self.program.source, *self.clauses(), ""]))

    def clauses(self) -> Iterator[str]:
        """The companions as text."""
        functions = self.program.definitions.functions
        for name, own in self._companions.items():
            copied = self._copied(name) if self.copy else None
            if copied is not None:
                names = [Variable(f"x{i}") for i in range(self.program.definitions.arity(name))]
                yield print_clause(Clause(own, (Literal(0), *names), names[copied]))
            yield from (print_clause(self._companion(clause)) for clause in functions[name])

    @cached_property
    def _whole(self) -> Cut:
        """Without copying: a call that is cut is seen."""
        return Cut(self.program, copy=False) if self.copy else self

    def _suffices(self, function: str, depth: int, arguments: Iterable[Value]) -> bool:
        try:
            self.call(function, depth, *arguments)
        except Undefined:
            return False
        return True

    # ---------------------------------------------------------------- the companions

    @cached_property
    def _group(self) -> dict[str, int]:
        """The strongly connected component of each function."""
        return {name: number for number, group in enumerate(self._components) for name in group}

    @cached_property
    def _called(self) -> dict[str, set[str]]:
        functions = self.program.definitions.functions
        return {
            name: {called for clause in clauses for called in _calls(clause) if called in functions}
            for name, clauses in functions.items()
        }

    @cached_property
    def _components(self) -> list[list[str]]:
        return components(self._called)

    @cached_property
    def _companions(self) -> dict[str, str]:
        """The names of the companions: of functions that are recursive, or call such ones."""
        wanted: set[str] = set()
        for group in self._components:  # those that are called come first
            recursive = len(group) > 1 or group[0] in self._called[group[0]]
            if recursive or any(called in wanted for name in group for called in self._called[name]):
                wanted.update(group)
        suffix = "_within"
        while any(name + suffix in self._called for name in wanted):
            suffix += "_"
        return {name: name + suffix for name in self._called if name in wanted}

    def _copied(self, function: str) -> int | None:
        """The first parameter that has the result's type."""
        signature = self.program.signatures[function]
        fitting = [i for i, parameter in enumerate(signature.parameters) if parameter == signature.result]
        return fitting[0] if fitting else None

    def _companion(self, clause: Clause) -> Clause:
        taken = {name for pattern in clause.patterns for name in bound(pattern)}
        parts = [clause.body] if clause.guard is None else [clause.body, clause.guard]
        taken |= {name for part in parts for name in _bound_inside(part)}
        depth = "depth"
        while depth in taken or depth in self._called:
            depth += "_"
        bodies = [self._deeper(part, clause.name, depth) for part in parts]
        patterns = (Successor(Variable(depth)), *clause.patterns)
        return Clause(self._companions[clause.name], patterns, bodies[0], clause.line, *bodies[1:])

    def _deeper(self, expression: Expression, caller: str, depth: str) -> Expression:
        """The expression with calls of the companions; a call inside the caller's component is one deeper."""
        match expression:
            case Call(function, arguments):
                inside = self._each(arguments, caller, depth)
                return Call(self._companions.get(function, function), (*self._left(function, caller, depth), *inside))
            case Partial(function, arguments, missing):
                inside = self._each(arguments, caller, depth)
                given = (*self._left(function, caller, depth), *inside)
                return Partial(self._companions.get(function, function), given, missing)
            case Construct(constructor, arguments):
                return Construct(constructor, self._each(arguments, caller, depth))
            case Sequence(elements):
                return Sequence(self._each(elements, caller, depth))
            case Let(name, value, body):
                return Let(name, self._deeper(value, caller, depth), self._deeper(body, caller, depth))
            case Lambda(parameters, body):
                return Lambda(parameters, self._deeper(body, caller, depth))
            case Apply(function, arguments):
                return Apply(self._deeper(function, caller, depth), self._each(arguments, caller, depth))
        return expression

    def _each(self, expressions: Iterable[Expression], caller: str, depth: str) -> tuple[Expression, ...]:
        return tuple(self._deeper(part, caller, depth) for part in expressions)

    def _left(self, function: str, caller: str, depth: str) -> tuple[Expression, ...]:
        """What a companion is handed first."""
        if function not in self._companions:
            return ()
        if self._group[function] == self._group[caller]:
            return (Variable(depth),)
        return (Call("+", (Variable(depth), Literal(1))),)


def _calls(clause: Clause) -> Iterator[str]:
    yield from calls(clause.body)
    if clause.guard is not None:
        yield from calls(clause.guard)


def _bound_inside(expression: Expression) -> Iterator[str]:
    match expression:
        case Let(name, _, _):
            yield name
        case Lambda(parameters, _):
            yield from parameters
    for part in subexpressions(expression):
        yield from _bound_inside(part)
