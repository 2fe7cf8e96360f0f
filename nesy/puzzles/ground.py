"""Grounding: from the statements of a puzzle, and values for its parameters, to variables and rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from lark import Token

from nesy.errors import InputError
from nesy.lang.puzzle import Generators, Parameter, RuleStatement, Statement, Variables, names_of
from nesy.puzzles.budget import Budget
from nesy.puzzles.evaluate import Declared, Evaluator
from nesy.puzzles.formula_text import write_formula
from nesy.puzzles.formulas import FORMULAS, Symbolic, Variable, scope
from nesy.puzzles.model import Array, Index, Model, Rule, Value
from nesy.puzzles.post import MAX_TABLE, Poster, TooLarge
from nesy.puzzles.space import Space
from nesy.puzzles.values import Data, elements, flat, write


def ground(name: str, statements: Iterable[Statement], given: Mapping[str, Data], file: str | None = None) -> Model:
    """The model of a puzzle.

    Args:
        name: of the puzzle, for messages.
        statements: with their names checked.
        given: values of parameters, which replace those of the file.
        file: the name for messages.

    Raises:
        InputError: a rule that makes no sense with these parameters, an empty domain, a parameter without a value, or
            a puzzle that is too large.
    """
    grounding = _Grounding(name, given, file)
    for statement in statements:
        grounding.add(statement)
    return grounding.model()


def parameters(statements: Iterable[Statement], given: Mapping[str, Data], file: str | None = None) -> dict[str, Data]:
    """The values of the parameters, where they are known.

    Raises:
        InputError: as `ground`.
    """
    grounding = _Grounding("", given, file)
    for statement in statements:
        if isinstance(statement, Parameter) and (statement.value is not None or str(statement.name) in given):
            grounding.add(statement)
    return grounding.names


def board_sizes(statements: Iterable[Statement], given: Mapping[str, Data], file: str | None = None) -> list[int]:
    """How many variables each declaration has; nothing where the parameters make no sense."""
    grounding = _Grounding("", given, file)
    try:
        for statement in statements:
            if not isinstance(statement, RuleStatement):
                grounding.add(statement)
    except InputError:
        return []
    return [len(array.variables) for array in grounding.arrays]


class _Grounding:
    def __init__(self, name: str, given: Mapping[str, Data], file: str | None) -> None:
        self.names: dict[str, Any] = {}
        self._name, self._given, self._file = name, given, file
        self._budget = Budget(name, file)
        self._space = Space()
        self._evaluator = Evaluator(self._space, self._budget, file)
        self._poster = Poster(self._space, self._budget)
        self.arrays: list[Array] = []
        self._rules: list[Rule] = []

    def add(self, statement: Statement) -> None:
        match statement:
            case Parameter():
                self._parameter(statement)
            case Variables():
                self._variables(statement)
            case RuleStatement():
                self._rule(statement)

    def model(self) -> Model:
        if not self._space.domains:
            raise InputError(f"{self._name} has no variables", file=self._file, mend="add a line: var x : 1..9")
        domains = tuple(self._space.domains)
        names = list(Model(self._name, domains, (), tuple(self.arrays)).names)
        for helper, formula in self._poster.helpers:
            names[helper.number] = write_formula(formula, names)
            self.arrays.append(Array(names[helper.number], (), {(): helper.number}, hidden=True))
        return Model(self._name, domains, tuple(self._rules), tuple(self.arrays))

    def _parameter(self, statement: Parameter) -> None:
        name = str(statement.name)
        if name in self._given:
            self.names[name] = self._given[name]
        elif statement.value is not None:
            self.names[name] = self._evaluator.evaluate(statement.value, self.names)
        else:
            raise InputError(
                f"{name} is not given",
                file=self._file,
                line=statement.name.line,
                column=statement.name.column,
                expected=f"a value of the parameter {name}, which comes with an instance",
                mend=f"write {name} = ... into the instance, or set it: --set {name}=...",
            )

    def _variables(self, statement: Variables) -> None:
        name = str(statement.name)
        found: dict[Index, Variable] = {}
        for bound in self._evaluator.bindings(statement.generators, self.names):
            index = flat(bound[binder] for binder in _bound(statement.generators))
            if index in found:
                what = f"{name}[{write(index)[1:-1]}] is declared twice"
                raise self._error(statement.name, what, mend="bind each index to a set, without repetitions")
            for part in index:
                if type(part) not in (int, str):
                    raise self._error(statement.name, f"{name} has an index {write(part)}", "integers and names")
            found[index] = self._space.add(self._domain(statement, bound, index))
        self._evaluator_array(name, found)

    def _evaluator_array(self, name: str, found: dict[Index, Variable]) -> None:
        numbers = {index: variable.number for index, variable in found.items()}
        depth = max(map(len, found), default=0)
        axes = tuple(tuple(dict.fromkeys(index[axis] for index in found if axis < len(index))) for axis in range(depth))
        self.arrays.append(Array(name, axes, numbers))
        self.names[name] = found[()] if () in found else Declared(name, found)

    def _domain(self, statement: Variables, bound: Mapping[str, Any], index: Index) -> tuple[Value, ...]:
        label = f"{statement.name}[{write(index)[1:-1]}]" if index else str(statement.name)
        found = self._evaluator.set_of(statement.domain, bound, f"the domain of {label}")
        items = elements(found)
        assert items is not None
        self._budget.spend("variables")
        self._budget.spend("values", len(items))
        domain = tuple(dict.fromkeys(items))
        at = statement.domain.at
        if not domain:
            raise self._error(at, f"the domain of {label} is empty", "at least one value")
        for item in domain:
            if type(item) not in (int, str):
                raise self._error(at, f"the domain of {label} holds {_spoken(item)}", "integers or names")
        return domain

    def _rule(self, statement: RuleStatement) -> None:
        binders = _bound(statement.generators)
        for bound in self._evaluator.bindings(statement.generators, self.names):
            label = str(statement.name)
            if binders:
                label += f"[{', '.join(write(bound[binder]) for binder in binders)}]"
            truth = self._evaluator.truth(statement.body, bound)
            try:
                constraints = self._poster.constraints(truth)
            except TooLarge as error:
                raise self._too_large(statement, label, error) from None
            self._rules += [Rule(label, constraint, statement.name.line) for constraint in constraints]

    def _too_large(self, statement: RuleStatement, label: str, error: TooLarge) -> InputError:
        variables = len(scope(error.formula))
        return self._error(
            statement.name,
            f"the rule {label} has a part over {variables} variables with {error.combinations:,.0f} combinations",
            f"at most {MAX_TABLE:,}, or sums, products, all_different, count or a table",
            "split it into rules over fewer variables, or make the domains smaller",
        )

    def _error(self, at: Token, what: str, expected: str | None = None, mend: str | None = None) -> InputError:
        return InputError(what, file=self._file, line=at.line, column=at.column, expected=expected, mend=mend)


def unknown_parameter(name: str, statements: Iterable[Statement], file: str | None) -> InputError:
    """The error about a value for a parameter that the puzzle does not have."""
    known = [str(statement.name) for statement in statements if isinstance(statement, Parameter)]
    near = get_close_matches(name, known, 1)
    return InputError(
        f"there is no parameter {name}",
        file=file,
        expected="one of " + ", ".join(known) if known else "none: the puzzle has no parameters",
        mend=f"did you mean {near[0]}?" if near else None,
    )


def _bound(generators: Generators | None) -> list[str]:
    """The names that a statement's brackets bind, in order."""
    if generators is None:
        return []
    return [str(name) for binder in generators.binders for name in names_of(binder.pattern)]


def _spoken(item: Symbolic) -> str:
    return "variables" if isinstance(item, FORMULAS) else write(item)
