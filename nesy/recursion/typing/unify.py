"""Unification of types: the unknown ones among them are found.

An unknown is a type variable whose name starts with a question mark, which no file can write; all others are rigid:
they stand for any type, so they are equal to themselves only. Nothing here recurses: inferred types may be deep.
"""

from __future__ import annotations

from collections.abc import Iterator

from nesy.types import Function, Named, Type, TypeVariable

UNKNOWN = "?"
"""How the names of unknowns start."""

MAX_NODES, MAX_DEPTH = 10_000, 200
"""People write no larger types: a function whose type grows beyond is an error."""


class Mismatch(Exception):
    """Two types that no choice of the unknowns makes one; it says why, if that is not plain."""


class TooLarge(Exception):
    """A type beyond `MAX_NODES` or `MAX_DEPTH`."""


class Unifier:
    """The unknowns and what is known of them."""

    def __init__(self) -> None:
        self._known: dict[str, Type] = {}
        self._made = 0

    def fresh(self) -> TypeVariable:
        """A new unknown."""
        self._made += 1
        return TypeVariable(f"{UNKNOWN}{self._made}")

    def unify(self, left: Type, right: Type) -> None:
        """Make two types one (Robinson 1965).

        Raises:
            Mismatch: it cannot be done.
        """
        stack: list[tuple[Type | int, Type | int]] = [(left, right)]
        done: set[tuple[int, int]] = set()  # shared parts are compared once
        while stack:
            pair = stack.pop()
            a, b = (part if isinstance(part, int) else self.head(part) for part in pair)
            if a is b or (id(a), id(b)) in done:
                continue
            done.add((id(a), id(b)))
            if is_unknown(a) or is_unknown(b):
                self._bind(a, b) if is_unknown(a) else self._bind(b, a)
                continue
            if _shape(a) != _shape(b):
                raise Mismatch
            stack.extend(zip(parts(a), parts(b), strict=True))

    def head(self, type_: Type) -> Type:
        """The type, known in its outermost constructor if that is known."""
        while isinstance(type_, TypeVariable) and type_.name in self._known:
            type_ = self._known[type_.name]
        return type_

    def resolve(self, type_: Type) -> Type:
        """The type with all that is known put in.

        Raises:
            TooLarge: it has too many nodes, or is too deep.
        """
        done: list[Type | int] = []
        stack: list[tuple[Type | int, int, bool]] = [(type_, 0, False)]
        nodes = 0
        while stack:
            part, depth, visited = stack.pop()
            if isinstance(part, int):
                done.append(part)
                continue
            part = self.head(part)
            inside = parts(part)
            if visited:
                start = len(done) - len(inside)
                done[start:] = [_rebuilt(part, tuple(done[start:]))]
                continue
            nodes += 1
            if nodes > MAX_NODES or depth > MAX_DEPTH:
                raise TooLarge
            stack.append((part, depth, True))
            stack.extend((other, depth + 1, False) for other in reversed(inside))
        (resolved,) = done
        assert not isinstance(resolved, int)
        return resolved

    def _bind(self, unknown: Type | int, type_: Type | int) -> None:
        assert isinstance(unknown, TypeVariable)
        assert not isinstance(type_, int)
        if unknown == type_:
            return
        if any(part == unknown for part in self._unknowns(type_)):
            raise Mismatch("a type that would hold itself")
        self._known[unknown.name] = type_

    def _unknowns(self, type_: Type) -> Iterator[TypeVariable]:
        stack: list[Type | int] = [type_]
        seen: set[int] = set()
        while stack:
            part = stack.pop()
            if isinstance(part, int):
                continue
            part = self.head(part)
            if id(part) in seen:
                continue
            seen.add(id(part))
            if isinstance(part, TypeVariable):
                yield part
            stack += parts(part)


def is_unknown(type_: Type | int) -> bool:
    """Whether a type is an unknown itself."""
    return isinstance(type_, TypeVariable) and type_.name.startswith(UNKNOWN)


def parts(type_: Type | int) -> tuple[Type | int, ...]:
    """What stands directly inside a type."""
    match type_:
        case Named(_, arguments):
            return arguments
        case Function(parameters, result):
            return *parameters, result
    return ()


def _shape(type_: Type | int) -> object:
    """What two types without unknowns at their outsides must have in common to be one."""
    match type_:
        case Named(name, arguments):
            return name, len(arguments)
        case Function(parameters, _):
            return len(parameters)
    return type_


def _rebuilt(type_: Type, inside: tuple[Type | int, ...]) -> Type:
    match type_:
        case Named(name):
            return Named(name, inside)
        case Function():
            *parameters, result = inside
            return Function(tuple(parameters), result)  # type: ignore[arg-type]
    return type_
