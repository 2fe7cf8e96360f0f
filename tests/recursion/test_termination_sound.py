"""Soundness of the termination check on random programs.

Laws, of runs on small arguments by an evaluator of its own:

1. no run of an accepted program goes on forever;
2. in every run, accepted or not, every call keeps the arcs of its call site's size-change graph, and every result and
   every application of a parameter keeps the facts that were inferred (the contracts of Nguyen, Gilray, Tobin-Hochstadt
   and Van Horn, "Size-change termination as a contract", PLDI 2019). A false arc shows here long before a false proof.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from random import Random

import pytest

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
    calls,
)
from nesy.machine.primitives import PRELUDE
from nesy.recursion.definitions import Definitions, define
from nesy.recursion.statements import read_statements
from nesy.recursion.termination import size_change, termination
from nesy.recursion.termination.preservation import infer
from nesy.recursion.termination.sizes import least_bounds

# -------------------------------------------------------------------- values


class Data:
    """A hash-consed term that knows its size."""

    __slots__ = ("arguments", "name", "size")
    table: dict = {}  # noqa: RUF012 - shared on purpose

    def __new__(cls, name, arguments=()):
        key = (name, arguments, *map(type, arguments))
        found = cls.table.get(key)
        if found is None:
            found = cls.table[key] = super().__new__(cls)
            inside = [size_of(part) for part in arguments]
            found.name, found.arguments = name, arguments
            found.size = None if None in inside else sum(inside) + bool(arguments)
        return found

    def __repr__(self):
        return self.name + (f"({', '.join(map(repr, self.arguments))})" if self.arguments else "")


def size_of(value):
    """The size that `nesy.recursion.termination.sizes` describes; None of a value that holds a function."""
    if isinstance(value, tuple):
        inside = [size_of(part) for part in value]
        return None if None in inside else len(value) + sum(inside)
    if isinstance(value, Data):
        return value.size
    return None if isinstance(value, Closure | Guarded) else max(value, 0) * (value is not True)


@dataclass(frozen=True, eq=False)
class Closure:
    """A lambda, or a function with some of its arguments, in the frame that made it."""

    expression: Lambda | Partial
    given: tuple | dict
    frame: Frame


@dataclass(frozen=True, eq=False)
class Guarded:
    """A function that was handed to `callee` at a position; it is to keep the facts of that parameter."""

    inner: object
    callee: str
    position: int
    arguments: tuple


@dataclass(frozen=True, eq=False)
class Frame:
    """The call that a piece of a body belongs to."""

    number: int
    name: str
    arguments: tuple


OUTSIDE = Frame(0, "", ())

# -------------------------------------------------------------------- the oracle


class Forever(Exception):
    """A call waits for itself."""


class Spent(Exception):
    """No more fuel, or the values become too large."""


class Stuck(Exception):
    """No clause fits, or a division by zero."""


class Contract(AssertionError):
    """A claim of the checker does not hold in a run."""


class Run:
    """Evaluates calls by value, and watches what the checker claims."""

    def __init__(self, definitions: Definitions, fuel: int) -> None:
        self.definitions, self.fuel, self.depth = definitions, fuel, 0
        self.facts, readings = infer(definitions)
        self.graphs = {id(s.call): size_change(r, s) for own in readings.values() for r in own for s in r.calls}
        self.active: set = set()

    @staticmethod
    @cache
    def least(bounds):
        return least_bounds(bounds)

    def call(self, name, arguments):
        key = (name, arguments, *map(type, arguments))
        if key in self.active:
            raise Forever(key)
        self.fuel -= 1
        if self.fuel < 0 or self.depth > 600:
            raise Spent
        self.active.add(key)
        self.depth += 1
        try:
            result = self.body(name, arguments)
        finally:
            self.active.discard(key)
            self.depth -= 1
        self.claimed(self.facts.results[name], arguments, result, name)
        return result

    def body(self, name, arguments):
        guarded = tuple(
            Guarded(a, name, k, arguments) if isinstance(a, Closure | Guarded) else a for k, a in enumerate(arguments)
        )
        for clause in self.definitions.functions[name]:
            env: dict = {}
            if all(matches(p, a, env) for p, a in zip(clause.patterns, guarded, strict=True)):
                frame = Frame(0, name, arguments)
                if clause.guard is None or self.value(clause.guard, env, frame):
                    return self.value(clause.body, env, frame)
        raise Stuck

    def value(self, e, env, frame):
        match e:
            case Variable(name):
                return env[name]
            case Literal(value):
                return value
            case Let(name, value, body):
                return self.value(body, {**env, name: self.value(value, env, frame)}, frame)
            case Construct(name, arguments):
                return small(Data(name, tuple(self.value(a, env, frame) for a in arguments)))
            case Sequence(elements):
                return small(tuple(self.value(a, env, frame) for a in elements))
            case Lambda():
                return Closure(e, env, frame)
            case Partial(_, arguments, _):
                return Closure(e, tuple(self.value(a, env, frame) for a in arguments), frame)
            case Apply(function, arguments):
                applied = self.value(function, env, frame)
                return self.apply(applied, tuple(self.value(a, env, frame) for a in arguments))
            case Call("if", (condition, yes, no)):
                return self.value(yes if self.value(condition, env, frame) else no, env, frame)
            case Call("and", (left, right)):
                return self.value(left, env, frame) and self.value(right, env, frame)
            case Call("or", (left, right)):
                return self.value(left, env, frame) or self.value(right, env, frame)
        return self.site(e, tuple(self.value(a, env, frame) for a in e.arguments), frame)

    def apply(self, function, arguments):
        if isinstance(function, Guarded):
            for k, argument in enumerate(arguments):
                bounds = self.facts.arguments[function.callee, function.position, k]
                self.claimed(bounds, function.arguments, argument, f"argument {function.position} of {function.callee}")
            return self.apply(function.inner, arguments)
        match function.expression:
            case Lambda(parameters, body):
                env = {**function.given, **dict(zip(parameters, arguments, strict=True))}
                return self.value(body, env, function.frame)
        return self.site(function.expression, function.given + arguments, function.frame)

    def site(self, call, arguments, frame):
        """A call from a place in the text."""
        name = call.function
        if name in self.definitions.functions:
            if id(call) in self.graphs:
                self.shrinks(self.graphs[id(call)], frame, call, arguments)
            return self.call(name, arguments)
        if name in self.definitions.declarations.constructors:
            return small(Data(name, arguments))
        try:
            return small(PRELUDE[name].function(*arguments))
        except ArithmeticError:
            raise Stuck from None

    def shrinks(self, graph, frame, call, arguments):
        for i, j, strict in graph.arcs:
            old, new = size_of(frame.arguments[i]), size_of(arguments[j])
            if old is not None and new is not None and new > old - strict:
                raise Contract(f"{frame.name}{frame.arguments} -> {call}{arguments}: {(i, j, strict)}")

    def claimed(self, bounds, arguments, value, who):
        sizes = [size_of(a) for a in arguments]
        size = size_of(value)
        for bound in self.least(bounds):
            inside = [sizes[symbol] for symbol in bound.symbols]
            if size is not None and None not in inside and size > bound.constant + sum(inside):
                raise Contract(f"{who}: {value} of {arguments} is not within {bound}")


def small(value):
    """The value, unless it is so large that the run would not end in time."""
    if (isinstance(value, int) and abs(value) > 10**9) or (size_of(value) or 0) > 10**9:
        raise Spent
    if isinstance(value, tuple) and len(value) > 10**4:
        raise Spent
    return value


def matches(pattern, value, env) -> bool:
    match pattern:
        case Variable(name):
            env[name] = value
            return True
        case As(name, inside):
            env[name] = value
            return matches(inside, value, env)
        case Literal(constant):
            return type(constant) is type(value) and constant == value
        case Successor(inside):
            return value >= 1 and matches(inside, value - 1, env)
        case Cons(head, tail):
            return bool(value) and matches(head, value[0], env) and matches(tail, value[1:], env)
    return value.name == pattern.constructor and all(
        matches(p, v, env) for p, v in zip(pattern.patterns, value.arguments, strict=True)
    )


# -------------------------------------------------------------------- random programs

PRELUDE_TEXT = r"""
type nat = O | S(nat)
type list(a) = Nil | Cons(a, list(a))
type tree = Leaf | Node(tree, nat, tree)
type rose = Rose(list(rose))
type ord = Zero | Lim((nat -> ord))
type fun = Fn((nat -> nat))

