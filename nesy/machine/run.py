"""The machine: clauses run step by step on a stack of its own, so that depth is only data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
)
from nesy.machine.primitives import PRELUDE, Primitive, apply, equal
from nesy.machine.values import Value, text

FUEL = 5_000_000
"""Calls that one run may make where nothing else is said."""

Environment = dict[str, Value]


class Machine:
    """Runs clauses without Python's stack.

    Args:
        clauses: checked clauses.
    """

    def __init__(self, clauses: Iterable[Clause]) -> None:
        self.functions: dict[tuple[str, int], list[Clause]] = {}
        for clause in clauses:
            self.functions.setdefault((clause.name, len(clause.patterns)), []).append(clause)

    def call(self, name: str, *arguments: Value, fuel: int = FUEL) -> Value:
        """Apply a function to values.

        Args:
            fuel: calls of defined functions that the run may make.

        Raises:
            Undefined: there is no value.
            OutOfFuel: more calls than `fuel`.
        """
        values: list[Value] = []
        tasks: list[tuple[Any, ...]] = [(_evaluate, *self._enter(name, arguments))]
        while tasks:
            step, *operands = tasks.pop()
            if step is _apply:
                function, count = operands
                given = tuple(values[len(values) - count :])
                del values[len(values) - count :]
                if (function, count) not in self.functions:
                    values.append(apply_checked(PRELUDE[function], given))
                    continue
                fuel -= 1
                if fuel < 0:
                    raise OutOfFuel("more calls than one run may make")
                tasks.append((_evaluate, *self._enter(function, given)))
            else:
                step(tasks, values, *operands)
        return values[0]

    def _enter(self, name: str, arguments: Sequence[Value]) -> tuple[Expression, Environment]:
        for clause in self.functions[name, len(arguments)]:
            environment = match_all(clause.patterns, arguments)
            if environment is not None:
                return clause.body, environment
        written = ", ".join(repr(text(argument)) for argument in arguments)
        raise Undefined(f"no clause of {name} fits ({written})" if arguments else f"no clause of {name} fits")


def match_all(patterns: Sequence[Pattern], values: Sequence[Value]) -> Environment | None:
    """What the variables of patterns stand for, or None where the values do not fit."""
    environment: Environment = {}
    pending = list(zip(patterns, values, strict=True))
    while pending:
        pattern, value = pending.pop()
        match pattern:
            case Variable(name):
                environment[name] = value
            case Literal(constant):
                if not equal(constant, value):
                    return None
            case Successor(predecessor):
                if type(value) is not int or value < 1:
                    return None
                pending.append((predecessor, value - 1))
            case Cons(head, tail):
                if not isinstance(value, tuple) or not value:
                    return None
                pending.append((head, element(value[0])))
                pending.append((tail, value[1:]))
    return environment


def element(item: Any) -> Value:
    """An element of a sequence as a value: a token is the sequence of itself."""
    return (item,) if item.__class__ is str else item


def truth(value: Value) -> bool:
    """The value, which must be a boolean.

    Raises:
        Undefined: it is something else.
    """
    if value is True or value is False:
        return value
    raise Undefined(f"expected true or false, found {text(value)!r}")


def apply_checked(primitive: Primitive, arguments: tuple[Value, ...]) -> Value:
    """Apply a primitive within the limits of `nesy.machine.limits`.

    Raises:
        Undefined: a wrong kind, or no value.
        OutOfFuel: the result would be too large.
    """
    if primitive.name == "*" and sum(a.bit_length() for a in arguments if isinstance(a, int)) > limits.MAX_BITS:
        raise limits.too_large()
    result = apply(primitive, arguments)
    if isinstance(result, tuple) and len(result) > limits.MAX_LENGTH:
        raise limits.too_long()
    return result


def _evaluate(tasks: list[Any], values: list[Value], expression: Expression, env: Environment) -> None:
    match expression:
        case Variable(name):
            values.append(env[name])
        case Literal(value):
            values.append(value)
        case Let(name, value, body):
            tasks.append((_bind, name, body, env))
            tasks.append((_evaluate, value, env))
        case Call("if", (condition, yes, no)):
            tasks.append((_branch, yes, no, env))
            tasks.append((_evaluate, condition, env))
        case Call("and" | "or" as operator, (left, right)):
            tasks.append((_connect, operator == "or", right, env))
            tasks.append((_evaluate, left, env))
        case Call(function, arguments):
            tasks.append((_apply, function, len(arguments)))
            tasks.extend((_evaluate, argument, env) for argument in reversed(arguments))


def _bind(tasks: list[Any], values: list[Value], name: str, body: Expression, env: Environment) -> None:
    tasks.append((_evaluate, body, {**env, name: values.pop()}))


def _branch(tasks: list[Any], values: list[Value], yes: Expression, no: Expression, env: Environment) -> None:
    tasks.append((_evaluate, yes if truth(values.pop()) else no, env))


def _connect(tasks: list[Any], values: list[Value], decided_by: bool, right: Expression, env: Environment) -> None:
    if truth(values.pop()) is decided_by:
        values.append(decided_by)
    else:
        tasks.append((_check_truth,))
        tasks.append((_evaluate, right, env))


def _check_truth(tasks: list[Any], values: list[Value]) -> None:
    truth(values[-1])


def _apply() -> None:
    """A marker: `Machine.call` applies functions itself."""
