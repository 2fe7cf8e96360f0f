"""Programs written in Python: functions that use ``match``, translated to clauses.

    nat = Builder("type nat = O | S(nat)")

    @nat.function
    def add(n, m):
        match n:
            case O():
                return m
            case S(k):
                return S(add(k, m))

    nat.program().check()       # cases, termination: as for a file
    add(two, three)             # runs the compiled clauses

The function's source is read as a tree and never run as Python; what has no clause (loops, attributes,
assignments to anything but a name) is refused with its line.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from lark import Token

from nesy.errors import InputError
from nesy.lang.clauses import EMPTY, conses, print_clause
from nesy.machine.expressions import (
    As,
    Call,
    Case,
    Clause,
    Construct,
    Expression,
    Lambda,
    Let,
    Literal,
    Pattern,
    Sequence,
    Variable,
    bound,
)
from nesy.quoting import capitalised
from nesy.recursion.program import Program

_BINARY: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "div",
    ast.Mod: "mod",
}
_COMPARISON: dict[type[ast.AST], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


class Builder:
    """Collects type declarations and Python functions to a `Program`.

    Args:
        declarations: lines of a ``%recursion`` section: types, signatures, functions, checks.
    """

    def __init__(self, declarations: str = "") -> None:
        self._lines = [textwrap.dedent(declarations).strip("\n")] if declarations.strip() else []
        self._program: Program | None = None

    def function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Add a function, from its source; used as a decorator. The result runs the program's clauses.

        Raises:
            InputError: the source cannot be read, or something in it has no clause; with file and line.
        """
        self._lines += map(print_clause, translate(function))
        self._program = None

        def run(*arguments: Any) -> Any:
            return self.program().call(function.__name__, *arguments)

        run.__name__, run.__doc__, run.__module__ = function.__name__, function.__doc__, function.__module__
        return run

    @property
    def source(self) -> str:
        """The text of the definition file."""
        return "\n".join(["%recursion", *self._lines, ""])

    def program(self) -> Program:
        """What was added so far.

        Raises:
            InputError: a name or a type is wrong.
        """
        if self._program is None:
            self._program = Program.load(text=self.source)
        return self._program


def translate(function: Callable[..., Any]) -> list[Clause]:
    """The clauses of a Python function.

    Raises:
        InputError: the source cannot be read, or something in it has no clause; with file and line.
    """
    try:
        lines, first = inspect.getsourcelines(function)
        file = inspect.getsourcefile(function)
    except (OSError, TypeError):
        raise InputError(f"the source of {function!r} cannot be read", expected="a function in a file") from None
    (tree,) = ast.parse(textwrap.dedent("".join(lines))).body
    if not isinstance(tree, ast.FunctionDef):
        raise InputError("no function", file=file, line=first, expected="def name(...):")
    return _Translation(tree, file, first - 1).clauses()


