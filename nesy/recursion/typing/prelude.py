"""The types of the prelude's functions in programs."""

from __future__ import annotations

from nesy.types import BOOL, INT, STRING, Signature, TypeVariable, seq

_A = TypeVariable("a")
_ARITHMETIC = Signature((INT, INT), INT)
_COMPARISON = Signature((INT, INT), BOOL)
_CONNECTIVE = Signature((BOOL, BOOL), BOOL)
_PART = Signature((seq(_A),), seq(_A))
_EQUALITY = Signature((_A, _A), BOOL, compared=frozenset({"a"}))

PRELUDE_TYPES: dict[str, Signature] = {
    **dict.fromkeys(("+", "-", "*", "div", "mod", "monus", "min", "max"), _ARITHMETIC),
    **dict.fromkeys(("<", ">", "<=", ">="), _COMPARISON),
    **dict.fromkeys(("and", "or"), _CONNECTIVE),
    **dict.fromkeys(("head", "tail", "last", "init", "reverse"), _PART),
    **dict.fromkeys(("==", "!="), _EQUALITY),
    "++": Signature((seq(_A), seq(_A)), seq(_A)),
    "if": Signature((BOOL, _A, _A), _A),
    "int": Signature((STRING,), INT),
    "length": Signature((seq(_A),), INT),
    "not": Signature((BOOL,), BOOL),
}
"""By name; `head` and `last` give sequences of one element or none, so that they are total."""
