"""Programs: inductive types and functions, loaded from a definition file, checked, run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nesy.errors import InputError, NesyError, OutOfFuel, Undefined
from nesy.lang.check import SEVERITIES, Finding, Report
from nesy.lang.container import normalise, split
from nesy.lang.shipped import SUFFIX, read_source
from nesy.machine.compile import Compiled
from nesy.machine.expressions import Expression
from nesy.machine.run import FUEL
from nesy.recursion.coverage import coverage
from nesy.recursion.definitions import Definitions, define
from nesy.recursion.statements import read_expression, read_statements
from nesy.recursion.typing.infer import infer, type_of
from nesy.recursion.typing.positivity import positivity
from nesy.recursion.values import check_value
from nesy.terms import same, show
from nesy.types import Signature

if TYPE_CHECKING:
    from nesy.machine.steps import Strategy
    from nesy.recursion.tracing.trace import Trace

Value = Any
"""Term | int | bool | str | tuple of values | a function."""

CHECK_FUEL = 1_000_000
"""Calls that one side of a ``check`` line may make of functions that are not proved to terminate."""


@dataclass(frozen=True, eq=False)
class Program:
    """A program that was loaded and can be run: its names and types are in order.

    Attributes:
        name: of the file, without directory and suffix.
        source: the text of the definition file.
        definitions: its types, functions and checks.
        signatures: the type of every function, inferred or declared.
        file: the name for messages.
    """

    name: str
    source: str
    definitions: Definitions
    signatures: Mapping[str, Signature]
    file: str | None = None

    def __repr__(self) -> str:
        return f"<program {self.name}: {', '.join((*self.definitions.declarations.types, *self.signatures))}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled for worker processes as the text, which is read again."""
        return _build, (self.source, self.file)

    @classmethod
    def load(cls, source: str | os.PathLike[str] | None = None, *, text: str | None = None) -> Program:
        """Load a program from a file, by the name of a shipped one, or from text.

        Args:
            source: a path, or a name such as ``"peano"``; with `text`, the name for messages.
            text: the definition file itself.

        Raises:
            InputError: with file, line and column: there is no such file, or a name or type in it is wrong.
        """
        file = os.fspath(source) if source is not None else None
        if text is None:
            if file is None:
                raise InputError("nothing to load", expected="a path, a program's name, or text=")
            file, text = read_source(file, ["recursion"])
        return _build(text, file)

    def run(self, expression: str, *, fuel: int = FUEL, memo: bool = False) -> Value:
        """The value of an expression such as ``"add(S(O), O)"``.

        Args:
            fuel: calls that the run may make of functions that are not proved to terminate.
            memo: remember what every function gave for every argument.

        Raises:
            InputError: the expression is none, or its names or types are wrong.
            Undefined: it has no value.
            OutOfFuel: more calls than `fuel`.
        """
        with _spending(fuel):
            return self._compiled(fuel, memo).evaluate(self.expression(expression))

    def call(self, function: str, *arguments: Value, fuel: int = FUEL, memo: bool = False) -> Value:
        """Apply a function to values: terms, integers, booleans, strings, tuples and Python functions.

        Raises:
            InputError: no such function, or arguments of other types than its own.
            Undefined, OutOfFuel: as `run`.
        """
        if function not in self.definitions.functions:
            raise InputError(f"no function {function}", file=self.file, expected=", ".join(self.definitions.functions))
        signature = self.signatures[function]
        if len(arguments) != len(signature.parameters):
            raise InputError(f"{function} with {len(arguments)} arguments", file=self.file, expected=str(signature))
        for position, (value, type_) in enumerate(zip(arguments, signature.parameters, strict=True), 1):
            check_value(value, type_, self.definitions.declarations, f"argument {position} of {function}")
        with _spending(fuel):
            return self._compiled(fuel, memo).call(function, *arguments)

    def trace(self, expression: str, *, strategy: Strategy = "innermost", fuel: int = 100_000) -> Trace:
        """The reduction of an expression to its value, step by step; each step cites its clause.

        Args:
            strategy: ``innermost``, ``outermost`` or ``parallel``.
            fuel: steps.

        Raises:
            InputError, Undefined, OutOfFuel: as `run`.
        """
        from nesy.machine.steps import STRATEGIES
        from nesy.recursion.tracing.trace import trace

        if strategy not in STRATEGIES:
            raise InputError(f"the strategy {strategy!r}", expected=" or ".join(STRATEGIES))
        return trace(self.definitions.functions, self.expression(expression), strategy=strategy, fuel=fuel)

    def expression(self, source: str) -> Expression:
        """A closed expression, read, its names looked up and its types checked.

        Raises:
            InputError: something in it is wrong.
        """
        if not isinstance(source, str):
            raise InputError(f"an expression of type {type(source).__name__}", expected='text such as "add(S(O), O)"')
        expression = self.definitions.expression(read_expression(source))
        type_of(self.definitions, self.signatures, expression)
        return expression

    def check(self) -> Report:
        """Positivity of the types, cases, termination, and the ``check`` lines."""
        findings = [
            *positivity(self.definitions.declarations),
            *coverage(self.definitions),
            *self._unproved,
            *self._checks(),
        ]
        findings.sort(key=lambda finding: (SEVERITIES.index(finding.severity), finding.line))
        return Report(tuple(findings), self.file)

    def _checks(self) -> Iterator[Finding]:
        compiled = self._compiled(CHECK_FUEL, False)
        for check in self.definitions.checks:
            try:
                left, right = compiled.evaluate(check.left), compiled.evaluate(check.right)
            except NesyError as error:
                yield Finding("error", f"the check has no value: {error}", check.line)
                continue
            if not same(left, right):
                message = f"the check fails: {show(left, limit=200)} is not {show(right, limit=200)}"
                yield Finding("error", message, check.line)

    @cached_property
    def _unproved(self) -> tuple[Finding, ...]:
        from nesy.recursion.termination import unproved

        return tuple(unproved(self.definitions))

    @cached_property
    def counted(self) -> frozenset[str]:
        """Functions whose calls take fuel: those that are not proved to terminate."""
        return self.definitions.partial if not self._unproved else frozenset(self.definitions.functions)

    def _compiled(self, fuel: int, memo: bool) -> Compiled:
        key = (fuel, memo)
        if key not in self._compilations:
            clauses = [clause for own in self.definitions.functions.values() for clause in own]
            learned = {
                (name, len(s.parameters)): partial(_unbound, name) for name, s in self.definitions.learned.items()
            }
            self._compilations[key] = Compiled(
                clauses, fuel=fuel, typed=True, counted=self.counted, memo=memo, given=learned
            )
        return self._compilations[key]

    @cached_property
    def _compilations(self) -> dict[tuple[int, bool], Compiled]:
        return {}


