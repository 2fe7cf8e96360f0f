"""Languages: a grammar, what its productions mean, and a sentence's value."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nesy.derivation import Derivation
from nesy.errors import InputError, NesyError, OutsideLanguage, Undefined
from nesy.lang.chart import Chart
from nesy.lang.clauses import print_clause, read_clauses
from nesy.lang.container import normalise, split
from nesy.lang.domain import Domain, read_domain
from nesy.lang.grammar import Grammar, read_grammar
from nesy.lang.lalr import END, Action, LALRTable, Stuck, lalr_table
from nesy.lang.meanings import Builder, evaluators
from nesy.lang.names import resolve
from nesy.lang.shipped import SUFFIX, read_source
from nesy.machine.closed_forms import closed_forms
from nesy.machine.compile import Compiled, Function
from nesy.machine.expressions import Clause
from nesy.machine.run import FUEL
from nesy.machine.values import Value
from nesy.quoting import quote

if TYPE_CHECKING:
    from nesy.lang.check import Report

MAX_REMEMBERED = 100_000
"""How many different words keep their terminals at hand."""
MAX_SPOKEN = 8
"""How many words a message proposes."""
_NO_TERMINAL = "?"


@dataclass(frozen=True, eq=False)
class Language:
    """A language that was loaded and can be run.

    Attributes:
        name: of the file, without directory and suffix.
        source: the text of the definition file.
        grammar, clauses, domain: its sections, checked.
        file: the name for messages.
        given: functions written in Python, by the name of the clauses that they stand for.
    """

    name: str
    source: str
    grammar: Grammar
    clauses: tuple[Clause, ...]
    domain: Domain
    file: str | None = None
    given: Mapping[str, Function] = field(default_factory=dict)
    _lexicon: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled for worker processes as the text, which is read again."""
        return _build, (self.source, self.file, self.given)

    @classmethod
    def load(
        cls,
        source: str | os.PathLike[str] | None = None,
        *,
        text: str | None = None,
        given: Mapping[str, Function] | None = None,
    ) -> Language:
        """Load a language from a file, by the name of a shipped one, or from text.

        Args:
            source: a path, or a name such as ``"scan"``; with `text`, the name for messages.
            text: the definition file itself.
            given: functions written in Python, by the name of the clauses that they stand for.

        Raises:
            InputError: with file, line and column: there is no such file, or something in it is wrong.
        """
        file = os.fspath(source) if source is not None else None
        if text is None:
            if file is None:
                raise InputError("nothing to load", expected="a path, a language's name, or text=")
            file, text = read_source(file, ["languages"])
        return _build(text, file, given or {})

    def run(self, sentence: str | Iterable[str]) -> Value:
        """The value of a sentence.

        Args:
            sentence: text, or its words.

        Raises:
            OutsideLanguage: a word or a sentence that the grammar does not have.
            Undefined: the sentence has no value, such as a division by zero.
            OutOfFuel: the meaning runs too long.
        """
        words = self.words(sentence)
        names, at = self._lex(words)
        leaves = [(words[position],) for position in at]
        self.program.refuel()
        try:
            return self._parse(words, names, at, leaves, self._actions)  # type: ignore[no-any-return]
        except RecursionError:
            return self._parse(words, names, at, leaves, self._deep_actions)  # type: ignore[no-any-return]

    def parse(self, sentence: str | Iterable[str]) -> Derivation:
        """The derivation of a sentence, with the value of every node.

        Raises:
            OutsideLanguage, Undefined, OutOfFuel: as `run`.
        """
        words = self.words(sentence)
        names, at = self._lex(words)
        builder = Builder(words, (*at, len(words)), self._deep, self._cite)
        derivation: Derivation = self._parse(words, names, at, builder.leaves(), builder.actions(self.grammar))
        return derivation

    def derivations(self, sentence: str | Iterable[str], *, limit: int = 100, fuel: int = FUEL) -> list[Derivation]:
        """Derivations of a sentence that have a value, the one of `parse` first, at most `limit`.

        Args:
            fuel: calls that the meaning of each node may make.

        Raises:
            OutsideLanguage, OutOfFuel: as `run`.
        """
        words = self.words(sentence)
        names, at = self._lex(words)
        program = self.compiled(fuel)
        builder = Builder(words, (*at, len(words)), program.find, self._cite)
        found = self.chart.every(names, builder.leaves(), builder.actions(self.grammar), limit)
        if isinstance(found, Stuck):
            raise self._stuck(words, at, found)
        return found

    def check(self) -> Report:
        """What is wrong or doubtful about the definition file."""
        from nesy.lang.check import check

        return check(self)

    def words(self, sentence: str | Iterable[str]) -> tuple[str, ...]:
        """The words of a sentence, as the domain splits them."""
        return tuple(self.domain.split(sentence) if isinstance(sentence, str) else sentence)

    def knows(self, sentence: str | Iterable[str]) -> bool:
        """Whether every word of a sentence is one of the language's."""
        return all(word in self._lexicon or self._look_up(word) is not None for word in self.words(sentence))

    @cached_property
    def program(self) -> Compiled:
        """The clauses, compiled; those that only count are run as plain arithmetic."""
        return self.compiled(FUEL)

    def compiled(self, fuel: int) -> Compiled:
        """The clauses and the functions given in Python, each call with so much fuel."""
        fast = closed_forms(self.clauses)
        written = [clause for clause in self.clauses if (clause.name, len(clause.patterns)) not in fast]
        python = {(name, len(signature(f).parameters)): _guarded(name, f) for name, f in self.given.items()}
        return Compiled(written, fuel=fuel, given={**fast, **python})

    @cached_property
    def table(self) -> LALRTable | None:
        """The table of the fast parser; None where the grammar is not LALR(1)."""
        return lalr_table(self.grammar)

    @cached_property
    def chart(self) -> Chart:
        """The general parser."""
        return Chart(self.grammar)

    @cached_property
    def _texts(self) -> Mapping[tuple[str, int], str]:
        texts: dict[tuple[str, int], list[str]] = {}
        for clause in self.clauses:
            texts.setdefault((clause.name, len(clause.patterns)), []).append(print_clause(clause))
        return {key: "\n".join(lines) for key, lines in texts.items()}

    @cached_property
    def _actions(self) -> list[Action]:
        return evaluators(self.grammar, self._fast)

    @cached_property
    def _deep_actions(self) -> list[Action]:
        return evaluators(self.grammar, self._deep)

    def _fast(self, name: str, arity: int) -> Function | None:
        return self.program.function(name, arity) if (name, arity) in self.program else None

    def _deep(self, name: str, arity: int) -> Function | None:
        return self.program.find(name, arity)

    def _cite(self, name: str, arity: int) -> str:
        return self._texts.get((name, arity), "")

    def _lex(self, words: tuple[str, ...]) -> tuple[list[tuple[str, ...]], list[int]]:
        """The terminals that each word may be, and where those words stand that are not ignored."""
        lexicon = self._lexicon
        names: list[tuple[str, ...]] = []
        at: list[int] = []
        for position, word in enumerate(words):
            found = lexicon.get(word)
            if found is None:
                found = self._look_up(word)
                if found is None:
                    raise self._unknown(words, position, names, at)
            if found:
                names.append(found)
                at.append(position)
        return names, at

    def _look_up(self, word: str) -> tuple[str, ...] | None:
        """The terminals of a word; none if it is ignored; None if it is unknown."""
        names = self.grammar.match(word)
        if not names:
            return None
        if any(name in self.grammar.ignored for name in names):
            names = ()
        if len(self._lexicon) < MAX_REMEMBERED:
            self._lexicon[word] = names
        return names

    def _parse(
        self,
        words: tuple[str, ...],
        names: list[tuple[str, ...]],
        at: list[int],
        leaves: Sequence[Any],
        actions: Sequence[Action],
    ) -> Any:
        result = self._drive(names, leaves, actions)
        if isinstance(result, Stuck):
            raise self._stuck(words, at, result)
        return result

    def _drive(self, names: list[tuple[str, ...]], leaves: Sequence[Any], actions: Sequence[Action]) -> Any:
        if self.table is not None:
            single = [name for name, *more in names if not more]
            if len(single) == len(names):
                return self.table.parse(single, leaves, actions)
        return self.chart.parse(names, leaves, actions)

    def _unknown(
        self, words: tuple[str, ...], position: int, names: list[tuple[str, ...]], at: list[int]
    ) -> OutsideLanguage:
        """The error for a word that no terminal matches (or for what is wrong before it)."""
        nothing: list[Action] = [lambda values, end: None] * len(self.grammar.productions)
        stuck = self._drive([*names, (_NO_TERMINAL,)], [None] * (len(names) + 1), nothing)
        assert isinstance(stuck, Stuck)
        if stuck.position < len(at):
            return self._stuck(words, at, stuck)
        known = [word for terminal in self.grammar.terminals.values() for word in terminal.words or ()]
        near = get_close_matches(words[position], known, 1, 0.75)
        return OutsideLanguage(
            f"word {position + 1}, {quote(words[position])}, is not in the language",
            expected=self._spoken(stuck.expected),
            mend=f"did you mean {quote(near[0])}?" if near else None,
        )

    def _stuck(self, words: tuple[str, ...], at: list[int], stuck: Stuck) -> OutsideLanguage:
        ended = stuck.position == len(at)
        if ended:
            what = "the sentence ends too early" if words else "the empty sentence is not in the language"
        else:
            position = at[stuck.position]
            what = f"word {position + 1}, {quote(words[position])}, does not fit here"
        return OutsideLanguage(what, expected=self._spoken(stuck.expected))

    def _spoken(self, names: Iterable[str]) -> str | None:
        """Terminals in words, closed ones first."""
        terminals = self.grammar.terminals
        closed = sorted({word for name in names if name in terminals for word in terminals[name].words or ()})
        spoken = [quote(word) for word in closed[:MAX_SPOKEN]] + ["..."] * (len(closed) > MAX_SPOKEN)
        spoken += [name for name in names if name in terminals and not terminals[name].literal]
        spoken += ["the end of the sentence"] * (END in names)
        return " or ".join(spoken) or None


