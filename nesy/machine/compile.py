"""Clauses to Python functions: patterns become decision trees, expressions become expressions.

The generated source holds generated names and numbers only; values and names of the file come in through
a table of constants, so no text of a file is ever read as Python.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock
from typing import Any

from nesy.errors import OutOfFuel
from nesy.machine import limits
from nesy.machine.expressions import (
    Apply,
    As,
    Call,
    Case,
    Clause,
    Cons,
    Construct,
    Expression,
    Lambda,
    Let,
    Literal,
    Partial,
    Pattern,
    Successor,
    Variable,
    bound,
    subpatterns,
    variables,
)
from nesy.machine.expressions import Sequence as Brackets
from nesy.machine.primitives import PRELUDE
from nesy.machine.run import FUEL, Machine, apply_checked, element, match_all, nothing_fits, truth
from nesy.terms import Term, same

Value = Any
Function = Callable[..., Value]
Key = tuple[str, int]
"""A function is known by its name and its number of arguments."""

_HOIST = 30
"""Deeper parts of an expression become functions of their own: Python nests so far and no further."""
_DEEP_PATTERN = 12
"""Deeper patterns are matched by `match_all`; trees are not indented further."""
_LEAVES = 8
"""A decision tree may repeat so many times more bodies than there are clauses; then clauses are tried in turn."""
FRAMES = 1_200_000
"""Calls inside calls that are made on Python's stack before the machine takes over. Calls between Python
functions take no C stack (since CPython 3.11), about 150 bytes of memory each."""


class Compiled:
    """Functions defined by clauses, ready to run.

    Args:
        clauses: checked clauses: names, arities and variables are in order.
        fuel: calls that one `call` may make.
        typed: the clauses are those of a program whose types were checked (`nesy.recursion`), not of a language.
        counted: functions whose calls take fuel; all where nothing is said.
        memo: remember what every function gave.
        given: functions that are defined in Python, by name and number of arguments.
    """

    def __init__(
        self,
        clauses: Sequence[Clause],
        *,
        fuel: int = FUEL,
        typed: bool = False,
        counted: Collection[str] | None = None,
        memo: bool = False,
        given: Mapping[Key, Function] | None = None,
    ) -> None:
        self.fuel = fuel
        self.typed = typed
        self.machine = Machine(clauses, typed=typed, given=given)
        self._left = [fuel]
        python = {key: f"g{number}" for number, key in enumerate(self.machine.given)}
        self._names = {key: f"f{number}" for number, key in enumerate(self.machine.functions)} | python
        source = _Source(self._names, self.machine, counted, memo)
        for key, own in self.machine.functions.items():
            source.function(key, own)
        self._namespace: dict[str, Any] = {**_RUNTIME, "left": self._left, "__builtins__": _BUILTINS}
        self._namespace |= {name: self.machine.given[key] for key, name in python.items()}
        source.run(self._namespace)
        self._functions: dict[Key, Function] = {key: self._namespace[name] for key, name in self._names.items()}

    def __contains__(self, key: Key) -> bool:
        return key in self._functions

    def refuel(self) -> None:
        """Start a new run: functions from `function` share one budget of calls."""
        self._left[0] = self.fuel

    @property
    def left(self) -> int:
        """Calls that the last run could still have made."""
        return max(0, self._left[0])

    def function(self, name: str, arity: int) -> Function:
        """The compiled function, fast and without safety net: deep recursion raises `RecursionError`."""
        return self._functions[name, arity]

    def find(self, name: str, arity: int) -> Function | None:
        """The function with safety net, as `call` applies it; None where it is not defined."""
        return partial(self.call, name) if (name, arity) in self else None

    def call(self, name: str, *arguments: Value) -> Value:
        """Apply a function to values, however deep it recurses.

        Raises:
            Undefined: there is no value.
            OutOfFuel: more than `fuel` calls.
        """
        try:
            return self._run(self._functions[name, len(arguments)], arguments)
        except RecursionError:
            return self.machine.call(name, *arguments, fuel=self.fuel)

    def evaluate(self, expression: Expression) -> Value:
        """The value of a closed expression.

        Raises:
            Undefined, OutOfFuel: as `call`.
        """
        source = _Source({**self._names, ("", 0): "it"}, self.machine, (), False)
        source.function(("", 0), [Clause("", (), expression)])
        namespace = dict(self._namespace)
        source.run(namespace)
        try:
            return self._run(namespace["it"], ())
        except RecursionError:
            return self.machine.evaluate(expression, {}, self.fuel)

    def _run(self, function: Function, arguments: tuple[Value, ...]) -> Value:
        self.refuel()
        if not self.typed:
            return function(*arguments)
        with _many_frames():
            return function(*arguments)


_deep = 0
_usual = 0
_lock = Lock()


@contextmanager
def _many_frames() -> Iterator[None]:
    """Allow `FRAMES` calls inside calls for a while. Only generated functions run inside, and nothing that recurses in
    C.
    """
    global _deep, _usual
    with _lock:
        if not _deep:
            _usual = sys.getrecursionlimit()
            sys.setrecursionlimit(max(FRAMES, _usual))
        _deep += 1
    try:
        yield
    finally:
        with _lock:
            _deep -= 1
            if not _deep:
                sys.setrecursionlimit(_usual)


@dataclass(frozen=True, slots=True)
class _Row:
    """A clause on its way through the tree: what is still to be tested, and the places of its variables."""

    clause: Clause
    tests: tuple[tuple[str, Pattern], ...]
    scope: dict[str, str]

    def at(self, place: str) -> Pattern | None:
        """What is to be tested at a place."""
        return next((pattern for where, pattern in self.tests if where == place), None)


class _Source:
    """Accumulates the generated source."""

    def __init__(self, names: dict[Key, str], machine: Machine, counted: Collection[str] | None, memo: bool) -> None:
        self.names, self.machine, self.counted, self.memo = names, machine, counted, memo
        self.typed = machine.typed
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {}
        self._constant_names: dict[object, str] = {}
        self._serial = 0

    def function(self, key: Key, clauses: list[Clause]) -> None:
        name, arity = key
        parameters = [f"a{position}" for position in range(arity)]
        body: list[str] = []
        if self.counted is None or name in self.counted:
            body += ["left[0] -= 1", "if left[0] < 0: spent()"]
        hoisted: list[str] = []
        rows = [self._row(clause, parameters) for clause in clauses]
        body += self._tree(rows, parameters, hoisted, 0, [_LEAVES + 2 * len(rows)])
        fails = self._constant(partial(nothing_fits, name, typed=self.typed))
        body.append(f"{fails}({', '.join(parameters)})")
        self.lines += hoisted
        own = self.names[key]
        if self.memo and arity:
            self._remembering(own, parameters)
            own = f"raw_{own}"
        self.lines.append(f"def {own}({', '.join(parameters)}):")
        self.lines += ["    " + line for line in body]

    def run(self, namespace: dict[str, Any]) -> None:
        """Define the functions in a namespace."""
        namespace.update(self.constants)
        exec(compile("\n".join(self.lines), "<clauses>", "exec"), namespace)  # noqa: S102 - our own text

    def _remembering(self, name: str, parameters: list[str]) -> None:
        memo = self._fresh()
        self.constants[memo] = {}
        key = f"({', '.join(parameters)},)"
        self.lines += [
            f"def {name}({', '.join(parameters)}):",
            f"    key = {key}",
            f"    if key in {memo}: return {memo}[key]",
            f"    {memo}[key] = value = raw_{name}({', '.join(parameters)})",
            "    return value",
        ]

    # ---------------------------------------------------------------- patterns

    def _row(self, clause: Clause, parameters: list[str]) -> _Row:
        return self._bind(_Row(clause, tuple(zip(parameters, clause.patterns, strict=True)), {}))

    def _bind(self, row: _Row) -> _Row:
        """Give variables their places; what is left to be tested can fail."""
        tests: list[tuple[str, Pattern]] = []
        scope = dict(row.scope)
        for place, pattern in row.tests:
            while isinstance(pattern, As):
                scope[pattern.name] = place
                pattern = pattern.pattern
            if isinstance(pattern, Variable):
                scope[pattern.name] = place
            else:
                tests.append((place, pattern))
        return replace(row, tests=tuple(tests), scope=scope)

    def _tree(
        self, rows: list[_Row], parameters: list[str], hoisted: list[str], depth: int, leaves: list[int]
    ) -> list[str]:
        """Statements that return the body of the first clause that fits, or fall through."""
        lines: list[str] = []
        indent = " " * depth
        while rows:
            row = rows[0]
            if not row.tests:
                lines += [indent + line for line in self._leaf(row, hoisted)]
                leaves[0] -= 1
                if row.clause.guard is None:
                    break
                rows = rows[1:]
            elif depth > _DEEP_PATTERN or any(_depth(pattern) > _DEEP_PATTERN for _, pattern in row.tests):
                lines += [indent + line for line in self._matched(row, parameters, hoisted)]
                rows = rows[1:]
            else:
                place, pattern = row.tests[0]
                factored = leaves[0] > 0  # else clauses are tried in turn
                together = rows if factored else rows[:1]
                head, condition, assignments, places = self._test(pattern, place)
                inside = [self._inside(other, place, head, places) for other in together]
                lines.append(f"{indent}if {condition}:")
                lines += [f"{indent} {assignment}" for assignment in assignments]
                below = [other for other in inside if other is not None]
                lines += self._tree(below, parameters, hoisted, depth + 1, leaves)
                rows = [other for other in rows[1:] if not (factored and _same_head(other.at(place), head))]
        return lines

    def _leaf(self, row: _Row, hoisted: list[str]) -> list[str]:
        body = f"return {self._expression(row.clause.body, row.scope, hoisted, 0)}"
        if row.clause.guard is None:
            return [body]
        guard = self._expression(row.clause.guard, row.scope, hoisted, 0)
        return [f"if {self._truth(guard)}: {body}"]

    def _matched(self, row: _Row, parameters: list[str], hoisted: list[str]) -> list[str]:
        """One clause by `match_all`."""
        found = self._fresh()
        patterns = self._constant(row.clause.patterns)
        typed = self._constant(self.typed)
        names = sorted({name for pattern in row.clause.patterns for name in bound(pattern)})
        scope = {name: self._fresh() for name in names}
        lines = [f"{found} = match_all({patterns}, ({''.join(p + ', ' for p in parameters)}), {typed})"]
        lines.append(f"if {found} is not None:")
        lines += [f" {place} = {found}[{self._constant(name)}]" for name, place in scope.items()]
        return lines + [f" {line}" for line in self._leaf(replace(row, scope=scope), hoisted)]

    def _test(self, pattern: Pattern, place: str) -> tuple[Pattern, str, list[str], list[str]]:
        """The head that is tested, its condition, assignments to make when it holds, and the places of its parts."""
        match pattern:
            case Case(constructor, parts):
                places = [self._fresh() for _ in parts]
                assignments = [f"{''.join(p + ', ' for p in places)} = {place}.arguments"] if places else []
                return pattern, f"{place}.name == {self._constant(constructor)}", assignments, places
            case Cons():
                first, rest = self._fresh(), self._fresh()
                head = f"{place}[0]" if self.typed else f"element({place}[0])"
                condition = place if self.typed else f"{place}.__class__ is tuple and {place}"
                return pattern, condition, [f"{first} = {head}", f"{rest} = {place}[1:]"], [first, rest]
            case Literal(value):
                return pattern, self._equals(place, value), [], []
        count = 0
        while isinstance(pattern, Successor):
            pattern, count = pattern.predecessor, count + 1
        below = self._fresh()
        condition = f"{place} >= {count}" if self.typed else f"{place}.__class__ is int and {place} >= {count}"
        return Successor(Literal(count)), condition, [f"{below} = {place} - {count}"], [below]

    def _inside(self, row: _Row, place: str, head: Pattern, places: list[str]) -> _Row | None:
        """The row where the head at a place is known; None where it does not fit."""
        pattern = row.at(place)
        if pattern is None:
            return row
        if not _same_head(pattern, head):
            return None if _disjoint(pattern, head) else row
        parts = _parts(pattern)
        tests = [item for item in row.tests if item[0] != place]
        return self._bind(replace(row, tests=(*zip(places, parts, strict=True), *tests)))

    def _equals(self, place: str, value: Value) -> str:
        if value == ():
            return f"not {place}" if self.typed else f"{place} == ()"
        if isinstance(value, tuple) and not all(isinstance(element, str) for element in value):
            return f"same({place}, {self._constant(value)})"
        if isinstance(value, tuple) or (self.typed and not isinstance(value, bool)):
            return f"{place} == {self._constant(value)}"
        if self.typed:
            return place if value else f"not {place}"
        return f"{place}.__class__ is {value.__class__.__name__} and {place} == {self._constant(value)}"

    # ---------------------------------------------------------------- expressions

    def _expression(self, expression: Expression, scope: dict[str, str], hoisted: list[str], depth: int) -> str:
        if depth > _HOIST and not isinstance(expression, Variable | Literal):
            return self._hoist(expression, scope, hoisted)

        def inner(part: Expression, **more: str) -> str:
            return self._expression(part, {**scope, **more} if more else scope, hoisted, depth + 1)

        match expression:
            case Variable(name):
                return scope[name]
            case Literal(value):
                return self._constant(value)
            case Let(name, value, body):
                local = self._fresh()
                return f"(({local} := {inner(value)}), {inner(body, **{name: local})})[1]"
            case Construct(constructor, ()):
                return self._constant(Term(constructor))
            case Construct(constructor, arguments):
                return f"Term({self._constant(constructor)}, ({''.join(inner(a) + ', ' for a in arguments)}))"
            case Brackets(elements):
                return f"({''.join(inner(e) + ', ' for e in elements)})"
            case Lambda(parameters, body):
                given = {name: self._fresh() for name in parameters}
                return f"(lambda {', '.join(given.values())}: {inner(body, **given)})"
            case Apply(function, arguments):
                return f"{inner(function)}({', '.join(map(inner, arguments))})"
            case Partial(function, arguments, missing):
                return self._partial(function, [inner(a) for a in arguments], missing)
            case Call(function, arguments):
                return self._call(function, [inner(a) for a in arguments])

    def _call(self, function: str, parts: list[str]) -> str:
        key = (function, len(parts))
        if key in self.names:
            return f"{self.names[key]}({', '.join(parts)})"
        if function == "if":
            return f"({parts[1]} if {self._truth(parts[0])} else {parts[2]})"
        if function in ("and", "or"):
            return f"({self._truth(parts[0])} {function} {self._truth(parts[1])})"
        if self.typed and function in _OPERATORS:
            return f"({parts[0]} {function} {parts[1]})"
        return f"{self._primitive(function)}({', '.join(parts)})"

    def _partial(self, function: str, given: list[str], missing: int) -> str:
        """A function of the missing arguments; those that are given are evaluated now."""
        rest = [self._fresh() for _ in range(missing)]
        held = [self._fresh() for _ in given]
        key = (function, len(given) + missing)
        if function in PRELUDE or key in self.names:
            body = self._call(function, [*held, *rest])
        else:
            body = f"Term({self._constant(function)}, ({''.join(p + ', ' for p in (*held, *rest))}))"
        made = f"(lambda {', '.join(rest)}: {body})"
        return f"(lambda {', '.join(held)}: {made})({', '.join(given)})" if given else made

    def _truth(self, condition: str) -> str:
        return condition if self.typed else f"truth({condition})"

    def _hoist(self, expression: Expression, scope: dict[str, str], hoisted: list[str]) -> str:
        free = sorted(set(variables(expression)))
        parameters = {name: f"b{number}" for number, name in enumerate(free)}
        name = f"h{self._fresh()}"
        body = self._expression(expression, parameters, hoisted, 0)
        hoisted += [f"def {name}({', '.join(parameters.values())}):", f"    return {body}"]
        return f"{name}({', '.join(scope[name] for name in free)})"

    def _primitive(self, function: str) -> str:
        if function in _INLINE:
            return _INLINE[function]
        primitive = self.machine.primitive(function)
        key = ("primitive", function)
        if key not in self._constant_names:
            name = self._constant_names[key] = f"p{len(self._constant_names)}"
            self.constants[name] = lambda *arguments: apply_checked(primitive, arguments)
        return self._constant_names[key]

    def _constant(self, value: Any) -> str:
        # true and 1 are equal to Python and not to us
        key = (value.__class__, value, tuple(map(type, value)) if isinstance(value, tuple) else ())
        if key not in self._constant_names:
            name = self._constant_names[key] = f"k{len(self._constant_names)}"
            self.constants[name] = value
        return self._constant_names[key]

    def _fresh(self) -> str:
        self._serial += 1
        return f"v{self._serial}"


def _same_head(pattern: Pattern | None, head: Pattern) -> bool:
    """Whether a pattern tests just what the head tests."""
    match pattern, head:
        case (Case(one, _), Case(other, _)):
            return one == other
        case (Cons(), Cons()):
            return True
        case (Literal(), Literal()):
            return pattern == head
        case (Successor(), Successor(Literal(count))):
            return _successors(pattern) == int(count)
    return False


def _disjoint(pattern: Pattern, head: Pattern) -> bool:
    """Whether it is certain that no value fits both, which have different heads."""
    match pattern, head:
        case (Case(), Case()):
            return True
        case (Literal(one), Literal(other)):
            return not same(one, other)
        case (Literal(()), Cons()) | (Cons(), Literal(())):
            return True
    return False


def _parts(pattern: Pattern) -> tuple[Pattern, ...]:
    """What is to be tested at the places of a head's parts."""
    while isinstance(pattern, Successor):
        pattern = pattern.predecessor
        if not isinstance(pattern, Successor):
            return (pattern,)
    return subpatterns(pattern)


