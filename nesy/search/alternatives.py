"""Other programs that explain the same examples: what the examples leave open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nesy.machine.primitives import Primitive
from nesy.search.bank import Bank, allowed
from nesy.search.groups import Group, constants_for
from nesy.search.meaning import PARAMETERS, Meaning, of_expression
from nesy.search.synthesise import usable
from nesy.search.universe import Universe


def alternatives(
    universe: Universe,
    examples: Sequence[tuple[tuple[int, ...], int]],
    probes: Sequence[tuple[int, ...]],
    primitives: Sequence[Primitive],
    *,
    cost: float,
    work: int = 120_000,
    most: int = 8,
) -> list[Meaning]:
    """Programs that give every example's value, the shortest first; no two agree on all probes.

    Args:
        examples: (arguments, value); all of one arity, 1 to 3.
        probes: more arguments, whose values are not known.
        cost: of the longest program.
        work: entries that the enumeration may evaluate.
        most: how many programs to return.
    """
    arity = len(examples[0][0])
    columns = np.array([arguments for arguments, _ in examples] + list(probes), dtype=np.int64).T
    wanted = np.array([value for _, value in examples], dtype=np.int64)
    groups = [Group(1.0, 1.0, ((arguments, frozenset((value,))),)) for arguments, value in examples]
    bank = Bank(
        universe,
        columns,
        PARAMETERS[:arity],
        allowed(primitives, constants_for(universe, groups)),
        usable(primitives, universe, groups),
        work,
    )
    found: list[Meaning] = []
    while bank.cost < cost and not bank.exhausted and len(found) < most:
        first, rows = bank.grow()
        for row in np.flatnonzero((rows[:, : len(wanted)] == wanted).all(axis=1)).tolist():
            meaning = of_expression(arity, bank.expression(first + row))
            if meaning.cost <= cost:
                found.append(meaning)
    return found[:most]
