"""Which functions are looked for together: one alone, with an accumulating helper, or one for each type of a family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from nesy.search.recursion.bank import Callee
from nesy.search.recursion.cases import Leaf, Shape, Tree, inside, rules, splits
from nesy.types import Declarations, Named, Signature, Type

Trees = tuple[Tree, ...]
"""The trees of a scheme's functions, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class Scheme:
    """Functions that are looked for together.

    Attributes:
        functions: with their signatures; the first one is that of the examples.
        helper: the function that the first one only calls, with one argument more.
        family: for functions on the types of one family, the argument that they descend into.
    """

    functions: Mapping[str, Signature]
    helper: str | None = None
    family: int | None = None

    @property
    def main(self) -> str:
        """The function of the examples."""
        return next(iter(self.functions))

    def callees(self, function: str) -> tuple[Callee, ...]:
        """The functions that a clause may call."""
        if self.helper is None:
            return tuple(Callee(name, signature) for name, signature in self.functions.items())
        return (Callee(self.helper, self.functions[self.helper], descends=function == self.helper),)

    def start(self, declarations: Declarations) -> Iterator[Trees]:
        """The simplest trees: no distinction, or the one that a family needs."""
        roots = tuple((Leaf(name, tuple(map(Shape, s.parameters))),) for name, s in self.functions.items())
        if self.family is None:
            yield roots
        else:
            yield tuple(_distinguished(declarations, leaf, self.family) for (leaf,) in roots)

    def further(self, declarations: Declarations, trees: Trees, depth: int) -> Iterator[Trees]:
        """The trees with one distinction more."""
        for position, tree in enumerate(trees):
            if self.helper is not None and position == 0:
                continue
            for split in splits(declarations, tree, depth):
                yield (*trees[:position], split, *trees[position + 1 :])


def alone(name: str, signature: Signature) -> Scheme:
    """The function calls itself only."""
    return Scheme({name: signature})


def accumulating(name: str, signature: Signature, taken: Sequence[str]) -> Scheme:
    """The function calls a helper that carries a result along: ``reverse(xs) = onto(xs, Nil)``."""
    helper = _free(f"{name}_onto", taken)
    carried = Signature((*signature.parameters, signature.result), signature.result)
    return Scheme({name: signature, helper: carried}, helper=helper)


def families(declarations: Declarations, name: str, signature: Signature, taken: Sequence[str]) -> Iterator[Scheme]:
    """The function with companions for the types that its argument's type goes through: the children of a rose tree."""
    for position, type_ in enumerate(signature.parameters):
        through = [
            other
            for other in inside(declarations, type_)
            if other != type_ and rules(declarations, other) and type_ in inside(declarations, other)
        ]
        if not 1 <= len(through) <= 2:
            continue
        results = [_results(signature.result, type_, other) for other in through]
        for chosen in product(*results):
            functions = {name: signature}
            for other, result in zip(through, chosen, strict=True):
                assert isinstance(other, Named)
                parameters = (*signature.parameters[:position], other, *signature.parameters[position + 1 :])
                functions[_free(f"{name}_{other.name}", (*taken, *functions))] = Signature(parameters, result)
            yield Scheme(functions, family=position)


def _results(result: Type, type_: Type, other: Type) -> list[Type]:
    """What a companion gives: the same, or the container with a result in the place of each value."""
    mapped = _replaced(other, type_, result)
    return list(dict.fromkeys([result, mapped])) if mapped != other or result == type_ else [result]


def _replaced(type_: Type, old: Type, new: Type) -> Type:
    if type_ == old:
        return new
    if isinstance(type_, Named):
        return Named(type_.name, tuple(a if isinstance(a, int) else _replaced(a, old, new) for a in type_.arguments))
    return type_


def _distinguished(declarations: Declarations, leaf: Leaf, parameter: int) -> Tree:
    root = leaf.shapes[parameter]
    return tuple(
        Leaf(
            leaf.function,
            (*leaf.shapes[:parameter], Shape(root.type, head, tuple(map(Shape, parts))), *leaf.shapes[parameter + 1 :]),
        )
        for head, parts in rules(declarations, root.type)
    )


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name
