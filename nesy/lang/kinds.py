"""Which kinds of value expressions can have: clashes that are certain, no types to declare.

Kinds are sets of ``int``, ``bool`` and ``seq``. A function has the kinds that its arguments may
have if it is to have a value, and the kinds of its result; both are fixed points over all clauses.
A clash is reported only where no value fits, so code that works on every kind stays silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nesy.lang.grammar import SPLICED, Grammar, Production
from nesy.machine.expressions import (
    As,
    Call,
    Clause,
    Cons,
    Expression,
    Let,
    Literal,
    Pattern,
    Successor,
    Variable,
    calls,
)
from nesy.machine.primitives import PRELUDE
from nesy.machine.values import KINDS, kind

Kinds = frozenset[str]
ALL: Kinds = frozenset(KINDS)
NONE: Kinds = frozenset()
Key = tuple[str, int]
SPOKEN = {"int": "an integer", "bool": "a boolean", "seq": "a sequence"}


@dataclass(frozen=True, slots=True)
class Clash:
    """A place where no kind of value fits."""

    line: int
    message: str


class Inference:
    """The kinds of the functions that clauses define."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        self.functions: dict[Key, list[Clause]] = {}
        for clause in clauses:
            self.functions.setdefault((clause.name, len(clause.patterns)), []).append(clause)
        self._named: dict[str, list[Key]] = {}
        for key in self.functions:
            self._named.setdefault(key[0], []).append(key)
        self.results: dict[Key, Kinds] = dict.fromkeys(self.functions, NONE)
        self.demands: dict[Key, tuple[Kinds, ...]] = {key: (ALL,) * key[1] for key in self.functions}
        self._clashes: dict[tuple[int, str], Clash] = {}
        self._settle()

    def result(self, key: Key, arguments: Sequence[Kinds]) -> Kinds:
        """The kinds that a function may give for arguments of these kinds."""
        found = NONE
        for clause in self.functions[key]:
            scope = _scope(clause, arguments)
            if all(scope.values()) or not scope:
                found |= self._infer(clause.body, scope, clause, strict=False)
        return found

    def clashes(self) -> list[Clash]:
        """Certain clashes inside clauses, in the order of their lines."""
        self._clashes.clear()
        for key in self.functions:
            self._demand(key)
        return sorted(self._clashes.values(), key=lambda clash: clash.line)

    def _settle(self) -> None:
        """Bring results up and demands down until nothing changes, from each function to its callers."""
        callers: dict[Key, list[Key]] = {key: [] for key in self.functions}
        for key, clauses in self.functions.items():
            for name in {name for clause in clauses for name in calls(clause.body)}:
                for called in self._named.get(name, ()):
                    callers[called].append(key)
        waiting = dict.fromkeys(reversed(self.functions))
        while waiting:
            key, _ = waiting.popitem()
            result = self.result(key, (ALL,) * key[1])
            if result != self.results[key]:
                self.results[key] = result
                waiting.update(dict.fromkeys(callers[key]))
        waiting = dict.fromkeys(self.functions)
        while waiting:
            key, _ = waiting.popitem()
            demand = self._demand(key)
            if demand != self.demands[key]:
                self.demands[key] = demand
                waiting.update(dict.fromkeys([key, *callers[key]]))

    def _demand(self, key: Key) -> tuple[Kinds, ...]:
        """The kinds of arguments for which some clause may have a value."""
        demands = [NONE] * key[1]
        for clause in self.functions[key]:
            scope = _scope(clause, self.demands[key])
            if clause.guard is not None:
                self._expect(clause.guard, frozenset({"bool"}), scope, clause, "when", strict=True)
            self._infer(clause.body, scope, clause, strict=True)
            for position, pattern in enumerate(clause.patterns):
                kinds = _pattern_kinds(pattern)
                if isinstance(pattern, Variable | As) and pattern.name != "_":
                    kinds &= scope[pattern.name]
                demands[position] |= kinds & self.demands[key][position]
        return tuple(demands)

    def _infer(self, expression: Expression, scope: dict[str, Kinds], clause: Clause, *, strict: bool) -> Kinds:
        """The kinds of an expression; what is always evaluated narrows its variables in `scope`."""
        match expression:
            case Variable(name):
                return scope[name]
            case Literal(value):
                return frozenset({kind(value)})
            case Let(name, value, body):
                inner = {**scope, name: self._infer(value, scope, clause, strict=strict)}
                found = self._infer(body, inner, clause, strict=strict)
                scope.update({other: kinds for other, kinds in inner.items() if other != name and other in scope})
                return found
            case Call("if", (condition, yes, no)):
                self._expect(condition, frozenset({"bool"}), scope, clause, "if", strict=strict)
                branches = [self._infer(branch, dict(scope), clause, strict=strict) for branch in (yes, no)]
                return branches[0] | branches[1]
            case Call("and" | "or" as operator, (left, right)):
                boolean = frozenset({"bool"})
                self._expect(left, boolean, scope, clause, operator, strict=strict)
                self._expect(right, boolean, dict(scope), clause, operator, strict=strict)
                return boolean
            case Call():
                return self._call(expression, scope, clause, strict=strict)
        raise AssertionError(f"no expression of a language: {expression}")

    def _call(self, call: Call, scope: dict[str, Kinds], clause: Clause, *, strict: bool) -> Kinds:
        key = (call.function, len(call.arguments))
        if key in self.functions:
            demands, result = self.demands[key], self.results[key]
        else:
            primitive = PRELUDE[call.function]
            demands = tuple(ALL if name == "any" else frozenset({name}) for name in primitive.parameters)
            result = frozenset({primitive.result})
        for argument, demand in zip(call.arguments, demands, strict=True):
            self._expect(argument, demand, scope, clause, call.function, strict=strict)
        return result

    def _expect(
        self,
        argument: Expression,
        demand: Kinds,
        scope: dict[str, Kinds],
        clause: Clause,
        function: str,
        *,
        strict: bool,
    ) -> None:
        kinds = self._infer(argument, scope, clause, strict=strict)
        if strict and kinds and demand and not kinds & demand:
            message = f"{function} expects {spoken(demand)} and gets {spoken(kinds)}"
            if isinstance(argument, Variable):
                message += f" in {argument.name}"
            self._clashes[clause.line, message] = Clash(clause.line, message)
        elif isinstance(argument, Variable):
            scope[argument.name] = kinds & demand if kinds & demand else kinds


