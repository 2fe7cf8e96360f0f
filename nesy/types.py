"""Types of programs: built-in ones, inductive ones by their constructors, functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

BUILT_IN = {"int": 0, "bool": 0, "string": 0, "seq": 1, "vector": 1}
"""Types that need no declaration, and how many arguments they take: integers without bound, booleans, strings,
sequences of one type, and vectors of so many numbers (of learned functions only)."""


@dataclass(frozen=True, slots=True)
class TypeVariable:
    """A type that may be any one; `level`-free: quantified by the signature that it stands in."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Named:
    """``nat``, ``list(a)``, ``vector(16)``: a declared or built-in type with its arguments."""

    name: str
    arguments: tuple[Type | int, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})" if self.arguments else self.name


@dataclass(frozen=True, slots=True)
class Function:
    """``(a, b -> c)``: a function of so many arguments; there is no currying."""

    parameters: tuple[Type, ...]
    result: Type

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.parameters))} -> {self.result})"


Type = TypeVariable | Named | Function

INT, BOOL, STRING = Named("int"), Named("bool"), Named("string")


def seq(element: Type) -> Named:
    """Sequences of one type of elements."""
    return Named("seq", (element,))


@dataclass(frozen=True, slots=True)
class Constructor:
    """One way to make a value of an inductive type.

    Attributes:
        fields: the types of its arguments.
        owner: the name of the type.
        line: 1-based line in the file.
    """

    name: str
    fields: tuple[Type, ...]
    owner: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.fields))})" if self.fields else self.name


@dataclass(frozen=True, slots=True)
class Declaration:
    """``type name(parameters) = constructors``."""

    name: str
    parameters: tuple[str, ...]
    constructors: tuple[Constructor, ...]
    line: int = 0

    @property
    def type(self) -> Named:
        """The declared type, of its own parameters."""
        return Named(self.name, tuple(map(TypeVariable, self.parameters)))

    def __str__(self) -> str:
        return f"type {self.type} = {' | '.join(map(str, self.constructors))}"


@dataclass(frozen=True, slots=True)
class Signature:
    """``f : parameters -> result``; all its variables are quantified.

    Attributes:
        compared: the variables whose values are compared: they stand for types without functions. It is inferred.
    """

    parameters: tuple[Type, ...]
    result: Type
    line: int = 0
    compared: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def function(self) -> Function:
        """The type as that of a function value."""
        return Function(self.parameters, self.result)

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.parameters))} -> {self.result}" if self.parameters else str(self.result)


@dataclass(frozen=True)
class Declarations:
    """The inductive types of a program.

    Attributes:
        types: by name, in the order of the file.
    """

    types: Mapping[str, Declaration] = field(default_factory=dict)

    @cached_property
    def constructors(self) -> dict[str, Constructor]:
        """All constructors by name."""
        return {c.name: c for declaration in self.types.values() for c in declaration.constructors}

    def siblings(self, constructor: str) -> tuple[Constructor, ...]:
        """The constructors of the type that one of them belongs to."""
        return self.types[self.constructors[constructor].owner].constructors

    def fields(self, constructor: Constructor, type_: Named) -> tuple[Type, ...]:
        """The types of a constructor's arguments where its result is of `type_`."""
        parameters = self.types[constructor.owner].parameters
        if not parameters:
            return constructor.fields
        given = {name: t for name, t in zip(parameters, type_.arguments, strict=True) if not isinstance(t, int)}
        return tuple(substitute(t, given) for t in constructor.fields)


def variables(type_: Type) -> Iterator[str]:
    """The names of a type's variables, left to right, with repetitions."""
    match type_:
        case TypeVariable(name):
            yield name
        case Named(_, arguments):
            for argument in arguments:
                if not isinstance(argument, int):
                    yield from variables(argument)
        case Function(parameters, result):
            for parameter in (*parameters, result):
                yield from variables(parameter)


def substitute(type_: Type, given: Mapping[str, Type]) -> Type:
    """The type with its variables replaced."""
    match type_:
        case TypeVariable(name):
            return given.get(name, type_)
        case Named(name, arguments):
            return Named(name, tuple(a if isinstance(a, int) else substitute(a, given) for a in arguments))
        case Function(parameters, result):
            return Function(tuple(substitute(p, given) for p in parameters), substitute(result, given))


def inside(type_: Type) -> tuple[Type, ...]:
    """The types directly inside a type."""
    if isinstance(type_, Function):
        return *type_.parameters, type_.result
    return tuple(a for a in type_.arguments if not isinstance(a, int)) if isinstance(type_, Named) else ()
