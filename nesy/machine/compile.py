"""Clauses to Python functions.

The generated source holds generated names and numbers only; values of the file come in through
a table of constants, so no text of a file is ever read as Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from nesy.errors import OutOfFuel, Undefined
from nesy.machine import limits
from nesy.machine.expressions import (
    Call,
    Clause,
    Cons,
    Expression,
    Let,
    Literal,
    Pattern,
    Successor,
    Variable,
    variables,
)
from nesy.machine.primitives import PRELUDE
from nesy.machine.run import FUEL, Machine, apply_checked, element, truth
from nesy.machine.values import Value, text

Function = Callable[..., Value]
Key = tuple[str, int]
"""A function is known by its name and its number of arguments."""

_HOIST = 30
"""Deeper parts of an expression become functions of their own: Python nests so far and no further."""


class Program:
    """Functions defined by clauses, ready to run.

    Args:
        clauses: checked clauses: names, arities and variables are in order.
        fuel: calls that one `call` may make.
    """

    def __init__(self, clauses: Sequence[Clause], *, fuel: int = FUEL) -> None:
        self.fuel = fuel
        self.machine = Machine(clauses)
        self._left = [fuel]
        self._functions = _compile(self.machine.functions, self._left)

    def __contains__(self, key: Key) -> bool:
        return key in self._functions

    def refuel(self) -> None:
        """Start a new run: functions from `function` share one budget of calls."""
        self._left[0] = self.fuel

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
        self.refuel()
        try:
            return self._functions[name, len(arguments)](*arguments)
        except RecursionError:
            return self.machine.call(name, *arguments, fuel=self.fuel)


def _compile(functions: dict[Key, list[Clause]], left: list[int]) -> dict[Key, Function]:
    names = {key: f"f{number}" for number, key in enumerate(functions)}
    source = _Source(names)
    for key, clauses in functions.items():
        source.function(key, clauses)
    namespace: dict[str, Any] = {**_RUNTIME, **source.constants, "left": left, "__builtins__": _BUILTINS}
    exec(compile("\n".join(source.lines), "<clauses>", "exec"), namespace)  # noqa: S102 - our own text
    return {key: namespace[name] for key, name in names.items()}


class _Source:
    """Accumulates the generated source."""

    def __init__(self, names: dict[Key, str]) -> None:
        self.names = names
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {}
        self._constant_names: dict[object, str] = {}
        self._serial = 0

    def function(self, key: Key, clauses: list[Clause]) -> None:
        name, arity = key
        parameters = [f"a{position}" for position in range(arity)]
        body = ["left[0] -= 1", "if left[0] < 0: spent()"]
        hoisted: list[str] = []
        for clause in clauses:
            body += self._clause(clause, parameters, hoisted)
        body.append(f"nothing({self._constant(name)}{''.join(', ' + p for p in parameters)})")
        self.lines += hoisted
        self.lines.append(f"def {self.names[key]}({', '.join(parameters)}):")
        self.lines += ["    " + line for line in body]

    def _clause(self, clause: Clause, parameters: list[str], hoisted: list[str]) -> list[str]:
        scope: dict[str, str] = {}
        lines: list[str] = []
        indent = ""
        pending = list(zip(clause.patterns, parameters, strict=True))
        while pending:
            pattern, place = pending.pop(0)
            condition, assignments, inner = self._pattern(pattern, place, scope)
            if condition:
                lines.append(f"{indent}if {condition}:")
                indent += " "
            lines += [indent + assignment for assignment in assignments]
            pending = inner + pending
        lines.append(f"{indent}return {self._expression(clause.body, scope, hoisted, 0)}")
        return lines

    def _pattern(
        self, pattern: Pattern, place: str, scope: dict[str, str]
    ) -> tuple[str, list[str], list[tuple[Pattern, str]]]:
        """A condition, assignments to make when it holds, and the patterns to match then."""
        match pattern:
            case Variable(name):
                if name != "_":
                    scope[name] = place
                return "", [], []
            case Literal(value):
                return self._equals(place, value), [], []
            case Cons(head, tail):
                first, rest = self._fresh(), self._fresh()
                assignments = [f"{first} = element({place}[0])", f"{rest} = {place}[1:]"]
                return f"{place}.__class__ is tuple and {place}", assignments, [(head, first), (tail, rest)]
        count = 0
        while isinstance(pattern, Successor):
            pattern, count = pattern.predecessor, count + 1
        below = self._fresh()
        condition = f"{place}.__class__ is int and {place} >= {count}"
        return condition, [f"{below} = {place} - {count}"], [(pattern, below)]

    def _equals(self, place: str, value: Value) -> str:
        if value == ():
            return f"{place} == ()"
        if isinstance(value, tuple) and not all(isinstance(element, str) for element in value):
            return f"equal({place}, {self._constant(value)})"
        if isinstance(value, tuple):
            return f"{place} == {self._constant(value)}"
        return f"{place}.__class__ is {value.__class__.__name__} and {place} == {self._constant(value)}"

    def _expression(self, expression: Expression, scope: dict[str, str], hoisted: list[str], depth: int) -> str:
        if depth > _HOIST and isinstance(expression, Call | Let):
            return self._hoist(expression, scope, hoisted)
        match expression:
            case Variable(name):
                return scope[name]
            case Literal(value):
                return self._constant(value)
            case Let(name, value, body):
                local = self._fresh()
                bound = self._expression(value, scope, hoisted, depth + 1)
                inner = self._expression(body, {**scope, name: local}, hoisted, depth + 1)
                return f"(({local} := {bound}), {inner})[1]"
        function, arguments = expression.function, expression.arguments
        parts = [self._expression(argument, scope, hoisted, depth + 1) for argument in arguments]
        key = (function, len(arguments))
        if key in self.names:
            return f"{self.names[key]}({', '.join(parts)})"
        if function == "if":
            return f"({parts[1]} if truth({parts[0]}) else {parts[2]})"
        if function in ("and", "or"):
            return f"(truth({parts[0]}) {function} truth({parts[1]}))"
        return f"{self._primitive(function)}({', '.join(parts)})"

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
        primitive = PRELUDE[function]
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


def _nothing(name: str, *arguments: Value) -> Value:
    written = ", ".join(repr(text(argument)) for argument in arguments)
    raise Undefined(f"no clause of {name} fits ({written})" if arguments else f"no clause of {name} fits")


def _spent() -> None:
    raise OutOfFuel("more calls than one run may make")


_INLINE = {"++": "join", "+": "add", "-": "subtract"}
_BUILTINS = {"tuple": tuple, "int": int, "bool": bool}
_RUNTIME: dict[str, Any] = {
    "join": _join,
    "add": _add,
    "subtract": _subtract,
    "truth": truth,
    "element": element,
    "equal": PRELUDE["=="].function,
    "nothing": _nothing,
    "spent": _spent,
}