add(O, m) = m
add(S(n), m) = S(add(n, m))
sub(n, O) = n
sub(O, m) = O
sub(S(n), S(m)) = sub(n, m)
half(S(S(n))) = S(half(n))
half(n) = O
pred(S(n)) = n
pred(O) = O
twice(g, x) = g(g(x))
call(g, x) = g(x)
le(O, m) = true
le(S(n), O) = false
le(S(n), S(m)) = le(n, m)
append(Nil, b) = b
append(Cons(x, a), b) = Cons(x, append(a, b))
interleave(Nil, b) = b
interleave(Cons(x, a), b) = Cons(x, interleave(b, a))
evens(Nil) = Nil
evens(Cons(x, Nil)) = Cons(x, Nil)
evens(Cons(x, Cons(y, t))) = Cons(x, evens(t))
filter(p, Nil) = Nil
filter(p, Cons(x, t)) when p(x) = Cons(x, filter(p, t))
filter(p, Cons(x, t)) = filter(p, t)
map(g, Nil) = Nil
map(g, Cons(x, t)) = Cons(g(x), map(g, t))
fold(g, z, Nil) = z
fold(g, z, Cons(x, t)) = g(x, fold(g, z, t))
tails(g, Nil) = Nil
tails(g, Cons(x, t)) = Cons(g(t), tails(g, t))
mirror(Leaf) = Leaf
mirror(Node(l, v, r)) = Node(mirror(r), v, mirror(l))
meld(Leaf, b) = b
meld(a, Leaf) = a
meld(Node(l, x, r), b) = Node(meld(b, r), x, l)
at(g, x) = \y -> g(x, y)
open(Fn(g), x) = g(x)
peel(Lim(g), x) = g(x)
peel(Zero, x) = Zero
"""

# Types: names, or (parameters, result) of a function.
NN = (("nat",), "nat")
FIELDS = {
    "nat": {"O": (), "S": ("nat",)},
    "nats": {"Nil": (), "Cons": ("nat", "nats")},
    "roses": {"Nil": (), "Cons": ("rose", "roses")},
    "tree": {"Leaf": (), "Node": ("tree", "nat", "tree")},
    "rose": {"Rose": ("roses",)},
    "ord": {"Zero": (), "Lim": ((("nat",), "ord"),)},
    "fun": {"Fn": (NN,)},
}
LISTS = {"nats": "nat", "roses": "rose"}
HELPERS = [
    ("add", ("nat", "nat"), "nat"),
    ("sub", ("nat", "nat"), "nat"),
    ("half", ("nat",), "nat"),
    ("pred", ("nat",), "nat"),
    ("twice", (NN, "nat"), "nat"),
    ("call", (NN, "nat"), "nat"),
    ("le", ("nat", "nat"), "bool"),
    ("mirror", ("tree",), "tree"),
    ("meld", ("tree", "tree"), "tree"),
    *[("append", (t, t), t) for t in LISTS],
    *[("interleave", (t, t), t) for t in LISTS],
    *[("evens", (t,), t) for t in LISTS],
    *[("filter", (((e,), "bool"), t), t) for t, e in LISTS.items()],
    *[("map", (((e,), f), t), u) for t, e in LISTS.items() for u, f in LISTS.items()],
    *[("fold", (((e, r), r), r, t), r) for t, e in LISTS.items() for r in ("nat", "nats", "tree")],
    *[("tails", (((t,), f), t), u) for t in LISTS for u, f in LISTS.items()],
    ("open", ("fun", "nat"), "nat"),
    ("peel", ("ord", "nat"), "ord"),
    ("at", ((("nat", "nat"), "nat"), "nat"), NN),
    ("+", ("int", "int"), "int"),
    ("-", ("int", "int"), "int"),
    ("div", ("int", "int"), "int"),
    ("mod", ("int", "int"), "int"),
    ("monus", ("int", "int"), "int"),
    ("min", ("int", "int"), "int"),
    ("max", ("int", "int"), "int"),
    ("length", ("ints",), "int"),
    *[(name, ("ints",), "ints") for name in ("tail", "init", "reverse", "head", "last")],
    ("++", ("ints", "ints"), "ints"),
    *[(name, ("int", "int"), "bool") for name in ("<", ">", "<=", ">=", "==", "!=")],
]
DECLARED = define(read_statements(PRELUDE_TEXT))
SMALL = {"nat": 3, "int": 3, "ints": 2, "nats": 3, "tree": 3, "rose": 2, "roses": 2, "ord": 1, "fun": 1}


class Generator:
    """Writes well-typed programs that often nearly terminate."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.serial = 0
        world = self.random.choice([("nat",), ("nat", "nats"), ("nat", "tree"), ("nat", "rose", "roses"), ("int",)])
        world = self.random.choice(
            [world, ("int", "ints"), ("nat", "ord"), ("nat", "fun"), ("nat", "nats", "tree", "int")]
        )
        self.types = world
        count = self.random.randint(1, 3)
        self.own = [self.signature(name) for name in "fgh"[:count]]
        self.helpers = [h for h in HELPERS if known(h[1] + (h[2],), (*world, "bool"))]
        if self.random.random() < 0.5:
            self.helpers = self.random.sample(self.helpers, min(4, len(self.helpers)))

    def signature(self, name):
        parameters = [self.random.choice(self.types) for _ in range(self.random.choice((1, 1, 2, 2, 3)))]
        if "nat" in self.types and self.random.random() < 0.15:
            parameters.append(NN)
        result = self.random.choice((*self.types, *parameters))
        return (name, tuple(parameters), result)

    def program(self) -> Definitions:
        functions = {name: tuple(self.clauses(name, *types)) for name, *types in self.own}
        needed = list(functions)
        for name in needed:
            functions[name] = functions.get(name) or DECLARED.functions[name]
            called = {c for clause in functions[name] for e in (clause.guard, clause.body) if e for c in calls(e)}
            needed += sorted(called & DECLARED.functions.keys() - set(needed))
        return Definitions(DECLARED.declarations, functions)

    def clauses(self, name, parameters, result):
        split = self.random.randrange(len(parameters))
        for case in self.cases(parameters[split]):
            for _ in range(self.random.choice((1, 1, 1, 2))):
                env, self.heads, self.calls = {}, [], 1
                patterns = [self.pattern(t, env, case if k == split else None) for k, t in enumerate(parameters)]
                guard = self.expression("bool", env, 1) if self.random.random() < 0.25 else None
                self.calls = self.random.choice((0, 1, 1, 2))
                body = self.expression(result, env, self.random.choice((1, 2, 3)))
                yield Clause(name, tuple(patterns), body, 0, guard)
        env, self.heads = {}, []
        self.calls = self.random.choice((0, 0, 1))
        last = [self.pattern(t, env, "any") for t in parameters]
        yield Clause(name, tuple(last), self.expression(result, env, 1), 0)

    # patterns

    def cases(self, type_):
        if type_ in FIELDS:
            return list(FIELDS[type_])
        return {"int": ["0", "+"], "ints": ["[]", "++"]}.get(type_, ["any"])

    def pattern(self, type_, env, case=None):
        if case is None:
            case = (
                self.random.choice((*self.cases(type_), "any", "any", "any")) if self.random.random() < 0.5 else "any"
            )
        if case == "any":
            return self.variable(type_, env)
        if case == "+":
            inside = self.variable("int", env)
            found = Successor(inside if self.random.random() < 0.7 else Successor(inside))
        elif case == "0":
            found = Literal(self.random.choice((0, 0, 1)))
        elif case == "[]":
            found = Literal(())
        elif case == "++":
            found = Cons(self.variable("int", env), self.pattern("ints", env))
        else:
            found = Case(case, tuple(self.pattern(t, env) for t in FIELDS[type_][case]))
        if self.random.random() < 0.3:
            name = self.variable(type_, env).name
            found = As(name, found)
        self.heads.append((type_, expression_of(found)))
        return found

    def variable(self, type_, env):
        self.serial += 1
        name = f"x{self.serial}"
        env[name] = type_
        return Variable(name)

    # expressions

    def expression(self, type_, env, depth):
        random = self.random
        if isinstance(type_, tuple):
            return self.function(type_, env, depth)
        names = [Variable(n) for n, t in env.items() if t == type_]
        choices = []
        if names:
            choices += [lambda: random.choice(names)] * (3 if depth > 0 else 8)
        if depth <= 0:
            choices.append(lambda: self.leaf(type_, env))
        else:
            own = [s for s in self.own if s[2] == type_] if self.calls > 0 else []
            helpers = [h for h in self.helpers if h[2] == type_]
            heads = [e for t, e in self.heads if t == type_ and e is not None]
            if own:
                choices += [lambda: self.call(random.choice(own), env, depth)] * 5
            if helpers:
                choices += [lambda: self.call(random.choice(helpers), env, depth)] * 3
            if heads:
                choices += [lambda: copy(random.choice(heads))]
            applied = [n for n, t in env.items() if isinstance(t, tuple) and t[1] == type_]
            if applied:
                choices += [lambda: self.apply(random.choice(applied), env, depth)] * 2
            choices += [lambda: self.construct(type_, env, depth)] * 2
            choices += [lambda: self.special(type_, env, depth)] * (3 if "int" in self.types else 1)
            integers = [Variable(n) for n, t in env.items() if t == "int"]
            if integers and type_ in ("int", "bool"):
                operators = ("-", "-", "mod", "div") if type_ == "int" else ("<", ">", "<=", ">=", "==", "!=")
                choices += [lambda: self.small_step(operators, integers)] * 4
            counters = [s for s in own if "int" in s[1]]
            if integers and counters:
                choices += [lambda: self.count(self.random.choice(counters), integers, env, depth)] * 5
        return random.choice(choices)()

    def leaf(self, type_, env):
        if type_ == "bool":
            return Literal(self.random.random() < 0.5)
        if type_ == "int":
            return Literal(self.random.choice((0, 1, 2, -1)))
        if type_ == "ints":
            return Sequence(())
        if type_ == "rose":
            return Construct("Rose", (Construct("Nil"),))
        if type_ == "fun":
            return Construct("Fn", (Partial("S", (), 1),))
        return Construct(next(iter(FIELDS[type_])))

    def construct(self, type_, env, depth):
        if type_ == "ints":
            return Sequence((self.expression("int", env, depth - 1),))
        if type_ not in FIELDS:
            return self.leaf(type_, env)
        name = self.random.choice(list(FIELDS[type_]))
        return Construct(name, tuple(self.expression(t, env, depth - 1) for t in FIELDS[type_][name]))

    def call(self, signature, env, depth):
        name, parameters, _ = signature
        self.calls -= name in "fgh"
        return Call(name, tuple(self.argument(t, env, depth - 1) for t in parameters))

    def argument(self, type_, env, depth):
        names = [n for n, t in env.items() if t == type_]
        return (
            Variable(self.random.choice(names))
            if names and self.random.random() < 0.4
            else self.expression(type_, env, depth)
        )

    def apply(self, name, env, depth):
        return Apply(Variable(name), tuple(self.expression(t, env, depth - 1) for t in env[name][0]))

    def special(self, type_, env, depth):
        if self.random.random() < 0.6:
            condition = self.expression("bool", env, min(depth - 1, 1))
            return Call("if", (condition, self.expression(type_, env, depth), self.expression(type_, env, depth - 1)))
        kind = self.random.choice((*self.types, ((self.random.choice(self.types),), type_)))
        value = self.expression(kind, env, depth - 1)
        inner = dict(env)
        name = self.variable(kind, inner).name
        return Let(name, value, self.expression(type_, inner, depth))

    def small_step(self, operators, integers):
        """An operation, or a comparison, with a small number."""
        operands = self.random.choice(integers), Literal(self.random.choice((0, 1, 1, 2)))
        return Call(self.random.choice(operators), operands)

    def count(self, signature, integers, env, depth):
        """A call with a number one or two less, where a comparison of that number is true, or where it is false."""
        name, parameters, result = signature
        self.calls -= 1
        number = self.random.choice(integers)
        arguments = [self.argument(t, env, depth - 1) for t in parameters]
        arguments[parameters.index("int")] = Call("-", (number, Literal(self.random.choice((1, 1, 2)))))
        condition = self.small_step(("<", ">", "<=", ">=", "==", "!="), [number])
        branches = [Call(name, tuple(arguments)), self.expression(result, env, depth - 1)]
        self.random.shuffle(branches)
        return Call("if", (condition, *branches))

    def function(self, type_, env, depth):
        parameters, result = type_
        names = [Variable(n) for n, t in env.items() if t == type_]
        if names and self.random.random() < 0.5:
            return self.random.choice(names)
        partial = [
            s
            for s in (*self.own * (self.calls > 0) * 3, *self.helpers)
            if s[2] == result and s[1][len(s[1]) - len(parameters) :] == parameters and s[0].isidentifier()
        ]
        if partial and self.random.random() < 0.5:
            name, all_, _ = self.random.choice(partial)
            self.calls -= name in "fgh"
            given = all_[: len(all_) - len(parameters)]
            return Partial(name, tuple(self.expression(t, env, depth - 1) for t in given), len(parameters))
        inner = dict(env)
        names = tuple(self.variable(t, inner).name for t in parameters)
        return Lambda(names, self.expression(result, inner, max(depth - 1, 1)))

    # arguments

    def value(self, type_, size):
        """A small value."""
        random = self.random
        if type_ == "int":
            return random.randint(-2, size + 1)
        if type_ == "ints":
            return tuple(random.randint(-1, 3) for _ in range(random.randint(0, size)))
        if isinstance(type_, tuple):
            (parameter,) = type_[0]
            x = Variable("x")
            bodies = {"nat": [x, Construct("S", (x,)), Construct("O")], "ord": [Construct("Zero")]}[type_[1]]
            assert parameter == "nat"
            return Closure(Lambda(("x",), random.choice(bodies)), {}, OUTSIDE)
        if type_ == "fun":
            return Data("Fn", (self.value(NN, 0),))
        name = random.choice(list(FIELDS[type_])) if size > 0 else next(iter(FIELDS[type_]))
        return Data(name, tuple(self.value(t, size - 1) for t in FIELDS[type_][name]))


