"""Propagation of tables, positive and negated: all that can be removed."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from nesy.puzzles.alignment import Alignment
from nesy.puzzles.model import Table, Value
from nesy.puzzles.propagator import Propagator


def table(rule: Table, alignment: Alignment) -> Propagator:
    """Generalised arc consistency with one mask over the rows per variable and value.

    A positive table keeps a value that a valid row has. A negated one removes a value if the valid rows with it are
    as many as there are combinations of the other variables' values: then all of them are forbidden.
    """
    scope, rows = _distinct(rule)
    rows = [row for row in rows if all(value in alignment.positions for value in row)]
    holds: list[dict[int, int]] = [{} for _ in scope]
    for number, row in enumerate(rows):
        for column, value in zip(holds, row, strict=True):
            bit = 1 << alignment.positions[value]
            column[bit] = column.get(bit, 0) | 1 << number
    columns = list(zip(scope, holds, strict=True))
    every = (1 << len(rows)) - 1

    def valid_rows(domains: list[int]) -> int:
        valid = every
        for variable, column in columns:
            mask = domains[variable]
            having = 0
            while mask:
                low = mask & -mask
                mask ^= low
                having |= column.get(low, 0)
            valid &= having
        return valid

    def positive(domains: list[int]) -> Sequence[int] | None:
        valid = valid_rows(domains)
        if not valid:
            return None
        changed = []
        for variable, column in columns:
            mask = kept = domains[variable]
            while mask:
                low = mask & -mask
                mask ^= low
                if not column.get(low, 0) & valid:
                    kept ^= low
            if kept != domains[variable]:
                domains[variable] = kept
                changed.append(variable)
        return changed

    def negative(domains: list[int]) -> Sequence[int] | None:
        valid = valid_rows(domains)
        if not valid:
            return ()
        sizes = prod(domains[variable].bit_count() for variable in scope)
        changed = []
        for variable, column in columns:
            mask = kept = domains[variable]
            others = sizes // mask.bit_count()
            while mask:
                low = mask & -mask
                mask ^= low
                if (column.get(low, 0) & valid).bit_count() == others:
                    kept ^= low
            if kept != domains[variable]:
                if not kept:
                    return None
                domains[variable] = kept
                changed.append(variable)
                return changed  # the counts above are of the old masks; the propagator runs again
        return changed

    return negative if rule.negated else positive


def _distinct(rule: Table) -> tuple[tuple[int, ...], list[tuple[Value, ...]]]:
    """Scope and rows with each variable once; rows that give one variable two values match nothing and go."""
    scope = tuple(dict.fromkeys(rule.scope))
    rows: dict[tuple[Value, ...], None] = {}
    for row in rule.rows:
        found = dict(zip(rule.scope, row, strict=True))
        if all(found[variable] == value for variable, value in zip(rule.scope, row, strict=True)):
            rows[tuple(found[variable] for variable in scope)] = None
    return scope, list(rows)
