"""Found clauses as clauses of the definition language, with names that tell the types."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain, count

from nesy.machine.expressions import (
    As,
    Case,
    Clause,
    Cons,
    Literal,
    Pattern,
    Successor,
    Variable,
)
from nesy.search.recursion.bodies import Body
from nesy.search.recursion.cases import SUCCESSOR, Leaf, Place, Shape, rules
from nesy.search.recursion.store import EMPTY, LINK, Constant
from nesy.types import BOOL, INT, STRING, Declarations, Function, Named, Type, TypeVariable


def written(leaf: Leaf, body: Body, declarations: Declarations, taken: Collection[str]) -> Clause:
    """The clause of a head and a body.

    Args:
        taken: names that variables must not have.
    """
    used = set(body.places())
    names: list[str] = []
    for index, place in enumerate(leaf.places):
        names.append(_name(place, declarations, {*taken, *names}) if index in used else "_")
    remaining = iter(names)
    patterns = tuple(_pattern(shape, remaining) for shape in leaf.shapes)
    return Clause(leaf.function, patterns, body.expression(names))


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
    """The first of the usual names of the type that is free."""
    usual = _usual(place.shape.type, declarations)
    if place.inside and len(_own_parts(place.shape.type, declarations)) > 1:
        usual = ("l", "r", *usual)
    numbered = (f"{usual[-1]}{k}" for k in count(2))
    return next(name for name in chain(usual, numbered) if name not in taken)


def _usual(type_: Type, declarations: Declarations) -> tuple[str, ...]:
    if isinstance(type_, Function):
        return "f", "g", "h"
    if isinstance(type_, TypeVariable):
        return "x", "y", "z"
    if type_ in (INT, BOOL, STRING):
        return {INT: ("n", "m", "k"), BOOL: ("p", "q"), STRING: ("s", "t")}[type_]
    own = _own_parts(type_, declarations)
    elements = [t for _, parts in rules(declarations, type_) for t in parts if t != type_]
    if len(own) == 1 and elements:
        return tuple(f"{name}s" for name in _usual(elements[0], declarations)[:3] if len(name) == 1) or ("xs", "ys")
    if len(own) == 1:
        letter = "n" if len(rules(declarations, type_)) == 2 else type_.name[0]
        return ("n", "m", "k") if letter == "n" else (letter, chr(ord(letter) + 1) if letter < "z" else "a")
    return ("t", "u", "v") if len(own) > 1 else (type_.name[0],)


def _own_parts(type_: Type, declarations: Declarations) -> list[Type]:
    """The parts of a value that are of its own type, in the constructor that has most of them."""
    found = [[t for t in parts if t == type_] for _, parts in rules(declarations, type_)]
    return max(found, key=len, default=[]) if isinstance(type_, Named) else []