class _Translation:
    def __init__(self, tree: ast.FunctionDef, file: str | None, offset: int) -> None:
        self.tree, self.file, self.offset = tree, file, offset
        self.parameters = [argument.arg for argument in tree.args.args]
        extra = (tree.args.vararg, tree.args.kwarg, *tree.args.kwonlyargs, *tree.args.defaults)
        if any(extra) or tree.args.posonlyargs:
            raise self.wrong("parameters of another kind than plain ones", tree)

    def clauses(self) -> list[Clause]:
        """A clause per case of a ``match`` at the top, else one clause."""
        body = list(self.tree.body)
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body = body[1:]  # the docstring
        if len(body) == 1 and isinstance(body[0], ast.Match) and self.on_parameters(body[0].subject):
            return [self.case(body[0], case) for case in body[0].cases]
        patterns = tuple(map(Variable, self.parameters))
        return [Clause(self.name, patterns, self.block(body, self.tree), self.tree.lineno + self.offset)]

    @property
    def name(self) -> str:
        return Token("NAME", self.tree.name, line=self.tree.lineno + self.offset)

    def on_parameters(self, subject: ast.expr) -> bool:
        """Whether a match is on parameters, each once."""
        names = [part.id for part in _tuple(subject) if isinstance(part, ast.Name)]
        return len(names) == len(_tuple(subject)) == len(set(names)) and set(names) <= set(self.parameters)

    def case(self, match: ast.Match, case: ast.match_case) -> Clause:
        subjects = [part.id for part in _tuple(match.subject) if isinstance(part, ast.Name)]
        patterns: dict[str, Pattern] = {name: Variable(name) for name in self.parameters}
        given = case.pattern
        several = len(subjects) > 1
        if several and isinstance(given, ast.MatchAs) and given.pattern is None:
            inside: list[ast.pattern] = [ast.MatchAs() for _ in subjects]
        elif several:
            if not isinstance(given, ast.MatchSequence) or len(given.patterns) != len(subjects):
                raise self.wrong(f"a pattern for {len(subjects)} values", given)
            inside = given.patterns
        else:
            inside = [given]
        guard = self.expression(case.guard) if case.guard is not None else None
        found = {name: self.pattern(pattern) for name, pattern in zip(subjects, inside, strict=True)}
        hidden = {name for pattern in found.values() for name in bound(pattern)}
        for name, pattern in found.items():
            used = name not in hidden and any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(case))
            patterns[name] = _whole(name, pattern) if used else pattern
        line = case.pattern.lineno + self.offset
        return Clause(self.name, tuple(patterns.values()), self.block(case.body, match), line, guard)

    def pattern(self, pattern: ast.pattern) -> Pattern:
        match pattern:
            case ast.MatchAs(pattern=None, name=name):
                return Variable(name or "_")
            case ast.MatchAs(pattern=ast.pattern() as inside, name=str(name)):
                return As(name, self.pattern(inside))
            case ast.MatchClass(cls=ast.Name(id=name), patterns=inside, kwd_patterns=[]):
                return Case(name, tuple(map(self.pattern, inside)))
            case ast.MatchSingleton(value=bool(value)):
                return Literal(value)
            case ast.MatchValue(value=value):
                literal = self.expression(value)
                if isinstance(literal, Literal):
                    return literal
            case ast.MatchSequence(patterns=inside):
                tail: Pattern = EMPTY
                if inside and isinstance(inside[-1], ast.MatchStar):
                    tail, inside = Variable(inside[-1].name or "_"), inside[:-1]
                return conses([self.pattern(part) for part in inside], tail)
        raise self.wrong("this pattern", pattern)

    def block(self, statements: list[ast.stmt], at: ast.AST) -> Expression:
        """Statements that end in a return: assignments as `let`, ``if`` with both ways out."""
        if not statements:
            raise self.wrong("a way without return", at)
        first, *rest = statements
        match first:
            case ast.Return(value=ast.expr() as value):
                return self.expression(value)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                return Let(name, self.expression(value), self.block(rest, first))
            case ast.If(test=test, body=body, orelse=orelse):
                yes = self.block([*body, *([] if _returns(body) else rest)], first)
                return Call("if", (self.expression(test), yes, self.block([*orelse, *rest], first)))
        raise self.wrong(f"the statement {ast.unparse(first).splitlines()[0]!r}", first)

    def expression(self, expression: ast.expr) -> Expression:
        match expression:
            case ast.Name(id=name):
                return Construct(self.token(name, expression)) if capitalised(name) else self.variable(expression)
            case ast.Constant(value=bool() | int() | str() as value):
                return Literal(value)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
                return Literal(-value)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Call("-", (Literal(0), self.expression(operand)))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Call("not", (self.expression(operand),))
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _BINARY:
                return Call(_BINARY[type(operator)], (self.expression(left), self.expression(right)))
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _COMPARISON:
                return Call(_COMPARISON[type(operator)], (self.expression(left), self.expression(right)))
            case ast.BoolOp(op=operator, values=values):
                name = "and" if isinstance(operator, ast.And) else "or"
                joined, *others = map(self.expression, values)
                for other in others:
                    joined = Call(name, (joined, other))
                return joined
            case ast.IfExp(test=test, body=yes, orelse=no):
                return Call("if", (self.expression(test), self.expression(yes), self.expression(no)))
            case ast.Lambda(args=arguments, body=body):
                return Lambda(tuple(argument.arg for argument in arguments.args), self.expression(body))
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return self.sequence(elements)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                given = tuple(map(self.expression, arguments))
                token = self.token("length" if name == "len" else name, expression)
                return Construct(token, given) if capitalised(name) else Call(token, given)
        raise self.wrong(repr(ast.unparse(expression)), expression)

    def sequence(self, elements: list[ast.expr]) -> Expression:
        """``(a, *b, c)`` as ``[a] ++ b ++ [c]``."""
        parts = list(self.runs(elements))
        if not parts:
            return Sequence(())
        joined, *others = parts
        for other in others:
            joined = Call("++", (joined, other))
        return joined

    def runs(self, elements: list[ast.expr]) -> Iterator[Expression]:
        run: list[Expression] = []
        for element in elements:
            if not isinstance(element, ast.Starred):
                run.append(self.expression(element))
                continue
            if run:
                yield Sequence(tuple(run))
                run = []
            yield self.expression(element.value)
        if run:
            yield Sequence(tuple(run))

    def variable(self, name: ast.Name) -> Variable:
        return Variable(self.token(name.id, name))

    def token(self, name: str, at: ast.expr) -> Token:
        return Token("NAME", name, line=at.lineno + self.offset, column=at.col_offset + 1)

    def wrong(self, what: str, at: Any) -> InputError:
        expected = "match on parameters, if, name = ..., return"
        return InputError(f"{what} has no clause", file=self.file, line=at.lineno + self.offset, expected=expected)


def _whole(name: str, pattern: Pattern) -> Pattern:
    """The pattern, with the whole value under a name."""
    return As(name, pattern) if not isinstance(pattern, Variable) or pattern.name != "_" else Variable(name)


def _tuple(expression: ast.expr) -> list[ast.expr]:
    return expression.elts if isinstance(expression, ast.Tuple) else [expression]


def _returns(statements: list[ast.stmt]) -> bool:
    """Whether every way through the statements ends in a return."""
    last = statements[-1]
    if isinstance(last, ast.If):
        return _returns(last.body) and bool(last.orelse) and _returns(last.orelse)
    return isinstance(last, ast.Return)
