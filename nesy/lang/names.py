"""What the names in clauses mean: variables of a pattern, functions of the file, the prelude."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from nesy.errors import InputError
from nesy.machine.expressions import (
    As,
    Call,
    Case,
    Clause,
    Cons,
    Expression,
    Let,
    Literal,
    Pattern,
    Successor,
    Variable,
    bound,
)
from nesy.machine.primitives import PRELUDE

OPERATORS = frozenset(name for name, primitive in PRELUDE.items() if primitive.precedence) | {"if"}


def resolve(clauses: Sequence[Clause], file: str | None = None) -> tuple[Clause, ...]:
    """The clauses with every name looked up; a bare function without arguments becomes its call.

    Raises:
        InputError: an unknown function or variable, a wrong number of arguments, a variable
            twice in one head, or a function of the prelude defined again.
    """
    names = _Names(clauses, file)
    return tuple(names.clause(clause) for clause in clauses)


class _Names:
    def __init__(self, clauses: Iterable[Clause], file: str | None) -> None:
        self.file = file
        self.arities: dict[str, set[int]] = {}
        for clause in clauses:
            self.arities.setdefault(str(clause.name), set()).add(len(clause.patterns))

    def clause(self, clause: Clause) -> Clause:
        if clause.name in PRELUDE:
            mend = f"rename it, for example {clause.name}_"
            raise self._wrong(f"{clause.name} is already defined in the prelude", clause.name, mend=mend)
        scope: set[str] = set()
        for name in (name for pattern in clause.patterns for name in bound(pattern)):
            if name in scope:
                mend = f"rename one {name} and compare: if {name} == {name}2 then ..."
                raise self._wrong(f"the variable {name} twice in one head", name, "different variables", mend)
            scope.add(str(name))
        patterns = tuple(plain(pattern) for pattern in clause.patterns)
        guard = self.expression(clause.guard, scope) if clause.guard is not None else None
        return Clause(str(clause.name), patterns, self.expression(clause.body, scope), clause.line, guard)

    def expression(self, expression: Expression, scope: set[str]) -> Expression:
        match expression:
            case Variable(name):
                return self._variable(name, scope)
            case Let(name, value, body):
                return Let(str(name), self.expression(value, scope), self.expression(body, scope | {str(name)}))
            case Call(function, arguments):
                self._check_call(function, len(arguments))
                return Call(str(function), tuple(self.expression(argument, scope) for argument in arguments))
        return expression

    def _variable(self, name: str, scope: set[str]) -> Expression:
        if name in scope:
            return Variable(str(name))
        if 0 in self.arities.get(name, ()):
            return Call(str(name), ())
        if name in self.arities or name in PRELUDE:
            raise self._wrong(f"the function {name} without arguments", name, self._usage(name))
        near = get_close_matches(name, [*scope, *self.arities], 1)
        mend = f"did you mean {near[0]}?" if near else f'write "{name}" if it is a token'
        raise self._wrong(f"the variable {name} is not defined", name, mend=mend)

    def _check_call(self, name: str, count: int) -> None:
        if count in self.arities.get(name, ()) or (name in PRELUDE and len(PRELUDE[name].parameters) == count):
            return
        if name in self.arities or name in PRELUDE:
            raise self._wrong(f"{name} with {_arguments(count)}", name, self._usage(name))
        known = [*self.arities, *(set(PRELUDE) - OPERATORS)]
        near = get_close_matches(name, known, 1)
        mend = f"did you mean {near[0]}?" if near else f"define it: {name}(...) = ..."
        raise self._wrong(f"the function {name} is not defined", name, mend=mend)

    def _usage(self, name: str) -> str:
        if name in PRELUDE:
            return PRELUDE[name].about.split(":")[0]
        return " or ".join(f"{name} with {_arguments(count)}" for count in sorted(self.arities[name]))

    def _wrong(self, what: str, name: str, expected: str | None = None, mend: str | None = None) -> InputError:
        line, column = getattr(name, "line", None), getattr(name, "column", None)
        return InputError(what, file=self.file, line=line, column=column, expected=expected, mend=mend)


def _arguments(count: int) -> str:
    return f"{count} argument" + ("" if count == 1 else "s") if count else "no arguments"


def plain(pattern: Pattern) -> Pattern:
    """The pattern with plain strings for names."""
    match pattern:
        case Variable(name):
            return Variable(str(name))
        case Successor():
            count = 0
            while isinstance(pattern, Successor):
                pattern, count = pattern.predecessor, count + 1
            pattern = plain(pattern)
            for _ in range(count):
                pattern = Successor(pattern)
            return pattern
        case Cons(head, tail):
            return Cons(plain(head), plain(tail))
        case Case(constructor, patterns):
            return Case(str(constructor), tuple(map(plain, patterns)))
        case As(name, inside):
            return As(str(name), plain(inside))
        case Literal():
            return pattern
