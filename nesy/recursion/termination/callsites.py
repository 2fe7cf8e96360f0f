"""What a clause calls, with what is known of the sizes of the arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from functools import reduce

from nesy.machine.expressions import (
    Apply,
    As,
    Call,
    Case,
    Clause,
    Cons,
    Construct,
    Expression,
    Lambda,
    Let,
    Literal,
    Partial,
    Pattern,
    Sequence,
    Successor,
    Variable,
)
from nesy.recursion.definitions import Definitions
from nesy.recursion.termination.facts import Facts
from nesy.recursion.termination.sizes import (
    UNKNOWN,
    Bound,
    Size,
    either,
    exactly,
    function_size,
    literal,
    primitive,
    total,
)

Context = tuple[Size, ...]
"""What is known of the arguments that a function value will be applied to."""

_OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class CallSite:
    """A place where a clause calls a function, or hands one on to be called.

    Attributes:
        arguments: of the call; where a function is handed on, those that it will be called with.
    """

    call: Call | Partial
    arguments: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a clause does, as far as sizes go.

    Attributes:
        parameters: the sizes of its function's arguments, by the variables in its patterns.
        result: the size of what it returns.
        calls: the call sites of functions of the file.
        applications: per parameter that is a function, what it is applied to, as often as it is.
    """

    clause: Clause
    parameters: tuple[Bound, ...]
    result: Size
    calls: list[CallSite]
    applications: tuple[list[Context], ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a variable: its size, and where to note what it is applied to."""

    size: Size
    applications: list[Context] | None = None


_Environment = Mapping[str, _Known]


def read_clause(clause: Clause, definitions: Definitions, facts: Facts, above: Many[Clause] = ()) -> Reading:
    """The reading of a clause where these facts hold of the functions that it calls.

    It is reached only where the guards of the clauses `above` with the same patterns are false. Functions without
    facts, such as learned ones, may return anything and call what they are given with anything.
    """
    env: dict[str, _Known] = {}
    measure = _Measure(env)
    applications: tuple[list[Context], ...] = tuple([] for _ in clause.patterns)
    parameters = tuple(measure.parameter(p, noted) for p, noted in zip(clause.patterns, applications, strict=True))
    reader = _Reader(definitions, facts)
    known: _Environment = env
    for other in above:
        if other.guard is not None and other.patterns == clause.patterns:
            known = reader.where(other.guard, False, known)
    if clause.guard is None:
        result = reader.size(clause.body, known)
    else:
        reader.size(clause.guard, known)
        result = reader.size(clause.body, reader.where(clause.guard, True, known))
    return Reading(clause, parameters, result, reader.calls, applications)


class _Measure:
    """Measures patterns: each of their variables is a symbol of its own."""

    def __init__(self, env: dict[str, _Known]) -> None:
        self.env = env
        self.symbols = 0

    def parameter(self, pattern: Pattern, applications: list[Context]) -> Bound:
        bound, _ = self.pattern(pattern, applications)
        return bound

    def pattern(
        self, pattern: Pattern, applications: list[Context] | None = None, least: int | None = None
    ) -> tuple[Bound, int | None]:
        """The size of what it matches, and the least value or length where one is known."""
        above = 0
        while isinstance(pattern, Successor):
            pattern, above, least = pattern.predecessor, above + 1, 0
        bound, least = self._pattern(pattern, None if above else applications, least)
        return bound + Bound(above), least if least is None else least + above

    def _pattern(
        self, pattern: Pattern, applications: list[Context] | None, least: int | None
    ) -> tuple[Bound, int | None]:
        match pattern:
            case Variable(name):
                bound = Bound(0, (self.symbols,))
                self.symbols += 1
                self.env[name] = _Known(exactly(bound).at_least(least), applications)
            case As(name, inside):
                bound, least = self.pattern(inside, applications, least)
                self.env[name] = _Known(exactly(bound).at_least(least), applications)
            case Literal(value):
                size = literal(value)
                (bound,) = size.bounds
                least = size.least
            case Cons(head, tail):
                front, _ = self.pattern(head)
                rest, length = self.pattern(tail, least=0)
                bound, least = front + rest + Bound(1), (length or 0) + 1
            case Case(_, patterns):
                bound = sum((self.pattern(p)[0] for p in patterns), Bound(1 if patterns else 0))
        return bound, least


class _Reader:
    """Reads expressions, and notes the calls in them."""

    def __init__(self, definitions: Definitions, facts: Facts) -> None:
        self.definitions, self.facts = definitions, facts
        self.calls: list[CallSite] = []

    def size(self, expression: Expression, env: _Environment, context: Context | None = None) -> Size:
        """The size of the expression's value; if that is a function, it will be applied to what the context tells."""
        if context is None:
            context = self.facts.anything
        match expression:
            case Variable(name):
                return self._variable(env[name], context)
            case Literal(value):
                return literal(value)
            case Let(name, Lambda() | Partial() as value, body):
                return self._local(name, value, body, env, context)
            case Let(name, value, body):
                known = env[value.name] if isinstance(value, Variable) else _Known(self.size(value, env))
                return self.size(body, {**env, name: known}, context)
            case Construct(_, arguments):
                return total(self._each(arguments, env), 1 if arguments else 0)
            case Sequence(elements):
                return total(self._each(elements, env), len(elements)).at_least(len(elements))
            case Lambda(parameters, body):
                inner = {name: _Known(size) for name, size in zip(parameters, context, strict=False)}
                return function_size(self.size(body, {**env, **inner}))
            case Apply(function, arguments):
                given = tuple(self._each(arguments, env))
                return Size(self.size(function, env, given + self.facts.anything[len(given) :]).bounds)
            case Partial(_, _, missing):
                return function_size(self._call(expression, env, context[:missing]))
            case Call("if", (condition, yes, no)):
                self.size(condition, env)
                return either(
                    self.size(yes, self.where(condition, True, env), context),
                    self.size(no, self.where(condition, False, env), context),
                )
            case Call("and" | "or" as operator, (left, right)):
                self.size(left, env)
                self.size(right, self.where(left, operator == "and", env))
                return literal(True)
        return self._call(expression, env, ())

    def _each(self, expressions: Iterable[Expression], env: _Environment) -> Iterable[Size]:
        return [self.size(expression, env) for expression in expressions]

    def _variable(self, known: _Known, context: Context) -> Size:
        if known.applications is not None:
            known.applications.append(context)
        return known.size

    def _local(self, name: str, value: Lambda | Partial, body: Expression, env: _Environment, context: Context) -> Size:
        """The size of a body with a function of its own, which is read when it is known what it is applied to."""
        applications: list[Context] = []
        size = self.size(body, {**env, name: _Known(UNKNOWN, applications)}, context)
        each = zip(*(applications or [self.facts.anything]), strict=True)
        self.size(value, env, tuple(reduce(either, sizes) for sizes in each))
        return size

    def _call(self, call: Call | Partial, env: _Environment, missing: Context) -> Size:
        """The size of what a call returns, with what is known of the arguments that are missing."""
        function, given = call.function, call.arguments
        if function not in self.facts.results:
            return self._unclaimed(function, (*self._each(given, env), *missing))
        sizes = [self._before(argument, env) for argument in given] + list(missing)
        contexts = [self.facts.applied_to(function, position, sizes) for position in range(len(given))]
        for position, argument in enumerate(given):
            if isinstance(argument, _FUNCTIONS):
                sizes[position] = self.size(argument, env, contexts[position])
        self.calls.append(CallSite(call, tuple(sizes)))
        return self.facts.result(function, sizes)

    def _before(self, argument: Expression, env: _Environment) -> Size:
        """The size of an argument as far as it is known before what it is applied to."""
        if isinstance(argument, Variable):
            return env[argument.name].size
        return UNKNOWN if isinstance(argument, _FUNCTIONS) else self.size(argument, env)

    def _unclaimed(self, function: str, sizes: Context) -> Size:
        if function in self.definitions.functions or function in self.definitions.learned:
            return UNKNOWN
        if function in self.definitions.declarations.constructors:
            return total(sizes, 1)
        return primitive(function, sizes)

    # conditions

    def where(self, condition: Expression, truth: bool, env: _Environment) -> _Environment:
        """What is known of the variables where a condition is true, or false."""
        match condition:
            case Call("not", (inside,)):
                return self.where(inside, not truth, env)
            case Call("and" | "or" as operator, _) if truth == (operator == "and"):
                for part in 2 * list(_joined(operator, condition)):  # what one says may be of use to those before it
                    env = self.where(part, truth, env)
                return env
            case Call(operator, (left, right)) if operator in _OPPOSITE:
                return self._compared(operator if truth else _OPPOSITE[operator], left, right, env)
        return env

    def _compared(self, operator: str, left: Expression, right: Expression, env: _Environment) -> _Environment:
        if operator in ("<", "<="):
            return self._compared({"<": ">", "<=": ">="}[operator], right, left, env)
        if operator == "!=":
            least = self._least(left, env)
            natural = least is not None and least >= 0
            return self._raised(left, 1, env) if right == Sequence(()) or (right == Literal(0) and natural) else env
        least = self._least(right, env)
        raised = self._raised(left, least if least is None or operator != ">" else least + 1, env)
        return self._raised(right, self._least(left, env), raised) if operator == "==" else raised

    def _raised(self, expression: Expression, least: int | None, env: _Environment) -> _Environment:
        """The environment where the expression's value or length is at least so much."""
        match expression:
            case Variable(name):
                known = env[name]
                return {**env, name: _Known(known.size.at_least(least), known.applications)}
            case Call("length", (Variable() as sequence,)) if "length" not in self.definitions.functions:
                return self._raised(sequence, least, env)
        return env

    def _least(self, expression: Expression, env: _Environment) -> int | None:
        match expression:
            case Variable(name):
                return env[name].size.least
            case Literal(value):
                return literal(value).least
            case Call("length", (_,)) if "length" not in self.definitions.functions:
                return 0
        return None


def _joined(operator: str, condition: Expression) -> Iterator[Expression]:
    """The conditions that are joined by ``and``, or by ``or``."""
    if isinstance(condition, Call) and condition.function == operator:
        for part in condition.arguments:
            yield from _joined(operator, part)
    else:
        yield condition


_FUNCTIONS = (Variable, Lambda, Partial)
"""Arguments that are read when it is known what they are applied to."""