def language(source: str | os.PathLike[str] | None = None, *, text: str | None = None) -> Language:
    """The language of a definition file; see `Language.load`."""
    return Language.load(source, text=text)


def _guarded(name: str, function: Function) -> Function:
    """A function written in Python that has no value where it fails."""

    def call(*arguments: Value) -> Value:
        try:
            return function(*arguments)  # type: ignore[no-any-return]
        except NesyError:
            raise
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise Undefined(f"{name}: {error}") from error

    return call


def _build(text: str, file: str | None, given: Mapping[str, Function]) -> Language:
    sections = split(text, file)
    if "grammar" not in sections or "semantics" not in sections:
        missing = "semantics" if "grammar" in sections else "grammar"
        present = ", ".join("%" + name for name in sections)
        raise InputError(
            f"no %{missing} section, only {present}",
            file=file,
            line=min(section.line for section in sections.values()),
            expected="a language: %grammar and %semantics",
            mend=f"add a line %{missing} and the section below it",
        )
    other = next((section for name, section in sections.items() if name in ("recursion", "puzzle")), None)
    if other is not None:
        raise InputError(
            f"a %{other.name} section in a language",
            file=file,
            line=other.line,
            expected="%grammar, %semantics and %domain only",
            mend="move it to a file of its own",
        )
    domain = read_domain(sections["domain"].text, file) if "domain" in sections else Domain()
    grammar = read_grammar(sections["grammar"].text, file)
    clauses = resolve(read_clauses(sections["semantics"].text, file), file)
    name = Path(file).name.removesuffix(SUFFIX) if file else "language"
    return Language(name, normalise(text), grammar, clauses, domain, file, given)
