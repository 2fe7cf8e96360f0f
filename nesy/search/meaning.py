"""The meaning of a sense: a program from argument values to a value, and its inverse."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from nesy.errors import Undefined
from nesy.lang.clauses import print_expression
from nesy.machine.closed_forms import closed_form, evaluator
from nesy.machine.expressions import Call, Clause, Expression, Literal, Variable, substitute, variables
from nesy.machine.primitives import PRELUDE, Primitive, apply
from nesy.machine.values import Value, kind
from nesy.search.concatenation import Piece, cuts, pieces
from nesy.search.inverses import solve
from nesy.search.universe import UNDEFINED, Universe

PARAMETERS = ("a", "b", "c")
RESULT, ELEMENT = "r", "h"  # in a step: the result for the rest, the predecessor or first element
CANDIDATE_INTEGERS = range(-12, 101)
LONGEST_RECURSION = 300
MANY_STEPS = 40  # from here on it is worth to look for a closed form
LARGEST_RESULT = 1 << 400
LONGEST_RESULT = 600

Environment = dict[str, Value]
Compiled = Callable[[Environment], Value]
"""An expression as a function of its variables' values; raises `Undefined`."""


def closure(expression: Expression, library: Mapping[str, Primitive] = PRELUDE) -> Compiled:
    """The expression as a function of its variables' values; raises `Undefined`.

    Args:
        library: the functions that it may call.
    """
    match expression:
        case Variable(name):
            return lambda env: env[name]
        case Literal(value):
            return lambda env: value
        case Call(function, arguments):
            return applied(library[function], [closure(argument, library) for argument in arguments])
    raise TypeError(expression)


def applied(primitive: Primitive, arguments: Sequence[Compiled]) -> Compiled:
    """A primitive on compiled arguments."""
    match primitive.name, arguments:
        case "if", (test, then, otherwise):

            def choose(env: Environment) -> Value:
                truth = test(env)
                if kind(truth) != "bool":
                    raise Undefined("if expects a boolean")
                return then(env) if truth else otherwise(env)

            return choose
        case "and", (left, right):
            return lambda env: (lambda a: False if a is False else apply(primitive, (a, right(env))))(left(env))
        case "++", (left, right):
            return _joined(left, right)
        case _, (given,):
            return lambda env: apply(primitive, (given(env),))
        case _, (left, right):
            if primitive.parameters == ("int", "int"):
                return _counted(primitive, left, right)
            return lambda env: apply(primitive, (left(env), right(env)))
    return lambda env: apply(primitive, tuple(argument(env) for argument in arguments))


def _joined(left: Compiled, right: Compiled) -> Compiled:
    def join(env: Environment) -> Value:
        a, b = left(env), right(env)
        return a + b if a.__class__ is tuple and b.__class__ is tuple else apply(PRELUDE["++"], (a, b))

    return join


def _counted(primitive: Primitive, left: Compiled, right: Compiled) -> Compiled:
    function = primitive.function

    def count(env: Environment) -> Value:
        a, b = left(env), right(env)
        return function(a, b) if a.__class__ is int and b.__class__ is int else apply(primitive, (a, b))

    return count


@dataclass(frozen=True, slots=True)
class Fold:
    """Recursion over one parameter: ``f(0) = base``, ``f(n + 1) = step`` with ``r = f(n)`` and ``h = n``; over a
    sequence ``h`` is the first element and ``r = f(rest)``.

    Attributes:
        again: over numbers, the arguments of the inner call as expressions of the parameters, the one that is
            recursed over smaller than before: ``f(monus(a, b), b)``; None for the predecessor, the others as they are.
    """

    over: int
    domain: str  # "int" or "seq"
    base: Expression
    step: Expression
    again: tuple[Expression, ...] | None = None


