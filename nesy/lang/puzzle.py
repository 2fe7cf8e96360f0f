"""The puzzle language: text to statements and back.

``read_puzzle`` knows the notation only; ``nesy.puzzles`` finds out what the names mean.
The law: printing an expression and reading it again gives the same expression.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lark import Token, Transformer

from nesy.lang.syntax import Misfit, read, reader
from nesy.numerals import integer
from nesy.quoting import capitalised, quote, unquote

MAX_DEPTH = 100
"""How deep an expression may nest; longer chains are written with ``sum``, ``forall`` or ``exists``."""

KEYWORDS = frozenset(
    ("let", "data", "var", "rule", "for", "where", "in", "if", "then", "else", "and", "or", "not", "div", "mod")
)

_HERE = Token("START", "", line=1, column=1)


@dataclass(frozen=True, slots=True)
class Literal:
    """An integer, a truth value, or a name that stands for itself (``Red``, ``"red"``)."""

    value: int | bool | str
    at: Token = field(default=_HERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter, a bound name, or a declaration of variables."""

    text: str
    at: Token = field(default=_HERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Index:
    """``of[indices]``."""

    of: Expression
    indices: tuple[Expression, ...]
    at: Token = field(default=_HERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """``+ - * div mod``, comparisons, ``in``, ``..``, logic and ``if``, on one to three operands."""

    operator: str
    operands: tuple[Expression, ...]
    at: Token = field(default=_HERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binder:
    """``pattern in source``; a pattern is a name, or a tuple of patterns."""

    pattern: Pattern
    source: Expression
    at: Token = field(default=_HERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Generators:
    """``x in a, (y, z) in b where condition``."""

    binders: tuple[Binder, ...]
    condition: Expression | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the language; with generators the last argument stands for as many as these give."""

    function: str
    arguments: tuple[Expression, ...]
    generators: Generators | None = None
    at: Token = field(default=_HERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Collection:
    """A tuple ``(a, b)``, which may be written ``[a, b]``, or a set ``{a, b}``; with generators as `Call`."""

    kind: str
    items: tuple[Expression, ...]
    generators: Generators | None = None
    at: Token = field(default=_HERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """``{key: value, ...}``."""

    pairs: tuple[tuple[Expression, Expression], ...]
    at: Token = field(default=_HERE, compare=False, repr=False)


Expression: TypeAlias = Literal | Name | Index | Operation | Call | Collection | Dictionary
Pattern: TypeAlias = "Token | tuple[Pattern, ...]"
"""What a binder binds: a name, or a tuple of patterns."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """``let name = value``; without a value ``data name``, which comes with an instance."""

    name: Token
    value: Expression | None = None


@dataclass(frozen=True, slots=True)
class Variables:
    """``var name[generators] : domain``."""

    name: Token
    generators: Generators | None
    domain: Expression


@dataclass(frozen=True, slots=True)
class RuleStatement:
    """``rule name[generators]: body``."""

    name: Token
    generators: Generators | None
    body: Expression


Statement: TypeAlias = Parameter | Variables | RuleStatement


def read_puzzle(section: str, file: str | None = None) -> tuple[Statement, ...]:
    """The statements of a ``%puzzle`` section.

    Raises:
        InputError: a place where the text is not in the puzzle language.
    """
    parser = reader("puzzle", _Builder)
    statements: tuple[Statement, ...] = read(parser, section, file, _mend, "the end of the section")
    return statements


def read_expression(text: str, file: str | None = None) -> Expression:
    """One expression, without looking at what its names mean.

    Raises:
        InputError: the text is not an expression.
    """
    parser = reader("puzzle", _Builder, "single")
    expression: Expression = read(parser, text, file, _mend, "the end")
    return expression


def names_of(pattern: Pattern) -> tuple[Token, ...]:
    """The names that a pattern binds, from left to right."""
    if isinstance(pattern, Token):
        return (pattern,)
    return tuple(name for part in pattern for name in names_of(part))


def parts(expression: Expression) -> tuple[Expression, ...]:
    """The expressions inside, without those of generators."""
    match expression:
        case Index(of, indices):
            return (of, *indices)
        case Operation(_, operands):
            return operands
        case Call(_, arguments):
            return arguments
        case Collection(_, items):
            return items
        case Dictionary(pairs):
            return tuple(part for pair in pairs for part in pair)
    return ()


def _mend(found: str, expected: frozenset[str]) -> str | None:
    if found == "'='" and expected == {"_NL", "$END"}:
        return "data comes with an instance: write let for a value"
    if expected == {"_NL", "$END"} or (found in ("'let'", "'data'", "'var'", "'rule'") and "_NL" in expected):
        return "start each statement in the first column, and indent the lines that continue it"
    if "LET" in expected and "VAR" in expected:
        return "a statement starts with let, data, var or rule"
    if found == "'['" and expected == {"COLON"}:
        return "indices stand before the colon: var x[i in 1..3] : 1..9"
    if found in ("'='", "'=='", "'<'", "'<='", "'>'", "'>='", "'!='", "'in'") and "AND" in expected:
        return "write a < b and b < c for a < b < c"
    if found == "':'" and "EQUAL" in expected:
        return "a parameter is written let name = value"
    if found == "':'" and expected == {"NAME"}:
        return "give the rule a name, which messages cite: rule total: ..."
    if found == "']'" and expected == {"IN"}:
        return "say what the index goes through: var x[i in 1..3] : 1..9"
    if expected == {"COLON", "LSQB"}:
        return "after the name a colon: var x : 1..9, rule total: x + y = 9"
    if found == "'%'":
        return "write mod for the remainder"
    if found == "'/'":
        return "write div for division without remainder"
    if found in ("'&'", "'∧'"):
        return "write and"
    if found in ("'!'", "'~'"):
        return "write not"
    if found.strip("'") in KEYWORDS and "NAME" in expected:
        return f"{found} is a keyword: choose another name, or quote it"
    return None


class _Builder(Transformer[Token, Any]):
    """Builds statements while lark parses; every method's argument is the list of its children."""

    start = tuple

    def single(self, parts: list[Expression]) -> Expression:
        return _shallow(parts[0])

    # statements

    def let(self, parts: list[Any]) -> Parameter:
        return Parameter(_own(parts[0], "parameter"), _shallow(parts[2]))

    def data(self, parts: list[Token]) -> Parameter:
        return Parameter(_own(parts[0], "parameter"))

    def var(self, parts: list[Any]) -> Variables:
        name, *generators, domain = parts
        return Variables(_own(name, "variable"), generators[0] if generators else None, _shallow(domain))

    def rule(self, parts: list[Any]) -> RuleStatement:
        name, *generators, body = parts
        return RuleStatement(name, generators[0] if generators else None, _shallow(body))

    def indices(self, parts: list[Any]) -> Generators:
        condition = None if isinstance(parts[-1], Binder) else parts.pop()
        for binder in parts:
            _shallow(binder.source)
        return Generators(tuple(parts), condition and _shallow(condition))

    for_ = indices

    def where(self, parts: list[Expression]) -> Expression:
        return parts[0]

    def binder(self, parts: list[Any]) -> Binder:
        pattern, source = parts
        return Binder(pattern, source, names_of(pattern)[0])

    def binder_name(self, parts: list[Token]) -> Token:
        return _own(parts[0], "bound name")

    pattern = tuple

    # expressions

    def conditional(self, parts: list[Expression]) -> Expression:
        return Operation("if", tuple(parts), parts[0].at)

    def compare(self, parts: list[Any]) -> Expression:
        left, operator, right = parts
        return Operation("=" if operator == "==" else str(operator), (left, right), operator)

    equivalence = implication = or_ = and_ = in_ = range = sum = product = compare

    def not_in(self, parts: list[Any]) -> Expression:
        left, word, _, right = parts
        return Operation("not in", (left, right), word)

    def not_(self, parts: list[Any]) -> Expression:
        return Operation("not", (parts[1],), parts[0])

    def minus(self, parts: list[Any]) -> Expression:
        operator, operand = parts
        if isinstance(operand, Literal) and type(operand.value) is int and operand.value > 0:
            return Literal(-operand.value, operator)
        return Operation("-", (operand,), operator)

    def index(self, parts: list[Any]) -> Expression:
        of, *indices = parts
        return Index(of, tuple(indices), of.at)

    def name(self, parts: list[Token]) -> Expression:
        token = parts[0]
        return Literal(str(token), token) if capitalised(token) else Name(str(token), token)

    def call(self, parts: list[Any]) -> Expression:
        name, *arguments = parts
        generators = arguments.pop() if arguments and isinstance(arguments[-1], Generators) else None
        return Call(str(name), tuple(arguments), generators, name)

    def tuple_(self, parts: list[Expression]) -> Expression:
        return Collection("tuple", tuple(parts), None, parts[0].at)

    def list_(self, parts: list[Any]) -> Expression:
        return self._collection("tuple", parts)

    def set_(self, parts: list[Any]) -> Expression:
        return self._collection("set", parts)

    def _collection(self, kind: str, parts: list[Any]) -> Expression:
        bracket, *items = parts
        generators = items.pop() if items and isinstance(items[-1], Generators) else None
        return Collection(kind, tuple(items), generators, bracket)

    def map_(self, parts: list[Any]) -> Expression:
        return Dictionary(tuple(parts[1:]), parts[0])

    pair = tuple

    def absolute(self, parts: list[Any]) -> Expression:
        return Call("abs", (parts[1],), None, parts[0])

    def integer(self, parts: list[Token]) -> Expression:
        number = integer(parts[0].lstrip("0") or "0") if len(parts[0]) <= 100 else None
        if number is None:
            raise Misfit(f"the number {parts[0][:20]}", parts[0], "at most 100 of the digits 0 to 9")
        return Literal(number, parts[0])

    def string(self, parts: list[Token]) -> Expression:
        try:
            return Literal(unquote(parts[0]), parts[0])
        except (ValueError, OverflowError):
            raise Misfit(f"{parts[0]} holds a code that is no character", parts[0], r"\uHHHH") from None

    def true(self, parts: list[Token]) -> Expression:
        return Literal(True, parts[0])

    def false(self, parts: list[Token]) -> Expression:
        return Literal(False, parts[0])


def _own(name: Token, what: str) -> Token:
    if capitalised(name):
        raise Misfit(
            f"the {what} {name}",
            name,
            "a name that starts with a small letter",
            f"write {name.lower()}; capitalised names stand for themselves",
        )
    return name


def _shallow(expression: Expression) -> Expression:
    """The expression, if it is not nested too deep."""
    level: list[Expression] = [expression]
    for _ in range(MAX_DEPTH):
        level = [part for upper in level for part in _inside(upper)]
        if not level:
            return expression
    raise Misfit(
        f"this expression nests more than {MAX_DEPTH} deep",
        expression.at,
        mend="write long sums as sum(... for ...), long conditions as forall or exists",
    )


def _inside(expression: Expression) -> list[Expression]:
    """The expressions inside, those of generators too."""
    generators = expression.generators if isinstance(expression, Call | Collection) else None
    if generators is None:
        return [*parts(expression)]
    condition = [] if generators.condition is None else [generators.condition]
    return [*parts(expression), *(binder.source for binder in generators.binders), *condition]


# printing

_LEVELS: tuple[tuple[str, ...], ...] = (
    ("if",),
    ("<->",),
    ("->",),
    ("or",),
    ("and",),
    ("not",),
    ("=", "!=", "<", "<=", ">", ">=", "in", "not in"),
    ("..",),
    ("+", "-"),
    ("*", "div", "mod"),
)

_LEVEL = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
_UNARY, _ATOM = len(_LEVELS), len(_LEVELS) + 1
_LEFT, _RIGHT = frozenset({"<->", "or", "and", "+", "-", "*", "div", "mod"}), frozenset({"->"})


def print_puzzle(statements: tuple[Statement, ...]) -> str:
    """The section's lines, without its header."""
    return "\n".join(map(print_statement, statements)) + "\n"


def print_statement(statement: Statement) -> str:
    """The statement on one line."""
    match statement:
        case Parameter(name, None):
            return f"data {name}"
        case Parameter(name, value):
            assert value is not None
            return f"let {name} = {print_expression(value)}"
        case Variables(name, generators, domain):
            return f"var {name}{_indices(generators)} : {print_expression(domain)}"
        case RuleStatement(name, generators, body):
            return f"rule {name}{_indices(generators)}: {print_expression(body)}"


def print_expression(expression: Expression) -> str:
    """The expression with as few parentheses as reading it back allows."""
    return _print(expression, 0)


def _print(expression: Expression, context: int) -> str:
    match expression:
        case Literal(value):
            written, level = _literal(value), _ATOM if type(value) is not int or value >= 0 else _UNARY
        case Name(text):
            return text
        case Index(of, indices):
            return f"{_print(of, _ATOM)}[{_list(indices)}]"
        case Operation(operator, operands):
            written, level = _operation(operator, operands)
        case Call(function, arguments, generators):
            return f"{function}({_list(arguments)}{_for(generators)})"
        case Collection("set", items, generators):
            return f"{{{_list(items)}{_for(generators)}}}"
        case Collection(_, items, None) if len(items) > 1:
            return f"({_list(items)})"
        case Collection(_, items, generators):
            return f"[{_list(items)}{_for(generators)}]"
        case Dictionary(pairs):
            return "{" + ", ".join(f"{_print(key, 0)}: {_print(value, 0)}" for key, value in pairs) + "}"
    return written if level >= context else f"({written})"


def _operation(operator: str, operands: tuple[Expression, ...]) -> tuple[str, int]:
    """The text and how tightly it binds."""
    if operator == "if":
        condition, yes, no = (_print(operand, 0) for operand in operands)
        return f"if {condition} then {yes} else {no}", 0
    if operator == "-" and len(operands) == 1:
        inside = _print(operands[0], _UNARY)
        # -3 is read as one number: the minus of an operation on a number keeps its parentheses
        return f"-({inside})" if isinstance(operands[0], Literal) else f"-{inside}", _UNARY
    level = _LEVEL[operator]
    if operator == "not":
        return f"not {_print(operands[0], level)}", level
    left = _print(operands[0], level if operator in _LEFT else level + 1)
    right = _print(operands[1], level if operator in _RIGHT else level + 1)
    separator = "" if operator == ".." else " "
    return f"{left}{separator}{operator}{separator}{right}", level


def _literal(value: int | bool | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return value if value.isidentifier() and capitalised(value) else quote(value)


def _list(expressions: tuple[Expression, ...]) -> str:
    return ", ".join(_print(expression, 0) for expression in expressions)


def _for(generators: Generators | None) -> str:
    return f" for {_generators(generators)}" if generators else ""


def _indices(generators: Generators | None) -> str:
    return f"[{_generators(generators)}]" if generators else ""


def _generators(generators: Generators) -> str:
    binders = ", ".join(f"{_pattern(b.pattern)} in {_print(b.source, _LEVEL['..'])}" for b in generators.binders)
    return binders + (f" where {_print(generators.condition, 0)}" if generators.condition else "")


def _pattern(pattern: Pattern) -> str:
    return str(pattern) if isinstance(pattern, Token) else f"({', '.join(map(_pattern, pattern))})"
