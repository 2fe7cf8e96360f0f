"""Which values of a variable give an expression a target? All of them, found from the form of the expression.

Sums, differences and products of numbers are solved as ``k x + c``; joins of sequences by cutting; other primitives
one by one, from the outside inwards. Where the answer is not a finite set, or the form does not tell, the result is
None, so what is returned is always complete and always right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from nesy.errors import Undefined
from nesy.machine.expressions import Call, Expression, Let, Literal, Variable, substitute, variables
from nesy.machine.expressions import Sequence as Brackets
from nesy.machine.primitives import PRELUDE, apply
from nesy.machine.values import Value, kind, text
from nesy.search.concatenation import cuts, pieces

MOST = 10_000
"""A larger set of values counts as infinite."""

Given = Mapping[str, Value]


class _Foreign(Exception):
    """A part that is no expression of the prelude over the given variables."""


def solve(expression: Expression, name: str, given: Given, target: Value) -> tuple[Value, ...] | None:
    """Every value of the variable `name` for which the expression is worth the target, in no particular order.

    Args:
        given: the values of the other variables.

    Returns:
        None where they are not finitely many, or where the form of the expression does not tell.
    """
    expression = _without_let(expression)
    try:
        found = _solve(expression, name, given, target)
        if found is None:
            return None
        distinct = {(value.__class__, text(value)): value for value in found}
        return tuple(value for value in distinct.values() if _gives(expression, {**given, name: value}, target))
    except _Foreign:
        return None


def _solve(expression: Expression, name: str, given: Given, target: Value) -> Iterable[Value] | None:
    if expression == Variable(name):
        return (target,)
    if name not in variables(expression) or not isinstance(expression, Call):
        return None
    parts = pieces(expression)
    if parts is not None:
        return _cut(parts, name, given, target)
    if kind(target) == "int" and (line := _affine(expression, name, given)) is not None:
        return _on_line(*line, int(target))  # type: ignore[arg-type]
    function, arguments = expression.function, expression.arguments
    if function == "if" and name not in variables(arguments[0]):
        try:
            chosen = arguments[1] if value_of(arguments[0], given) else arguments[2]
        except Undefined:
            return ()
        return _solve(chosen, name, given, target)
    inside = [slot for slot, argument in enumerate(arguments) if name in variables(argument)]
    if len(inside) != 1:
        return None
    (slot,) = inside
    try:
        others = [value_of(argument, given) for k, argument in enumerate(arguments) if k != slot]
    except Undefined:
        return ()
    return _through(function, slot, others, arguments[slot], name, given, target)


def _through(
    function: str,
    slot: int,
    others: Sequence[Value],
    argument: Expression,
    name: str,
    given: Given,
    target: Value,
) -> Iterable[Value] | None:
    wanted = inverse(function, slot, others, target)
    if wanted is None or len(wanted) > MOST:
        return None
    found: list[Value] = []
    for value in wanted:
        below = _solve(argument, name, given, value)
        if below is None:
            return None
        found += below
    return found


def inverse(function: str, slot: int, others: Sequence[Value], target: Value) -> Sequence[Value] | None:
    """Every argument of a primitive at `slot` that gives the target, the others given; None where there is no end."""
    if function in _NUMERIC and len(others) == 1:
        if kind(others[0]) != "int" or kind(target) != "int":
            return ()
        return _number(function, slot, int(others[0]), int(target))  # type: ignore[arg-type]
    match function, others, target:
        case "++", (tuple() as known,), tuple():
            rest = target[len(known) :] if slot == 1 else target[: max(0, len(target) - len(known))]
            return (rest,) if (known + rest if slot == 1 else rest + known) == target else ()
        case "reverse", (), tuple():
            return (target[::-1],)
        case "not", (), bool():
            return (not target,)
        case (("++" | "reverse" | "not"), _, _):
            return ()
    return None


_NUMERIC = ("+", "-", "*", "monus", "div", "min", "max")


def _number(function: str, slot: int, k: int, y: int) -> Sequence[int] | None:
    match function, slot:
        case (("+" | "-"), _):
            return (y - k,) if function == "+" else (y + k,) if slot == 0 else (k - y,)
        case "*", _:
            return _on_line(k, 0, y)
        case "monus", _:
            return None if y == 0 else () if y < 0 else (y + k,) if slot == 0 else (k - y,)
        case "div", 0:
            return () if k == 0 else range(y * k, y * k + k) if k > 0 else range(y * k, y * k + k, -1)
        case "div", 1:
            return _divisors(k, y)
        case "min", _:
            return None if y == k else (y,) if y < k else ()
        case "max", _:
            return None if y == k else (y,) if y > k else ()
    return None


def _divisors(k: int, y: int) -> Sequence[int] | None:
    """Every x with k div x = y."""
    if k == 0:
        return None if y == 0 else ()
    if y in (0, -1):
        return None
    # k = y x + r with |r| < |x|, so |x| lies between |k| / (|y| + 1) and |k| / (|y| - 1)
    low, high = abs(k) // (abs(y) + 1), abs(k) // max(1, abs(y) - 1)
    if high - low > MOST:
        return None
    return [x for size in range(low, high + 1) for x in (size, -size) if x and k // x == y]


def _affine(expression: Expression, name: str, given: Given) -> tuple[int, int] | None:
    """The k and c if the expression is ``k x + c`` in the variable; None if not."""
    if expression == Variable(name):
        return 1, 0
    if name not in variables(expression):
        try:
            value = value_of(expression, given)
        except Undefined:
            return None
        return (0, int(value)) if kind(value) == "int" else None  # type: ignore[arg-type]
    match expression:
        case Call(("+" | "-" | "*") as function, (left, right)):
            one, other = _affine(left, name, given), _affine(right, name, given)
            if one is None or other is None:
                return None
            (a, b), (c, d) = one, other
            if function != "*":
                return (a + c, b + d) if function == "+" else (a - c, b - d)
            if a == 0 or c == 0:
                return a * d + c * b, b * d
    return None


def _on_line(k: int, c: int, y: int) -> tuple[int, ...] | None:
    """Every x with k x + c = y."""
    if k == 0:
        return None if y == c else ()
    return ((y - c) // k,) if (y - c) % k == 0 else ()


def _cut(parts: Sequence[object], name: str, given: Given, target: Value) -> Iterable[Value] | None:
    if not isinstance(target, tuple):
        return ()
    known = {n: (v,) for n, v in given.items() if isinstance(v, tuple)}
    return [cut[name] for cut in cuts(parts, target, known) if name in cut]  # type: ignore[arg-type]


def _gives(expression: Expression, environment: Given, target: Value) -> bool:
    try:
        value = value_of(expression, environment)
    except Undefined:
        return False
    return kind(value) == kind(target) and text(value) == text(target)


def value_of(expression: Expression, environment: Given) -> Value:
    """The value of an expression of the prelude.

    Raises:
        Undefined: it has none.
    """
    match expression:
        case Variable(name) if name in environment:
            return environment[name]
        case Literal(constant):
            return cast(Value, constant)
        case Brackets(elements):
            parts = [apply(PRELUDE["unit"], (value_of(element, environment),)) for element in elements]
            return tuple(element for part in parts for element in part)  # type: ignore[union-attr]
        case Call("if", (condition, yes, no)):
            truth = value_of(condition, environment)
            if kind(truth) != "bool":
                raise Undefined("if expects a boolean")
            return value_of(yes if truth else no, environment)
        case Call("and" | "or" as function, (left, right)):
            first = value_of(left, environment)
            if kind(first) == "bool" and first is (function == "or"):
                return first
            return apply(PRELUDE[function], (first, value_of(right, environment)))
        case Call(function, arguments) if function in PRELUDE:
            return apply(PRELUDE[function], tuple(value_of(argument, environment) for argument in arguments))
    raise _Foreign


def _without_let(expression: Expression) -> Expression:
    match expression:
        case Let(name, value, body):
            return _without_let(substitute(body, {name: _without_let(value)}))
        case Call(function, arguments):
            return Call(function, tuple(map(_without_let, arguments)))
    return expression
