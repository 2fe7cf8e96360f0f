"""Simpler values of the same type: what is left of a failure when all that does not matter is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nesy.recursion.data.samplers import Terms, size
from nesy.terms import Term, Value, parts, subvalues
from nesy.types import Declarations, Named, Type


def smaller(terms: Terms, value: Value) -> Iterator[Value]:
    """Values of the same type that are simpler than this one, the boldest attempts first.

    Parts of its own type; then the value with one part replaced by the smallest of the part's type, or by
    a part of that part.
    """
    places = _Places(terms.declarations, terms.type, value)
    for type_, part in zip(places.types[1:], places.values[1:], strict=True):
        if type_ == terms.type:
            yield part
    for number, (type_, part) in enumerate(zip(places.types, places.values, strict=True)):
        least = terms.simplest(type_)
        if size(part) > size(least) or (type_ in terms.primitives and part != least):
            yield places.replaced(number, least)
        if number:
            yield from (places.replaced(number, inner) for inner in places.within(number, type_))


def minimise(terms: Terms, value: Value, fails: Callable[[Value], bool]) -> Value:
    """A value that fails and of whose simpler ones none does (`value` itself is taken to fail)."""
    while True:
        simpler = next((candidate for candidate in smaller(terms, value) if fails(candidate)), None)
        if simpler is None:
            return value
        value = simpler


class _Places:
    """All parts of a value with their types, outside before inside, left to right."""

    def __init__(self, declarations: Declarations, type_: Type, value: Value) -> None:
        self.types: list[Type] = []
        self.values: list[Value] = []
        self.parents: list[tuple[int, int]] = []
        stack: list[tuple[Type, Value, int, int]] = [(type_, value, -1, 0)]
        while stack:
            type_, value, parent, place = stack.pop()
            number = len(self.values)
            self.types.append(type_)
            self.values.append(value)
            self.parents.append((parent, place))
            inside = parts(value)
            fields = _field_types(declarations, type_, value)
            stack.extend((f, v, number, i) for i, f, v in reversed([*zip(range(len(inside)), fields, inside)]))  # noqa: B905

    def within(self, number: int, type_: Type) -> Iterator[Value]:
        """The parts of part `number` that have a type."""
        last = number + sum(1 for _ in subvalues(self.values[number]))
        return (self.values[i] for i in range(number + 1, last) if self.types[i] == type_)

    def replaced(self, number: int, value: Value) -> Value:
        """The whole value with part `number` replaced."""
        while number:
            number, place = self.parents[number]
            whole = self.values[number]
            arguments = (*parts(whole)[:place], value, *parts(whole)[place + 1 :])
            value = Term(whole.name, arguments) if isinstance(whole, Term) else arguments
        return value


def _field_types(declarations: Declarations, type_: Type, value: Value) -> Sequence[Type]:
    if isinstance(value, Term) and isinstance(type_, Named):
        return declarations.fields(declarations.constructors[value.name], type_)
    if isinstance(value, tuple) and isinstance(type_, Named):
        return [a for a in type_.arguments if not isinstance(a, int)] * len(value)
    return ()
