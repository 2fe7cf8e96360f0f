"""Expressions of a puzzle to constants and formulas, once parameters and indices are known.

Nothing is run as Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any, TypeAlias

from lark import Token

from nesy.errors import InputError, Undefined
from nesy.lang.puzzle import (
    Binder,
    Call,
    Collection,
    Dictionary,
    Expression,
    Generators,
    Index,
    Literal,
    Name,
    Operation,
    Pattern,
    names_of,
    print_expression,
)
from nesy.puzzles.budget import Budget
from nesy.puzzles.formulas import FORMULAS, Symbolic, Variable
from nesy.puzzles.model import Index as Key
from nesy.puzzles.space import Space
from nesy.puzzles.values import Data, Graph, Items, contains, elements, flat, write

ORDERS = {"<": lt, "<=": le, ">": gt, ">=": ge}
"""How names, which are not variables, are compared: by their letters."""

Environment: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Declared:
    """The variables of one declaration, while it is grounded."""

    name: str
    variables: Mapping[Key, Variable]


class Evaluator:
    """Evaluates expressions over the variables of a space."""

    def __init__(self, space: Space, budget: Budget, file: str | None) -> None:
        self._space, self._budget, self._file = space, budget, file

    def evaluate(self, expression: Expression, names: Environment) -> Any:
        """The constant, collection or formula that an expression is.

        Raises:
            InputError: something in it is of the wrong kind, at its place.
        """
        self._budget.spend("steps")
        try:
            match expression:
                case Literal(value):
                    return value
                case Name(text):
                    return names[text]
                case Index(of, indices, at):
                    return self._index(self.evaluate(of, names), [self.evaluate(i, names) for i in indices], of, at)
                case Operation("if", (condition, yes, no), at):
                    return self._choice(condition, yes, no, at, names)
                case Operation(operator, operands, at):
                    return self._operation(operator, [self.evaluate(o, names) for o in operands], at)
                case Call(function, arguments, generators, at):
                    return self._call(function, self._arguments(arguments, generators, names), at)
                case Collection(kind, items, generators, at):
                    return self._collection(kind, self._arguments(items, generators, names), at)
                case Dictionary(pairs, at):
                    return self._dictionary(pairs, at, names)
        except OverflowError as error:
            raise self._error(expression.at, str(error), mend="choose smaller numbers") from None
        raise TypeError(expression)

    def bindings(self, generators: Generators | None, names: Environment) -> Iterator[dict[str, Any]]:
        """The names with those that generators bind, for every combination."""
        if generators is None:
            yield dict(names)
            return
        for bound in self._bind(generators.binders, dict(names)):
            if generators.condition is None or self.fact(generators.condition, bound):
                yield bound

    def fact(self, condition: Expression, names: Environment) -> bool:
        """A condition without variables."""
        truth = self.evaluate(condition, names)
        if not isinstance(truth, bool):
            mend = "move the condition into the rule: condition -> ..." if isinstance(truth, FORMULAS) else None
            what = "depends on variables" if isinstance(truth, FORMULAS) else f"is {spoken(truth)}"
            raise self._error(condition.at, f"the condition {what}", "a condition on indices and parameters", mend)
        return truth

    def truth(self, expression: Expression, names: Environment) -> Symbolic:
        """A condition, as a rule states it."""
        found = self.evaluate(expression, names)
        if not self._space.is_truth(found):
            raise self._error(expression.at, f"the rule says {spoken(found)}", "a condition, such as x < y")
        return found

    def set_of(self, expression: Expression, names: Environment, what: str) -> Data:
        """A collection."""
        found = self.evaluate(expression, names)
        if elements(found) is None or isinstance(found, Declared):
            mend = f"write 1..{found}" if type(found) is int else None
            raise self._error(expression.at, f"{what} is {spoken(found)}", "a set, such as 1..9 or {Red, Green}", mend)
        return found

    # parts

    def _bind(self, binders: Sequence[Binder], names: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if not binders:
            yield names
            return
        first, *rest = binders
        items = elements(self.set_of(first.source, names, "what the name is bound to"))
        assert items is not None
        self._budget.spend("steps", len(items))
        for item in items:
            bound = dict(names)
            self._match(first.pattern, item, bound)
            yield from self._bind(rest, bound)

    def _match(self, pattern: Pattern, item: Any, names: dict[str, Any]) -> None:
        if isinstance(pattern, Token):
            names[str(pattern)] = item
            return
        if not isinstance(item, tuple) or len(item) != len(pattern):
            raise self._error(
                names_of(pattern)[0], f"{spoken(item)} does not fit the pattern", f"a tuple of {len(pattern)}"
            )
        for part, inside in zip(pattern, item, strict=True):
            self._match(part, inside, names)

    def _arguments(self, items: Sequence[Expression], generators: Generators | None, names: Environment) -> list[Any]:
        """The values of arguments, that of the last one for all combinations of the generators."""
        if generators is None:
            return [self.evaluate(item, names) for item in items]
        found = [self.evaluate(item, names) for item in items[:-1]]
        return found + [self.evaluate(items[-1], bound) for bound in self.bindings(generators, names)]

    def _collection(self, kind: str, items: list[Any], at: Token) -> Data:
        if kind == "tuple":
            return tuple(items)
        for item in items:
            self._constant(item, at, "a set")
        return Items.of(items)

    def _dictionary(self, pairs: Sequence[tuple[Expression, Expression]], at: Token, names: Environment) -> Data:
        table: dict[Data, Any] = {}
        for key_expression, value in pairs:
            key = self.evaluate(key_expression, names)
            self._constant(key, key_expression.at, "a key")
            if key in table:
                raise self._error(key_expression.at, f"the key {write(key)} twice", mend="remove one of them")
            table[key] = self.evaluate(value, names)
        return table

    def _constant(self, value: Any, at: Token, what: str) -> None:
        """A value that does not depend on variables and can be told from others."""
        if isinstance(value, (*FORMULAS, Declared)):
            raise self._error(at, f"{what} that depends on variables", "constants", "write a sequence: [x, y]")
        if isinstance(value, Mapping):
            raise self._error(at, f"{what} that holds a dictionary", "numbers, names, tuples or sets")
        for item in value if isinstance(value, tuple) else ():
            self._constant(item, at, what)

    def _index(self, of: Any, indices: list[Any], source: Expression, at: Token) -> Any:
        where = print_expression(source)
        given = flat(indices)
        for index in given:
            if not (self._space.is_value(index)):
                raise self._error(at, f"an index of {where} is {spoken(index)}", "an integer or a name")
        if (found := _entry(of, given)) is not None:
            return found
        entries = _entries(of, len(given))
        if entries is None:
            if isinstance(of, Declared):
                count = len(next(iter(of.variables), ()))
                raise self._error(at, f"{where} with {len(given)} of its {count} indices", f"{where} with all of them")
            kind = (
                "a dictionary or a sequence" if not isinstance(of, tuple) else "as many indices as the sequence is deep"
            )
            raise self._error(at, f"{where} is {spoken(of)}, not indexed by {len(given)}", kind)
        if not any(isinstance(index, FORMULAS) for index in given):
            if given not in entries:
                known = ", ".join(write(key[0] if len(key) == 1 else key) for key in list(entries)[:6])
                more = ", ..." if len(entries) > 6 else ""
                raise self._error(at, f"{where} has no entry {write(given)[1:-1]}", f"one of {known}{more}")
            return entries[given]
        self._budget.spend("steps", len(entries))
        fitting = {
            key: entry
            for key, entry in entries.items()
            if all(isinstance(g, FORMULAS) or g == k for g, k in zip(given, key, strict=True))
        }
        open_ = [position for position, index in enumerate(given) if isinstance(index, FORMULAS)]
        for entry in fitting.values():
            if not (self._space.is_value(entry) or self._space.is_truth(entry)):
                raise self._error(
                    at, f"an entry of {where} is {spoken(entry)}", "integers or names", "use only constants as indices"
                )
        chosen = [(tuple(key[position] for position in open_), entry) for key, entry in fitting.items()]
        return self._space.element([given[position] for position in open_], chosen)

    def _choice(self, condition: Expression, yes: Expression, no: Expression, at: Token, names: Environment) -> Any:
        truth = self.evaluate(condition, names)
        if not self._space.is_truth(truth):
            raise self._error(condition.at, f"the condition is {spoken(truth)}", "a condition, such as x < y")
        if isinstance(truth, bool):
            return self.evaluate(yes if truth else no, names)
        sides = [self.evaluate(side, names) for side in (yes, no)]
        for kind in (self._space.is_truth, self._space.is_value):
            if all(map(kind, sides)):
                return self._space.choose(truth, *sides)
        raise self._error(at, f"then {spoken(sides[0])}, else {spoken(sides[1])}", "two of one kind")

    def _operation(self, operator: str, operands: list[Any], at: Token) -> Any:
        space = self._space
        match operator:
            case "..":
                return self._range(operands, at)
            case "and" | "or" | "->" | "<->" | "not":
                self._each(operands, space.is_truth, at, operator, "conditions")
                return self._logic(operator, operands)
            case "=" | "!=":
                if all(map(space.is_value, operands)):
                    return space.compare(operator, *operands)
                same = self._same(operands[0], operands[1], at)
                return same if operator == "=" else space.negate(same)
            case "in" | "not in":
                member = self._member(operands[0], operands[1], at)
                return member if operator == "in" else space.negate(member)
        if operator in ORDERS and all(isinstance(operand, str) for operand in operands):
            return ORDERS[operator](*operands)
        self._each(operands, space.is_number, at, operator, "integers")
        match operator:
            case "-" if len(operands) == 1:
                return space.sum([(operands[0], -1)])
            case "+" | "-":
                return space.sum([(operands[0], 1), (operands[1], 1 if operator == "+" else -1)])
            case "*":
                return space.product(operands)
            case "div" | "mod":
                try:
                    return space.divide(operator, *operands)
                except Undefined as error:
                    raise self._error(at, str(error), "a divisor that is not 0") from None
        return space.compare(operator, *operands)

    def _logic(self, operator: str, operands: list[Any]) -> Symbolic:
        space = self._space
        match operator:
            case "and":
                return space.both(operands)
            case "or":
                return space.either(operands)
            case "not":
                return space.negate(operands[0])
            case "->":
                return space.either([space.negate(operands[0]), operands[1]])
        return space.equivalent(*operands)

    def _range(self, operands: list[Any], at: Token) -> range:
        first, last = operands
        if not (type(first) is int and type(last) is int):
            wrong = next(operand for operand in operands if type(operand) is not int)
            raise self._error(at, f"a limit of .. is {spoken(wrong)}", "integers, known before the puzzle is solved")
        return range(first, max(last + 1, first))

    def _same(self, left: Any, right: Any, at: Token) -> Symbolic:
        space = self._space
        if space.is_truth(left) and space.is_truth(right):
            return space.equivalent(left, right)
        if space.is_value(left) and space.is_value(right):
            return space.compare("=", left, right)
        if isinstance(left, tuple) and isinstance(right, tuple):
            if len(left) != len(right):
                return False
            return space.both(self._same(a, b, at) for a, b in zip(left, right, strict=True))
        if elements(left) is not None and elements(right) is not None:
            return set(elements(left) or ()) == set(elements(right) or ())
        raise self._error(at, f"{spoken(left)} compared with {spoken(right)}", "two of one kind")

    def _member(self, item: Any, collection: Any, at: Token) -> Symbolic:
        if elements(collection) is None:
            raise self._error(at, f"in {spoken(collection)}", "a set, such as 1..9, {Red, Green} or {(1, 2), (3, 4)}")
        if isinstance(item, tuple) and any(isinstance(part, FORMULAS) for part in flat(item)):
            return self._row(flat(item), collection, at)
        if not isinstance(item, FORMULAS):
            return contains(collection, item)
        if not self._space.is_value(item):
            raise self._error(at, f"{spoken(item)} in a set", "an integer, a name or a tuple of them")
        return self._row((item,), collection, at)

    def _row(self, items: tuple[Any, ...], collection: Any, at: Token) -> Symbolic:
        for item in items:
            if not self._space.is_value(item):
                raise self._error(at, f"{spoken(item)} in a tuple", "integers or names")
        rows = []
        for element in elements(collection) or ():
            row = flat(element) if isinstance(element, tuple) else (element,)
            if len(row) != len(items):
                raise self._error(at, f"a row of {len(row)}: {write(element)}", f"{len(items)}, as before the word in")
            if any(isinstance(part, FORMULAS) for part in row):
                raise self._error(at, "in a collection of variables", "constants", "write exists(x = y for y in ...)")
            rows.append(row)
        self._budget.spend("cells", len(rows) * len(items))
        return self._space.row(items, rows)

    # functions

    def _call(self, function: str, arguments: list[Any], at: Token) -> Any:
        space = self._space
        match function:
            case "at_most" | "at_least" | "exactly":
                bound, *rest = arguments
                self._each([bound], space.is_number, at, function, "an integer first")
                total = space.count(self._each(_spread(rest), space.is_truth, at, function, "conditions"))
                return space.compare({"at_most": "<=", "at_least": ">=", "exactly": "="}[function], total, bound)
            case "size":
                (collection,) = arguments
                if (found := _members(collection)) is None:
                    raise self._error(at, f"the size of {spoken(collection)}", "a set, a sequence or a dictionary")
                return len(found)
            case "nodes":
                return self._nodes(arguments[0], at)
            case "abs":
                self._each(arguments, space.is_number, at, function, "an integer")
                return space.extreme("abs", arguments)
        items = _spread(arguments)
        if function == "all_different":
            return space.all_different(self._each(items, space.is_value, at, function, "integers or names"))
        if function in ("forall", "exists", "count"):
            self._each(items, space.is_truth, at, function, "conditions")
            return {"forall": space.both, "exists": space.either, "count": space.count}[function](items)
        self._each(items, space.is_number, at, function, "integers")
        if function == "sum":
            return space.sum((item, 1) for item in items)
        if function == "product":
            return space.product(items)
        if not items:
            raise self._error(at, f"{function} of nothing", "at least one number")
        return space.extreme(function, items)

    def _nodes(self, collection: Any, at: Token) -> Data:
        if isinstance(collection, Graph):
            return Items(collection.nodes)
        edges = elements(collection)
        if edges is None or not all(isinstance(edge, tuple) and len(edge) >= 2 for edge in edges):
            raise self._error(at, f"the nodes of {spoken(collection)}", "a graph: a set of pairs")
        return Items.of(end for edge in edges for end in edge[:2])

    def _each(self, items: Sequence[Any], kind: Any, at: Token, where: str, expected: str) -> Sequence[Any]:
        wrong = next((item for item in items if not kind(item)), None)
        if wrong is not None:
            mend = "count(...) says how many conditions are true" if self._space.is_truth(wrong) else None
            raise self._error(at, f"{spoken(wrong)} in {where}", expected, mend)
        return items

    def _error(self, at: Token, what: str, expected: str | None = None, mend: str | None = None) -> InputError:
        return InputError(what, file=self._file, line=at.line, column=at.column, expected=expected, mend=mend)


def spoken(value: Any) -> str:
    """What a value is, for messages."""
    match value:
        case bool():
            return "a condition that is " + write(value)
        case int():
            return f"the number {value}"
        case str():
            return f"the name {value}"
        case tuple():
            return "a sequence" if len(value) != 2 else "a pair"
        case range() | Items() | Graph():
            return "a set"
        case Mapping():
            return "a dictionary"
        case Declared(name):
            return f"all of {name}"
        case Variable():
            return "a variable"
    return "a condition on variables" if Space().is_truth(value) else "an expression over variables"


def _entry(of: Any, given: Key) -> Any:
    """The entry of constant indices; None where there is none, or it has to be looked for."""
    if any(isinstance(index, FORMULAS) for index in given):
        return None
    if isinstance(of, Declared):
        return of.variables.get(given)
    for position, index in enumerate(given):
        if isinstance(of, tuple) and type(index) is int and 1 <= index <= len(of):
            of = of[index - 1]
        elif isinstance(of, Mapping) and position == len(given) - 1:
            of = of.get(index)
        else:
            return None
    return of


def _entries(of: Any, arity: int) -> Mapping[Key, Any] | None:
    """Key -> entry, for what can be indexed by so many indices."""
    match of:
        case Declared(_, variables):
            return variables if arity == len(next(iter(variables), ())) else None
        case Mapping():
            entries = {flat([key]): entry for key, entry in of.items()}
        case tuple():
            entries = {(position,): entry for position, entry in enumerate(of, 1)}
        case _:
            return None
    if all(len(key) == arity for key in entries):
        return entries
    nested = {}
    for key, entry in entries.items():
        inside = _entries(entry, arity - len(key)) if len(key) < arity else None
        if inside is None:
            return None
        nested.update({(*key, *rest): deep for rest, deep in inside.items()})
    return nested


def _spread(items: Sequence[Any]) -> list[Any]:
    """The items; a single collection stands for what it holds."""
    found = _members(items[0]) if len(items) == 1 else None
    return list(items) if found is None else list(found)


def _members(value: Any) -> Any:
    if isinstance(value, Declared):
        return list(value.variables.values())
    return list(value.values()) if isinstance(value, Mapping) else elements(value)
