"""What the names of a puzzle mean: every name is declared, every function known, every index counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from lark import Token

from nesy.lang.puzzle import (
    Call,
    Collection,
    Expression,
    Generators,
    Index,
    Name,
    Parameter,
    RuleStatement,
    Statement,
    Variables,
    names_of,
    parts,
)
from nesy.lang.syntax import Misfit

FUNCTIONS: Mapping[str, tuple[int, int | None]] = {
    "all_different": (1, None),
    "sum": (1, None),
    "product": (1, None),
    "min": (1, None),
    "max": (1, None),
    "count": (1, None),
    "forall": (1, None),
    "exists": (1, None),
    "at_most": (2, None),
    "at_least": (2, None),
    "exactly": (2, None),
    "abs": (1, 1),
    "size": (1, 1),
    "nodes": (1, 1),
}
"""The functions: the smallest and the largest number of arguments; None: any number, or one with ``for``."""


def check_names(statements: tuple[Statement, ...], file: str | None = None) -> None:
    """See that every name is declared before it is used.

    Raises:
        InputError: at the place of the first that is not.
    """
    try:
        _Names().check(statements)
    except Misfit as misfit:
        raise misfit.at(file) from None


def used(statements: Iterable[Statement]) -> set[str]:
    """The declared names that some statement uses."""
    found: set[str] = set()
    for statement in statements:
        generators = None if isinstance(statement, Parameter) else statement.generators
        found |= _free(generators, [body] if (body := _body(statement)) else [])
    return found


def unused_indices(statement: Statement) -> list[Token]:
    """The names in a rule's brackets, apart from those of tuples, that nothing in it uses."""
    if isinstance(statement, Parameter | Variables) or statement.generators is None:
        return []
    bound = [binder.pattern for binder in statement.generators.binders if isinstance(binder.pattern, Token)]
    inside = _names([statement.body, *_sources(statement.generators)])
    return [name for name in bound if str(name) not in inside and not name.startswith("_")]