def _successors(pattern: Pattern) -> int:
    count = 0
    while isinstance(pattern, Successor):
        pattern, count = pattern.predecessor, count + 1
    return count


def _depth(pattern: Pattern) -> int:
    """How deep a pattern nests; ``n + k`` counts once."""
    level, depth = [pattern], 0
    while level := [part for upper in level for part in _parts(upper)]:
        depth += 1
    return depth


def _join(left: Any, right: Any) -> Value:
    if left.__class__ is tuple and right.__class__ is tuple:
        result = left + right
        if len(result) > limits.MAX_LENGTH:
            raise limits.too_long()
        return result
    return apply_checked(PRELUDE["++"], (left, right))


def _add(left: Any, right: Any) -> Value:
    if left.__class__ is int and right.__class__ is int:
        return left + right
    return apply_checked(PRELUDE["+"], (left, right))


def _subtract(left: Any, right: Any) -> Value:
    if left.__class__ is int and right.__class__ is int:
        return left - right
    return apply_checked(PRELUDE["-"], (left, right))


def _spent() -> None:
    raise OutOfFuel("more calls than one run may make")


_INLINE = {"++": "join", "+": "add", "-": "subtract"}
_OPERATORS = frozenset({"+", "-", "<", ">", "<=", ">="})
"""Written as Python's own where the types are known."""
_BUILTINS = {"tuple": tuple, "int": int, "bool": bool}
_RUNTIME: dict[str, Any] = {
    "join": _join,
    "add": _add,
    "subtract": _subtract,
    "truth": truth,
    "element": element,
    "same": same,
    "match_all": match_all,
    "Term": Term,
    "spent": _spent,
}
