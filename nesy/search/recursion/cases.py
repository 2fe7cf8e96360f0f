"""Case distinctions: which patterns the clauses of a function have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nesy.search.recursion.store import EMPTY, LINK, UNDEFINED, Constant, Store
from nesy.types import BOOL, INT, Declarations, Function, Named, Type

SUCCESSOR = "+ 1"
"""The head of an integer from 1 on, which has its predecessor as part."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A pattern without names.

    Attributes:
        head: a constructor; None for a variable.
        parts: the shapes of its arguments.
    """

    type: Type
    head: str | Constant | None = None
    parts: tuple[Shape, ...] = ()

    @property
    def width(self) -> int:
        """How many shapes there are in it."""
        return 1 + sum(part.width for part in self.parts)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the head of a clause: a variable, or a pattern whose whole value can be named.

    Attributes:
        parameter: the argument that it is in.
        inside: whether it is a proper part of that argument.
        shape: what stands there.
    """

    parameter: int
    inside: bool
    shape: Shape

    @property
    def constant(self) -> bool:
        """Whether its value is known from the pattern, so that it needs no name."""
        return self.shape.head is not None and not self.shape.parts


@dataclass(frozen=True, slots=True)
class Leaf:
    """The head of a clause, without names.

    Attributes:
        function: whose clause it is.
        shapes: of its arguments.
    """

    function: str
    shapes: tuple[Shape, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """All places, outside before inside, left to right."""
        return tuple(place for k, shape in enumerate(self.shapes) for place in _places(k, shape, False))

    def match(self, store: Store, arguments: Sequence[int]) -> tuple[int, ...] | None:
        """The values of all places, or None where the arguments do not fit."""
        values: list[int] = []
        stack = list(zip(reversed(self.shapes), reversed(arguments), strict=True))
        while stack:
            shape, number = stack.pop()
            values.append(number)
            if shape.head is None:
                continue
            parts = taken_apart(store, number, shape.head)
            if parts is None:
                return None
            stack.extend(zip(reversed(shape.parts), reversed(parts), strict=True))
        return tuple(values)


Tree = tuple[Leaf, ...]
"""The clauses of a function; no two fit the same arguments."""


def taken_apart(store: Store, number: int, head: str | Constant) -> tuple[int, ...] | None:
    """The parts of a value with this head; None if it has another one."""
    own = store.heads[number]
    if head == SUCCESSOR:
        above = isinstance(own, Constant) and own.kind is int and own.value >= 1
        return (store.constant(own.value - 1),) if above else None  # type: ignore[union-attr]
    return store.parts[number] if own == head and number != UNDEFINED else None


def rules(declarations: Declarations, type_: Type) -> tuple[tuple[str | Constant, tuple[Type, ...]], ...]:
    """The heads of a type's values, with the types of their parts; none where it cannot be taken apart."""
    if type_ == BOOL:
        return (Constant(bool, True), ()), (Constant(bool, False), ())
    if type_ == INT:
        return (Constant(int, 0), ()), (SUCCESSOR, (INT,))
    match type_:
        case Named("seq", (element,)) if not isinstance(element, int):
            return (EMPTY, ()), (LINK, (element, type_))
        case Named(name) if name in declarations.types:
            constructors = declarations.types[name].constructors
            return tuple((c.name, declarations.fields(c, type_)) for c in constructors)
    return ()


def inside(declarations: Declarations, type_: Type, limit: int = 40) -> tuple[Type, ...]:
    """The type and the types of all that its values are made of."""
    found: dict[Type, None] = {}
    stack = [type_]
    while stack and len(found) < limit:
        type_ = stack.pop()
        if type_ not in found:
            found[type_] = None
            if isinstance(type_, Function):
                stack += [*type_.parameters, type_.result]
            stack += [part for _, parts in rules(declarations, type_) for part in parts]
            stack += [a for a in getattr(type_, "arguments", ()) if not isinstance(a, int)]
    return tuple(found)


def splits(declarations: Declarations, tree: Tree, depth: int) -> Iterator[Tree]:
    """The trees with one distinction more: at one place of one clause, or at one argument of all."""
    for position, leaf in enumerate(tree):
        for path in _holes(leaf, depth):
            split = tuple(_split(declarations, leaf, path))
            if split:
                yield (*tree[:position], *split, *tree[position + 1 :])
    if len(tree) > 1:
        for parameter in range(len(tree[0].shapes)):
            undone = [leaf for leaf in tree if leaf.shapes[parameter].head is None]
            if len(undone) > 1 and rules(declarations, undone[0].shapes[parameter].type):
                yield tuple(
                    new
                    for leaf in tree
                    for new in (_split(declarations, leaf, (parameter,)) if leaf in undone else (leaf,))
                )


def nested(tree: Tree) -> int:
    """How many places inside patterns are patterns themselves."""
    return sum(place.inside and place.shape.head is not None for leaf in tree for place in leaf.places)


def _places(parameter: int, shape: Shape, inside: bool) -> Iterator[Place]:
    yield Place(parameter, inside, shape)
    for part in shape.parts:
        yield from _places(parameter, part, True)


def _holes(leaf: Leaf, depth: int) -> Iterator[tuple[int, ...]]:
    """The places of variables where patterns nest at most so deep."""
    stack: list[tuple[tuple[int, ...], Shape]] = [((k,), shape) for k, shape in reversed(list(enumerate(leaf.shapes)))]
    while stack:
        path, shape = stack.pop()
        if shape.head is None and len(path) <= depth:
            yield path
        stack += [((*path, k), part) for k, part in reversed(list(enumerate(shape.parts)))]


def _split(declarations: Declarations, leaf: Leaf, path: tuple[int, ...]) -> Iterator[Leaf]:
    def put(shapes: tuple[Shape, ...], path: tuple[int, ...], new: Shape) -> tuple[Shape, ...]:
        first, *rest = path
        shape = shapes[first]
        made = Shape(shape.type, shape.head, put(shape.parts, tuple(rest), new)) if rest else new
        return (*shapes[:first], made, *shapes[first + 1 :])

    hole = leaf.shapes[path[0]]
    for step in path[1:]:
        hole = hole.parts[step]
    for head, parts in rules(declarations, hole.type):
        yield Leaf(leaf.function, put(leaf.shapes, path, Shape(hole.type, head, tuple(map(Shape, parts)))))
