"""Arithmetic programs as sympy expressions.

Numbers are integers, and terms of every type like ``type nat = O | S(nat)``. A function that calls itself
on the predecessor is a recurrence, which sympy solves where it can: ``mul`` of Peano numbers is ``n*m``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy

from nesy.errors import NesyError
from nesy.machine.expressions import (
    Call,
    Case,
    Clause,
    Construct,
    Expression,
    Let,
    Literal,
    Pattern,
    Successor,
    Variable,
    calls,
)
from nesy.recursion.definitions import Definitions
from nesy.types import Declarations, Named

_PRIMITIVES: Mapping[str, Callable[..., sympy.Basic]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "monus": lambda a, b: sympy.Max(0, a - b),
    "div": lambda a, b: sympy.floor(a / b),
    "mod": lambda a, b: sympy.Mod(a, b),
    "min": lambda a, b: sympy.Min(a, b),
    "max": lambda a, b: sympy.Max(a, b),
    "<": sympy.Lt,
    ">": sympy.Gt,
    "<=": sympy.Le,
    ">=": sympy.Ge,
    "==": sympy.Eq,
    "!=": sympy.Ne,
    "and": sympy.And,
    "or": sympy.Or,
    "not": sympy.Not,
}


class NotArithmetic(NesyError):
    """A function is no arithmetic that sympy can hold."""


def to_sympy(definitions: Definitions, function: str) -> sympy.Lambda:
    """A function as a sympy `Lambda` of its parameters, which are integers (natural numbers where it recurses).

    Raises:
        NotArithmetic: it works on other data, or sympy finds no closed form of its recursion.
    """
    if function not in definitions.functions:
        raise NotArithmetic(f"no function {function}")
    return _Translation(definitions).function(function)


class _Translation:
    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.numerals = dict(_numerals(definitions.declarations))
        self.known: dict[str, sympy.Lambda] = {}
        self.open: list[str] = []

    def function(self, name: str) -> sympy.Lambda:
        """The function in closed form."""
        if name in self.known:
            return self.known[name]
        clauses = self.definitions.functions[name]
        if name in self.open:
            raise NotArithmetic(f"{name} and {self.open[-1]} call each other")
        self.open.append(name)
        names = _parameters(clauses)
        recursive = any(name in calls(clause.body) for clause in clauses)
        parameters = [sympy.Symbol(p, integer=True, **{"nonnegative": True} if recursive else {}) for p in names]
        body = self.recurrence(name, clauses, parameters) if recursive else self.cases(name, clauses, parameters)
        self.open.pop()
        self.known[name] = found = sympy.Lambda(tuple(parameters), body)
        return found

    def cases(self, name: str, clauses: Sequence[Clause], parameters: Sequence[sympy.Symbol]) -> sympy.Basic:
        """The clauses in turn as the pieces of one function."""
        pieces = []
        for clause in clauses:
            scope: dict[str, Any] = {}
            tests = [self.match(p, x, scope) for p, x in zip(clause.patterns, parameters, strict=True)]
            if clause.guard is not None:
                tests.append(self.expression(clause.guard, scope))
            pieces.append((self.expression(clause.body, scope), sympy.And(*tests)))
        return sympy.piecewise_fold(sympy.Piecewise(*pieces)) if len(pieces) > 1 else pieces[0][0]

    def recurrence(self, name: str, clauses: Sequence[Clause], parameters: list[sympy.Symbol]) -> sympy.Basic:
        """f(0, ...) and f(n + 1, ...) in terms of f(n, ...), solved."""
        base, step, at = self.base_and_step(name, clauses)
        n = parameters[at]
        u = sympy.Function("u")
        scope: dict[str, Any] = {}
        for position, (pattern, parameter) in enumerate(zip(step.patterns, parameters, strict=True)):
            self.match(pattern, n + 1 if position == at else parameter, scope)
        own = sympy.Function("itself")
        self.known[name] = sympy.Lambda(tuple(parameters), own(*parameters))
        after = self.expression(step.body, scope)
        del self.known[name]
        if after.atoms(own) - {own(*parameters)}:
            what = f"{name} calls itself with arguments other than the predecessor, the others as they are"
            raise NotArithmetic(f"{what} (line {step.line})")
        after = after.subs(own(*parameters), u(n))
        first: dict[str, Any] = {}
        for position, (pattern, parameter) in enumerate(zip(base.patterns, parameters, strict=True)):
            self.match(pattern, sympy.Integer(0) if position == at else parameter, first)
        start = self.expression(base.body, first)
        try:
            solved = sympy.rsolve(u(n + 1) - after, u(n), {u(0): start})
        except (ValueError, NotImplementedError, TypeError, AttributeError, KeyError):
            solved = None
        if solved is None or solved.has(sympy.Function("u")) or not self.holds(solved, after, start, n, u):
            raise NotArithmetic(f"sympy finds no closed form of {name} (line {step.line})")
        return sympy.simplify(solved)

    def holds(self, solved: sympy.Basic, after: sympy.Basic, start: sympy.Basic, n: sympy.Symbol, u: Any) -> bool:
        """Whether the closed form satisfies the recurrence, as sympy can prove."""
        step = solved.subs(n, n + 1) - after.subs(u(n), solved)
        return sympy.simplify(step) == 0 and sympy.simplify(solved.subs(n, 0) - start) == 0

    def base_and_step(self, name: str, clauses: Sequence[Clause]) -> tuple[Clause, Clause, int]:
        """The clause of zero, that of the successor, and the argument that they are about."""
        if len(clauses) == 2 and all(clause.guard is None for clause in clauses):
            for at, (zero, successor) in enumerate(zip(*(clause.patterns for clause in clauses), strict=True)):
                for base, step in ((clauses[0], clauses[1]), (clauses[1], clauses[0])):
                    zero, successor = base.patterns[at], step.patterns[at]
                    others = [p for clause in clauses for k, p in enumerate(clause.patterns) if k != at]
                    plain = all(isinstance(pattern, Variable) for pattern in others)
                    if plain and self.is_zero(zero) and self.predecessor(successor) is not None:
                        return base, step, at
        raise NotArithmetic(f"{name} is no recursion from zero and successor of one argument")

    def match(self, pattern: Pattern, value: Any, scope: dict[str, Any]) -> Any:
        """The condition under which a pattern matches a number; binds its variables."""
        match pattern:
            case Variable(name):
                scope[name] = value
                return sympy.true
            case Literal(int(number)) if not isinstance(number, bool):
                return sympy.Eq(value, number)
        if self.is_zero(pattern):
            return sympy.Eq(value, 0)
        below = self.predecessor(pattern)
        if below is None:
            raise NotArithmetic("a pattern of data that are no numbers")
        return sympy.And(sympy.Ge(value, 1), self.match(below, value - 1, scope))

    def is_zero(self, pattern: Pattern) -> bool:
        """Whether a pattern is 0, or the zero of a type of numerals."""
        match pattern:
            case Literal(0):
                return True
            case Case(constructor, ()):
                return self.numerals.get(constructor) == 0
        return False

    def predecessor(self, pattern: Pattern) -> Pattern | None:
        """What a pattern of a successor says of the predecessor."""
        match pattern:
            case Successor(below):
                return below
            case Case(constructor, (below,)) if self.numerals.get(constructor) == 1:
                return below
        return None

    def expression(self, expression: Expression, scope: Mapping[str, Any]) -> Any:
        match expression:
            case Variable(name):
                return scope[name]
            case Literal(bool(value)):
                return sympy.true if value else sympy.false
            case Literal(int(value)):
                return sympy.Integer(value)
            case Construct(constructor, arguments) if constructor in self.numerals:
                return sum((self.expression(a, scope) + 1 for a in arguments), sympy.Integer(0))
            case Let(name, value, body):
                return self.expression(body, {**scope, name: self.expression(value, scope)})
            case Call("if", (condition, yes, no)) if "if" not in self.definitions.functions:
                pieces = (
                    (self.expression(yes, scope), self.expression(condition, scope)),
                    (
                        self.expression(no, scope),
                        True,
                    ),
                )
                return sympy.Piecewise(*pieces)
            case Call(function, arguments) if function in self.definitions.functions:
                return self.function(function)(*(self.expression(a, scope) for a in arguments))
            case Call(function, arguments) if function in _PRIMITIVES:
                return _PRIMITIVES[function](*(self.expression(a, scope) for a in arguments))
        raise NotArithmetic(f"{type(expression).__name__.lower()} is no arithmetic")


def _numerals(declarations: Declarations) -> Sequence[tuple[str, int]]:
    """The constructors of types like ``nat``: 0 for zero, 1 for the successor."""
    found = []
    for declaration in declarations.types.values():
        zeros = [c.name for c in declaration.constructors if not c.fields]
        successors = [c.name for c in declaration.constructors if c.fields == (Named(declaration.name),)]
        if len(zeros) == len(successors) == 1 and len(declaration.constructors) == 2:
            found += [(zeros[0], 0), (successors[0], 1)]
    return found


def _parameters(clauses: Sequence[Clause]) -> list[str]:
    """A name for every argument: the variable's of some clause if there is one, all different."""
    names: list[str] = []
    for patterns in zip(*(clause.patterns for clause in clauses), strict=True):
        inside = list(patterns)
        found = next((name for pattern in inside if (name := _variable(pattern)) and name not in names), None)
        names.append(found or f"x{len(names) + 1}")
    return names


def _variable(pattern: Pattern) -> str | None:
    """The variable in a numeral's pattern."""
    while isinstance(pattern, Successor) or (isinstance(pattern, Case) and len(pattern.patterns) == 1):
        pattern = pattern.predecessor if isinstance(pattern, Successor) else pattern.patterns[0]
    return pattern.name if isinstance(pattern, Variable) and pattern.name != "_" else None
