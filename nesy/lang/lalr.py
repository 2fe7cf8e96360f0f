"""The fast parser: a grammar's LALR(1) table, driven over words.

A table without conflicts also proves that no sentence has two derivations.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lark.common import ParserConf
from lark.exceptions import GrammarError
from lark.grammar import NonTerminal, Rule
from lark.grammar import Terminal as LarkTerminal
from lark.parsers.lalr_analysis import LALR_Analyzer, Shift

from nesy.lang.grammar import START, Grammar

END = "$END"

Action = Callable[[list[Any], int], Any]
"""From the values of a production's symbols, and the position after them, to its own value."""


Row = dict[str, "int | tuple[int, str, int]"]


@dataclass(frozen=True, slots=True)
class Stuck:
    """Where a parse cannot go on: the position and the names of the terminals that could stand there."""

    position: int
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LALRTable:
    """
    Attributes:
        rows: per state, from a terminal to the next state, or to (length of the body, head, index)
            of the production to reduce.
        gotos: per state, from a rule to the next state.
    """

    rows: tuple[Row, ...]
    gotos: tuple[dict[str, int], ...]
    start: int

    def parse(self, names: Sequence[str], leaves: Sequence[Any], actions: Sequence[Action]) -> Any:
        """The value of a sentence, or `Stuck`.

        Args:
            names: the terminal that each word is.
            leaves: the value of each word.
            actions: per production.
        """
        rows, gotos = self.rows, self.gotos
        states = [self.start]
        values: list[Any] = []
        row = rows[self.start]
        for position, name in enumerate((*names, END)):
            while True:
                step = row.get(name)
                if step.__class__ is int:
                    break
                if step is None:
                    return Stuck(position, self._expected(names[:position]))
                length, head, index = step  # type: ignore[misc]
                if length:
                    arguments = values[-length:]
                    del values[-length:], states[-length:]
                else:
                    arguments = []
                values.append(actions[index](arguments, position))
                state = gotos[states[-1]][head]
                states.append(state)
                row = rows[state]
            if name is END:
                return values[0]
            states.append(step)
            row = rows[step]
            values.append(leaves[position])
        raise AssertionError("unreachable")

    def _expected(self, names: Sequence[str]) -> tuple[str, ...]:
        """The terminals that may follow a beginning of a sentence."""
        states = [self.start]
        for name in names:
            self._shift(states, name)
        return tuple(name for name in self.rows[states[-1]] if self._shift(list(states), name))

    def _shift(self, states: list[int], name: str) -> bool:
        """Go on with a terminal, after the reductions that it calls for; whether that is possible."""
        while True:
            step = self.rows[states[-1]].get(name)
            if not isinstance(step, tuple):
                if step is not None:
                    states.append(step)
                return step is not None
            length, head, _ = step
            if length:
                del states[-length:]
            states.append(self.gotos[states[-1]][head])


def lalr_table(grammar: Grammar) -> LALRTable | None:
    """The table, or None where the grammar is not LALR(1)."""
    productions = grammar.productions
    if len({(p.head, p.body) for p in productions}) < len(productions):
        return None
    twins = _twins(grammar)
    rules = {
        Rule(NonTerminal(p.head), [_symbol(name, grammar) for name in p.body], p.index): p.index
        for p in productions
        if twins.keys().isdisjoint(p.body)
    }
    analyzer = LALR_Analyzer(ParserConf(list(rules), {}, [START]), strict=True)
    try:
        analyzer.compute_lalr()  # type: ignore[no-untyped-call]
    except (GrammarError, RecursionError):
        return None
    table: Any = analyzer.parse_table  # its states are integers, not what the annotation says
    rows: list[Row] = []
    gotos: list[dict[str, int]] = []
    heads = {p.head for p in productions}
    for state in range(len(table.states)):
        row: Row = {}
        goto: dict[str, int] = {}
        for name, (action, argument) in table.states[state].items():
            if action is Shift:
                (goto if name in heads else row)[name] = argument
            else:
                row[name] = (len(argument.expansion), argument.origin.name, rules[argument])
        rows.append(row)
        gotos.append(goto)
    end = table.end_states[START]
    rows[end][END] = end
    _add_twins(rows, gotos, twins)
    return LALRTable(tuple(rows), tuple(gotos), table.start_states[START])


def _twins(grammar: Grammar) -> dict[str, tuple[str, int]]:
    """Terminals that are each the whole body of one production and stand nowhere else, without the first of every
    rule: from a terminal to that first one, and to the index of its own production.

    What the table says of one holds for all, so that a lexicon of many words does not make it larger to compute.
    """
    uses = Counter(name for production in grammar.productions for name in production.body)
    first: dict[str, str] = {}
    found: dict[str, tuple[str, int]] = {}
    for production in grammar.productions:
        name = production.body[0] if len(production.body) == 1 else ""
        if name in grammar.terminals and uses[name] == 1:
            like = first.setdefault(production.head, name)
            if like != name:
                found[name] = like, production.index
    return found


def _add_twins(rows: list[Row], gotos: list[dict[str, int]], twins: Mapping[str, tuple[str, int]]) -> None:
    """Put the terminals that were left out into a table, each where the one is that it is like."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name, (like, _) in twins.items():
        alike[like].append(name)
    for row in rows:
        for like in alike.keys() & row.keys():
            row.update(dict.fromkeys(alike[like], row[like]))
    shifted = {like: step for row in rows for like in alike if isinstance(step := row.get(like), int)}
    state: dict[str, int] = {}
    for name, (like, index) in twins.items():
        if like in shifted:
            state[name] = len(rows)
            reductions = rows[shifted[like]].items()
            rows.append({after: (*step[:2], index) for after, step in reductions if isinstance(step, tuple)})
            gotos.append({})
    for row in rows:
        row.update((name, state[name]) for name in state.keys() & row.keys() if isinstance(row[name], int))


def _symbol(name: str, grammar: Grammar) -> NonTerminal | LarkTerminal:
    return LarkTerminal(name) if name in grammar.terminals else NonTerminal(name)
