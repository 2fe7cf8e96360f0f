"""Arithmetic programs as sympy expressions.

Numbers are integers, and terms of every type like ``type nat = O | S(nat)``. A function that calls itself
on the predecessor is a recurrence, which sympy solves where it can: ``mul`` of Peano numbers is ``n*m``. Where it
cannot, a short formula that agrees on small numbers is taken if it can be proved by induction: ``monus``, or a quotient
that is rounded up. Functions are the clauses of a program, or those of a language, learned ones too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy

from nesy.errors import NesyError
from nesy.lang.language import Language
from nesy.machine.closed_forms import PARAMETERS as FORM_PARAMETERS
from nesy.machine.closed_forms import counting_forms
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


def to_sympy(definitions: Definitions | Language, function: str) -> sympy.Lambda:
    """A function as a sympy `Lambda` of its parameters, which are integers (natural numbers where it recurses).

    Args:
        definitions: of a program, or a language: `function` is then the name of a clause.

    Raises:
        NotArithmetic: it works on other data, or no closed form of its recursion is found and proved.
    """
    if isinstance(definitions, Language):
        own: dict[str, tuple[Clause, ...]] = {}
        for clause in definitions.clauses:
            own[clause.name] = (*own.get(clause.name, ()), clause)
        definitions = Definitions(functions=own)
    if function not in definitions.functions:
        raise NotArithmetic(f"no function {function}")
    if len({len(clause.patterns) for clause in definitions.functions[function]}) > 1:
        raise NotArithmetic(f"{function} is defined for several numbers of arguments")
    return _Translation(definitions).function(function)


def proved_equal(one: sympy.Lambda, other: sympy.Lambda | Callable[..., Any]) -> bool:
    """Whether sympy can prove two functions equal for all arguments; False says nothing.

    Args:
        other: a `Lambda`, or a Python function of sympy's symbols, ``lambda a, b: a * b``.
    """
    parameters = [sympy.Symbol(p.name, integer=True, nonnegative=True) for p in one.variables]
    difference = one(*parameters) - other(*parameters)
    return _vanishes(difference, parameters)


def _vanishes(difference: sympy.Basic, parameters: Sequence[sympy.Symbol]) -> bool:
    """Whether a term is 0 for all natural numbers, case by case of which of two parameters is larger."""
    if sympy.simplify(difference) == 0:
        return True
    if len(parameters) != 2:
        return False
    a, b = parameters
    k = sympy.Symbol("k", integer=True, nonnegative=True)
    above, below = (difference.subs(x, y + k + e, simultaneous=True) for x, y, e in ((a, b, 0), (b, a, 1)))
    return all(sympy.simplify(_settled(part)) == 0 for part in (above, below))


def _settled(term: sympy.Basic) -> sympy.Basic:
    """The term with what its signs decide decided: ``Max(0, k + 1)`` is ``k + 1``."""
    return term.replace(lambda e: isinstance(e, sympy.Max | sympy.Min), _extreme).doit()


def _extreme(term: sympy.Basic) -> sympy.Basic:
    kept = list(term.args)
    sign = 1 if isinstance(term, sympy.Max) else -1
    for one in list(kept):
        if any(
            other is not one and sympy.expand(sign * (other - one)).is_nonnegative for other in kept if other in kept
        ):
            kept.remove(one)
    return term.func(*kept)


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
        try:
            body = self.recurrence(name, clauses, parameters) if recursive else self.cases(name, clauses, parameters)
        except NotArithmetic:
            guessed = self.guessed(name, clauses, parameters) if recursive else None
            if guessed is None:
                raise
            body = guessed
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

    def guessed(self, name: str, clauses: Sequence[Clause], parameters: list[sympy.Symbol]) -> sympy.Basic | None:
        """A short formula that agrees on small and on large numbers, if every clause can be proved of it."""
        if not 1 <= len(parameters) <= 2 or self.numerals:
            return None
        every = [clause for own in self.definitions.functions.values() for clause in own]
        form = counting_forms(every).get((name, len(parameters)))
        if form is None:
            return None
        scope = dict(zip(FORM_PARAMETERS, parameters, strict=False))
        body = _rounded(self.expression(form, scope))
        self.known[name] = sympy.Lambda(tuple(parameters), body)
        try:
            proved = all(self.clause_holds(clause, parameters, body) for clause in clauses)
        finally:
            del self.known[name]
        return body if proved else None

    def clause_holds(self, clause: Clause, parameters: Sequence[sympy.Symbol], body: sympy.Basic) -> bool:
        """Whether the formula satisfies one clause, for natural numbers; divisors are at least 1."""
        scope: dict[str, Any] = {}
        place: dict[sympy.Symbol, Any] = {}
        rest: list[sympy.Symbol] = []
        for pattern, parameter in zip(clause.patterns, parameters, strict=True):
            count = 0
            while isinstance(pattern, Successor):
                pattern, count = pattern.predecessor, count + 1
            match pattern:
                case Variable(name):
                    free = sympy.Symbol(name, integer=True, nonnegative=True)
                    divisor = sympy.Symbol(name, integer=True, positive=True)
                    scope[name] = free if count or not _divides(parameter, body) else divisor
                    place[parameter] = scope[name] + count
                    rest.append(scope[name])
                case Literal(int(number)):
                    place[parameter] = sympy.Integer(number) + count
                case _:
                    return False
        try:
            difference = body.subs(place, simultaneous=True) - self.expression(clause.body, scope)
        except NotArithmetic:
            return False
        return clause.guard is None and _holds_in_all_orders(difference, rest)

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


def _rounded(term: sympy.Basic) -> sympy.Basic:
    """``floor((a + Max(0, b - 1)) / b)`` is ``ceiling(a / b)``, for b at least 1."""
    if isinstance(term, sympy.floor):
        numerator, denominator = term.args[0].as_numer_denom()
        rest = sympy.expand(numerator - sympy.Max(0, denominator - 1))
        if denominator.is_Symbol and not rest.has(sympy.Max):
            return sympy.ceiling(rest / denominator)
    return term


def _divides(parameter: sympy.Symbol, body: sympy.Basic) -> bool:
    """Whether a formula divides by a parameter."""
    return any(p.exp.is_negative and p.base == parameter for p in body.atoms(sympy.Pow))


def _holds_in_all_orders(difference: sympy.Basic, parameters: Sequence[sympy.Symbol]) -> bool:
    """`_vanishes`, with numbers at least 1 taken as such, and quotients below 1 known."""
    if sympy.simplify(_settled(difference)) == 0:
        return True
    if len(parameters) != 2:
        return False
    a, b = parameters
    k = sympy.Symbol("k", integer=True, nonnegative=True)
    cases = [difference.subs(a, b + k), difference.subs(b, a + 1 + k)]
    return all(sympy.simplify(_small_quotients(_settled(part))) == 0 for part in cases)


def _small_quotients(term: sympy.Basic) -> sympy.Basic:
    """``ceiling(a / (a + k + 1))`` is 1 for a at least 1."""

    def settle(quotient: sympy.Basic) -> sympy.Basic:
        numerator, denominator = sympy.together(quotient.args[0]).as_numer_denom()
        if numerator.is_positive and sympy.expand(denominator - numerator).is_nonnegative:
            return sympy.Integer(1)
        return quotient

    return term.replace(lambda e: isinstance(e, sympy.ceiling), settle)


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
