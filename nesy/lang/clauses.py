"""The clause language: text to clauses and back.

``read_clauses`` knows the notation only; ``nesy.lang.names`` resolves what the names mean.
The law: printing an expression and reading it again gives the same expression.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lark import Token, Transformer

from nesy.lang.syntax import Misfit, read, reader
from nesy.machine.expressions import (
    Apply,
    As,
    Call,
    Case,
    Clause,
    Cons,
    Construct,
    Expression,
    Lambda,
    Let,
    Literal,
    Partial,
    Pattern,
    Sequence,
    Successor,
    Variable,
    subexpressions,
    subpatterns,
)
from nesy.machine.primitives import PRELUDE
from nesy.machine.values import Element, Value, text
from nesy.numerals import integer
from nesy.quoting import capitalised, quote, unquote

MAX_DEPTH = 200
"""How deep an expression or a pattern may nest; longer ones are split into functions."""

MAX_SUCCESSORS = 1000
"""The largest k of a pattern ``n + k``."""

KEYWORDS = frozenset({"if", "then", "else", "let", "in", "and", "or", "not", "div", "mod", "true", "false"})

EMPTY = Literal(())


def read_clauses(section: str, file: str | None = None) -> tuple[Clause, ...]:
    """The clauses of a section; names in them are lark tokens, which know their line and column.

    Raises:
        InputError: a place where the text is not in the clause language.
    """
    clauses: tuple[Clause, ...] = read(reader("clauses", Builder), section, file, mend, "the end of the section")
    return clauses


def read_expression(source: str) -> Expression:
    """One expression, without looking at what its names mean.

    Raises:
        InputError: the text is not an expression.
    """
    (clause,) = read_clauses("it = " + source)
    return clause.body


def mend(found: str, expected: frozenset[str]) -> str | None:
    if expected == {"_NL", "$END"}:
        return "start each clause in the first column"
    if found == "'='":
        return "compare with ==; one = defines"
    if found == "'|'":
        return "a condition is a guard: f(x) when x > 0 = ..."
    if found == "':'":
        return "a sequence is taken apart by [x] ++ xs"
    if found == "'('" and expected == {"NAME"}:
        return r"parameters stand without parentheses: \x, y -> x + y"
    if found == "the end of the line":
        return "indent the lines that continue a clause"
    if found.strip("'") in KEYWORDS:
        return f"{found} is a keyword: choose another name, or quote it if it is a word"
    if found.startswith("'") and found[1:2].isalpha() and "LPAR" in expected:
        return "write a function's arguments in parentheses"
    return None


@dataclass(frozen=True, slots=True)
class _Guard:
    condition: Expression


class Builder(Transformer[Token, Any]):
    """Builds clauses while lark parses; every method's argument is the list of its children. Capitalised names are
    tokens.
    """

    start = tuple

    def clause(self, parts: list[Any]) -> Clause:
        name, *patterns, body = parts
        guard = patterns.pop().condition if patterns and isinstance(patterns[-1], _Guard) else None
        if capitalised(name) or name == "_":
            raise Misfit(
                f"{str(name)!r} cannot be defined",
                name,
                "a name that starts with a small letter",
                f"write {name.lower()}, or quote it where it is a token" if name != "_" else None,
            )
        for part in (*patterns, *[guard] * (guard is not None), body):
            if deeper(part, MAX_DEPTH):
                raise Misfit(
                    f"this clause nests more than {MAX_DEPTH} deep",
                    name,
                    mend="give parts of it names of their own",
                )
        return Clause(name, tuple(patterns), body, name.line or 0, guard)

    def guard(self, parts: list[Expression]) -> _Guard:
        return _Guard(parts[0])

    def names(self, parts: list[Token]) -> list[Token]:
        return parts

    # patterns

    def as_(self, parts: list[Any]) -> Pattern:
        name, pattern = parts
        if capitalised(name) or name == "_":
            raise Misfit(f"{name} @", name, "a name that starts with a small letter")
        return As(name, pattern)

    def case(self, parts: list[Any]) -> Pattern:
        name = parts[0]
        if capitalised(name):
            raise Misfit(f"the token {name} with arguments", name, "a pattern of sequences such as [h] ++ t")
        raise Misfit(f"the function {name} in a pattern", name, "a variable, a constant, n + 1 or [h] ++ t")

    def name_pattern(self, parts: list[Token]) -> Pattern:
        return Literal((str(parts[0]),)) if capitalised(parts[0]) else Variable(parts[0])

    def list_pattern(self, parts: list[Pattern]) -> Pattern:
        constants = [_element(part) for part in parts]
        if None not in constants:
            return Literal(tuple(constants))
        return conses(parts, EMPTY)

    def cons(self, parts: list[Pattern]) -> Pattern:
        front, tail = parts
        return conses(elements(front), tail)

    def successor(self, parts: list[Any]) -> Pattern:
        pattern: Pattern = parts[0]
        number: Token = parts[1]
        if not 1 <= _number(number) <= MAX_SUCCESSORS:
            raise Misfit(f"the pattern + {number}", number, f"a number from 1 to {MAX_SUCCESSORS}")
        for _ in range(int(number)):
            pattern = Successor(pattern)
        return pattern

    def negative(self, parts: list[Token]) -> Literal:
        return Literal(-_number(parts[-1]))

    # expressions

    def name(self, parts: list[Token]) -> Expression:
        if parts[0] == "_":
            raise Misfit("_ has no value", parts[0], "a name", "give the pattern a name and use that")
        return Literal((str(parts[0]),)) if capitalised(parts[0]) else Variable(parts[0])

    def call(self, parts: list[Any]) -> Expression:
        name, *arguments = parts
        if capitalised(name):
            raise Misfit(
                f"the token {name} with arguments",
                name,
                "a function, whose name starts with a small letter",
                f"write {name.lower()}(...), or {name} ++ ... to join",
            )
        return Call(name, tuple(arguments))

    def brackets(self, parts: list[Expression]) -> Expression:
        result: Expression | None = None
        run: list[Element] = []
        for part in parts:
            element = _element(part)
            if element is not None:
                run.append(element)
                continue
            if run:
                result = _joined(result, Literal(tuple(run)))
                run = []
            result = _joined(result, Call("unit", (part,)))
        return _joined(result, Literal(tuple(run))) if run or result is None else result

    def lambda_(self, parts: list[Any]) -> Expression:
        raise Misfit("a function without a name", parts[0][0], mend="functions are values in %recursion only")

    def conditional(self, parts: list[Expression]) -> Expression:
        return Call("if", tuple(parts))

    def let(self, parts: list[Any]) -> Expression:
        name, value, body = parts
        if capitalised(name) or name == "_":
            raise Misfit(f"let {name}", name, "a name that starts with a small letter")
        return Let(name, value, body)

    def or_(self, parts: list[Expression]) -> Expression:
        return Call("or", tuple(parts))

    def and_(self, parts: list[Expression]) -> Expression:
        return Call("and", tuple(parts))

    def not_(self, parts: list[Expression]) -> Expression:
        return Call("not", tuple(parts))

    def join(self, parts: list[Expression]) -> Expression:
        return Call("++", tuple(parts))

    def sum(self, parts: list[Any]) -> Expression:
        left, operator, right = parts
        return Call(str(operator), (left, right))

    compare = product = sum

    def minus(self, parts: list[Expression]) -> Expression:
        operand = parts[-1]
        if isinstance(operand, Literal) and type(operand.value) is int and operand.value >= 0:
            return Literal(-operand.value)
        return Call("-", (Literal(0), operand))

    def integer(self, parts: list[Token]) -> Literal:
        return Literal(_number(parts[0]))

    def string(self, parts: list[Token]) -> Literal:
        try:
            return Literal((unquote(parts[0]),))
        except (ValueError, OverflowError):
            raise Misfit(f"{parts[0]} holds a code that is no character", parts[0], r"\uHHHH") from None

    def true(self, _: list[Token]) -> Literal:
        return Literal(True)

    def false(self, _: list[Token]) -> Literal:
        return Literal(False)


def _number(digits: Token) -> int:
    number = integer(digits.lstrip("0") or "0")
    if number is None:
        raise Misfit(f"the number {digits[:20]}", digits, "the digits 0 to 9")
    return number


def _element(part: Expression | Pattern) -> Element | None:
    """What a constant contributes to a sequence in brackets; None for what is not one element."""
    if not isinstance(part, Literal):
        return None
    value: Value = part.value
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 and isinstance(value[0], str) else None
    return value


def elements(front: Pattern) -> list[Pattern]:
    """The patterns in the brackets of ``[...] ++ tail``, from the sequence that the brackets are."""
    if isinstance(front, Literal):
        assert isinstance(front.value, tuple)
        return [Literal((element,) if isinstance(element, str) else element) for element in front.value]
    parts: list[Pattern] = []
    while isinstance(front, Cons):
        parts.append(front.head)
        front = front.tail
    return parts


def conses(parts: list[Pattern], tail: Pattern) -> Pattern:
    for part in reversed(parts):
        tail = Cons(part, tail)
    return tail


def _joined(left: Expression | None, right: Expression) -> Expression:
    return right if left is None else Call("++", (left, right))


def _parts(node: Expression | Pattern) -> tuple[Expression | Pattern, ...]:
    return (*subexpressions(node), *subpatterns(node))  # type: ignore[arg-type]


def _root(pattern: Expression | Pattern) -> Expression | Pattern:
    """The pattern n of ``n + k``."""
    while isinstance(pattern, Successor):
        pattern = pattern.predecessor
    return pattern


def deeper(node: Expression | Pattern, limit: int) -> bool:
    """Whether a tree is deeper than `limit`; ``n + k`` counts as one step."""
    level: list[Expression | Pattern] = [node]
    while level and limit >= 0:
        level = [_root(part) for upper in level for part in _parts(upper)]
        limit -= 1
    return bool(level)


# printing

_TOKEN = re.compile(r"[A-Z][A-Za-z0-9_]*")
_LOOSEST, _ATOM = 0, 9
_NOT, _COMPARISON = PRELUDE["not"].precedence, PRELUDE["=="].precedence


def print_clause(clause: Clause) -> str:
    """The clause as it is written in a file, on one line."""
    patterns = ", ".join(print_pattern(pattern) for pattern in clause.patterns)
    head = f"{clause.name}({patterns})" if clause.patterns else clause.name
    guard = f" when {print_expression(clause.guard)}" if clause.guard is not None else ""
    return f"{head}{guard} = {print_expression(clause.body)}"


def print_expression(expression: Expression) -> str:
    """The expression with as few parentheses as reading it back allows."""
    return _print(expression, _LOOSEST)


def print_pattern(pattern: Pattern) -> str:
    """The pattern as it is written in a file."""
    match pattern:
        case Variable(name):
            return name
        case Literal():
            return _print_literal(pattern)
        case Successor():
            return _print_successor(pattern)
        case Case(constructor, ()):
            return constructor
        case Case(constructor, patterns):
            return f"{constructor}({', '.join(map(print_pattern, patterns))})"
        case As(name, Cons() | Successor() as inside):
            return f"{name} @ ({print_pattern(inside)})"
        case As(name, inside):
            return f"{name} @ {print_pattern(inside)}"
    return _print_cons(pattern)


def _print(expression: Expression, context: int) -> str:
    """The expression; in parentheses if it binds less tightly than `context`."""
    match expression:
        case Variable(name):
            return name
        case Literal():
            return _print_literal(expression)
        case Let(name, value, body):
            written, own = f"let {name} = {_print(value, 0)} in {_print(body, 0)}", 0
        case Lambda(parameters, body):
            written, own = f"\\{', '.join(parameters)} -> {_print(body, 0)}", 0
        case Call(function, arguments):
            written, own = _print_call(function, arguments)
        case Construct(constructor, ()):
            return constructor
        case Construct(constructor, arguments):
            return _print_application(constructor, arguments)
        case Sequence(parts):
            return f"[{', '.join(_print(part, _LOOSEST) for part in parts)}]"
        case Partial(function, ()):
            return function
        case Partial(function, arguments):
            return _print_application(function, arguments)
        case Apply(function, arguments):
            return _print_application(_print(function, _ATOM), arguments)
    return written if own >= context else f"({written})"


def _print_call(function: str, arguments: tuple[Expression, ...]) -> tuple[str, int]:
    """The text of a call and how tightly it binds."""
    primitive = PRELUDE.get(function)
    own = primitive.precedence if primitive else 0
    if function == "if":
        condition, yes, no = (_print(argument, _LOOSEST) for argument in arguments)
        return f"if {condition} then {yes} else {no}", _LOOSEST
    if function == "unit" and not isinstance(arguments[0], Literal):
        return f"[{_print(arguments[0], _LOOSEST)}]", _ATOM
    if function == "not":
        return f"not {_print(arguments[0], _NOT)}", _NOT
    if own and len(arguments) == 2:
        left_context = own + 1 if own == _COMPARISON else own
        return f"{_print(arguments[0], left_context)} {function} {_print(arguments[1], own + 1)}", own
    return _print_application(function, arguments), _ATOM


def _print_application(function: str, arguments: tuple[Expression, ...]) -> str:
    return f"{function}({', '.join(_print(argument, _LOOSEST) for argument in arguments)})"


def _print_literal(literal: Literal) -> str:
    value = literal.value
    if isinstance(value, str):
        return quote(value)
    if not isinstance(value, tuple):
        return text(value)
    if len(value) == 1 and isinstance(value[0], str):
        return _print_element(value[0])
    return f"[{', '.join(_print_element(element) for element in value)}]"


def _print_element(element: Element) -> str:
    if not isinstance(element, str):
        return text(element)
    return element if _TOKEN.fullmatch(element) else quote(element)


def _print_successor(pattern: Pattern) -> str:
    count = 0
    while isinstance(pattern, Successor):
        pattern, count = pattern.predecessor, count + 1
    written = print_pattern(pattern)
    return f"({written}) + {count}" if isinstance(pattern, Cons) else f"{written} + {count}"


def _print_cons(pattern: Pattern) -> str:
    heads: list[Pattern] = []
    while isinstance(pattern, Cons):
        heads.append(pattern.head)
        pattern = pattern.tail
    front = f"[{', '.join(print_pattern(head) for head in heads)}]"
    closed = pattern == EMPTY and not all(_element(head) is not None for head in heads)
    return front if closed else f"{front} ++ {print_pattern(pattern)}"
