"""Whether values from Python are of a type."""

from __future__ import annotations

from typing import Any

from nesy.errors import InputError
from nesy.terms import Term, show
from nesy.types import Declarations, Function, Named, Type, TypeVariable

_PRIMITIVES: dict[str, type] = {"int": int, "bool": bool, "string": str}


def check_value(value: Any, type_: Type, declarations: Declarations, what: str) -> None:
    """Compare a value with a type, whose variables fit any value.

    Args:
        what: what the value is, for the message.

    Raises:
        InputError: it is of another type.
    """
    stack: list[tuple[Any, Type]] = [(value, type_)]
    while stack:
        part, expected = stack.pop()
        if isinstance(expected, TypeVariable):
            continue  # parametric functions do not look at such values
        below = _below(part, expected, declarations)
        if below is None:
            raise InputError(f"{what} holds {show(part, limit=60)}", expected=str(expected))
        stack += below


def _below(value: Any, type_: Type, declarations: Declarations) -> list[tuple[Any, Type]] | None:
    """The values inside with their types; None if the value itself is not of the type."""
    if isinstance(type_, Function):
        return [] if callable(value) else None
    assert isinstance(type_, Named)
    if type_.name in _PRIMITIVES:
        return [] if type(value) is _PRIMITIVES[type_.name] else None
    if type_.name == "seq":
        (element,) = type_.arguments
        assert not isinstance(element, int)
        return [(part, element) for part in value] if isinstance(value, tuple) else None
    if type_.name not in declarations.types:
        return []  # a vector
    constructor = declarations.constructors.get(value.name) if isinstance(value, Term) else None
    if constructor is None or constructor.owner != type_.name or len(constructor.fields) != len(value.arguments):
        return None
    return list(zip(value.arguments, declarations.fields(constructor, type_), strict=True))
