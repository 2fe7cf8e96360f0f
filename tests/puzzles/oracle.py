"""Direct evaluation of puzzle expressions in Python, and random expressions: what grounding is compared with."""

from __future__ import annotations

from itertools import product
from math import prod

from hypothesis import strategies as st

from nesy.lang.puzzle import Call, Collection, Index, Literal, Name, Operation


class NoValue(Exception):
    """A division by 0, or an index outside."""


def holds(expression, names):
    """Whether a condition holds; a comparison of what has no value does not."""
    match expression:
        case Literal(value):
            return value
        case Operation("and", (a, b)):
            return holds(a, names) and holds(b, names)
        case Operation("or", (a, b)):
            return holds(a, names) or holds(b, names)
        case Operation("->", (a, b)):
            return not holds(a, names) or holds(b, names)
        case Operation("<->", (a, b)):
            return holds(a, names) == holds(b, names)
        case Operation("not", (a,)):
            return not holds(a, names)
        case Operation("if", (a, b, c)):
            return holds(b if holds(a, names) else c, names)
        case Call("all_different", arguments):
            return _safe(lambda: len({number(a, names) for a in arguments}) == len(arguments))
        case Call("forall", arguments):
            return all(holds(a, names) for a in arguments)
        case Call("exists", arguments):
            return any(holds(a, names) for a in arguments)
        case Call("at_most" | "at_least" | "exactly" as function, (bound, *arguments)):
            total = sum(holds(a, names) for a in arguments)
            return _safe(
                lambda: _compare({"at_most": "<=", "at_least": ">="}.get(function, "="), total, number(bound, names))
            )
        case Operation("in" | "not in" as operator, (a, collection)):
            items = [a] if not isinstance(a, Collection) else a.items
            rows = [[x] if not isinstance(x, Collection) else x.items for x in collection.items]
            inside = _safe(
                lambda: [number(x, names) for x in items] in [[number(x, names) for x in row] for row in rows]
            )
            return inside == (operator == "in")
        case Operation(operator, (a, b)):
            return _safe(lambda: _compare(operator, number(a, names), number(b, names)))
    raise TypeError(expression)


def number(expression, names):
    """The integer that an expression is."""
    match expression:
        case Literal(value):
            return value
        case Name(text):
            return names[text]
        case Index(Collection(_, items), (index,)):
            key = number(index, names)
            if not 1 <= key <= len(items):
                raise NoValue
            return number(items[key - 1], names)
        case Operation("-", (a,)):
            return -number(a, names)
        case Operation("if", (a, b, c)):
            return number(b if holds(a, names) else c, names)
        case Call("count", arguments):
            return sum(holds(a, names) for a in arguments)
        case Call(function, arguments):
            found = [number(a, names) for a in arguments]
            if function == "abs":
                return abs(found[0])
            return {"sum": sum, "product": prod, "min": min, "max": max}[function](found)
        case Operation(operator, (a, b)):
            left, right = number(a, names), number(b, names)
            if operator in ("div", "mod") and right == 0:
                raise NoValue
            return {
                "+": lambda: left + right,
                "-": lambda: left - right,
                "*": lambda: left * right,
                "div": lambda: left // right,
                "mod": lambda: left % right,
            }[operator]()
    raise TypeError(expression)


def _compare(operator, left, right):
    return {
        "=": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[operator]


def _safe(truth):
    try:
        return truth()
    except NoValue:
        return False


def assignments(domains):
    """All assignments of named variables."""
    return (dict(zip(domains, row, strict=True)) for row in product(*domains.values()))


VARIABLES = ("x", "y", "z")

_leaves = st.one_of(
    st.integers(-2, 4).map(Literal),
    st.sampled_from(VARIABLES).map(Name),
)


def _numbers(children):
    pair, some = st.tuples(children, children), st.lists(children, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Operation, st.sampled_from(["+", "-", "*", "div", "mod"]), pair),
        st.builds(lambda a: Operation("-", (a,)), children.filter(lambda a: not isinstance(a, Literal))),
        st.builds(
            Call,
            st.sampled_from(["sum", "product", "min", "max"]),
            st.lists(children, min_size=2, max_size=3).map(tuple),
        ),
        st.builds(lambda a: Call("abs", (a,)), children),
        st.builds(lambda items, index: Index(Collection("tuple", items), (index,)), some, children),
    )


numbers = st.recursive(_leaves, _numbers, max_leaves=4)
_comparisons = st.builds(Operation, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), st.tuples(numbers, numbers))
_rows = st.lists(
    st.tuples(*[st.integers(0, 3).map(Literal)] * 2).map(lambda row: Collection("tuple", row)), min_size=1, max_size=4
)
_members = st.one_of(
    st.builds(
        lambda operator, a, items: Operation(operator, (a, Collection("set", tuple(items)))),
        st.sampled_from(["in", "not in"]),
        numbers,
        st.lists(st.integers(0, 3).map(Literal), max_size=3),
    ),
    st.builds(
        lambda operator, row, rows: Operation(operator, (Collection("tuple", row), Collection("set", tuple(rows)))),
        st.sampled_from(["in", "not in"]),
        st.tuples(numbers, numbers),
        _rows,
    ),
)


def _truths(children):
    some = st.lists(children, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Operation, st.sampled_from(["and", "or", "->", "<->"]), st.tuples(children, children)),
        st.builds(lambda a: Operation("not", (a,)), children),
        st.builds(lambda *parts: Operation("if", parts), children, children, children),
        st.builds(Call, st.sampled_from(["forall", "exists"]), some),
        st.builds(
            lambda function, bound, parts: Call(function, (bound, *parts)),
            st.sampled_from(["at_most", "at_least", "exactly"]),
            _leaves,
            some,
        ),
        st.builds(
            lambda operator, bound, parts: Operation(operator, (Call("count", parts), bound)),
            st.sampled_from(["=", "!=", "<", ">="]),
            _leaves,
            some,
        ),
    )


_different = st.lists(numbers, min_size=2, max_size=3).map(lambda parts: Call("all_different", tuple(parts)))
truths = st.recursive(st.one_of(_comparisons, _members, _different), _truths, max_leaves=4)
