"""Comparisons: ``==`` is for types without functions and vectors, also where a polymorphic function compares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nesy.recursion.typing.unify import parts
from nesy.types import Declarations, Function, Named, Signature, Type, variables


@dataclass(frozen=True, slots=True)
class Use:
    """One mention of a function.

    Attributes:
        user: the function that mentions it; None for a ``check`` line or an expression to run.
        used: the function mentioned.
        given: the type that one of its variables stands for there.
        refuse: gives the error for a type that cannot be compared.
    """

    user: str | None
    used: str
    given: Callable[[str], Type]
    refuse: Callable[[Type], Exception]


def compared(
    signatures: Mapping[str, Signature], uses: Iterable[Use], declarations: Declarations
) -> dict[str, frozenset[str]]:
    """Per function the variables whose values it compares, itself or by what it calls: the least fixpoint.

    Raises:
        what `refuse` of a use gives: functions, or values that hold functions, would be compared.
    """
    found = {name: signature.compared for name, signature in signatures.items()}
    uses = list(uses)
    changed = True
    while changed:
        changed = False
        for use in uses:
            for variable in found[use.used]:
                type_ = use.given(variable)
                if incomparable(type_, declarations):
                    raise use.refuse(type_)
                if use.user is None:
                    continue
                needed = frozenset(variables(type_)).intersection(variables(signatures[use.user].function))
                if not needed <= found[use.user]:
                    found[use.user] |= needed
                    changed = True
    return found


def incomparable(type_: Type, declarations: Declarations) -> bool:
    """Whether values of a type are functions or vectors, or hold some: they cannot be compared."""
    stack: list[Type | int] = [type_]
    seen: set[str] = set()
    while stack:
        part = stack.pop()
        if isinstance(part, Function) or (isinstance(part, Named) and part.name == "vector"):
            return True
        if isinstance(part, Named) and part.name in declarations.types and part.name not in seen:
            seen.add(part.name)
            stack += [t for constructor in declarations.types[part.name].constructors for t in constructor.fields]
        stack += parts(part)
    return False