@dataclass(slots=True)
class Memo:
    """Values of a program, and its preimages, by the ids of one universe."""

    universe: Universe
    values: dict[tuple[int, ...], int] = field(default_factory=dict)
    inverse: dict[tuple[object, ...], tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Meaning:
    """A program with `arity` parameters ``a, b, c``: an expression, or a structural recursion.

    Attributes:
        cost: description length in nodes; shared subexpressions count once.
        library: functions beside the prelude that the body may call.
    """

    arity: int
    body: Expression | Fold
    cost: float
    library: tuple[Solved | Defined, ...] = ()
    _memos: list[Memo] = field(default_factory=list, compare=False, repr=False)  # of the last universe, if any

    def __call__(self, universe: Universe, arguments: tuple[int, ...]) -> int:
        """Ids to an id; UNDEFINED where the program has no value."""
        values = self._memo(universe).values
        found = values.get(arguments)
        if found is None:
            found = values[arguments] = self._run(universe, arguments)
        return found

    def _memo(self, universe: Universe) -> Memo:
        """What was computed before with the ids of this universe."""
        memos = self._memos
        if not memos or memos[0].universe is not universe:
            memos[:] = [Memo(universe)]
        return memos[0]

    def _run(self, universe: Universe, arguments: tuple[int, ...]) -> int:
        if UNDEFINED in arguments:
            return UNDEFINED
        values = [universe.values[a] for a in arguments]
        try:
            result = self.run(*values)  # type: ignore[arg-type]
        except (Undefined, KeyError):
            return UNDEFINED
        if isinstance(result, tuple):
            return universe.id(result) if len(result) <= LONGEST_RESULT else UNDEFINED
        return universe.id(result) if abs(result) <= LARGEST_RESULT else UNDEFINED

    @property
    def function(self) -> Callable[..., Value]:
        """The program as a Python function of values."""
        cached = self.__dict__.get("_function")
        if cached is None:
            cached = self._compile()
            self.__dict__["_function"] = cached
        return cached

    def _compile(self) -> Callable[..., Value]:
        names = PARAMETERS[: self.arity]
        library = self._library()
        if isinstance(self.body, Fold):
            return _fold(self.body, names, library)
        body = closure(self.body, library)
        return lambda *values: body(dict(zip(names, values, strict=True)))

    def _library(self) -> Mapping[str, Primitive]:
        return {**PRELUDE, **{p.name: p for p in self.library}} if self.library else PRELUDE

    def run(self, *values: Value) -> Value:
        """The program's value; a recursion that is plain arithmetic also for large numbers."""
        if isinstance(self.body, Fold) and self.body.domain == "int":
            over = values[self.body.over]
            natural = all(v.__class__ is int and v >= 0 for v in values)
            if natural and over > MANY_STEPS and self.closed is not None:  # type: ignore[operator]
                return self.__dict__["_fast"](*values)  # type: ignore[no-any-return]
        return self.function(*values)

    @property
    def closed(self) -> Expression | None:
        """The same function of natural numbers as an expression of the prelude, where one is found."""
        if "_closed" not in self.__dict__:
            form = self.body if isinstance(self.body, Expression) and not self.library else None
            if isinstance(self.body, Expression) and self.library and 1 <= self.arity <= 2:
                form = closed_form(self.arity, self.function, lambda itself, *values: self.function(*values))
            if isinstance(self.body, Fold) and self.body.domain == "int" and self.arity <= 2:
                step = _one_step(self.body, PARAMETERS[: self.arity], self._library())
                form = closed_form(self.arity, self.function, step)
            self.__dict__["_closed"] = form
            self.__dict__["_fast"] = evaluator(form) if form is not None and isinstance(self.body, Fold) else None
        return self.__dict__["_closed"]  # type: ignore[no-any-return]

    def preimages(self, universe: Universe, slot: int, others: Sequence[int], target: int) -> tuple[int, ...]:
        """Ids x such that the program gives `target` when argument `slot` is x, the others given.

        Complete where the form of the program tells (`nesy.search.inverses`), else for sequences that are
        contiguous in the target and integers in a small range;
        every id returned is verified. At most eight; none if there would be more.
        """
        key = (slot, tuple(others), target)
        inverse = self._memo(universe).inverse
        found = inverse.get(key)
        if found is None:
            found = inverse[key] = self._solve(universe, slot, list(others), target)
        return found

    def _solve(self, universe: Universe, slot: int, others: list[int], target: int) -> tuple[int, ...]:
        name = PARAMETERS[slot]
        body = self.body
        if isinstance(body, Expression):
            if name not in variables(body):
                return ()
            if body == Variable(name):
                return (target,)
        if self.pieces is not None:
            return self._cut(universe, slot, others, target)
        if isinstance(body, Expression):
            given = {n: universe.values[o] for n, o in zip(self._names_but(slot), others, strict=True)}
            exact = solve(body, name, given, universe.values[target])  # type: ignore[arg-type]
            if exact is not None:
                ids = sorted(map(universe.id, exact))
                return tuple(ids) if len(ids) <= 8 else ()
        counted = isinstance(body, Fold) and body.domain == "int" and body.over == slot
        tried = range(CANDIDATE_INTEGERS.stop) if counted else _candidates(universe, others, target)
        found: list[int] = []
        for candidate in dict.fromkeys(map(universe.id, tried)):
            if self(universe, (*others[:slot], candidate, *others[slot:])) == target:
                found.append(candidate)
                if len(found) > 8:
                    return ()
        return tuple(found)

    def _names_but(self, slot: int) -> list[str]:
        return [name for name in PARAMETERS[: self.arity] if name != PARAMETERS[slot]]

    @property
    def pieces(self) -> tuple[Piece, ...] | None:
        """What the program joins, if it only joins."""
        if "_pieces" not in self.__dict__:
            self.__dict__["_pieces"] = pieces(self.body)
        return self.__dict__["_pieces"]  # type: ignore[no-any-return]

    def _cut(self, universe: Universe, slot: int, others: list[int], target: int) -> tuple[int, ...]:
        """The inverse of a program that only joins."""
        assert self.pieces is not None
        whole, parts = universe.values[target], [universe.values[o] for o in others]
        if not isinstance(whole, tuple):
            return ()
        names = self._names_but(slot)
        given = {n: (v,) for n, v in zip(names, parts, strict=True) if isinstance(v, tuple)}
        if len(given) < len(names):
            return ()
        found = {universe.id(cut[PARAMETERS[slot]]) for cut in islice(cuts(self.pieces, whole, given), 9)}
        return tuple(sorted(found)) if len(found) <= 8 else ()


def _candidates(universe: Universe, others: list[int], target: int) -> Iterator[Value]:
    value = universe.values[target]
    known = [universe.values[o] for o in others]
    assert value is not None
    if isinstance(value, tuple):
        yield ()
        for length in range(1, len(value) + 1):
            for start in range(len(value) - length + 1):
                yield value[start : start + length]
                yield value[start : start + length][::-1]
        if any(kind(v) == "int" for v in known if v is not None) or not known:
            yield from range(10)
        yield from (True, False)
    else:
        yield from (True, False)
        yield from CANDIDATE_INTEGERS
        if kind(value) == "int":
            for k in known:
                if k is not None and kind(k) == "int":
                    yield from _arithmetic_candidates(int(value), int(k))  # type: ignore[arg-type]


def _arithmetic_candidates(y: int, k: int) -> Iterator[int]:
    yield from (y, y - k, y + k, k - y, y * k, -y)
    if k:
        yield from (y // k, -(-y // k))


def _one_step(fold: Fold, names: tuple[str, ...], library: Mapping[str, Primitive]) -> Callable[..., Value]:
    """``step(itself, *arguments)``: the recursion with `itself` for its inner call."""
    base, step = closure(fold.base, library), closure(fold.step, library)
    again = [closure(expression, library) for expression in fold.again or ()]

    def run(itself: Callable[..., Value], *values: Value) -> Value:
        env: Environment = dict(zip(names, values, strict=True))
        over = values[fold.over]
        if not over:
            return base(env)
        below = over - 1  # type: ignore[operator]
        inner = [each(env) for each in again] or [below if k == fold.over else v for k, v in enumerate(values)]
        return step({**env, RESULT: itself(*inner), ELEMENT: below})

    return run


def _descent(fold: Fold, names: tuple[str, ...], library: Mapping[str, Primitive]) -> Callable[..., Value]:
    """A recursion whose inner call has arguments of its own."""
    base, step = closure(fold.base, library), closure(fold.step, library)
    again = [closure(expression, library) for expression in fold.again or ()]

    def run(*values: Value) -> Value:
        entered: list[Environment] = []
        while kind(values[fold.over]) == "int" and values[fold.over] > 0 and len(entered) <= LONGEST_RECURSION:  # type: ignore[operator]
            env: Environment = dict(zip(names, values, strict=True))
            entered.append(env)
            inner = tuple(each(env) for each in again)
            if not inner[fold.over] < values[fold.over]:  # type: ignore[operator]
                raise Undefined("the recursion does not end")
            values = inner
        if kind(values[fold.over]) != "int" or values[fold.over] != 0:
            raise Undefined("recursion over something else than a small natural number")
        result = base(dict(zip(names, values, strict=True)))
        for env in reversed(entered):
            result = _moderate(step({**env, RESULT: result, ELEMENT: env[names[fold.over]] - 1}))  # type: ignore[operator]
        return result

    return run


def _fold(fold: Fold, names: tuple[str, ...], library: Mapping[str, Primitive]) -> Callable[..., Value]:
    if fold.again is not None:
        return _descent(fold, names, library)
    return recursion(fold.over, fold.domain, closure(fold.base, library), closure(fold.step, library), names)


def recursion(position: int, domain: str, base: Compiled, step: Compiled, names: Sequence[str]) -> Callable[..., Value]:
    """The recursion of a `Fold` over the parameter at a position as a function of values."""

    def run(*values: Value) -> Value:
        env: Environment = dict(zip(names, values, strict=True))
        over = values[position]
        size = len(over) if isinstance(over, tuple) else over
        if kind(over) != domain or not 0 <= size <= LONGEST_RECURSION:
            raise Undefined("recursion over something else than a small natural number or a short sequence")
        result = base(env)
        if isinstance(over, tuple):
            for element in reversed(over):
                env[RESULT], env[ELEMENT] = result, ((element,) if isinstance(element, str) else element)
                result = _moderate(step(env))
            return result
        for n in range(int(over)):
            env[RESULT], env[ELEMENT] = result, n
            result = _moderate(step(env))
        return result

    return run


def _moderate(value: Value) -> Value:
    """Intermediate results of a search stay small; a program that is kept is run without limits."""
    if len(value) > LONGEST_RESULT if isinstance(value, tuple) else abs(value) > LARGEST_RESULT:
        raise Undefined("too large for a search")
    return value


def constant(value: Value) -> Meaning:
    """The program without arguments that is this value."""
    size = 1 + len(value) if isinstance(value, tuple) else 2
    return Meaning(0, Literal(value), size)


@dataclass(frozen=True, eq=False)
class Solved(Primitive):
    """A solved meaning as a function that other programs may call; two of one name are the same."""

    meaning: Meaning = field(kw_only=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Solved) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True, eq=False)
class Defined(Primitive):
    """A function that was given: by clauses, or in Python, without any."""

    clauses: tuple[Clause, ...] = field(kw_only=True)


def named(name: str, meaning: Meaning, kinds: str) -> Solved:
    """A solved meaning as a function that other programs may call.

    Args:
        kinds: of its arguments and its result, such as "int int int".
    """
    *parameters, result = kinds.split()
    return Solved(name, tuple(parameters), result, meaning.run, f"{name}: found before", meaning=meaning)


def solved(meaning: Meaning, kinds: str) -> Solved:
    """`named` after what it is: equal programs have equal names."""
    body = meaning.body
    parts = [body] if not isinstance(body, Fold) else [body.base, body.step, *(body.again or ())]
    head = [str(meaning.arity)] + ([body.domain, str(body.over)] if isinstance(body, Fold) else [])
    text = "; ".join([*head, *map(print_expression, parts)])  # what it calls has such a name in it
    return named("f" + hashlib.sha256(text.encode()).hexdigest()[:12], meaning, kinds)


def expression_cost(expression: Expression) -> int:
    """Nodes, counting equal subexpressions once (they would be bound by a ``let``)."""
    seen: set[Expression] = set()

    def cost(e: Expression) -> int:
        match e:
            case Variable():
                return 1
            case Literal(value):
                return 1 + (len(value) if isinstance(value, tuple) else 1)
            case Call(_, arguments):
                if e in seen:
                    return 1
                seen.add(e)
                return 1 + sum(map(cost, arguments))
        raise TypeError(e)

    return cost(expression)


def of_expression(arity: int, expression: Expression, library: tuple[Solved | Defined, ...] = ()) -> Meaning:
    """The meaning with this body; parameters that it ignores cost extra."""
    ignored = arity - len(set(variables(expression)) & set(PARAMETERS[:arity]))
    return Meaning(arity, expression, expression_cost(expression) + 2 * ignored, library)


__all__ = [
    "ELEMENT",
    "PARAMETERS",
    "RESULT",
    "Compiled",
    "Defined",
    "Fold",
    "Meaning",
    "Solved",
    "applied",
    "closure",
    "constant",
    "expression_cost",
    "named",
    "of_expression",
    "recursion",
    "solved",
    "substitute",
]
