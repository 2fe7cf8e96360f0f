"""The notation of ``%recursion``: its text to statements, in which no name is looked up yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lark import Token

from nesy.lang.clauses import EMPTY, MAX_DEPTH, Builder, conses, deeper, elements, mend
from nesy.lang.syntax import Misfit, read, reader
from nesy.machine.expressions import (
    Call,
    Case,
    Clause,
    Construct,
    Expression,
    Lambda,
    Literal,
    Pattern,
    Sequence,
    Variable,
)
from nesy.quoting import capitalised
from nesy.types import Constructor, Declaration, Function, Named, Signature, Type


@dataclass(frozen=True, slots=True)
class Signed:
    """``name : signature``; `kind` is ``""``, ``"partial"`` or ``"learned"``."""

    name: Token
    signature: Signature | None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """``check left = right``: a test in the file; without a right side the left one is to be true."""

    left: Expression
    right: Expression
    line: int = 0


Statement = Declaration | Signed | Check | Clause


def read_statements(section: str, file: str | None = None) -> tuple[Statement, ...]:
    """The statements of a section; names in them are lark tokens, which know their line and column.

    Raises:
        InputError: a place where the text is not in the language.
    """
    statements: tuple[Statement, ...] = read(
        reader("clauses", _Builder, "program"), section, file, mend, "the end of the section"
    )
    return statements


def read_expression(source: str, file: str | None = None) -> Expression:
    """One expression, without looking at what its names mean.

    Raises:
        InputError: the text is not an expression.
    """
    expression: Expression = read(
        reader("clauses", _Builder, "single"), source, file, mend, "the end of the expression"
    )
    return expression


class _Builder(Builder):
    """Capitalised names are constructors, words in quotes are strings, sequences may hold sequences."""

    program = tuple

    def single(self, parts: list[Expression]) -> Expression:
        if deeper(parts[0], MAX_DEPTH):
            place = Token("START", "", line=1, column=1)
            raise Misfit(f"this expression nests more than {MAX_DEPTH} deep", place, mend="hand it over from Python")
        return parts[0]

    def check(self, parts: list[Any]) -> Check:
        keyword, left, *right = parts
        return Check(left, right[0] if right else Literal(True), keyword.line or 0)

    # types

    def type_(self, parts: list[Any]) -> Declaration:
        name, *parts = parts
        _small(name, "type")
        parameters = tuple(parts.pop(0)) if isinstance(parts[0], list) else ()
        for parameter in parameters:
            _small(parameter, "parameter")
        constructors = tuple(Constructor(c.name, c.fields, name, c.line) for c in parts)
        return Declaration(name, parameters, constructors, name.line or 0)

    def constructor(self, parts: list[Any]) -> Constructor:
        name, *fields = parts
        if not capitalised(name):
            expected = "a constructor, whose name starts with a capital letter"
            raise Misfit(f"the constructor {name}", name, expected, f"write {name.capitalize()}")
        return Constructor(name, tuple(fields[0]) if fields else (), "", name.line or 0)

    def types(self, parts: list[Type]) -> list[Type]:
        return parts

    def type_name(self, parts: list[Any]) -> Named:
        name, *arguments = parts
        _small(name, "type")
        return Named(name, tuple(int(a) if isinstance(a, Token) else a for a in arguments))

    def arrow(self, parts: list[Any]) -> Function:
        *parameters, result = parts
        return Function(tuple(parameters[0]) if parameters else (), result)

    def signature(self, parts: list[Any]) -> Signed:
        name, *parameters, result = parts
        _small(name, "function")
        return Signed(name, Signature(tuple(parameters[0]) if parameters else (), result, name.line or 0))

    def partial(self, parts: list[Any]) -> Signed:
        return Signed(parts[0], self.signature(parts).signature if len(parts) > 1 else None, "partial")

    def learned(self, parts: list[Any]) -> Signed:
        return Signed(parts[0], self.signature(parts).signature, "learned")

    # patterns

    def name_pattern(self, parts: list[Token]) -> Pattern:
        return Case(parts[0]) if capitalised(parts[0]) else Variable(parts[0])

    def case(self, parts: list[Any]) -> Pattern:
        name, *patterns = parts
        if not capitalised(name):
            expected = "a constructor, whose name starts with a capital letter"
            raise Misfit(f"the function {name} in a pattern", name, expected)
        return Case(name, tuple(patterns))

    def list_pattern(self, parts: list[Pattern]) -> Pattern:
        return conses(parts, EMPTY)

    def cons(self, parts: list[Pattern]) -> Pattern:
        front, tail = parts
        return conses(elements(front), tail)

    # expressions

    def name(self, parts: list[Token]) -> Expression:
        return Construct(parts[0]) if capitalised(parts[0]) else super().name(parts)

    def call(self, parts: list[Any]) -> Expression:
        name, *arguments = parts
        return Construct(name, tuple(arguments)) if capitalised(name) else Call(name, tuple(arguments))

    def brackets(self, parts: list[Expression]) -> Expression:
        return Sequence(tuple(parts))

    def lambda_(self, parts: list[Any]) -> Expression:
        names, body = parts
        for name in names:
            _small(name, "parameter")
        return Lambda(tuple(names), body)

    def string(self, parts: list[Token]) -> Literal:
        (word,) = super().string(parts).value
        return Literal(word)


def _small(name: Token, what: str) -> None:
    if capitalised(name):
        raise Misfit(f"the {what} {name}", name, "a name that starts with a small letter", f"write {name.lower()}")