class _Names:
    def __init__(self) -> None:
        self._declared: dict[str, tuple[str, int | None, Token]] = {}
        """Name -> what it is, how many indices it takes (None: any), and where."""
        self._rules: dict[str, Token] = {}

    def check(self, statements: tuple[Statement, ...]) -> None:
        everything = [str(statement.name) for statement in statements if not isinstance(statement, RuleStatement)]
        for statement in statements:
            self._later = everything
            generators = None if isinstance(statement, Parameter) else statement.generators
            bound = self._bind(generators, {})
            if (body := _body(statement)) is not None:
                self._expression(body, bound)
            self._declare(statement)

    def _declare(self, statement: Statement) -> None:
        name = statement.name
        known: dict[str, Token] = self._rules
        what = "rule"
        if not isinstance(statement, RuleStatement):
            known, what = {own: token for own, (_, _, token) in self._declared.items()}, "declaration of"
        if name in known:
            raise Misfit(f"a second {what} {name}", name, mend=f"the first is on line {known[name].line}")
        match statement:
            case RuleStatement():
                self._rules[str(name)] = name
            case Parameter():
                self._declared[str(name)] = ("parameter", None, name)
            case Variables(_, generators, _):
                pairs = [pattern for binder in generators.binders for pattern in [binder.pattern]] if generators else []
                # a name that is bound to a pair of a given graph takes the place of two indices
                count = len(pairs) if all(isinstance(pattern, Token) for pattern in pairs) else None
                self._declared[str(name)] = ("variable", count, name)

    def _bind(self, generators: Generators | None, bound: dict[str, Token]) -> dict[str, Token]:
        """The bound names with those of generators; each sees the ones before it."""
        bound = dict(bound)
        if generators is None:
            return bound
        for binder in generators.binders:
            self._expression(binder.source, bound)
            for name in names_of(binder.pattern):
                if name in self._declared:
                    what, _, token = self._declared[name]
                    mend = f"choose another name: {name} is a {what}, declared on line {token.line}"
                    raise Misfit(f"{name} is bound again", name, mend=mend)
                if name in bound:
                    raise Misfit(f"{name} is bound again", name, mend="choose another name")
                if name != "_":
                    bound[str(name)] = name
        if generators.condition is not None:
            self._expression(generators.condition, bound)
        return bound

    def _expression(self, expression: Expression, bound: dict[str, Token]) -> None:
        match expression:
            case Name(text, at):
                self._name(text, at, bound)
            case Index(Name(text), indices, at) if text in self._declared and text not in bound:
                what, count, _ = self._declared[text]
                if count == 0:
                    raise Misfit(f"{text} with an index", at, f"{text} alone: it is one variable")
                if count is not None and len(indices) > count:
                    expected = f"{count} {'index' if count == 1 else 'indices'}"
                    raise Misfit(f"the {what} {text} with {len(indices)} indices", at, expected)
            case Call(function, arguments, generators, at):
                self._call(function, len(arguments), generators is not None, at)
        inner = bound
        if isinstance(expression, Call | Collection):
            inner = self._bind(expression.generators, bound)
            if expression.generators is not None:
                for outside in parts(expression)[:-1]:
                    self._expression(outside, bound)
                self._expression(parts(expression)[-1], inner)
                return
        for part in parts(expression):
            self._expression(part, inner)

    def _name(self, text: str, at: Token, bound: Mapping[str, Token]) -> None:
        if text in bound or text in self._declared:
            return
        if text == "_":
            raise Misfit("_ has no value", at, "a name", "give the pattern a name and use that")
        if text in self._later:
            raise Misfit(f"{text} is used before it is declared", at, mend=f"move the declaration of {text} up")
        if text in FUNCTIONS:
            raise Misfit(f"the function {text} without arguments", at, f"{text}(...)")
        near = get_close_matches(text, [*bound, *self._declared], 1)
        mend = (
            f"did you mean {near[0]}?"
            if near
            else f'declare it with let, data or var; a name that stands for itself is quoted: "{text}"'
        )
        raise Misfit(f"{text} is not declared", at, mend=mend)

    def _call(self, function: str, count: int, generators: bool, at: Token) -> None:
        if function not in FUNCTIONS:
            near = get_close_matches(function, FUNCTIONS, 1)
            if function in self._declared:
                what, _, _ = self._declared[function]
                raise Misfit(f"the {what} {function} used as a function", at, f"{function}[...]")
            mend = f"did you mean {near[0]}?" if near else None
            raise Misfit(f"there is no function {function}", at, "one of " + ", ".join(FUNCTIONS), mend)
        least, most = FUNCTIONS[function]
        if count < least or (most is not None and (count > most or generators)) or (generators and count != least):
            wanted = f"{least} argument" + "s" * (least > 1)
            if most is None:
                wanted += ", the last one with for, or more without"
            what = f"{function} with {count or 'no'} argument{'s' * (count != 1)}{' and for' * generators}"
            raise Misfit(what, at, wanted)


def _body(statement: Statement) -> Expression | None:
    match statement:
        case Parameter(_, value):
            return value
        case Variables(_, _, domain):
            return domain
        case RuleStatement(_, _, body):
            return body


def _sources(generators: Generators) -> list[Expression]:
    condition = [] if generators.condition is None else [generators.condition]
    return [*(binder.source for binder in generators.binders), *condition]


def _names(expressions: Iterable[Expression]) -> set[str]:
    """All names that occur, bound or not."""
    found: set[str] = set()
    todo = list(expressions)
    while todo:
        expression = todo.pop()
        if isinstance(expression, Name):
            found.add(expression.text)
        if isinstance(expression, Call | Collection) and expression.generators is not None:
            todo += _sources(expression.generators)
        todo += parts(expression)
    return found


def _free(generators: Generators | None, bodies: list[Expression]) -> set[str]:
    # a bound name never has the name of a declaration, so nothing has to be taken away
    return _names([*bodies, *(_sources(generators) if generators else [])])
