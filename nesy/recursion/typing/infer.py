"""The types of functions: inferred, or declared and then checked (Milner 1978, "A theory of type polymorphism").

Functions that call each other are inferred together and generalised after that; calls of a function with a declared
signature are typed by it, so it may call itself at another type. ``let`` binds values of one type: it is not
generalised, as a function of its own serves where that is wanted. Functions take all their arguments at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, count
from string import ascii_lowercase
from typing import Any

from nesy.errors import InputError
from nesy.lang.clauses import print_expression, print_pattern
from nesy.lang.names import OPERATORS
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
    Successor,
    Variable,
    calls,
)
from nesy.machine.expressions import Sequence as Brackets
from nesy.recursion.components import components
from nesy.recursion.definitions import Definitions
from nesy.recursion.statements import Check
from nesy.recursion.typing.comparisons import Use, compared
from nesy.recursion.typing.ordinals import ordinal, the_argument
from nesy.recursion.typing.prelude import PRELUDE_TYPES
from nesy.recursion.typing.unify import MAX_DEPTH, MAX_NODES, UNKNOWN, Mismatch, TooLarge, Unifier
from nesy.types import BOOL, INT, STRING, Function, Signature, Type, TypeVariable, seq, substitute, variables

MAX_SHOWN = 80
"""Longer expressions and types are cut in messages."""


def infer(definitions: Definitions) -> dict[str, Signature]:
    """The type of every function; inferred type variables are named a, b, c, ... in their order.

    Raises:
        InputError: with file and line: a clause or a ``check`` line is ill-typed.
    """
    types = _Types(definitions, {**definitions.learned, **definitions.signatures})
    called = {
        name: {other for clause in clauses for part in _expressions(clause) for other in calls(part)}
        - definitions.signatures.keys()
        for name, clauses in definitions.functions.items()
    }
    for group in components(called):
        types.infer(group)
    for check in definitions.checks:
        types.check(check)
    comparing = types.compared()
    names = (*definitions.functions, *definitions.learned)
    return {name: replace(types.signatures[name], compared=comparing[name]) for name in names}


def type_of(definitions: Definitions, signatures: Mapping[str, Signature], expression: Expression) -> Type:
    """The type of a closed expression, its variables named a, b, c, ...

    Raises:
        InputError: it is ill-typed.
    """
    types = _Types(definitions, signatures)
    found = _Typing(types).closed(expression)
    types.compared()
    return substitute(found, _letters([found]))


def _expressions(clause: Clause) -> tuple[Expression, ...]:
    return (clause.body,) if clause.guard is None else (clause.guard, clause.body)


class _Types:
    """What is known of a program's types while they are inferred.

    Attributes:
        signatures: of functions that are declared or done with.
        current: the types of the functions that are inferred together now.
        letters: per function that was inferred, what became of its unknowns.
        uses: all mentions of functions.
    """

    def __init__(self, definitions: Definitions, signatures: Mapping[str, Signature]) -> None:
        self.definitions = definitions
        self.signatures = {**PRELUDE_TYPES, **signatures}
        self.current: dict[str, Function] = {}
        self.letters: dict[str, dict[str, TypeVariable]] = {}
        self.uses: list[Use] = []
        self.unifier = Unifier()

    def infer(self, group: Iterable[str]) -> None:
        """Find the types of functions that call each other, or check the one that is declared."""
        declared = self.definitions.signatures
        types = {n: declared[n].function if n in declared else self.unknown(self.definitions.arity(n)) for n in group}
        self.current = {name: type_ for name, type_ in types.items() if name not in declared}
        for name, type_ in types.items():
            for clause in self.definitions.functions[name]:
                _Typing(self, name, clause.line).clause(clause, type_)
        for name, type_ in self.current.items():
            self.generalise(name, type_)
        self.current = {}

    def unknown(self, arity: int) -> Function:
        """A function of which only the arity is known."""
        return Function(tuple(self.unifier.fresh() for _ in range(arity)), self.unifier.fresh())

    def generalise(self, name: str, type_: Function) -> None:
        line = self.definitions.functions[name][0].line
        typing = _Typing(self, name, line)
        with typing.words():
            resolved = typing.resolved(type_)
        self.letters[name] = _letters([resolved])
        function = substitute(resolved, self.letters[name])
        assert isinstance(function, Function)
        self.signatures[name] = Signature(function.parameters, function.result, line)

    def check(self, check: Check) -> None:
        """Both sides of a ``check`` line have one type, whose values can be compared."""
        _Typing(self, None, check.line).check(check)

    def compared(self) -> dict[str, frozenset[str]]:
        """Per function the variables whose values it compares."""
        return compared(self.signatures, self.uses, self.definitions.declarations)


@dataclass
class _IllTyped(Exception):
    """Two types that should be one, not yet put into words.

    Attributes:
        part: which part of the expression or pattern `where` is of the type `found`.
        about: the function or constructor whose type says what is expected.
        why: what else is wrong, if not plain.
    """

    where: Expression | Pattern
    part: str
    found: Type
    expected: Type
    about: str | None
    why: str


class _Typing:
    """Types the parts of one clause, or a closed expression."""

    def __init__(self, types: _Types, function: str | None = None, line: int | None = None) -> None:
        self.types, self.function, self.line = types, function, line
        self.unifier = types.unifier
        self.declarations = types.definitions.declarations

    def clause(self, clause: Clause, type_: Function) -> None:
        """Compare a clause with the type of its function."""
        scope: dict[str, Type] = {}
        with self.words():
            for pattern, parameter in zip(clause.patterns, type_.parameters, strict=True):
                self.pattern(pattern, parameter, scope)
            if clause.guard is not None:
                self.unify(self.expression(clause.guard, scope), BOOL, clause.guard, "the guard")
            body = self.expression(clause.body, scope)
            self.unify(body, type_.result, clause.body, "the result", clause.name)

    def closed(self, expression: Expression) -> Type:
        """The type of an expression without free variables."""
        with self.words():
            return self.resolved(self.expression(expression, {}))

    def check(self, check: Check) -> None:
        """Compare both sides of a ``check`` line."""
        with self.words():
            left, right = self.expression(check.left, {}), self.expression(check.right, {})
            if check.right == Literal(True):
                self.unify(left, BOOL, check.left, "the check")
            self.unify(right, left, check.right, "the right side of the check")
        self.note("==", check.left, {"a": left})

    # patterns

    def pattern(self, pattern: Pattern, type_: Type, scope: dict[str, Type]) -> None:
        """Compare a pattern with the type of its values; what it binds is added to the scope."""
        stack = [(pattern, type_)]
        while stack:
            pattern, type_ = stack.pop()
            match pattern:
                case Variable(name):
                    scope[name] = type_
                case As(name, inside):
                    scope[name] = type_
                    stack.append((inside, type_))
                case Successor(predecessor):
                    self.unify(INT, type_, pattern, "the pattern", self.function)
                    stack.append((predecessor, INT))
                case Cons(head, tail):
                    element = self.unifier.fresh()
                    self.unify(seq(element), type_, pattern, "the pattern", self.function)
                    stack += [(tail, type_), (head, element)]
                case Case(constructor, patterns):
                    made = self.constructor(constructor)
                    self.unify(made.result, type_, pattern, "the pattern", self.function)
                    stack += reversed(list(zip(patterns, made.parameters, strict=True)))
                case Literal(value):
                    self.unify(self.literal(value), type_, pattern, "the pattern", self.function)

    # expressions

    def expression(self, expression: Expression, scope: Mapping[str, Type]) -> Type:
        """The type of an expression, where these are the types of its variables."""
        match expression:
            case Variable(name):
                return scope[name]
            case Literal(value):
                return self.literal(value)
            case Let(name, value, body):
                return self.expression(body, {**scope, name: self.expression(value, scope)})
            case Lambda(parameters, body):
                own = {name: self.unifier.fresh() for name in parameters}
                return Function(tuple(own.values()), self.expression(body, {**scope, **own}))
            case Brackets(elements):
                element = self.unifier.fresh()
                for position, part in enumerate(elements):
                    found = self.expression(part, scope)
                    self.unify(found, element, expression, f"the {ordinal(position)} element")
                return seq(element)
            case Construct(name, arguments) | Call(name, arguments) | Partial(name, arguments, _):
                type_ = self.instance(name, expression)
                self.arguments(expression, name, type_.parameters, arguments, scope)
                missing = type_.parameters[len(arguments) :]
                return Function(missing, type_.result) if isinstance(expression, Partial) else type_.result
            case Apply(function, arguments):
                type_ = self.applicable(expression, self.expression(function, scope))
                self.arguments(expression, None, type_.parameters, arguments, scope)
                return type_.result

    def arguments(
        self,
        expression: Expression,
        name: str | None,
        parameters: Sequence[Type],
        arguments: tuple[Expression, ...],
        scope: Mapping[str, Type],
    ) -> None:
        """Compare the first arguments of a function or constructor, or the elements of a sequence."""
        for position, (argument, parameter) in enumerate(zip(arguments, parameters, strict=False)):
            found = self.expression(argument, scope)
            self.unify(found, parameter, expression, _part(name, position, len(arguments)), name)

    def applicable(self, expression: Apply, found: Type) -> Function:
        """The type of what is applied: a function of so many arguments."""
        type_ = self.unifier.head(found)
        if isinstance(type_, Function) and len(type_.parameters) == len(expression.arguments):
            return type_
        expected = self.types.unknown(len(expression.arguments))
        self.unify(found, expected, expression, "the function")
        return expected

    def literal(self, value: Any) -> Type:
        if not isinstance(value, tuple):
            return {bool: BOOL, int: INT, str: STRING}[type(value)]
        element: Type = self.unifier.fresh()
        for part in value:
            self.unify(self.literal(part), element, Literal(value), "an element")
        return seq(element)

    # what names stand for

    def instance(self, name: str, expression: Expression) -> Function:
        """The type of a function or constructor, with new unknowns for its variables; the use is noted."""
        if name in self.types.current:
            self.note(name, expression, None)
            return self.types.current[name]
        if name in self.types.signatures:
            type_ = self.types.signatures[name].function
            given = self.unknowns(variables(type_))
            self.note(name, expression, given)
            return substitute(type_, given)  # type: ignore[return-value]
        return self.constructor(name)

    def constructor(self, name: str) -> Function:
        """The type of a constructor, with new unknowns for its variables."""
        constructor = self.declarations.constructors[name]
        declaration = self.declarations.types[constructor.owner]
        type_ = Function(constructor.fields, declaration.type)
        return substitute(type_, self.unknowns(declaration.parameters))  # type: ignore[return-value]

    def unknowns(self, names: Iterable[str]) -> dict[str, Type]:
        return {name: self.unifier.fresh() for name in dict.fromkeys(names)}

    def note(self, name: str, expression: Expression, given: Mapping[str, Type] | None) -> None:
        """Note the use of a function; of one that is inferred now the variables are not known yet."""

        def stands_for(variable: str) -> Type:
            letters = self.types.letters
            if given is None:
                (unknown,) = (u for u, letter in letters[name].items() if letter.name == variable)
            type_ = TypeVariable(unknown) if given is None else given[variable]
            with self.words():
                return substitute(self.resolved(type_), letters.get(self.function or "", {}))

        def refused(type_: Type) -> InputError:
            (shown,) = self.shown(type_)
            mend = None if name in PRELUDE_TYPES else f"{name} compares them"
            return self.error(expression, f"compares values of {shown}", "a type without functions and vectors", mend)

        self.types.uses.append(Use(self.function, name, stands_for, refused))

    def resolved(self, type_: Type) -> Type:
        return self.unifier.resolve(type_)

    # messages

    def unify(
        self, found: Type, expected: Type, where: Expression | Pattern, part: str, about: str | None = None
    ) -> None:
        try:
            self.unifier.unify(found, expected)
        except Mismatch as problem:
            raise _IllTyped(where, part, found, expected, about, str(problem)) from None

    @contextmanager
    def words(self) -> Iterator[None]:
        """Puts a mismatch into words, with its place."""
        try:
            yield
        except _IllTyped as wrong:
            found, expected = self.shown(wrong.found, wrong.expected)
            mend = [wrong.why, self.usage(wrong.about), self.promise(wrong.found, wrong.expected)]
            raise self.error(wrong.where, f"{wrong.part} is {found}", expected, "; ".join(filter(None, mend))) from None
        except TooLarge:
            what = f"a type in {self.function} is too large" if self.function else "a type is too large"
            raise InputError(
                what,
                file=self.types.definitions.file,
                line=self.line,
                expected=f"at most {MAX_NODES} names in it, at most {MAX_DEPTH} deep",
            ) from None

    def error(self, where: Expression | Pattern, what: str, expected: str, mend: str | None) -> InputError:
        text = print_pattern(where) if isinstance(where, Pattern) else print_expression(where)
        place = f"in {self.function}: " if self.function else ""
        file = self.types.definitions.file if self.line is not None else None
        return InputError(f"{place}{_cut(text)}: {what}", file=file, line=self.line, expected=expected, mend=mend)

    def shown(self, *types: Type) -> list[str]:
        """The types in words, their unknowns with common names."""
        try:
            resolved = [self.resolved(type_) for type_ in types]
        except TooLarge:
            return ["a large type"] * len(types)
        return [_cut(str(substitute(type_, _letters(resolved)))) for type_ in resolved]

    def usage(self, name: str | None) -> str | None:
        """What is known of the type of a function or constructor, as a signature is written."""
        if name is None or name == "if":
            return None
        if name in self.types.current:
            type_ = self.types.current[name]
            *parameters, result = self.shown(*type_.parameters, type_.result)
            return f"{name} : {', '.join(parameters)} -> {result}" if parameters else f"{name} : {result}"
        if name in self.types.signatures:
            return f"{name} : {self.types.signatures[name]}"
        constructor = self.declarations.constructors[name]
        return f"{constructor} : {self.declarations.types[constructor.owner].type}"

    def promise(self, *types: Type) -> str | None:
        """What a declared signature says of its variables, if some of them are in these types."""
        try:
            names = [
                name for type_ in types for name in variables(self.resolved(type_)) if not name.startswith(UNKNOWN)
            ]
        except TooLarge:
            return None
        return f"{self.function} is declared for every {' and '.join(dict.fromkeys(names))}" if names else None


def _letters(types: Iterable[Type]) -> dict[str, TypeVariable]:
    """Names for the unknowns of types, in their order: the letters that are not taken."""
    names = list(dict.fromkeys(name for type_ in types for name in variables(type_)))
    taken = {name for name in names if not name.startswith(UNKNOWN)}
    letters = (letter + suffix for suffix in chain([""], map(str, count(1))) for letter in ascii_lowercase)
    free = (letter for letter in letters if letter not in taken)
    return {name: TypeVariable(next(free)) for name in names if name.startswith(UNKNOWN)}


def _part(name: str | None, position: int, arguments: int) -> str:
    """What an argument is called."""
    if name == "if":
        return ("the condition", "the part after then", "the part after else")[position]
    if name in OPERATORS and arguments == 2:
        return ("the left side", "the right side")[position]
    return the_argument(position, arguments)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN // 2]} ... {text[-MAX_SHOWN // 2 :]}"
