"""The machine: clauses run step by step on a stack of its own, so that depth is only data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nesy.errors import OutOfFuel, Undefined
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
)
from nesy.machine.expressions import Sequence as Brackets
from nesy.machine.primitives import PRELUDE, PROGRAM_PRELUDE, Primitive, apply
from nesy.machine.values import text
from nesy.quoting import capitalised
from nesy.terms import Term, same, show

FUEL = 5_000_000
"""Calls that one run may make where nothing else is said."""

Value = Any
Environment = dict[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """A function value: parameters, what to evaluate, and the variables that it holds."""

    parameters: tuple[str, ...]
    body: Expression
    environment: Environment
    machine: Machine

    def __call__(self, *arguments: Value) -> Value:
        return self.machine.evaluate(self.body, self.entered(arguments))

    def entered(self, arguments: Sequence[Value]) -> Environment:
        return {**self.environment, **dict(zip(self.parameters, arguments, strict=True))}


class Machine:
    """Runs clauses without Python's stack.

    Args:
        clauses: checked clauses.
        typed: they are those of a program whose types were checked, not of a language.
        given: functions that are defined in Python, by name and number of arguments.
    """

    def __init__(
        self,
        clauses: Iterable[Clause],
        *,
        typed: bool = False,
        given: Mapping[tuple[str, int], Callable[..., Value]] | None = None,
    ) -> None:
        self.typed = typed
        self.given = given or {}
        self.functions: dict[tuple[str, int], list[Clause]] = {}
        for clause in clauses:
            self.functions.setdefault((clause.name, len(clause.patterns)), []).append(clause)

    def primitive(self, name: str) -> Primitive:
        """The function of the prelude."""
        return (PROGRAM_PRELUDE if self.typed else PRELUDE)[name]

    def call(self, name: str, *arguments: Value, fuel: int = FUEL) -> Value:
        """Apply a function to values.

        Args:
            fuel: calls of defined functions that the run may make.

        Raises:
            Undefined: there is no value.
            OutOfFuel: more calls than `fuel`.
        """
        call = Call(name, tuple(Variable(str(k)) for k in range(len(arguments))))
        return self.evaluate(call, {str(k): argument for k, argument in enumerate(arguments)}, fuel)

    def evaluate(self, expression: Expression, environment: Environment, fuel: int = FUEL) -> Value:
        """The value of an expression whose variables have these values.

        Raises:
            Undefined, OutOfFuel: as `call`.
        """
        values: list[Value] = []
        tasks: list[tuple[Any, ...]] = [(_evaluate, expression, environment)]
        while tasks:
            step, *operands = tasks.pop()
            if step is _call:
                function, count = operands
                given = _taken(values, count)
                if (function, count) not in self.functions:
                    own = self.given.get((function, count))
                    values.append(own(*given) if own else apply_checked(self.primitive(function), given))
                    continue
                fuel -= 1
                if fuel < 0:
                    raise OutOfFuel("more calls than one run may make")
                tasks.append((_enter, self, function, given, 0))
            elif step is _closure:
                parameters, body, env = operands
                values.append(Closure(parameters, body, env, self))
            else:
                step(tasks, values, *operands)
        return values[0]


def _taken(values: list[Value], count: int) -> tuple[Value, ...]:
    """The last `count` values, in order; they are taken away."""
    start = len(values) - count
    given = tuple(values[start:])
    del values[start:]
    return given


def nothing_fits(name: str, *arguments: Value, typed: bool = False) -> None:
    """What happens where no clause takes the arguments.

    Raises:
        Undefined: always.
    """
    if typed:
        written = ", ".join(_short(argument) for argument in arguments)
        raise Undefined(f"no clause for {name}({written})" if arguments else f"no clause for {name}")
    written = ", ".join(repr(text(argument)) for argument in arguments)
    raise Undefined(f"no clause of {name} fits ({written})" if arguments else f"no clause of {name} fits")


def _short(value: Value) -> str:
    return show(value, limit=80)


def match_all(patterns: Sequence[Pattern], values: Sequence[Value], typed: bool = False) -> Environment | None:
    """What the variables of patterns stand for, or None where the values do not fit."""
    environment: Environment = {}
    pending = list(zip(patterns, values, strict=True))
    while pending:
        pattern, value = pending.pop()
        match pattern:
            case Variable(name):
                environment[name] = value
            case As(name, inside):
                environment[name] = value
                pending.append((inside, value))
            case Case(constructor, parts):
                if value.name != constructor:
                    return None
                pending += zip(parts, value.arguments, strict=True)
            case Literal(constant):
                if not same(constant, value):
                    return None
            case Successor(predecessor):
                if type(value) is not int or value < 1:
                    return None
                pending.append((predecessor, value - 1))
            case Cons(head, tail):
                if not isinstance(value, tuple) or not value:
                    return None
                pending.append((head, value[0] if typed else element(value[0])))
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
            tasks.append((_call, function, len(arguments)))
            tasks.extend((_evaluate, argument, env) for argument in reversed(arguments))
        case Construct(constructor, arguments):
            tasks.append((_construct, constructor, len(arguments)))
            tasks.extend((_evaluate, argument, env) for argument in reversed(arguments))
        case Brackets(elements):
            tasks.append((_gather, len(elements)))
            tasks.extend((_evaluate, element, env) for element in reversed(elements))
        case Lambda(parameters, body):
            tasks.append((_closure, parameters, body, env))
        case Partial(function, arguments, missing):
            tasks.append((_hold, function, len(arguments), missing))
            tasks.extend((_evaluate, argument, env) for argument in reversed(arguments))
        case Apply(applied, arguments):
            tasks.append((_apply, len(arguments)))
            tasks.extend((_evaluate, argument, env) for argument in reversed(arguments))
            tasks.append((_evaluate, applied, env))


def _enter(tasks: list[Any], values: list[Value], machine: Machine, name: str, given: Any, first: int) -> None:
    """Go on with the first clause, from one on, that takes the arguments."""
    clauses = machine.functions[name, len(given)]
    for number in range(first, len(clauses)):
        clause = clauses[number]
        environment = match_all(clause.patterns, given, machine.typed)
        if environment is None:
            continue
        if clause.guard is None:
            tasks.append((_evaluate, clause.body, environment))
        else:
            tasks.append((_guarded, machine, name, given, number, environment))
            tasks.append((_evaluate, clause.guard, environment))
        return
    nothing_fits(name, *given, typed=machine.typed)


def _guarded(
    tasks: list[Any], values: list[Value], machine: Machine, name: str, given: Any, number: int, env: Environment
) -> None:
    if truth(values.pop()):
        tasks.append((_evaluate, machine.functions[name, len(given)][number].body, env))
    else:
        tasks.append((_enter, machine, name, given, number + 1))


def _construct(tasks: list[Any], values: list[Value], constructor: str, count: int) -> None:
    values.append(Term(constructor, _taken(values, count)))


def _gather(tasks: list[Any], values: list[Value], count: int) -> None:
    values.append(_taken(values, count))


def _hold(tasks: list[Any], values: list[Value], function: str, count: int, missing: int) -> None:
    """A function of the missing arguments: the rest are held under numbers, which no variable is named by."""
    held = [str(position) for position in range(count)]
    rest = tuple(str(count + position) for position in range(missing))
    arguments = tuple(map(Variable, (*held, *rest)))
    body = Construct(function, arguments) if capitalised(function) else Call(function, arguments)
    tasks.append((_closure, rest, body, dict(zip(held, _taken(values, count), strict=True))))


def _apply(tasks: list[Any], values: list[Value], count: int) -> None:
    arguments = _taken(values, count)
    function = values.pop()
    if isinstance(function, Closure):
        tasks.append((_evaluate, function.body, function.entered(arguments)))
    else:
        values.append(function(*arguments))


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


def _call() -> None:
    """A marker: `Machine.evaluate` calls functions itself, and counts."""


def _closure() -> None:
    """A marker: function values know their machine."""
