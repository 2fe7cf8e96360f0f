"""Readings of a sentence as trees of productions with their values: what deduction computes and abduction edits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from nesy.abduction.inverses import Key, guesses, key, preimages
from nesy.derivation import Derivation
from nesy.errors import NesyError
from nesy.lang.clauses import print_clause
from nesy.lang.grammar import SPLICED, VALUE, Production
from nesy.lang.lalr import Action, Stuck
from nesy.lang.language import Language
from nesy.lang.meanings import Builder, evaluators, passes
from nesy.machine.expressions import Clause
from nesy.machine.values import Value

CALLS, GUESSED = 10_000, 300
"""Calls that the meaning of one node may make, and on a guessed argument."""

ASSUMED = "assumed"
"""What stands in place of a clause where abduction supposes another meaning."""


@dataclass(frozen=True, eq=False, slots=True)
class Tree:
    """A node: a production over words and trees.

    Attributes:
        production: of the language's grammar; one that only hands its value on has no node.
        parts: per symbol of the production's body a tree, or the position of a word that is not ignored.
        start, end: the words that it covers, counted without ignored ones.
        value: of the clause on the parts' values.
    """

    production: Production
    parts: tuple[Tree | int, ...]
    start: int
    end: int
    value: Value

    @property
    def children(self) -> tuple[Tree, ...]:
        return tuple(part for part in self.parts if isinstance(part, Tree))

    @property
    def anchors(self) -> tuple[int, ...]:
        """Where the production's own words stand."""
        return tuple(part for part in self.parts if not isinstance(part, Tree))

    def nodes(self) -> Iterator[Tree]:
        """All nodes, each before its children."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))


@dataclass(frozen=True, eq=False)
class Sentence:
    """The words of one reading, and the terminals that those which are not ignored may be.

    Attributes:
        at: where each of them stands among the words.
    """

    words: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    at: tuple[int, ...]

    def leaf(self, position: int) -> tuple[str]:
        """The value of a word."""
        return (self.words[self.at[position]],)


class Deduction:
    """Reads sentences of a language and gives every node its value and, from the answer, its targets."""

    def __init__(self, language: Language) -> None:
        self.language = language
        program = language.compiled(CALLS)
        self.actions: list[Action] = evaluators(language.grammar, program.find)
        self._guessed: list[Action] = evaluators(language.grammar, language.compiled(GUESSED).find)
        self._defined = program
        self._clauses: dict[tuple[str, int], list[Clause]] = {}
        for clause in language.clauses:
            self._clauses.setdefault((clause.name, len(clause.patterns)), []).append(clause)

    def sentence(self, words: Sequence[str]) -> Sentence | None:
        """The words with their terminals; None where one is unknown."""
        names, at = [], []
        for position, word in enumerate(words):
            found = self.language.grammar.match(word)
            if not found:
                return None
            if not self.language.grammar.ignored.intersection(found):
                names.append(tuple(found))
                at.append(position)
        return Sentence(tuple(words), tuple(names), tuple(at))

    def tree(self, sentence: Sentence) -> Tree | None:
        """The reading that the language prefers; None where there is none with a value."""
        actions = [partial(self._read, sentence, production) for production in self.language.grammar.productions]
        leaves = range(len(sentence.names))
        single = [name for name, *more in sentence.names if not more]
        try:
            if self.language.table is not None and len(single) == len(leaves):
                found = self.language.table.parse(single, leaves, actions)
            else:
                found = self.language.chart.parse(sentence.names, leaves, actions)
        except NesyError:
            return None
        return None if isinstance(found, Stuck) else found

    def _read(self, sentence: Sentence, production: Production, parts: list[Tree | int], end: int) -> Tree:
        if self.hands_on(production):
            (only,) = parts
            assert isinstance(only, Tree)
            return only
        return self.node(sentence, production, tuple(parts), end)

    def hands_on(self, production: Production) -> bool:
        """Whether a production only hands another rule on."""
        return (
            len(production.body) == 1
            and production.uses == (VALUE,)
            and production.body[0] not in self.language.grammar.terminals
            and passes(production, 1, (production.clause, 1) in self._defined)
        )

    def node(self, sentence: Sentence, production: Production, parts: tuple[Tree | int, ...], end: int) -> Tree:
        """A tree with its value; raises `Undefined` where there is none."""
        values = [part.value if isinstance(part, Tree) else sentence.leaf(part) for part in parts]
        first = parts[0] if parts else end
        start = first.start if isinstance(first, Tree) else first
        return Tree(production, parts, start, end, self.actions[production.index](values, end))

    def targets(self, sentence: Sentence, tree: Tree, answers: Sequence[Value]) -> dict[Tree, list[Value]]:
        """Per node the values that it could have so that the whole is an answer, the rest as it is.

        From the root down by inverses (`nesy.abduction.inverses`); each value is verified.
        """
        found: dict[Tree, list[Value]] = {tree: list(answers)}
        for node in tree.nodes():
            for slot, part in enumerate(node.parts):
                if isinstance(part, Tree):
                    found[part] = self.wanted(sentence, node, slot, found[node])
        return found

    def wanted(self, sentence: Sentence, node: Tree, slot: int, targets: Sequence[Value]) -> list[Value]:
        """The values of one part that give a node one of its targets, the other parts as they are."""
        production = node.production
        if production.uses[slot] != VALUE or production.shape == "splice":
            return []
        values = [part.value if isinstance(part, Tree) else sentence.leaf(part) for part in node.parts]
        action = self._guessed[production.index]

        def function(value: Value) -> Value:
            return action([*values[:slot], value, *values[slot + 1 :]], node.end)  # type: ignore[no-any-return]

        kept = [k for k, use in enumerate(production.uses) if use == VALUE]
        plain = SPLICED not in production.uses and production.shape == "call"
        clauses = self._clauses.get((production.clause, len(kept)), []) if plain else []
        arguments = [values[k] for k in kept]
        found: dict[Key, Value] = {}
        for target in targets:
            tried = guesses(clauses, kept.index(slot), arguments, target)
            found.update((key(value), value) for value in preimages(function, tried, target))
        return list(found.values())

    def value_with(self, sentence: Sentence, node: Tree, production: Production, slot: int, word: str) -> Value | None:
        """The value of a node if the word at `slot` were another one of this production."""
        values = [part.value if isinstance(part, Tree) else sentence.leaf(part) for part in node.parts]
        values[slot] = (word,)
        try:
            return self.actions[production.index](values, node.end)  # type: ignore[no-any-return]
        except NesyError:
            return None

    def derivation(self, sentence: Sentence, tree: Tree, assumed: Tree | None = None, value: Value = ()) -> Derivation:
        """The tree as a `Derivation`; the node `assumed` has this value whatever its clause says."""
        builder = Builder(sentence.words, (*sentence.at, len(sentence.words)), self._defined.find, self._cite)
        leaves = builder.leaves()
        actions = builder.actions(self.language.grammar)
        built: dict[Tree, Derivation] = {}
        for node in reversed(list(tree.nodes())):
            parts = [built[part] if isinstance(part, Tree) else leaves[part] for part in node.parts]
            built[node] = actions[node.production.index](parts, node.end)
            if node is assumed:
                built[node] = replace(built[node], value=value, clause=ASSUMED)
        return built[tree]

    def _cite(self, name: str, arity: int) -> str:
        return "\n".join(map(print_clause, self._clauses.get((name, arity), ())))
