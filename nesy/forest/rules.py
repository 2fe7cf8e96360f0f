"""A language's grammar as weighted rules with at most two parts, each with what it does to the values of its parts.

A production of more than two symbols goes through its *prefixes*: what stands for its first two, three, ... symbols.
Productions that begin alike share them. What is ignored follows a word, or begins the sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from nesy.errors import InputError
from nesy.forest.values import EMPTY, Chosen, Function, Ids, Table, Values
from nesy.lang.grammar import SILENT, START, Grammar, Production, nullable
from nesy.lang.language import Language
from nesy.lang.meanings import meaning, passes
from nesy.machine.compile import Compiled
from nesy.machine.expressions import Expression, Variable
from nesy.machine.values import Value

FUEL = 100_000
"""Calls that the meaning of one node may make."""

NOTHING = -1
"""The right part of a rule with one part; both parts of a rule without any."""


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """``result: left right``.

    Attributes:
        left, right: states, or NOTHING.
        keeps: whether the values of the left and of the right part count.
        table: from the packs of both (EMPTY for a part that does not count) to the pack of the result; None where
            the result is the one pack that counts.
        production: the index of the production that this rule completes; -1 for a prefix.
    """

    result: int
    left: int
    right: int
    keeps: tuple[bool, bool]
    table: Table | None
    production: int


def results(rule: Rule, left: Chosen | None, right: Chosen | None) -> Ids | int:
    """Ids of what a rule makes of blocks of packs, as `Table.of`; a part that does not count is None."""
    if rule.table is not None:
        return rule.table.of(left, right)
    kept = left if left is not None else right
    return EMPTY if kept is None else kept[0][kept[1]]


@dataclass(frozen=True, eq=False, slots=True)
class Leaf:
    """A state that stands for one word.

    Attributes:
        symbols: those that stand for the word of the terminal.
        values: the pack of each; all EMPTY where the word is silent.
    """

    state: int
    symbols: tuple[int, ...]
    values: tuple[int, ...]


@dataclass(eq=False)
class Rules:
    """The rules of a language whose words are symbols.

    Attributes:
        names: what each state stands for: a rule's or terminal's name, or the beginning of a production.
        heads: per rule of the grammar its state.
        rules: by result, in an order in which the parts of the same span come first.
        order: the states in that order.
        root: the state of a whole sentence.
        single: the states that always have one value, not a pack of several or none.
        bodies: per production its parameters and its meaning as one expression, where it is one.
    """

    grammar: Grammar
    values: Values
    names: list[str] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)
    leaves: list[Leaf] = field(default_factory=list)
    rules: list[list[Rule]] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    empty: list[bool] = field(default_factory=list)
    root: int = 0
    single: set[int] = field(default_factory=set)
    bodies: dict[int, tuple[tuple[str, ...], Expression]] = field(default_factory=dict)
    _needed: dict[int, dict[tuple[int, int], NDArray[np.bool_]]] = field(default_factory=dict)

    def needed(self, length: int) -> dict[tuple[int, int], NDArray[np.bool_]]:
        """Which spans a sentence of a length can be made of, whatever its symbols are.

        Returns:
            per state and length of a span (length + 1,) whether it may start there.
        """
        if length not in self._needed:
            self._needed[length] = {
                place: np.array([starts >> i & 1 for i in range(length + 1)], dtype=bool)
                for place, starts in self._search_needed(length).items()
            }
        return self._needed[length]

    def _search_needed(self, longest: int) -> dict[tuple[int, int], int]:
        """The same, a set of starts as an integer whose bit i stands for the start i."""
        possible = self._possible(longest)
        needed = {(self.root, longest): 1} if (self.root, longest) in possible else {}
        for length in range(longest, -1, -1):
            for state in reversed(self.order):
                starts = needed.get((state, length), 0)
                for rule in self.rules[state] if starts else ():
                    for parts in splits(rule, length):
                        if all(part in possible for part in parts):
                            for part, step in zip(parts, (0, parts[0][1] if parts else 0), strict=False):
                                needed[part] = needed.get(part, 0) | starts << step
        return needed

    def _possible(self, longest: int) -> set[tuple[int, int]]:
        """The states and lengths of spans that there can be."""
        possible = {(leaf.state, 1) for leaf in self.leaves if leaf.symbols}
        for length in range(longest + 1):
            for state in self.order:
                if any(
                    all(part in possible for part in parts)
                    for rule in self.rules[state]
                    for parts in splits(rule, length)
                ):
                    possible.add((state, length))
        return possible


def splits(rule: Rule, length: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """The parts (state, length) of a rule over a span, for every way to cut it."""
    if rule.left == NOTHING:
        if length == 0:
            yield ()
    elif rule.right == NOTHING:
        yield ((rule.left, length),)
    else:
        for cut in range(length + 1):
            yield (rule.left, cut), (rule.right, length - cut)


def compile_rules(language: Language, words: Sequence[str | None], values: Values) -> Rules:
    """The rules of a language.

    Args:
        words: per symbol the word that it stands for; None for a symbol that is no word.

    Raises:
        InputError: a word is not one of the language.
    """
    return _Compilation(language, words, values).rules()


class _Compilation:
    def __init__(self, language: Language, words: Sequence[str | None], values: Values) -> None:
        self.language, self.grammar = language, language.grammar
        self.program = Compiled(language.clauses, fuel=FUEL)
        self.made = Rules(self.grammar, values)
        self.empty_heads = nullable(self.grammar.productions)
        self.symbols: dict[str, list[int]] = {}
        self.words = words
        self.ignored: list[int] = []
        for symbol, word in enumerate(words):
            if word is not None:
                self._word(symbol, word)
        self.states: dict[object, int] = {}
        self.run = self._ignored_run() if self.ignored else NOTHING

    def rules(self) -> Rules:
        made = self.made
        for head in self.grammar.by_head:
            made.heads[head] = self._state(head, head, head in self.empty_heads)
        for production in self.grammar.productions:
            self._production(production)
        made.root = made.heads[START]
        if self.run != NOTHING:
            made.root = self._state("sentence", "sentence", made.empty[made.root])
            self._add(made.root, made.heads[START], NOTHING, (True, False))
            self._add(made.root, self.run, made.heads[START], (False, True))
        made.single = {state for head, state in made.heads.items() if head not in self.grammar.arities} | {made.root}
        made.order = self._order()
        return made

    def _word(self, symbol: int, word: str) -> None:
        names = self.grammar.match(word)
        if not names:
            raise InputError(
                f"symbol {symbol} stands for {word!r}, which is not a word of the language",
                expected="a word of the grammar, or None",
            )
        if any(name in self.grammar.ignored for name in names):
            self.ignored.append(symbol)
            return
        for name in names:
            self.symbols.setdefault(name, []).append(symbol)

    def _state(self, key: object, name: str, empty: bool) -> int:
        made = self.made
        state = self.states[key] = len(made.names)
        made.names.append(name)
        made.rules.append([])
        made.empty.append(empty)
        return state

    def _add(
        self,
        result: int,
        left: int,
        right: int,
        keeps: tuple[bool, bool],
        function: Function | None = None,
        production: int = -1,
    ) -> None:
        table = Table(self.made.values, function) if function is not None or all(keeps) else None
        self.made.rules[result].append(Rule(result, left, right, keeps, table, production))

    def _ignored_run(self) -> int:
        word = self._state("ignored word", "ignored word", False)
        self.made.leaves.append(Leaf(word, tuple(self.ignored), (EMPTY,) * len(self.ignored)))
        run = self._state("ignored", "ignored", False)
        self._add(run, word, NOTHING, (False, False))
        self._add(run, word, run, (False, False))
        return run

    def _terminal(self, name: str, silent: bool) -> int:
        key = ("terminal", name, silent)
        if key in self.states:
            return self.states[key]
        state = self._state(key, name, False)
        symbols = self.symbols.get(name, [])
        packs = [EMPTY if silent else self.made.values.id((self.words[s],)) for s in symbols]  # type: ignore[arg-type]
        if self.run == NOTHING:
            self.made.leaves.append(Leaf(state, tuple(symbols), tuple(packs)))
            return state
        bare = self._state((*key, "bare"), name, False)
        self.made.leaves.append(Leaf(bare, tuple(symbols), tuple(packs)))
        self._add(state, bare, NOTHING, (True, False))
        self._add(state, bare, self.run, (True, False))
        return state

    def _symbol(self, name: str, use: int) -> int:
        return self.made.heads[name] if name in self.made.heads else self._terminal(name, use == SILENT)

    def _production(self, production: Production) -> None:
        body, uses = production.body, production.uses
        head = self.made.heads[production.head]
        function = self._function(production)
        if not body:
            self._add(head, NOTHING, NOTHING, (False, False), function, production.index)
            return
        left, keeps = self._symbol(body[0], uses[0]), uses[0] != SILENT
        for length in range(2, len(body)):
            prefix = self._prefix(body[:length], uses[:length], left, keeps)
            left, keeps = prefix, any(use != SILENT for use in uses[:length])
        right = self._symbol(body[-1], uses[-1]) if len(body) > 1 else NOTHING
        kept = (keeps, len(body) > 1 and uses[-1] != SILENT)
        self._add(head, left, right, kept, function, production.index)

    def _prefix(self, body: tuple[str, ...], uses: tuple[int, ...], left: int, keeps: bool) -> int:
        key = ("prefix", body, uses)
        if key not in self.states:
            right = self._symbol(body[-1], uses[-1])
            state = self._state(key, " ".join(body), all(symbol in self.empty_heads for symbol in body))
            self._add(state, left, right, (keeps, uses[-1] != SILENT))
        return self.states[key]

    def _function(self, production: Production) -> Function | None:
        """From the values of a production's symbols to its own; None where it hands on what it has."""
        if production.shape == "splice":
            return None
        functions: dict[int, Function] = {}
        counts = self.grammar.counts(production)
        for count in counts:
            functions[count] = meaning(production, count, self.program.find)
        (only, *more) = counts
        if not more:
            self._body(production, only)
            defined = (production.clause, only) in self.program
            one = production.shape != "join" and passes(production, only, defined)
            return None if one else functions[only]

        def call(*values: Value) -> Value:
            return functions[len(values)](*values)

        return call

    def _body(self, production: Production, count: int) -> None:
        clauses = [c for c in self.language.clauses if c.name == production.clause and len(c.patterns) == count]
        if production.shape != "join" and len(clauses) == 1 and clauses[0].guard is None:
            names = tuple(pattern.name for pattern in clauses[0].patterns if isinstance(pattern, Variable))
            if len(names) == count:
                self.made.bodies[production.index] = names, clauses[0].body

    def _order(self) -> list[int]:
        sorter: TopologicalSorter[int] = TopologicalSorter()
        empty = self.made.empty
        for state, rules in enumerate(self.made.rules):
            sorter.add(state)
            for rule in rules:
                if rule.left != NOTHING and (rule.right == NOTHING or empty[rule.right]):
                    sorter.add(state, rule.left)
                if rule.right != NOTHING and empty[rule.left]:
                    sorter.add(state, rule.right)
        return list(sorter.static_order())
