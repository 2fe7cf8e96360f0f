"""Found clauses as clauses of the definition language, with names that tell the types."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain, count

from nesy.machine.expressions import (
    Apply,
    As,
    Call,
    Case,
    Clause,
    Cons,
    Construct,
    Expression,
    Let,
    Literal,
    Partial,
    Pattern,
    Sequence,
    Successor,
    Variable,
    calls,
    subexpressions,
)
from nesy.search.recursion.bodies import Body
from nesy.search.recursion.cases import SUCCESSOR, Leaf, Place, Shape, rules
from nesy.search.recursion.store import EMPTY, LINK, Constant
from nesy.types import BOOL, INT, STRING, Declarations, Function, Named, Signature, Type, TypeVariable


def written(
    leaf: Leaf, body: Body, declarations: Declarations, taken: Collection[str], found: Mapping[str, Signature]
) -> Clause:
    """The clause of a head and a body.

    Args:
        taken: names that variables must not have.
        found: the functions that were looked for; what they give is named where it is used more than once.
    """
    used = set(body.places())
    names: list[str] = []
    for index, place in enumerate(leaf.places):
        names.append(_name(place, declarations, {*taken, *names}) if index in used else "_")
    remaining = iter(names)
    patterns = tuple(_pattern(shape, remaining) for shape in leaf.shapes)
    expression = body.expression(names)
    lets: list[tuple[str, Expression]] = []
    while repeated := _repeated(expression, found):
        result = found[repeated.function].result
        name = _free(_usual(result, declarations), {*taken, *names, *(name for name, _ in lets)})
        lets.append((name, repeated))
        expression = _replaced(expression, repeated, Variable(name))
    for name, value in reversed(lets):
        expression = Let(name, value, expression)
    return Clause(leaf.function, patterns, expression)


def _repeated(expression: Expression, found: Collection[str]) -> Call | None:
    """An innermost call of a function that is made more than once: recursion would take exponential time."""
    counts = _evaluated(expression, found)
    repeated = [call for call, count in counts.items() if count > 1]
    return min(repeated, key=lambda call: len(list(calls(call))), default=None)


def _evaluated(expression: Expression, found: Collection[str]) -> dict[Call, int]:
    """How often each call is evaluated at most."""
    counts: dict[Call, int] = {}
    parts = subexpressions(expression)
    if isinstance(expression, Call) and expression.function == "if":
        condition, yes, no = (_evaluated(part, found) for part in parts)
        return {
            call: condition.get(call, 0) + max(yes.get(call, 0), no.get(call, 0)) for call in {**condition, **yes, **no}
        }
    for part in parts:
        for call, times in _evaluated(part, found).items():
            counts[call] = counts.get(call, 0) + times
    if isinstance(expression, Call) and expression.function in found:
        counts[expression] = counts.get(expression, 0) + 1
    return counts


def _replaced(expression: Expression, old: Expression, new: Expression) -> Expression:
    if expression == old:
        return new
    parts = tuple(_replaced(part, old, new) for part in subexpressions(expression))
    match expression:
        case Call(function, _):
            return Call(function, parts)
        case Construct(constructor, _):
            return Construct(constructor, parts)
        case Sequence(_):
            return Sequence(parts)
        case Partial(function, _, missing):
            return Partial(function, parts, missing)
        case Apply(_, _):
            return Apply(parts[0], parts[1:])
    return expression


def _pattern(shape: Shape, names: Iterator[str]) -> Pattern:
    name = next(names)
    inside = tuple(_pattern(part, names) for part in shape.parts)
    match shape.head, inside:
        case None, _:
            return Variable(name)
        case Constant(_, value), _:
            pattern: Pattern = Literal(value)
        case str(head), (part,) if head == SUCCESSOR:
            pattern = Successor(part)
        case str(head), (first, rest) if head == LINK:
            pattern = Cons(first, rest)
        case str(head), ():
            pattern = Literal(()) if head == EMPTY else Case(head)
        case str(head), _:
            pattern = Case(head, inside)
    return pattern if name == "_" else As(name, pattern)


def _name(place: Place, declarations: Declarations, taken: Collection[str]) -> str:
    """A usual name for a value of the place's type."""
    usual = _usual(place.shape.type, declarations)
    if place.inside and len(_own_parts(place.shape.type, declarations)) > 1:
        usual = ("l", "r", *usual)
    return _free(usual, taken)


def _free(usual: tuple[str, ...], taken: Collection[str]) -> str:
    numbered = (f"{usual[-1]}{k}" for k in count(2))
    return next(name for name in chain(usual, numbered) if name not in taken)


def _usual(type_: Type, declarations: Declarations) -> tuple[str, ...]:
    if isinstance(type_, Function):
        return "f", "g", "h"
    if isinstance(type_, TypeVariable):
        return "x", "y", "z"
    if type_ in (INT, BOOL, STRING):
        return {INT: ("n", "m", "k", "i", "j"), BOOL: ("p", "q"), STRING: ("s", "t")}[type_]
    own = _own_parts(type_, declarations)
    elements = [t for _, parts in rules(declarations, type_) for t in parts if t != type_]
    if len(own) == 1 and elements:
        return tuple(f"{name}s" for name in _usual(elements[0], declarations) if len(name) == 1) or ("xs", "ys")
    if len(own) == 1:
        letter = "n" if len(rules(declarations, type_)) == 2 else type_.name[0]
        return ("n", "m", "k") if letter == "n" else (letter, chr(ord(letter) + 1) if letter < "z" else "a")
    return ("t", "u", "v") if len(own) > 1 else (type_.name[0],)


def _own_parts(type_: Type, declarations: Declarations) -> list[Type]:
    """The parts of a value that are of its own type, in the constructor that has most of them."""
    found = [[t for t in parts if t == type_] for _, parts in rules(declarations, type_)]
    return max(found, key=len, default=[]) if isinstance(type_, Named) else []