def known(types, world):
    return all(known((*t[0], t[1]), world) if isinstance(t, tuple) else t in world for t in types)


def expression_of(pattern):
    """What builds the matched value again; None where a part of it has no name."""
    match pattern:
        case Variable(name) | As(name, _):
            return Variable(name)
        case Literal(value):
            return Sequence(()) if value == () else pattern
        case Successor(inside):
            return Call("+", (expression_of(inside), Literal(1)))
        case Cons(head, tail):
            return Call("++", (Sequence((expression_of(head),)), expression_of(tail)))
    return Construct(pattern.constructor, tuple(map(expression_of, pattern.patterns)))


def copy(e):
    """The expression as another object: a call site is known by its identity."""
    match e:
        case Construct(name, arguments):
            return Construct(name, tuple(map(copy, arguments)))
        case Call(name, arguments):
            return Call(name, tuple(map(copy, arguments)))
    return e


def examine(seed: int, fuel: int = 20_000, runs: int = 6) -> str:
    """What happened to one random program: verdict, and how its runs ended."""
    generator = Generator(seed)
    definitions = generator.program()
    accepted = not termination(definitions)
    ends = set()
    run = Run(definitions, fuel)
    for name, parameters, _ in generator.own:
        for _ in range(runs):
            run.fuel, run.depth = fuel, 0
            run.active.clear()
            arguments = tuple(generator.value(t, SMALL.get(t, 1)) for t in parameters)
            try:
                run.call(name, arguments)
                ends.add("value")
            except (Forever, Spent) as end:
                ends.add(type(end).__name__)
                assert not accepted, f"seed {seed}: {name}{arguments} does not end\n{text(definitions)}"
            except Stuck:
                ends.add("stuck")
            except Contract as broken:
                raise AssertionError(f"seed {seed}: {broken}\n{text(definitions)}") from None
    return ("accepted" if accepted else "rejected") + (" diverges" if ends & {"Forever", "Spent"} else "")


def text(definitions):
    return "\n".join(print_clause(c) for name in "fgh" for c in definitions.functions.get(name, ()))


@pytest.fixture
def deep_python():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    yield
    sys.setrecursionlimit(before)
    Data.table.clear()


@pytest.mark.usefixtures("deep_python")
def test_accepted_programs_end_and_claims_hold():
    ends = Counter(examine(seed) for seed in range(300))
    assert ends["accepted"] > 50
    assert ends["rejected diverges"] > 50, "near misses are to be part of the test"