def program(source: str | os.PathLike[str] | None = None, *, text: str | None = None) -> Program:
    """The program of a definition file; see `Program.load`."""
    return Program.load(source, text=text)


@contextmanager
def _spending(fuel: int) -> Iterator[None]:
    """Say how much fuel was spent, and what to do."""
    try:
        yield
    except OutOfFuel as error:
        if "calls" not in str(error):  # a value grew too large
            raise
        mend = "it may never end; if it does, allow more fuel"
        raise OutOfFuel(f"more than {fuel:,} calls of functions that are not proved to terminate; {mend}") from None


def _unbound(name: str, *arguments: Value) -> Value:
    raise Undefined(f"{name} is learned and bound to no module: see nesy.Bound")


def _build(text: str, file: str | None) -> Program:
    sections = split(text, file)
    other = next((section for name, section in sections.items() if name != "recursion"), None)
    if "recursion" not in sections or other is not None:
        present = ", ".join("%" + name for name in sections)
        raise InputError(
            f"the sections {present}" if len(sections) > 1 else f"the section {present}",
            file=file,
            line=other.line if other else None,
            expected="a program: %recursion only",
            mend="move it to a file of its own" if "recursion" in sections else "add a line %recursion",
        )
    definitions = define(read_statements(sections["recursion"].text, file), file)
    name = Path(file).name.removesuffix(SUFFIX) if file else "program"
    return Program(name, normalise(text), definitions, infer(definitions), file)
