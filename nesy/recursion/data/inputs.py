"""Arguments for a function: drawn at random, deep ones as often as one likes, and the edge cases."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Literal as OneOf

from nesy.errors import InputError
from nesy.recursion.data.cut import Cut
from nesy.recursion.data.samplers import Terms
from nesy.recursion.program import Program
from nesy.terms import Value
from nesy.types import INT, Type, substitute, variables

Arguments = tuple[Value, ...]
Shapes = OneOf["uniform", "split"]

ATTEMPTS = 1000
"""Draws of an input of one recursion depth."""


class Inputs:
    """What a function is applied to.

    Args:
        program, function: whose parameters they are.
        sizes: each argument's size is one of these, uniformly; see `Terms`.
        types: what the function's type variables stand for; integers where nothing is said.
        shapes: ``"uniform"``, or ``"split"`` for random splits, which are bushier.
        deep: the share of inputs that are drawn with regard to recursion depth, which is rare otherwise; see `deeply`.
        integers, strings: what constants are drawn from.
        prepare: a function of the program through which each argument goes first, such as ``sort``.

    Raises:
        InputError: no such function, one that takes functions, or no values of these sizes.
    """

    def __init__(
        self,
        program: Program,
        function: str,
        *,
        sizes: Sequence[int] = range(1, 16),
        types: Mapping[str, Type] | None = None,
        shapes: Shapes = "uniform",
        deep: float = 0.0,
        integers: Sequence[int] = range(10),
        strings: Sequence[str] = ("x", "y", "z"),
        prepare: str | None = None,
    ) -> None:
        if function not in program.signatures:
            raise InputError(f"no function {function}", file=program.file, expected=", ".join(program.signatures))
        if not 0 <= deep <= 1:
            raise InputError(f"the share {deep} of deep inputs", expected="a number from 0 to 1")
        if shapes not in ("uniform", "split"):
            raise InputError(f"the shapes {shapes!r}", expected="uniform or split")
        self.program, self.function, self.shapes, self.deep = program, function, shapes, deep
        self.prepare = prepare
        parameters = program.signatures[function].parameters
        given = {name: (types or {}).get(name, INT) for parameter in parameters for name in variables(parameter)}
        self.parameters = tuple(
            Terms(program.definitions.declarations, substitute(t, given), integers=integers, strings=strings)
            for t in parameters
        )
        self.sizes = tuple(_possible(terms, sizes) for terms in self.parameters)
        self.cut = Cut(program, copy=False)

    def __call__(self, rng: random.Random) -> Arguments:
        """Arguments: a share `deep` of them by `deeply`, the others by `shallowly`."""
        return self.deeply(rng) if self.deep and rng.random() < self.deep else self.shallowly(rng)

    def depth(self, arguments: Arguments) -> int:
        """How deep the function's recursive calls are nested on these arguments."""
        return self.cut.depth(self.function, *arguments)

    def shallowly(self, rng: random.Random, sizes: Sequence[int] | None = None) -> Arguments:
        """Arguments without regard to depth.

        Args:
            sizes: of each argument; drawn where they are not given.
        """
        sizes = sizes or self._drawn_sizes(rng)
        draws = (terms.uniform if self.shapes == "uniform" else terms.split for terms in self.parameters)
        return self._prepared(draw(size, rng) for draw, size in zip(draws, sizes, strict=True))

    def deeply(self, rng: random.Random, sizes: Sequence[int] | None = None) -> Arguments:
        """Arguments whose depths are spread from the least to the greatest that their sizes allow.

        A random share of the size is a spine, the rest is random; of the spines that the types have, the one
        on which the function recurses most deeply is taken.
        """
        sizes = sizes or self._drawn_sizes(rng)
        share = rng.random()
        plain = self.shallowly(rng, sizes)
        found = [plain]
        for place, terms in enumerate(self.parameters):
            for spine in terms.spines:
                (value,) = self._prepared([terms.spine(spine, sizes[place], rng, share)])
                found.append((*plain[:place], value, *plain[place + 1 :]))
        return max(found[1:] or found, key=self.depth)

    def at_depth(self, depth: int, rng: random.Random, attempts: int = ATTEMPTS) -> Arguments:
        """Arguments on which the recursion is just so deep, by rejection.

        Raises:
            InputError: none was found.
        """
        for attempt in range(attempts):
            arguments = (self.deeply if attempt % 2 else self.shallowly)(rng)
            if self.depth(arguments) == depth:
                return arguments
        what = f"no arguments of {self.function} with recursion depth {depth} in {attempts} draws"
        raise InputError(what, mend="allow larger sizes")

    @cached_property
    def edges(self) -> list[Arguments]:
        """The smallest values and the longest spines, of every parameter with every other one's."""
        each = [terms.edges(sizes[-1]) for terms, sizes in zip(self.parameters, self.sizes, strict=True)]
        return list(dict.fromkeys(map(self._prepared, product(*each))))

    def _prepared(self, arguments: Iterable[Value]) -> Arguments:
        if self.prepare is None:
            return tuple(arguments)
        return tuple(self.program.call(self.prepare, argument) for argument in arguments)

    def _drawn_sizes(self, rng: random.Random) -> tuple[int, ...]:
        return tuple(rng.choice(sizes) for sizes in self.sizes)


def _possible(terms: Terms, sizes: Sequence[int]) -> tuple[int, ...]:
    found = tuple(size for size in sizes if terms.possible(size))
    if not found and terms.least == 0:
        return (0,)  # a constant
    if not found:
        near = ", ".join(map(str, terms.sizes(terms.least + 10)))
        raise InputError(f"no {terms.type} of the sizes {list(sizes)[:10]}", expected=f"some of {near} ...")
    return found
