"""Examples for a program, in groups: a program explains a group if it explains one of its alternatives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nesy.machine.values import Value, kind, text
from nesy.search.meaning import Meaning
from nesy.search.universe import Universe


@dataclass(frozen=True, slots=True)
class Group:
    """One sentence: `weight` bits if explained, minus `miss` bits if not, and alternatives
    (argument ids, admissible target ids).
    """

    weight: float
    miss: float
    alternatives: tuple[tuple[tuple[int, ...], frozenset[int]], ...]


def distinct(groups: Sequence[Group]) -> list[Group]:
    """Groups with the same alternatives once, their weights added."""
    same: dict[frozenset[tuple[tuple[int, ...], frozenset[int]]], list[Group]] = {}
    for group in groups:
        same.setdefault(frozenset(group.alternatives), []).append(group)
    return [Group(sum(g.weight for g in gs), sum(g.miss for g in gs), gs[0].alternatives) for gs in same.values()]


def explains(universe: Universe, meaning: Meaning, group: Group) -> bool:
    return any(meaning(universe, arguments) in targets for arguments, targets in group.alternatives)


def values_of(universe: Universe, shown: Sequence[Group]) -> tuple[list[Value], list[Value]]:
    """All argument values and all target values."""
    arguments = {a for g in shown for arguments, _ in g.alternatives for a in arguments}
    targets = {t for g in shown for _, targets in g.alternatives for t in targets}
    return [universe.values[a] for a in arguments if a], [universe.values[t] for t in targets]  # type: ignore[misc]


def constants_for(universe: Universe, shown: Sequence[Group]) -> list[tuple[Value, int]]:
    """Literals worth offering: the small ones of every kind at hand, and tokens or differences
    that most targets share.
    """
    arguments, targets = values_of(universe, shown)
    kinds = {kind(v) for v in arguments} | {kind(v) for v in targets}
    out: list[tuple[Value, int]] = []
    if "int" in kinds:
        out += [(0, 2), (1, 2), (2, 2), (-1, 2)]
    if "bool" in {kind(v) for v in targets}:
        out += [(True, 2), (False, 2)]
    if "seq" in kinds:
        out.append(((), 2))
    votes: Counter[Value] = Counter()
    for group in shown:
        arguments_, options = group.alternatives[0]
        for target in options:
            value = universe.values[target]
            given = [universe.values[a] for a in arguments_]
            if isinstance(value, tuple):
                inside = {t for v in given if isinstance(v, tuple) for t in v}
                votes.update({(t,) for t in value if t not in inside})
            elif kind(value) == "int":  # type: ignore[arg-type]
                votes.update({value - v for v in given if kind(v) == "int"} | {value})  # type: ignore[arg-type, operator]
    for value, count in sorted(votes.items(), key=lambda v: (-v[1], text(v[0])))[:4]:
        if count >= max(2, 0.4 * len(shown)) and all(value != v for v, _ in out):
            out.append((value, 2))
    return out
