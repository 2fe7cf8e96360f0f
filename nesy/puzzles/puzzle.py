"""Puzzles: variables over finite domains and rules, loaded from a definition file, with values for their parameters."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nesy.errors import InputError
from nesy.lang.container import normalise, split
from nesy.lang.puzzle import Literal, Parameter, Statement, read_puzzle
from nesy.lang.shipped import SUFFIX, read_source
from nesy.puzzles.ground import board_sizes, ground, parameters, unknown_parameter
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import Model
from nesy.puzzles.names import check_names
from nesy.puzzles.read import Block, Draft, WrongSize, cells, drafts, given_domains, lines_of
from nesy.puzzles.values import Data, data, write

if TYPE_CHECKING:
    from nesy.lang.check import Report

MAX_MODELS = 16
"""How many models, for different data of instances, are kept."""


@dataclass(frozen=True, eq=False)
class Puzzle:
    """A puzzle that was loaded: its names are in order.

    Attributes:
        name: of the file, without directory and suffix.
        source: the text of the definition file.
        statements: its parameters, variables and rules.
        given: values of parameters that replace those of the file.
        file: the name for messages.
    """

    name: str
    source: str
    statements: tuple[Statement, ...]
    given: Mapping[str, Data] = field(default_factory=dict)
    file: str | None = None
    _models: dict[str, Model] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        known = ", ".join(f"{name}={write(value)}" for name, value in self.parameters.items())
        return f"<puzzle {self.name}: {known}>" if known else f"<puzzle {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled for worker processes as the text, which is read again."""
        return _build, (self.source, self.file, dict(self.given))

    @classmethod
    def load(cls, source: str | os.PathLike[str] | None = None, *, text: str | None = None, **values: object) -> Puzzle:
        """Load a puzzle from a file, by the name of a shipped one, or from text.

        Args:
            source: a path, or a name such as ``"sudoku"``; with `text`, the name for messages.
            text: the definition file itself.
            values: of parameters, instead of those in the file: ``k=2``.

        Raises:
            InputError: with file, line and column: there is no such file, or something in it is wrong.
        """
        file = os.fspath(source) if source is not None else None
        if text is None:
            if file is None:
                raise InputError("nothing to load", expected="a path, a puzzle's name, or text=")
            file, text = read_source(file, ["puzzles"])
        return _build(text, file, {}).set(**values)

    def set(self, **values: object) -> Puzzle:
        """The puzzle with other values of parameters.

        Raises:
            InputError: a parameter that it does not have, or a value that is none.
        """
        known = self._parameter_names()
        for name in values:
            if name not in known:
                raise unknown_parameter(name, self.statements, self.file)
        given = {**self.given, **{name: data(value, name) for name, value in values.items()}}
        return replace(self, given=given, _models={})

    @property
    def parameters(self) -> dict[str, Data]:
        """The parameters whose values are known, with these."""
        return parameters(self.statements, self.given, self.file)

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The parameters without a value: an instance has to bring them."""
        declared = [statement for statement in self.statements if isinstance(statement, Parameter)]
        return tuple(str(p.name) for p in declared if p.value is None and str(p.name) not in self.given)

    def model(self, data: Mapping[str, object] | None = None) -> Model:
        """The variables and rules; made once for the same data.

        Args:
            data: values of parameters that come with an instance.

        Raises:
            InputError: a rule makes no sense with these parameters, an empty domain, a parameter without a value, or a
                puzzle that is too large.
        """
        key = repr(sorted(data.items())) if data else ""
        if key not in self._models:
            puzzle = self.set(**data) if data else self
            while len(self._models) >= MAX_MODELS:
                del self._models[next(iter(self._models))]
            self._models[key] = ground(self.name, self.statements, puzzle.given, self.file)
        return self._models[key]

    def instance(self, given: object = None, /, *, source: str | None = None, **data: object) -> Instance:
        """One puzzle to solve.

        Args:
            given: what is known: the text of a board; nested lists; a dict from declarations (``"cell"``), cells
                (``"cell[1, 2]"``) or indices (``(1, 2)``) to values, or from parameters to theirs; nothing.
            source: where it came from, for messages.
            data: values of parameters, such as the edges of a graph.

        Raises:
            InputError: givens or data that do not fit the puzzle.
        """
        if isinstance(given, str):
            given, source = self._only(given, source)
        givens: object = given
        if isinstance(given, Mapping):
            names = self._parameter_names()
            data = {**{name: value for name, value in given.items() if name in names}, **data}
            givens = {name: value for name, value in given.items() if name not in names}
        try:
            model = self.model(data)
            domains = model.full if givens is None else given_domains(model, givens)
        except WrongSize as error:
            raise self._with_size(error, data) from None
        return Instance(model, domains, source)

    def instances(self, source: str | os.PathLike[str]) -> Iterator[Instance]:
        """The instances of a file, of standard input (``-``) or of a text, read as they are asked for.

        Raises:
            InputError: at the first that does not fit the puzzle.
        """
        for draft in self.drafts(source):
            yield self.instance(draft.given, source=draft.source)

    def drafts(self, source: str | os.PathLike[str]) -> Iterator[Draft]:
        """As `instances`, before they are looked at: ``puzzle.instance(draft.given, source=draft.source)`` does that.

        Raises:
            InputError: the file cannot be read.
        """
        name = os.fspath(source)
        if name == "-" or ("\n" not in name and os.path.exists(name)):
            lines, file = lines_of(name)
            return self._drafts(lines, file)
        return self._drafts(Block.of(name).lines, None)

    def check(self) -> Report:
        """Sizes, kinds of rules, names that nothing uses, variables without rules, rules that nothing can satisfy."""
        from nesy.puzzles.check import check

        return check(self)

    def _drafts(self, lines: Any, file: str | None) -> Iterator[Draft]:
        waits = self.waits_for
        names = {str(statement.name) for statement in self.statements} - self._parameter_names()
        return drafts(lines, file, lambda: cells(self.model()), waits[0] if len(waits) == 1 else None, names)

    def _only(self, text: str, source: str | None) -> tuple[object, str | None]:
        """The one instance of a text."""
        found = list(self._drafts(Block.of(text).lines, None))
        if len(found) != 1:
            raise InputError(f"{len(found)} instances", expected="one", mend="puzzle.instances(text) gives all of them")
        return found[0].given, source or found[0].source

    def _parameter_names(self) -> frozenset[str]:
        return frozenset(str(statement.name) for statement in self.statements if isinstance(statement, Parameter))

    def _with_size(self, error: WrongSize, data: Mapping[str, object]) -> InputError:
        """The error with the value of a parameter that would fit."""
        given = self.set(**data).given
        for statement in self.statements:
            if not isinstance(statement, Parameter) or not isinstance(statement.value, Literal):
                continue
            for number in count(1):
                sizes = board_sizes(self.statements, {**given, str(statement.name): number}, self.file)
                if sizes == [error.cells]:
                    return WrongSize(error, error.cells, f"such a board has {statement.name}={number}: set that")
                if len(sizes) != 1 or sizes[0] > error.cells or number > error.cells:
                    break
        return error


def _build(text: str, file: str | None, given: Mapping[str, Data]) -> Puzzle:
    sections = split(text, file)
    other = next((section for name, section in sections.items() if name != "puzzle"), None)
    if "puzzle" not in sections or other is not None:
        present = ", ".join("%" + name for name in sections)
        raise InputError(
            f"the sections {present}" if len(sections) > 1 else f"the section {present}",
            file=file,
            line=other.line if other else None,
            expected="a puzzle: %puzzle only",
            mend="move it to a file of its own" if "puzzle" in sections else "add a line %puzzle",
        )
    statements = read_puzzle(sections["puzzle"].text, file)
    check_names(statements, file)
    name = Path(file).name.removesuffix(SUFFIX) if file else "puzzle"
    return Puzzle(name, normalise(text), statements, given, file)
