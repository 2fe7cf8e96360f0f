"""Well-typed programs, built with their types; the tests of types generate them."""

from __future__ import annotations

from dataclasses import dataclass, field

from nesy.lang.clauses import print_clause
from nesy.machine.expressions import (
    Apply,
    As,
    Call,
    Case,
    Clause,
    Cons,
    Construct,
    Lambda,
    Let,
    Literal,
    Partial,
    Sequence,
    Successor,
    Variable,
)
from nesy.types import BOOL, INT, STRING, Function, Named, Signature, TypeVariable, seq, substitute, variables

TYPES = """type nat = O | S(nat)
type list(a) = Nil | Cons(a, list(a))
type pair(a, b) = Pair(a, b)
"""
NAT, A, B = Named("nat"), TypeVariable("a"), TypeVariable("b")


def list_of(type_):
    return Named("list", (type_,))


def pair_of(left, right):
    return Named("pair", (left, right))


GROUND = (NAT, INT, BOOL, STRING, list_of(NAT), seq(INT), pair_of(NAT, BOOL), list_of(seq(BOOL)))
OPEN = (A, B, list_of(A), seq(B), pair_of(A, B), Function((A,), B), Function((NAT, A), A))


@dataclass
class Builder:
    """Draws the clauses of one program after the other; every expression is built for a type."""

    random: object
    signatures: dict[str, Signature] = field(default_factory=dict)
    recursive: bool = True
    made: int = 0

    def name(self):
        self.made += 1
        return f"x{self.made}"

    def program(self, count=3):
        """Lines of clauses; `signatures` has the types that they were built for."""
        return [line for number in range(count) for line in self.function(f"f{number}")]

    def function(self, name):
        random = self.random
        result, *rest = (random.choice(GROUND + OPEN) for _ in range(random.randint(1, 3)))
        scrutinee = random.choice((NAT, list_of(A), seq(A), INT, pair_of(A, BOOL)))
        needed = [TypeVariable(v) for v in dict.fromkeys(v for t in (scrutinee, result, *rest) for v in variables(t))]
        signature = Signature((scrutinee, *rest, *needed), result)
        lines = [print_clause(self.clause(name, signature, case)) for case in self.cases(scrutinee)]
        self.signatures[name] = signature
        return lines

    def cases(self, type_):
        """Patterns that cover a type, each with the types of what it binds; those of the type itself come first."""
        x, y = self.name(), self.name()
        vx, vy = Variable(x), Variable(y)
        if self.random.random() < 0.2:
            return [(vx, {x: type_})]
        match type_:
            case Named("nat"):
                return [(Case("O"), {}), (Case("S", (vx,)), {x: NAT})]
            case Named("int"):
                return [(Literal(0), {}), (Successor(vx), {x: INT}), (vy, {y: INT})]
            case Named("list", (element,)):
                return [(Case("Nil"), {}), (As("all", Case("Cons", (vx, vy))), {y: type_, x: element, "all": type_})]
            case Named("seq", (element,)):
                return [(Literal(()), {}), (Cons(vx, vy), {y: type_, x: element})]
            case Named("pair", (left, right)):
                return [(Case("Pair", (vx, vy)), {x: left, y: right})]

    def clause(self, name, signature, case):
        pattern, bound = case
        names = [self.name() for _ in signature.parameters[1:]]
        scope = {**bound, **dict(zip(names, signature.parameters[1:], strict=True))}
        smaller = next(iter(bound), None) if not isinstance(pattern, Variable) else None
        body = self.expression(signature.result, scope, 3)
        if self.recursive and smaller and bound[smaller] == signature.parameters[0] and self.random.random() < 0.7:
            rest = (self.expression(type_, scope, 1) for type_ in signature.parameters[1:])
            body = Call("if", (self.expression(BOOL, scope, 1), Call(name, (Variable(smaller), *rest)), body))
        return Clause(name, (pattern, *map(Variable, names)), body)

    def expression(self, type_, scope, depth):
        """An expression of a type where these are the types of the variables."""
        options = [Variable(name) for name, own in scope.items() if own == type_]
        if depth > 0:
            options = options[:1] + [self.compound(type_, scope, depth - 1) for _ in range(2)]
        options = [option for option in options if option is not None]
        return self.random.choice(options) if options else self.value(type_, scope, depth)

    def compound(self, type_, scope, depth):
        """An expression made of others, or None."""

        def make(wanted):
            return self.expression(wanted, scope, depth)

        kind = self.random.choice(("if", "let", "call", "call", "apply", "value", "operator"))
        if kind == "if":
            return Call("if", (make(BOOL), make(type_), make(type_)))
        if kind == "let":
            name, other = self.name(), self.random.choice(GROUND)
            return Let(name, make(other), self.expression(type_, {**scope, name: other}, depth))
        if kind == "call":
            return self.call(type_, make)
        if kind == "apply":
            functions = [(n, t) for n, t in scope.items() if isinstance(t, Function) and t.result == type_]
            if not functions:
                return None
            name, function = self.random.choice(functions)
            return Apply(Variable(name), tuple(map(make, function.parameters)))
        if kind == "operator":
            return self.operator(type_, make)
        return self.value(type_, scope, depth)

    def call(self, type_, make):
        """A call of a function that was built before, whose result can be of the type; or its partial application."""
        given = [
            (name, s, found) for name, s in self.signatures.items() if (found := matched(s.result, type_)) is not None
        ]
        if isinstance(type_, Function):
            given = []
            for name, s in self.signatures.items():
                missing = len(type_.parameters)
                function = Function(s.parameters[-missing:], s.result)
                if missing < len(s.parameters) and (found := matched(function, type_)) is not None:
                    given.append((name, s, found))
        if not given:
            return None
        name, signature, found = self.random.choice(given)
        missing = len(type_.parameters) if isinstance(type_, Function) and signature.result != type_ else 0
        own = {variable: NAT for t in signature.parameters for variable in variables(t)} | found
        parameters = signature.parameters[: len(signature.parameters) - missing]
        arguments = tuple(make(substitute(parameter, own)) for parameter in parameters)
        return Partial(name, arguments, missing) if missing else Call(name, arguments)

    def operator(self, type_, make):
        if type_ == INT:
            return Call(self.random.choice("+-*"), (make(INT), make(INT)))
        if type_ == BOOL:
            other = self.random.choice(GROUND)
            return Call("==", (make(other), make(other)))
        if isinstance(type_, Named) and type_.name == "seq":
            return Call("++", (make(type_), make(type_)))
        return None

    def value(self, type_, scope, depth):
        """A constructor, literal or lambda; a variable where the type is one."""

        def make(wanted):
            return self.expression(wanted, scope, max(0, depth - 1))

        match type_:
            case TypeVariable():
                return Variable(next(name for name, own in scope.items() if own == type_))
            case Function(parameters, result):
                own = {self.name(): parameter for parameter in parameters}
                return Lambda(tuple(own), self.expression(result, {**scope, **own}, max(0, depth - 1)))
            case Named("nat"):
                return Construct("S", (make(NAT),)) if depth > 0 else Construct("O")
            case Named("int"):
                return Literal(self.random.randrange(-2, 5))
            case Named("bool"):
                return Literal(self.random.random() < 0.5)
            case Named("string"):
                return Literal(self.random.choice(("", "a", "bc")))
            case Named("list", (element,)):
                return Construct("Cons", (make(element), make(type_))) if depth > 0 else Construct("Nil")
            case Named("seq", (element,)):
                return Sequence(tuple(make(element) for _ in range(self.random.randint(0, 2) if depth > 0 else 0)))
            case Named("pair", (left, right)):
                return Construct("Pair", (make(left), make(right)))


def matched(pattern, type_):
    """What the variables of a type are to be for it to be another one, or None."""
    found = {}

    def match_all(pattern, type_):
        match pattern, type_:
            case TypeVariable(name), _:
                return found.setdefault(name, type_) == type_
            case Named(name, own), Named(other, arguments):
                return name == other and all(map(match_all, own, arguments))
            case Function(own, result), Function(parameters, other):
                return len(own) == len(parameters) and all(map(match_all, (*own, result), (*parameters, other)))
        return False

    return found if match_all(pattern, type_) else None
