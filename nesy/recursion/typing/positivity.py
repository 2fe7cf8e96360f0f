"""Strict positivity of inductive types, and whether they have values.

A type is strictly positive if it does not stand left of an arrow in the types of its own constructors, nor as the
argument of another type that uses its parameter so, nor through types declared with it (Coq reference manual,
"Well-formed inductive definitions"; the occurrences of parameters are found as Agda finds them, by a fixpoint).
Without it a program could loop without any recursive function.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nesy.lang.check import Finding
from nesy.recursion.components import components
from nesy.recursion.typing.ordinals import the_argument
from nesy.types import Constructor, Declaration, Declarations, Function, Named, Type, TypeVariable


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """Where a declared type or a parameter stands in the field of a constructor.

    Attributes:
        name: of the type or parameter.
        strict: whether no arrow has it on its left.
        via: the types through whose parameters it stands left of an arrow, the outermost first.
    """

    name: str
    strict: bool
    via: tuple[str, ...]
    constructor: Constructor
    field: int

    @property
    def place(self) -> str:
        fields = self.constructor.fields
        inside = "".join(f", inside {name}" for name in self.via)
        return f"in {the_argument(self.field, len(fields))} of {self.constructor.name}, {fields[self.field]}{inside}"


_Uses = dict[tuple[str, int], bool]
"""Per declared type and number of a parameter that its constructors use: whether always strictly positively."""


def positivity(declarations: Declarations) -> Iterator[Finding]:
    """Types that are not strictly positive (errors) and types without a finite value (warnings)."""
    uses = _uses(declarations)
    occurrences = {name: list(_occurrences(d, declarations, uses)) for name, d in declarations.types.items()}
    graph = {name: {o.name for o in found} for name, found in occurrences.items()}
    group = {name: set(component) for component in components(graph) for name in component}
    for name, found in occurrences.items():
        for occurrence in found:
            if not occurrence.strict and occurrence.name in group[name]:
                yield Finding("error", _left_of_an_arrow(name, occurrence, graph), occurrence.constructor.line)
    yield from _without_values(declarations)


def _left_of_an_arrow(name: str, occurrence: _Occurrence, graph: dict[str, set[str]]) -> str:
    message = f"the type {name} is not strictly positive: {occurrence.name} stands left of an arrow {occurrence.place}"
    if occurrence.name == name:
        return message
    first, *others = _path(occurrence.name, name, graph)
    return f"{message}, and {first} holds {', which holds '.join(others)}"


def _path(start: str, end: str, graph: dict[str, set[str]]) -> list[str]:
    """The shortest way from one type to another by what their constructors hold."""
    paths = [[start]]
    seen = {start}
    for path in paths:
        for following in sorted(graph.get(path[-1], ())):
            if following == end:
                return [*path, end]
            if following not in seen:
                seen.add(following)
                paths.append([*path, following])
    raise AssertionError(f"no way from {start} to {end}")


def _uses(declarations: Declarations) -> _Uses:
    """How types use their parameters: the least fixpoint."""
    uses: _Uses = {}
    while True:
        found = dict(uses)
        for name, declaration in declarations.types.items():
            for occurrence in _occurrences(declaration, declarations, uses):
                if occurrence.name in declaration.parameters:
                    key = (name, declaration.parameters.index(occurrence.name))
                    found[key] = found.get(key, True) and occurrence.strict
        if found == uses:
            return uses
        uses = found


def _occurrences(declaration: Declaration, declarations: Declarations, uses: _Uses) -> Iterator[_Occurrence]:
    for constructor in declaration.constructors:
        for field, type_ in enumerate(constructor.fields):
            for name, strict, via in _inside(type_, True, (), declarations, uses):
                yield _Occurrence(name, strict, via, constructor, field)


def _inside(
    type_: Type, strict: bool, via: tuple[str, ...], declarations: Declarations, uses: _Uses
) -> Iterator[tuple[str, bool, tuple[str, ...]]]:
    """The declared types and the variables of a type, whether strictly positive, and if not, inside which types."""
    match type_:
        case TypeVariable(name):
            yield name, strict, via
        case Function(parameters, result):
            for parameter in parameters:
                yield from _inside(parameter, False, via, declarations, uses)
            yield from _inside(result, strict, via, declarations, uses)
        case Named(name, arguments):
            declared = name in declarations.types
            if declared:
                yield name, strict, via
            for position, argument in enumerate(arguments):
                use = uses.get((name, position)) if declared else True
                if use is not None and not isinstance(argument, int):
                    inner = via if use else (*via, name)
                    yield from _inside(argument, strict and use, inner, declarations, uses)


def _without_values(declarations: Declarations) -> Iterator[Finding]:
    inhabited = _inhabited(declarations)
    for name, declaration in declarations.types.items():
        if (name, (True,) * len(declaration.parameters)) not in inhabited:
            message = f"the type {name} has no finite value: each of its constructors needs a value of {name} first"
            yield Finding("warning", message, declaration.line)


_Instance = tuple[str, tuple[bool, ...]]
"""A declared type, and of each of its arguments whether it has values."""


def _inhabited(declarations: Declarations) -> set[_Instance]:
    """The instances that have values among those that the declared types lead to: the least fixpoint."""
    asked: dict[_Instance, None] = {(name, (True,) * len(d.parameters)): None for name, d in declarations.types.items()}
    known: set[_Instance] = set()

    def has_value(type_: Type, given: dict[str, bool]) -> bool:
        match type_:
            case TypeVariable(name):
                return given[name]
            case Function(parameters, result):
                return result in parameters or has_value(result, given)
            case Named(name, arguments) if name in declarations.types:
                values = tuple(isinstance(a, int) or has_value(a, given) for a in arguments)
                asked.setdefault((name, values))
                return (name, values) in known
        return True  # a built-in type

    while True:
        before = len(known), len(asked)
        for name, values in list(asked):
            declaration = declarations.types[name]
            given = dict(zip(declaration.parameters, values, strict=True))
            if any(all(has_value(f, given) for f in c.fields) for c in declaration.constructors):
                known.add((name, values))
        if (len(known), len(asked)) == before:
            return known
