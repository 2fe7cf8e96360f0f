"""What a learner is told beforehand: a language, or the meanings of some words. Only the rest is learned."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from itertools import product

from nesy.errors import InputError, NesyError, OutOfFuel, Undefined
from nesy.lang.grammar import Grammar, Production
from nesy.lang.language import Language
from nesy.lang.meanings import passes
from nesy.learn.chart import Edge
from nesy.learn.lexicon import SLOT, Lexicon, Sense, word_sense
from nesy.machine.expressions import Call, Clause, Variable, calls
from nesy.machine.values import Value
from nesy.search.meaning import PARAMETERS, Defined, Meaning, constant, of_expression

Source = Language | str | os.PathLike[str] | Mapping[str, "Value | Callable[..., Value]"]
"""A language, the path or the name of its definition file, or the value or the Python function of words."""

NUMERALS = tuple(map(str, range(100)))  # besides the words of the pairs, what an open terminal may match


@dataclass(frozen=True)
class Given:
    """What is known.

    Attributes:
        lexicon: senses that stay as they are.
        allowed: edges (parent, slot, child) of these senses that the given grammar has.
        forbidden: those that it has not.
        functions: meanings of words whose place in a sentence is not known.
        python: by name, the functions among them that are written in Python.
    """

    lexicon: Lexicon = field(default_factory=Lexicon)
    allowed: frozenset[Edge] = frozenset()
    forbidden: frozenset[Edge] = frozenset()
    functions: Mapping[str, Meaning] = field(default_factory=dict)
    python: Mapping[str, Callable[..., Value]] = field(default_factory=dict)

    def join(self, guessed: Lexicon) -> Lexicon:
        """What is known, and what is guessed of other words."""
        known = self.lexicon
        senses = [s for s in guessed.senses if not any(map(known.knows, s.words))]
        return replace(
            known.add(*senses),
            silent=known.silent | guessed.silent,
            open_words=frozenset(w for w in guessed.open_words if not known.knows(w)),
            open_numbers=known.open_numbers or guessed.open_numbers,
        )


def read_given(source: Source | None, words: Collection[str]) -> Given:
    """The knowledge that a source holds.

    Args:
        words: of the pairs: those that an open terminal of a given grammar may match.

    Raises:
        InputError: no such file, a grammar with repetitions or with parts that are no phrases, a value of no kind
            that there is, or a function without a fixed number of arguments, 1 to 3.
    """
    if source is None:
        return Given()
    if isinstance(source, Mapping):
        return _of_words(source)
    language = source if isinstance(source, Language) else Language.load(source)
    return _Reading(language, words).given()


def _of_words(entries: Mapping[str, Value | Callable[..., Value]]) -> Given:
    senses, functions, python = [], {}, {}
    for number, (word, entry) in enumerate(sorted(entries.items()), 1):
        if word.split() != [word]:
            raise InputError(f"{word!r} is given a meaning", expected="a word")
        if callable(entry):
            name = f"given_{number}"
            arity = _arity(word, entry)
            python[name] = _guarded(entry)
            functions[word] = _defined(name, arity, python[name], ())
        elif _is_value(entry):
            senses.append(word_sense(word, entry))
        else:
            raise InputError(
                f"{word!r} is given {entry!r:.60}", expected="an integer, a boolean, a tuple of words, or a function"
            )
    lexicon = Lexicon(tuple(senses), given=frozenset(senses))
    return Given(lexicon, functions=functions, python=python)


def _arity(word: str, function: Callable[..., Value]) -> int:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = all(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty for p in parameters)
    if not plain or not 1 <= len(parameters) <= len(PARAMETERS):
        raise InputError(
            f"the function given for {word!r} has no fixed number of arguments",
            expected="1 to 3 arguments",
            mend="give it as lambda a, b: ...",
        )
    return len(parameters)


def _guarded(function: Callable[..., Value]) -> Callable[..., Value]:
    """The function, with `Undefined` where it fails, does not end or gives something that is no value."""

    @wraps(function)
    def run(*arguments: Value) -> Value:
        try:
            found = function(*arguments)
        except OutOfFuel as error:
            raise Undefined(str(error)) from None
        except NesyError:
            raise
        except Exception as error:
            raise Undefined(f"a given function: {error}") from None
        if _is_value(found):
            return found
        raise Undefined("a given function gives no value")

    return run


def _is_value(found: object) -> bool:
    return isinstance(found, int) or (isinstance(found, tuple) and all(isinstance(e, int | str) for e in found))


def _defined(name: str, arity: int, function: Callable[..., Value], clauses: tuple[Clause, ...]) -> Meaning:
    called = Defined(name, ("any",) * arity, "any", function, f"{name}: given", clauses=clauses)
    body = Call(name, tuple(map(Variable, PARAMETERS[:arity])))
    return replace(of_expression(arity, body), library=(called,))


class _Reading:
    """From a language to senses and the edges of its grammar."""

    def __init__(self, language: Language, words: Collection[str]) -> None:
        self.language = language
        self.grammar: Grammar = language.grammar
        self.words = sorted({*words, *NUMERALS, *self._closed()})
        self.senses: dict[Sense, tuple[str, ...]] = {}  # with the rules of its slots
        self.heads: dict[str, list[Sense]] = {}
        self.numbers = False

    def _closed(self) -> Iterator[str]:
        for terminal in self.grammar.terminals.values():
            yield from terminal.words or ()

    def given(self) -> Given:
        below: dict[str, set[str]] = {}
        for production in self.grammar.productions:
            rules = [s for s in production.body if s not in self.grammar.terminals]
            if len(production.body) == 1 and rules and self._passes(production):
                below.setdefault(production.head, set()).add(rules[0])
            else:
                for sense, inner in self._senses(production):
                    self.senses[sense] = inner
                    self.heads.setdefault(production.head, []).append(sense)
        allowed: set[Edge] = set()
        forbidden: set[Edge] = set()
        for sense, inner in self.senses.items():
            for slot, rule in enumerate(inner):
                reached = {s for head in _reached(rule, below) for s in self.heads.get(head, ())}
                for child in self.senses:
                    if child.slots and not child.closed:
                        (allowed if child in reached else forbidden).add((sense, slot, child))
        silent = {w for name in self.grammar.ignored for w in self.grammar.terminals[name].words or ()}
        senses = tuple(self.senses)
        lexicon = Lexicon(
            senses,
            frozenset(silent),
            forbidden=frozenset(forbidden),
            given=frozenset(senses),
            open_numbers=self.numbers,
        )
        return Given(lexicon, frozenset(allowed), frozenset(forbidden))

    def _passes(self, production: Production) -> bool:
        return passes(production, 1, (production.clause, 1) in self.language.program)

    def _senses(self, production: Production) -> Iterator[tuple[Sense, tuple[str, ...]]]:
        """What a production means as senses: several, where a terminal has several words."""
        terminals = self.grammar.terminals
        valued = [s for s, use in zip(production.body, production.uses, strict=True) if use and s in terminals]
        if production.shape in ("splice", "join") or (valued and len(production.body) > 1):
            self._refuse(production, "a production whose parts are words and phrases")
        if valued:
            yield from self._constants(production)
            return
        choices: list[list[str | None]] = []
        inner: list[str] = []
        for symbol in production.body:
            words = terminals[symbol].words if symbol in terminals else None
            if symbol in terminals and words is None:
                self._refuse(production, "quoted words beside the phrases")
            if words is None:
                inner.append(symbol)
            choices.append([*sorted(words)] if words is not None else [SLOT])
        patterns = [tuple(choice) for choice in product(*choices)]
        if len(inner) > len(PARAMETERS) or choices == [[SLOT]]:
            self._refuse(production, f"words and at most {len(PARAMETERS)} phrases")
        meaning = self._meaning(production, len(inner))
        for pattern in patterns:
            yield Sense(pattern, meaning), tuple(inner)

    def _constants(self, production: Production) -> Iterator[tuple[Sense, tuple[str, ...]]]:
        """The words of a terminal, each with its value."""
        name = production.body[0]
        matched = [word for word in self.words if name in self.grammar.match(word)]
        values = {word: self._value(production, word) for word in matched}
        if {"10", "99"} <= values.keys() and all(values.get(n) == int(n) for n in NUMERALS if n in values):
            self.numbers = True
        for word, value in values.items():
            if value is not None and not (self.numbers and word in NUMERALS):
                yield word_sense(word, value), ()

    def _value(self, production: Production, word: str) -> Value | None:
        if self._passes(production):
            return (word,)
        try:
            return self.language.program.call(production.clause, (word,))  # type: ignore[no-any-return]
        except NesyError:
            return None

    def _meaning(self, production: Production, arity: int) -> Meaning:
        if arity == 0:
            value = self.language.program.call(production.clause)
            return constant(value)
        if arity == 1 and self._passes(production):
            return of_expression(1, Variable(PARAMETERS[0]))
        function = self.language.program.find(production.clause, arity)
        if function is None:
            self._refuse(production, f"a clause {production.clause} of {arity} arguments")
        assert function is not None
        return _defined(production.clause, arity, _guarded(function), tuple(self._clauses(production.clause)))

    def _clauses(self, name: str) -> Iterator[Clause]:
        """The clauses of a function and of those that it calls."""
        needed, waiting = set(), [name]
        while waiting:
            here = waiting.pop()
            if here not in needed:
                needed.add(here)
                waiting += (f for c in self.language.clauses if c.name == here for f in calls(c.body))
                waiting += (f for c in self.language.clauses if c.name == here and c.guard for f in calls(c.guard))
        return (c for c in self.language.clauses if c.name in needed)

    def _refuse(self, production: Production, expected: str) -> None:
        raise InputError(
            f"the given rule {production.head} cannot be taken over",
            file=self.language.file,
            line=production.line,
            expected=expected,
            mend="give the meanings of words instead",
        )


def _reached(rule: str, below: Mapping[str, set[str]]) -> set[str]:
    """The rules that a rule may stand for alone."""
    found, waiting = set(), [rule]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += below.get(here, ())
    return found
