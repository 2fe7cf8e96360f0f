"""Formulas as text: the names of the helpers that stand for parts of rules."""

from __future__ import annotations

from collections.abc import Sequence

from nesy.puzzles.formulas import Element, Formula, Member, Row, Sum, Symbolic, Variable
from nesy.puzzles.values import write

LONGEST = 60
"""Longer texts are cut."""


def write_formula(formula: Symbolic, names: Sequence[str]) -> str:
    """A formula as a person would write it, ``count(x[1] = 2)``, at most `LONGEST` characters.

    Args:
        names: of the variables.
    """
    text = _write(formula, names)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _write(formula: Symbolic, names: Sequence[str]) -> str:
    match formula:
        case Variable(number):
            return names[number]
        case Member(variable, values):
            known = [write(item) for item in sorted(values, key=lambda item: (isinstance(item, str), item))]
            return f"{names[variable]} = {known[0]}" if len(known) == 1 else f"{names[variable]} in {_set(known)}"
        case Sum(terms, constant):
            parts = [_term(coefficient, _write(term, names)) for term, coefficient in terms]
            parts += [f"{'+' if constant > 0 else '-'} {abs(constant)}"] if constant else []
            return " ".join(parts).removeprefix("+ ")
        case Row(inside, rows):
            return f"({_list(inside, names)}) in {_set([write(row) for row in sorted(rows, key=write)])}"
        case Element(indices, entries):
            return f"{_set([_write(entry, names) for _, entry in entries])}[{_list(indices, names)}]"
        case Formula("<=" | "=" | "!=" as operator, (difference,)):
            return f"{_write(difference, names)} {operator} 0"
        case Formula("not", (inside,)):
            return f"not ({_write(inside, names)})"
        case Formula("*" | "div" | "mod" | "and" | "or" as operator, parts):
            return f" {operator} ".join(f"({_write(part, names)})" for part in parts)
        case Formula("same" | "iff" as operator, (left, right)):
            return f"({_write(left, names)}) {'=' if operator == 'same' else '<->'} ({_write(right, names)})"
        case Formula(operator, parts):
            return f"{operator}({_list(parts, names)})"
    return write(formula)


def _term(coefficient: int, text: str) -> str:
    factor = "" if abs(coefficient) == 1 else f"{abs(coefficient)} * "
    return f"{'+' if coefficient > 0 else '-'} {factor}{text}"


def _list(formulas: Sequence[Symbolic], names: Sequence[str]) -> str:
    return ", ".join(_write(formula, names) for formula in formulas)


def _set(texts: Sequence[str]) -> str:
    return "{" + ", ".join(texts) + "}"
