"""Rules in words, for messages."""

from __future__ import annotations

from collections.abc import Sequence

from nesy.puzzles.model import AllDifferent, Count, Element, Linear, Model, Product, Rule, Table, Value

SHOWN = 12
"""How many variables, values or rows are named."""


def say(rule: Rule, model: Model) -> str:
    """What a rule wants: ``row[3]: cell[3, 1], cell[3, 2], ... are all different``."""
    return f"{rule.label}: {_wish(rule, [model.names[variable] for variable in rule.constraint.scope])}"


def _wish(rule: Rule, names: Sequence[str]) -> str:
    match rule.constraint:
        case AllDifferent(_, offsets):
            shifted = [_shifted(name, offset) for name, offset in zip(names, offsets or [0] * len(names), strict=True)]
            return f"{_list(shifted)} are {'all ' * (len(names) > 2)}different"
        case Linear(_, coefficients, comparator, bound):
            terms = [_term(c, name) for c, name in zip(coefficients, names, strict=True)]
            left = " ".join(terms[:SHOWN]) + (" + ..." if len(terms) > SHOWN else "")
            return f"{left.removeprefix('+ ')} {comparator} {bound}"
        case Product(_, comparator, bound):
            return f"{' * '.join(names)} {comparator} {bound}"
        case Table((), _):
            return "nothing satisfies it"
        case Table(_, rows, negated):
            if not rows and not negated:
                return "nothing satisfies it"
            several = f"({_list(names)})" if len(names) > 1 else names[0]
            return f"{several} {'is none' if negated else 'is one'} of {_rows(rows)}"
        case Element(_, keys):
            index, value, *array = names
            return f"{value} is the one of {_list(array)} that {index} says ({_list([str(k) for k in keys])})"
        case Count(_, values, comparator, bound):
            wanted = {"<=": "at most", ">=": "at least", "=": "exactly", "!=": "not"}[comparator]
            is_ = " or ".join(sorted(map(str, values))[:SHOWN])
            return f"{wanted} {bound} of {_list(names)} {'is' if bound == 1 else 'are'} {is_}"


def _rows(rows: frozenset[tuple[Value, ...]]) -> str:
    if len(rows) > SHOWN:
        return f"{len(rows):,} combinations"
    ordered = sorted(rows, key=lambda row: [(isinstance(item, str), item) for item in row])
    return _list([str(row[0]) if len(row) == 1 else f"({', '.join(map(str, row))})" for row in ordered])


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")


def _shifted(name: str, offset: int) -> str:
    if not offset:
        return name
    return f"{name} {'+' if offset > 0 else '-'} {abs(offset)}"


def _term(coefficient: int, name: str) -> str:
    sign = "+" if coefficient > 0 else "-"
    return f"{sign} {name}" if abs(coefficient) == 1 else f"{sign} {abs(coefficient)}*{name}"
