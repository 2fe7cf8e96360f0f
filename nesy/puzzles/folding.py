"""Looking at many groups of bits of one large integer at once.

A family is a set of groups of the same shape: each group is a base position plus the same shifts. Shifting the integer
by each of them and combining the results bit by bit tells, at the base of every group at once, whether at least one, at
least two or at least three of its bits are set. Shapes are split into sums of smaller ones (a box of a sudoku is three
neighbours, three times), and families share the work on what they have in common.

This is the one place that makes Python source. It is made of integers and of the names below; no text of a file ever
gets into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

Shape = tuple[int, ...]
"""Shifts, the first of them 0, in their order."""


@dataclass(frozen=True, slots=True)
class Family:
    """Groups of one shape.

    Attributes:
        factors: shapes whose sums, one shift of each, are the shifts of the groups.
        bases: the mask of the groups' lowest positions.
    """

    factors: tuple[Shape, ...]
    bases: int

    def group(self, base: int) -> list[int]:
        """The positions of the group with this base."""
        places = [base]
        for shape in self.factors:
            places = [place + shift for place in places for shift in shape]
        return places


def families(groups: Iterable[Iterable[int]]) -> list[Family]:
    """Groups of positions by their shape."""
    bases: dict[Shape, int] = {}
    for group in groups:
        places = sorted(group)
        shape = tuple(place - places[0] for place in places)
        bases[shape] = bases.get(shape, 0) | 1 << places[0]
    return [Family(tuple(factors(shape)), mask) for shape, mask in bases.items()]


def factors(shape: Shape) -> list[Shape]:
    """Shapes that add up to a shape: runs of equal steps whose lengths are prime, where it is made of such."""
    if len(shape) == 1:
        return []
    step = shape[1]
    for count in range(2, len(shape) + 1):
        if len(shape) % count or not _prime(count):
            continue
        run = tuple(step * number for number in range(count))
        rest = _quotient(shape, run)
        if rest is not None:
            return [run, *factors(rest)]
    return [shape]


def _quotient(shape: Shape, run: Shape) -> Shape | None:
    """The shape that added to `run` gives `shape`."""
    left, found = set(shape), []
    for place in shape:
        if place in left:
            tile = {place + shift for shift in run}
            if not tile <= left:
                return None
            left -= tile
            found.append(place)
    return tuple(found)


def _prime(number: int) -> bool:
    return all(number % divisor for divisor in range(2, int(number**0.5) + 1))


def singles(found: list[Family]) -> Callable[[int], int | tuple[int, int]]:
    """A function of the bits: those that are alone in a group.

    If there are groups without any bit: the number of a family that has such groups, and the mask of their bases.
    """
    function: Callable[[int], int | tuple[int, int]] = _compiled(_singles(found), found)
    return function


def pairs(family: Family) -> Callable[[int], tuple[int, int]]:
    """A function of the bits: the bases of groups that have exactly two, and of those that have more."""
    function: Callable[[int], tuple[int, int]] = _compiled(_pairs(family), [family])
    return function


@dataclass
class _Node:
    """What families have in common: the counts after their first factors."""

    name: str
    children: dict[Shape, _Node] = field(default_factory=dict)
    families: list[int] = field(default_factory=list)


def _compiled(lines: list[str], found: list[Family]) -> Any:
    source = "\n    ".join(["def function(bits):", *lines])
    namespace: dict[str, Any] = {f"bases{number}": family.bases for number, family in enumerate(found)}
    namespace["__builtins__"] = {}
    exec(compile(source, "<folding>", "exec"), namespace)  # noqa: S102 (integers and generated names only)
    return namespace["function"]


def _singles(found: list[Family]) -> list[str]:
    root = _Node("")
    nodes = [root]
    for number, family in enumerate(found):
        node = root
        for shape in family.factors:
            if shape not in node.children:
                node.children[shape] = _Node(str(len(nodes)))
                nodes.append(node.children[shape])
            node = node.children[shape]
        node.families.append(number)
    lines = ["one = bits"]
    _count(root, 1, lines)
    every = _spread(root, lines)
    return [*lines, f"return bits & {every}"]


def _count(node: _Node, known: int, lines: list[str]) -> None:
    """The bases of the groups of every family below that have no second bit; return those that have no first one."""
    for number in node.families:
        bases = f"bases{number}"
        lines.append(f"if one{node.name} & {bases} != {bases}: return {number}, {bases} & ~one{node.name}")
        lines.append(f"lone{number} = {bases}" + (f" & ~two{node.name}" if known > 1 else ""))
    for shape, child in node.children.items():
        _count(child, _fold(shape, node.name, child.name, known, 2, lines), lines)


def _fold(shape: Shape, old: str, new: str, known: int, most: int, lines: list[str]) -> int:
    """Add up counts over a shape: ``one``: at least one bit is set, ``two``: at least two, ``three``.

    Args:
        old, new: suffixes of the names before and after.
        known: how many of the levels there are before; a single bit has one.
        most: how many are wanted.
        lines: get the assignments.

    Returns:
        How many levels there are after.
    """
    lines += [f"{level}{new} = {level}{old}" for level in _LEVELS[:known]]
    reached = known
    for shift in shape[1:]:
        lines += [f"{level}_ = {level}{old} >> {shift}" for level in _LEVELS[:known]]
        after = min(most, reached + known)
        for number in reversed(range(after)):
            both = [(mine, number - mine - 1) for mine in range(min(number, reached)) if number - mine - 1 < known]
            terms = [f"{_LEVELS[number]}{new}"] if number < reached else []
            terms += [f"{_LEVELS[mine]}{new} & {_LEVELS[theirs]}_" for mine, theirs in both]
            terms += [f"{_LEVELS[number]}_"] if number < known else []
            lines.append(f"{_LEVELS[number]}{new} = {' | '.join(terms)}")
        reached = after
    return reached


_LEVELS = ("one", "two", "three")


def _spread(node: _Node, lines: list[str]) -> str:
    """The name of the mask of all bits of the lone groups below, as seen from the node."""
    parts = [f"lone{number}" for number in node.families]
    for shape, child in node.children.items():
        inner = _spread(child, lines)
        lines.append(f"every{child.name} = {' | '.join(f'{inner} << {shift}' if shift else inner for shift in shape)}")
        parts.append(f"every{child.name}")
    if len(parts) > 1:
        lines.append(f"sum{node.name} = {' | '.join(parts)}")
        return f"sum{node.name}"
    return parts[0]


def _pairs(family: Family) -> list[str]:
    lines = ["one = bits"]
    names = ["", *map(str, range(1, len(family.factors) + 1))]
    known = 1
    for shape, old, new in zip(family.factors, names[:-1], names[1:], strict=True):
        known = _fold(shape, old, new, known, 3, lines)
    last = names[-1]
    two, three = (f"{level}{last}" if known > number else "0" for number, level in ((1, "two"), (2, "three")))
    return [*lines, f"return bases0 & {two} & ~{three}, bases0 & {three}"]
