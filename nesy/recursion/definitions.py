"""The definitions of a program: its statements with every name looked up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from nesy.errors import InputError
from nesy.lang.clauses import MAX_DEPTH
from nesy.lang.names import OPERATORS, plain
from nesy.machine.expressions import (
    Apply,
    Call,
    Case,
    Clause,
    Construct,
    Expression,
    Lambda,
    Let,
    Partial,
    Pattern,
    Variable,
    bound,
    subpatterns,
)
from nesy.machine.expressions import Sequence as Brackets
from nesy.machine.primitives import PRELUDE
from nesy.recursion.statements import Check, Signed, Statement
from nesy.types import (
    BUILT_IN,
    Constructor,
    Declaration,
    Declarations,
    Function,
    Named,
    Signature,
    Type,
    TypeVariable,
    inside,
)

_VARIABLE = re.compile(r"[a-z]\d*")
"""What may be a type variable in a signature: a misspelt type is none."""


@dataclass(frozen=True)
class Definitions:
    """What a ``%recursion`` section defines.

    Attributes:
        declarations: its inductive types.
        functions: the clauses of each function, in the order of the file.
        signatures: those that the file declares.
        partial: functions whose termination is not claimed.
        learned: functions that are bound from Python, with their signatures.
        checks: equations that run as tests.
        file: the name for messages.
    """

    declarations: Declarations = field(default_factory=Declarations)
    functions: Mapping[str, tuple[Clause, ...]] = field(default_factory=dict)
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    partial: frozenset[str] = frozenset()
    learned: Mapping[str, Signature] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    file: str | None = None

    def arity(self, function: str) -> int:
        """How many arguments a defined or learned function takes."""
        if function in self.learned:
            return len(self.learned[function].parameters)
        return len(self.functions[function][0].patterns)

    def expression(self, expression: Expression) -> Expression:
        """A closed expression with its names looked up.

        Raises:
            InputError: an unknown name, or a wrong number of arguments.
        """
        return _Names(self.declarations.constructors, self._arities(), None).expression(expression, frozenset())

    def _arities(self) -> dict[str, int]:
        return {name: self.arity(name) for name in (*self.functions, *self.learned)}


def define(statements: Iterable[Statement], file: str | None = None) -> Definitions:
    """The definitions that statements make.

    Raises:
        InputError: a name that is unknown, misused or defined twice, or a wrong number of arguments.
    """
    statements = tuple(statements)
    declarations = _declarations([s for s in statements if isinstance(s, Declaration)], file)
    signed = [s for s in statements if isinstance(s, Signed)]
    clauses = [s for s in statements if isinstance(s, Clause)]
    learned = {str(s.name): s for s in signed if s.kind == "learned"}
    arities = {name: len(s.signature.parameters) for name, s in learned.items() if s.signature}
    functions: dict[str, list[Clause]] = {}
    for clause in clauses:
        known = arities.setdefault(str(clause.name), len(clause.patterns))
        if clause.name in learned:
            mend = "remove it, or the line that says learned"
            raise _wrong(f"a clause of the learned function {clause.name}", clause.name, file, mend=mend)
        if clause.name in OPERATORS:
            raise _wrong(f"{clause.name} is an operator", clause.name, file, mend=f"rename it: {clause.name}_")
        if known != len(clause.patterns):
            what = f"{clause.name} with {_arguments(len(clause.patterns))}"
            mend = "a function has one number of arguments; give the other one a name of its own"
            raise _wrong(what, clause.name, file, f"{_arguments(known)} as in its first clause", mend)
        functions.setdefault(str(clause.name), [])
    signatures = _signatures(signed, declarations, arities, file)
    names = _Names(declarations.constructors, arities, file)
    for clause in clauses:
        functions[str(clause.name)].append(names.clause(clause))
    none: frozenset[str] = frozenset()
    return Definitions(
        declarations,
        {name: tuple(own) for name, own in functions.items()},
        {name: s for name, s in signatures.items() if name not in learned},
        frozenset(str(s.name) for s in signed if s.kind == "partial"),
        {name: s for name, s in signatures.items() if name in learned},
        tuple(
            Check(names.expression(s.left, none), names.expression(s.right, none), s.line)
            for s in statements
            if isinstance(s, Check)
        ),
        file,
    )


# -------------------------------------------------------------------- types


def _declarations(declared: Sequence[Declaration], file: str | None) -> Declarations:
    types: dict[str, Declaration] = {}
    constructors: dict[str, Constructor] = {}
    for declaration in declared:
        name = declaration.name
        if name in types or name in BUILT_IN:
            where = f"in line {types[name].line}" if name in types else "built in"
            raise _wrong(f"a second type {name}", name, file, mend=f"rename it; the first one is {where}")
        types[str(name)] = declaration
        for constructor in declaration.constructors:
            first = constructors.setdefault(str(constructor.name), constructor)
            if first is not constructor:
                mend = f"rename it; the first one is in line {first.line}"
                raise _wrong(f"a second constructor {constructor.name}", constructor.name, file, mend=mend)
    made = {}
    for name, declaration in types.items():
        parameters = tuple(map(str, declaration.parameters))
        if len(set(parameters)) < len(parameters):
            raise _wrong(f"a parameter of {name} twice", declaration.name, file, "different names")
        of = _Types(types, file, frozenset(parameters))
        for constructor in declaration.constructors:
            for field_ in constructor.fields:
                _check_depth(field_, constructor.name, file)
        made[name] = Declaration(
            name,
            parameters,
            tuple(Constructor(str(c.name), tuple(map(of, c.fields)), name, c.line) for c in declaration.constructors),
            declaration.line,
        )
    return Declarations(made)


def _check_depth(type_: Type, at: str, file: str | None) -> None:
    level: list[Type] = [type_]
    for _ in range(MAX_DEPTH):
        level = [part for upper in level for part in inside(upper)]
    if level:
        raise _wrong(
            f"a type that nests more than {MAX_DEPTH} deep", at, file, mend="give parts of it names of their own"
        )


class _Types:
    """Looks up the names in a type; with `parameters`, no other variable is allowed."""

    def __init__(self, types: Mapping[str, Declaration], file: str | None, parameters: frozenset[str] | None) -> None:
        self.types, self.file, self.parameters = types, file, parameters

    def __call__(self, type_: Type) -> Type:
        match type_:
            case Function(parameters, result):
                return Function(tuple(map(self, parameters)), self(result))
            case Named(name, arguments):
                return self._named(name, arguments)
        return type_

    def _named(self, name: str, arguments: tuple[Type | int, ...]) -> Type:
        known = name in self.types or name in BUILT_IN
        if not known and not arguments and self._variable(name):
            return TypeVariable(str(name))
        if not known:
            near = get_close_matches(name, [*self.types, *BUILT_IN, *(self.parameters or ())], 1)
            mend = f"did you mean {near[0]}?" if near else f"declare it: type {name} = ..."
            raise _wrong(f"the type {name} is not defined", name, self.file, mend=mend)
        count = len(self.types[name].parameters) if name in self.types else BUILT_IN[name]
        if len(arguments) != count:
            raise _wrong(f"the type {name} with {_arguments(len(arguments))}", name, self.file, _arguments(count))
        sized = [isinstance(argument, int) for argument in arguments]
        if any(sized) != (name == "vector") or 0 in arguments:
            expected = "a number of at least 1, as in vector(16)" if name == "vector" else "a type"
            raise _wrong(f"the argument of the type {name}", name, self.file, expected)
        return Named(str(name), tuple(a if isinstance(a, int) else self(a) for a in arguments))

    def _variable(self, name: str) -> bool:
        return bool(_VARIABLE.fullmatch(name)) if self.parameters is None else name in self.parameters


def _signatures(
    signed: Sequence[Signed], declarations: Declarations, arities: Mapping[str, int], file: str | None
) -> dict[str, Signature]:
    found: dict[str, Signature] = {}
    of = _Types(declarations.types, file, None)
    for statement in signed:
        name, signature = statement.name, statement.signature
        if name not in arities:
            near = get_close_matches(name, arities, 1)
            mend = f"did you mean {near[0]}?" if near else f"define it: {name}(...) = ..."
            raise _wrong(f"{name} has no clause", name, file, mend=mend)
        if signature is None:
            continue
        if name in found:
            raise _wrong(f"a second signature of {name}", name, file, mend="remove one of them")
        if len(signature.parameters) != arities[name]:
            what = f"the signature of {name} has {_arguments(len(signature.parameters))}"
            raise _wrong(what, name, file, f"{_arguments(arities[name])} as in its clauses")
        for type_ in (*signature.parameters, signature.result):
            _check_depth(type_, name, file)
        found[str(name)] = Signature(tuple(map(of, signature.parameters)), of(signature.result), signature.line)
    return found


# -------------------------------------------------------------------- names in clauses


class _Names:
    """Looks up what names mean: variables, functions of the file, the prelude, constructors."""

    def __init__(self, constructors: Mapping[str, Constructor], arities: Mapping[str, int], file: str | None) -> None:
        self.constructors, self.arities, self.file = constructors, arities, file

    def clause(self, clause: Clause) -> Clause:
        scope: set[str] = set()
        for pattern in clause.patterns:
            self._check_pattern(pattern)
            for name in bound(pattern):
                if name in scope:
                    mend = f"rename one {name} and compare: when {name} == {name}2"
                    raise _wrong(f"the variable {name} twice in one head", name, self.file, "different variables", mend)
                scope.add(str(name))
        inside = frozenset(scope)
        guard = self.expression(clause.guard, inside) if clause.guard is not None else None
        body = self.expression(clause.body, inside)
        return Clause(str(clause.name), tuple(map(plain, clause.patterns)), body, clause.line, guard)

    def _check_pattern(self, pattern: Pattern) -> None:
        stack = [pattern]
        while stack:
            pattern = stack.pop()
            if isinstance(pattern, Case):
                self._check_fields(pattern.constructor, len(pattern.patterns), exact=True)
            stack += subpatterns(pattern)

    def _check_fields(self, name: str, count: int, *, exact: bool) -> int:
        """How many arguments a constructor takes more than these."""
        if name not in self.constructors:
            near = get_close_matches(name, self.constructors, 1)
            mend = f"did you mean {near[0]}?" if near else f'declare it in a type, or write "{name}" if it is a string'
            raise _wrong(f"the constructor {name} is not defined", name, self.file, mend=mend)
        fields = len(self.constructors[name].fields)
        if count > fields or (exact and count != fields):
            raise _wrong(f"{name} with {_arguments(count)}", name, self.file, str(self.constructors[name]))
        return fields - count

    def expression(self, expression: Expression, scope: frozenset[str]) -> Expression:
        """The expression with its names looked up, where these variables are bound."""
        match expression:
            case Variable(name):
                return self._variable(name, scope)
            case Let(name, value, body):
                return Let(str(name), self.expression(value, scope), self.expression(body, scope | {str(name)}))
            case Lambda(parameters, body):
                names = tuple(map(str, parameters))
                if len(set(names)) < len(names):
                    raise _wrong("a parameter twice", parameters[-1], self.file, "different names")
                return Lambda(names, self.expression(body, scope | set(names)))
            case Brackets(elements):
                return Brackets(self._each(elements, scope))
            case Construct(name, arguments):
                missing = self._check_fields(name, len(arguments), exact=False)
                given = self._each(arguments, scope)
                return Partial(str(name), given, missing) if missing else Construct(str(name), given)
            case Call(function, arguments):
                return self._call(function, self._each(arguments, scope), scope)
        return expression

    def _each(self, expressions: Iterable[Expression], scope: frozenset[str]) -> tuple[Expression, ...]:
        return tuple(self.expression(expression, scope) for expression in expressions)

    def _variable(self, name: str, scope: frozenset[str]) -> Expression:
        if name in scope:
            return Variable(str(name))
        missing = self._arity(name)
        if missing is None:
            near = get_close_matches(name, [*scope, *self.arities], 1)
            mend = f"did you mean {near[0]}?" if near else f'write "{name}" if it is a string'
            raise _wrong(f"the variable {name} is not defined", name, self.file, mend=mend)
        return Partial(str(name), (), missing) if missing else Call(str(name), ())

    def _call(self, name: str, arguments: tuple[Expression, ...], scope: frozenset[str]) -> Expression:
        if name in scope:
            return Apply(Variable(str(name)), arguments)
        arity = self._arity(name)
        if arity is None:
            near = get_close_matches(name, [*scope, *self.arities, *(set(PRELUDE) - OPERATORS)], 1)
            mend = f"did you mean {near[0]}?" if near else f"define it: {name}(...) = ..."
            raise _wrong(f"the function {name} is not defined", name, self.file, mend=mend)
        if len(arguments) > arity or (not arguments and arity):
            raise _wrong(f"{name} with {_arguments(len(arguments))}", name, self.file, _arguments(arity))
        missing = arity - len(arguments)
        return Partial(str(name), arguments, missing) if missing else Call(str(name), arguments)

    def _arity(self, name: str) -> int | None:
        if name in self.arities:
            return self.arities[name]
        return len(PRELUDE[name].parameters) if name in PRELUDE else None


def _arguments(count: int) -> str:
    return f"{count} argument" + ("" if count == 1 else "s") if count else "no arguments"


def _wrong(what: str, name: str, file: str | None, expected: str | None = None, mend: str | None = None) -> InputError:
    line, column = getattr(name, "line", None), getattr(name, "column", None)
    return InputError(what, file=file, line=line, column=column, expected=expected, mend=mend)
