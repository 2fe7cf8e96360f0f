"""What the bodies of clauses are made of, each at the types that are in play.

Polymorphic functions are taken at every choice of those types, so the enumeration is one of first-order terms over
a finite signature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from nesy.errors import NesyError
from nesy.machine.expressions import Apply, Call, Construct, Expression, Literal, Partial
from nesy.machine.expressions import Sequence as Brackets
from nesy.search.recursion.cases import inside
from nesy.search.recursion.store import EMPTY, LINK, UNDEFINED, Closure, Store, Stuck
from nesy.terms import Value
from nesy.types import (
    BOOL,
    INT,
    STRING,
    Declarations,
    Function,
    Named,
    Signature,
    Type,
    TypeVariable,
    substitute,
    variables,
)

LARGEST = 10**9
"""Integers beyond are no values of the search."""
WIDEST = 2_000
"""Constructors of a value beyond which there is none in the search."""
ASSOCIATIVE: Mapping[str, int | bool | None] = {"+": 0, "*": 1, "and": True, "or": False, "min": None, "max": None}
"""Associative and commutative primitives, with their units."""
IDEMPOTENT = frozenset({"and", "or", "min", "max"})
JOINED = Stuck("++")


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """A function of values' numbers.

    Attributes:
        apply: gives `UNDEFINED` where there is no value.
        write: the expression of its application.
    """

    parameters: tuple[Type, ...]
    result: Type
    apply: Callable[..., int]
    write: Callable[[tuple[Expression, ...]], Expression]
    cost: int = 1


@dataclass(frozen=True, slots=True)
class LibraryFunction:
    """A function that bodies may call.

    Attributes:
        evaluate: its values; may raise a `NesyError`.
        cost: what a call adds to the cost of a body.
    """

    name: str
    signature: Signature
    evaluate: Callable[..., Value]
    cost: int = 1


class Operators:
    """All operators over the types in play.

    Args:
        types: of the arguments and the result of what is looked for.
        constants: integers and strings that bodies may hold.
    """

    def __init__(
        self,
        store: Store,
        declarations: Declarations,
        library: Sequence[LibraryFunction],
        types: Iterable[Type],
        constants: Iterable[int | str] = (),
    ) -> None:
        self.store, self.declarations = store, declarations
        self.types = _in_play(declarations, types, library)
        self.all: list[Operator] = [
            *self._constants(constants),
            *self._constructors(),
            *(operator for function in library for operator in self._library(function)),
        ]

    def useful(self, goals: Iterable[Type]) -> list[Operator]:
        """Those of whose results values of the goals can be made."""
        wanted = set(goals)
        while True:
            found = [operator for operator in self.all if operator.result in wanted]
            more = {parameter for operator in found for parameter in operator.parameters} - wanted
            if not more:
                return found
            wanted |= more

    def _constants(self, values: Iterable[int | str]) -> Iterator[Operator]:
        types = {int: INT, str: STRING, bool: BOOL}
        for value in (True, False, 0, 1, *values):
            type_ = types[type(value)]
            if type_ in self.types:
                cost = 1 if isinstance(value, bool) or value in (0, 1) else 2
                yield _constant(self.store.constant(value), type_, Literal(value), cost)

    def _constructors(self) -> Iterator[Operator]:
        make = self.store.make
        for type_ in self.types:
            match type_:
                case Named("seq", (element,)) if not isinstance(element, int):
                    yield _constant(make(EMPTY), type_, Brackets(()), 1)
                    yield Operator((element, type_), type_, lambda *ids: make(LINK, ids), _link)
                case Named(name) if name in self.declarations.types:
                    for constructor in self.declarations.types[name].constructors:
                        fields = self.declarations.fields(constructor, type_)
                        yield self._constructor(constructor.name, fields, type_)

    def _constructor(self, name: str, fields: tuple[Type, ...], type_: Type) -> Operator:
        make = self.store.make

        def apply(*numbers: int) -> int:
            return make(name, numbers)

        return Operator(fields, type_, apply, lambda arguments: Construct(name, arguments))

    def _library(self, function: LibraryFunction) -> Iterator[Operator]:
        signature = function.signature
        evaluated = _evaluation(self.store, function)
        for parameters, result in self._instances(signature):
            yield Operator(parameters, result, evaluated, _call(function.name), function.cost)
            yield from self._as_value(function, parameters, result)

    def _as_value(self, function: LibraryFunction, parameters: tuple[Type, ...], result: Type) -> Iterator[Operator]:
        """The function itself, and with its first arguments given, where a function of such a type is taken."""
        make, name = self.store.make, function.name
        for given in range(len(parameters)):
            type_ = Function(parameters[given:], result)
            if type_ not in self.types:
                continue
            head = Closure(name, function.evaluate)
            missing = len(parameters) - given

            def apply(*numbers: int, head: Closure = head) -> int:
                return make(head, numbers)

            def write(arguments: tuple[Expression, ...], missing: int = missing) -> Expression:
                return Partial(name, arguments, missing)

            yield Operator(parameters[:given], type_, apply, write)

    def _instances(self, signature: Signature) -> Iterator[tuple[tuple[Type, ...], Type]]:
        known = set(self.types)
        for given in _choices(signature, [t for t in self.types if not isinstance(t, Function)]):
            parameters = tuple(substitute(p, given) for p in signature.parameters)
            result = substitute(signature.result, given)
            compared = [given[name] for name in signature.compared if name in given]
            if known.issuperset((*parameters, result)) and all(map(self._comparable, compared)):
                yield parameters, result

    def _comparable(self, type_: Type) -> bool:
        """Types whose values bodies compare: numbers and names, but no containers."""
        return type_ != BOOL and (isinstance(type_, TypeVariable) or not getattr(type_, "arguments", (1,)))


def function_operator(store: Store, type_: Function) -> Operator:
    """The application of a function that is the value of a variable."""

    def evaluate(*numbers: int) -> int:
        if UNDEFINED in numbers:
            return UNDEFINED
        if any(store.stuck[number] for number in numbers):
            return store.make(Stuck("apply"), numbers)
        function, *arguments = map(store.value, numbers)
        return _guarded(store, function, arguments)

    return Operator(
        (type_, *type_.parameters), type_.result, _remembering(evaluate), lambda parts: Apply(parts[0], parts[1:])
    )


def _evaluation(store: Store, function: LibraryFunction) -> Callable[..., int]:
    """The function of numbers: stuck where an argument is."""
    stuck, name = store.stuck, function.name

    def evaluate(*numbers: int) -> int:
        if UNDEFINED in numbers:
            return UNDEFINED
        if name == "++":
            return _join(store, *numbers)
        if not any(stuck[number] for number in numbers):
            return _guarded(store, function.evaluate, [store.value(number) for number in numbers])
        if name in ASSOCIATIVE:
            return _collected(store, function, numbers)
        return store.make(Stuck(name), tuple(sorted(numbers)) if name == "==" else numbers)

    return _remembering(evaluate)


def _remembering(evaluate: Callable[..., int]) -> Callable[..., int]:
    memo: dict[tuple[int, ...], int] = {}

    def remembered(*numbers: int) -> int:
        found = memo.get(numbers)
        if found is None:
            found = memo[numbers] = evaluate(*numbers)
        return found

    return remembered


def _guarded(store: Store, function: Callable[..., Value], arguments: Sequence[Value]) -> int:
    try:
        value = function(*arguments)
    except (NesyError, RecursionError):
        return UNDEFINED
    if type(value) is int and abs(value) > LARGEST:
        return UNDEFINED
    number = store.number(value)
    return number if store.sizes[number] <= WIDEST else UNDEFINED


def _collected(store: Store, function: LibraryFunction, numbers: tuple[int, ...]) -> int:
    """A stuck application of an associative and commutative function: all operands together, the known ones as one."""
    head = Stuck(function.name)
    flat = [part for n in numbers for part in (store.parts[n] if store.heads[n] == head else (n,))]
    known = [part for part in flat if not store.stuck[part]]
    while len(known) > 1:
        values = [store.value(known.pop()), store.value(known.pop())]
        known.append(_guarded(store, function.evaluate, values))
    unit = ASSOCIATIVE[function.name]
    known = [part for part in known if unit is None or part != store.constant(unit)]
    parts = sorted(known + [part for part in flat if store.stuck[part]])
    if function.name in IDEMPOTENT:
        parts = sorted(set(parts))
    return parts[0] if len(parts) == 1 else store.make(head, tuple(parts))


def _join(store: Store, left: int, right: int) -> int:
    """Concatenation, as far as the first sequence is known."""
    elements = []
    while store.heads[left] is LINK:
        element, left = store.parts[left]
        elements.append(element)
    if store.heads[left] is not EMPTY and store.heads[right] is EMPTY:
        right = left
    elif store.heads[left] is not EMPTY:
        right = store.make(JOINED, tuple(part for n in (left, right) for part in _joined(store, n)))
    for element in reversed(elements):
        right = store.make(LINK, (element, right))
    return right


def _joined(store: Store, number: int) -> tuple[int, ...]:
    """What a stuck concatenation joins."""
    return store.parts[number] if store.heads[number] == JOINED else (number,)


def _constant(number: int, type_: Type, expression: Expression, cost: int) -> Operator:
    return Operator((), type_, lambda: number, lambda _: expression, cost)


def _link(arguments: tuple[Expression, ...]) -> Expression:
    first, rest = arguments
    if isinstance(rest, Brackets):
        return Brackets((first, *rest.elements))
    return Call("++", (Brackets((first,)), rest))


def _call(name: str) -> Callable[[tuple[Expression, ...]], Expression]:
    return lambda arguments: Call(name, arguments)


def _choices(signature: Signature, types: Sequence[Type]) -> Iterator[Mapping[str, Type]]:
    names = list(dict.fromkeys(name for t in (*signature.parameters, signature.result) for name in variables(t)))
    for chosen in product(types, repeat=len(names)):
        yield dict(zip(names, chosen, strict=True))


def _in_play(declarations: Declarations, types: Iterable[Type], library: Sequence[LibraryFunction]) -> tuple[Type, ...]:
    """The types, those inside them, and those that the library's functions lead to and take."""
    found = dict.fromkeys(part for type_ in types for part in inside(declarations, type_))
    found[BOOL] = None
    deepest = max(2, *map(_depth, found))
    for _ in range(2):
        known = list(found)
        for function in library:
            for given in _choices(function.signature, [t for t in known if not isinstance(t, Function)]):
                parameters = [substitute(p, given) for p in function.signature.parameters]
                result = substitute(function.signature.result, given)
                data = [p for p in parameters if not isinstance(p, Function)]
                led = not parameters or any(t in found and t != BOOL for t in data)
                if led and all(_depth(t) <= deepest for t in (*data, result)):
                    found.update(dict.fromkeys((*parameters, result)))
    return tuple(found)


def _depth(type_: Type) -> int:
    match type_:
        case Named(_, arguments):
            return 1 + max((_depth(a) for a in arguments if not isinstance(a, int)), default=0)
        case Function(parameters, result):
            return 1 + max(map(_depth, (*parameters, result)))
    return 1