def grammar_kinds(
    grammar: Grammar, inference: Inference, uses: Mapping[tuple[int, int], Key | None]
) -> tuple[dict[str, Kinds], Iterator[Clash]]:
    """The kinds of value of each rule, and the productions that can never have a value.

    Args:
        uses: per production index and number of values the function it calls; None if it hands
            its only value on. Productions without an entry have no meaning.
    """
    kinds: dict[str, Kinds] = dict.fromkeys(grammar.by_head, NONE)
    changed = True
    while changed:
        changed = False
        for production in grammar.productions:
            found = kinds[production.head] | _production(production, kinds, inference, uses)
            changed |= found != kinds[production.head]
            kinds[production.head] = found
    return kinds, _dead(grammar, kinds, inference, uses)


def _arguments(production: Production, kinds: Mapping[str, Kinds]) -> list[Kinds] | None:
    """The kinds of a production's values; None where an inlined rule makes their number vary."""
    if SPLICED in production.uses:
        return None
    token = frozenset({"seq"})
    return [kinds.get(symbol, token) for symbol, use in zip(production.body, production.uses, strict=True) if use]


def _production(
    production: Production,
    kinds: Mapping[str, Kinds],
    inference: Inference,
    uses: Mapping[tuple[int, int], Key | None],
) -> Kinds:
    if production.shape == "join":
        return frozenset({"seq"})
    arguments = _arguments(production, kinds)
    if arguments is None or production.shape == "splice":
        return ALL
    if (production.index, len(arguments)) not in uses:
        return NONE
    key = uses[production.index, len(arguments)]
    if key is None:
        return arguments[0]
    if not all(arguments):
        return NONE
    return inference.result(key, arguments)


def _dead(
    grammar: Grammar,
    kinds: Mapping[str, Kinds],
    inference: Inference,
    uses: Mapping[tuple[int, int], Key | None],
) -> Iterator[Clash]:
    for production in grammar.productions:
        arguments = _arguments(production, kinds) or []
        key = uses.get((production.index, len(arguments)))
        if key is None:
            continue
        for position, (given, demand) in enumerate(zip(arguments, inference.demands[key], strict=True), 1):
            if given and demand and not given & demand:
                yield Clash(
                    production.line,
                    f"argument {position} of {key[0]} is {spoken(given)}, and {key[0]} expects {spoken(demand)}",
                )


def spoken(kinds: Kinds) -> str:
    """Kinds in words."""
    return " or ".join(SPOKEN[name] for name in KINDS if name in kinds)


def _scope(clause: Clause, arguments: Sequence[Kinds]) -> dict[str, Kinds]:
    """The kinds of the variables of a clause's patterns."""
    scope: dict[str, Kinds] = {}
    for pattern, kinds in zip(clause.patterns, arguments, strict=True):
        _bind(pattern, scope, kinds)
    return scope


def _bind(pattern: Pattern, scope: dict[str, Kinds], kinds: Kinds = ALL) -> None:
    """The variables of a pattern for values of these kinds."""
    kinds = kinds & _pattern_kinds(pattern) or kinds
    while isinstance(pattern, As):
        scope[pattern.name] = kinds
        pattern = pattern.pattern
    if isinstance(pattern, Variable) and pattern.name != "_":
        scope[pattern.name] = kinds
    while isinstance(pattern, Successor):
        pattern = pattern.predecessor
        if not isinstance(pattern, Successor):
            _bind(pattern, scope, frozenset({"int"}))
    while isinstance(pattern, Cons):
        head, pattern = pattern.head, pattern.tail
        _bind(head, scope)
        if not isinstance(pattern, Cons):
            _bind(pattern, scope, frozenset({"seq"}))


def _pattern_kinds(pattern: Pattern) -> Kinds:
    match pattern:
        case Variable():
            return ALL
        case As(_, inside):
            return _pattern_kinds(inside)
        case Literal(value):
            return frozenset({kind(value)})
        case Successor():
            return frozenset({"int"})
    return frozenset({"seq"})
