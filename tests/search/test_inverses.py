"""Inverses of expressions against trying every value of a box."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.errors import Undefined
from nesy.lang.clauses import read_clauses
from nesy.lang.names import resolve
from nesy.machine.expressions import Call, Literal, Variable
from nesy.machine.primitives import PRELUDE
from nesy.machine.values import kind, text
from nesy.search.inverses import inverse, solve, value_of

BOX = {
    "int": range(-30, 31),
    "bool": (False, True),
    "seq": [word for n in range(5) for word in itertools.product("PQ", repeat=n)],
}
GIVEN = {
    "int": st.integers(-6, 6),
    "bool": st.booleans(),
    "seq": st.lists(st.sampled_from("PQ"), max_size=3).map(tuple),
}
FUNCTIONS = {
    "int": ("+", "-", "*", "monus", "div", "min", "max"),
    "seq": ("++", "reverse", "head", "tail"),
    "bool": ("not", "<", "and"),
}


@st.composite
def expressions(draw, result, depth):
    """An expression of a in its kind and of b, an integer, and s, a sequence."""
    if depth == 0:
        names = {"int": ["a", "b"], "seq": ["a", "s"], "bool": ["a"]}[result]
        return draw(st.sampled_from([*map(Variable, names), Literal(draw(GIVEN[result]))]))
    name = draw(st.sampled_from([*FUNCTIONS[result], "if"]))
    kinds = ("bool", result, result) if name == "if" else PRELUDE[name].parameters
    return Call(name, tuple(draw(expressions(k, depth - 1 if k == result else 0)) for k in kinds))


def worth(expression, environment):
    try:
        value = value_of(expression, environment)
    except Undefined:
        return None
    return kind(value), text(value)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(["int", "seq", "bool"]), st.data())
def test_complete_and_right(result, data):
    expression = data.draw(expressions(result, data.draw(st.integers(0, 3))))
    given_ = {"b": data.draw(GIVEN["int"]), "s": data.draw(GIVEN["seq"])}
    values = {x: worth(expression, {**given_, "a": x}) for x in BOX[result]}
    reachable = [value for value in values.values() if value is not None]
    start = data.draw(st.sampled_from(BOX[result]))
    target = worth(expression, {**given_, "a": start}) if reachable and data.draw(st.booleans()) else None
    goal = start if target is None else value_of(expression, {**given_, "a": start})
    found = solve(expression, "a", given_, goal)
    if found is None:
        return
    expected = {x for x, value in values.items() if value == (kind(goal), text(goal))}
    assert {x for x in found if x in BOX[result]} == expected
    assert all(worth(expression, {**given_, "a": x}) == (kind(goal), text(goal)) for x in found)


def body(text_):
    (clause,) = resolve(read_clauses(f"f(a, b, c) = {text_}"))
    return clause.body


@pytest.mark.parametrize(
    ("text_", "given_", "target", "expected"),
    [
        ("10 * a + b + c", {"b": 3, "c": 9}, 10**15 + 2, {10**14 - 1}),
        ("10 * a + b + c", {"b": 3, "c": 8}, 7, set()),
        ("monus(a, b)", {"b": 4}, 3, {7}),
        ("monus(a, b)", {"b": 4}, 0, None),
        ("(a + b - 1) div b", {"b": 3}, 2, {4, 5, 6}),
        ("b div a", {"b": 10}, 3, {3}),
        ("a ++ a ++ b", {"b": ("x",)}, ("p", "p", "x"), {("p",)}),
        ("reverse(a ++ b)", {"b": ("x", "y")}, ("y", "x", "z"), {("z",)}),
        ("if b < 3 then a + 1 else 7", {"b": 1}, 5, {4}),
        ("let d = b + 1 in a * d", {"b": 1}, 8, {4}),
        ("a * a", {}, 9, None),
    ],
)
def test_examples(text_, given_, target, expected):
    found = solve(body(text_), "a", given_, target)
    assert (None if found is None else set(found)) == expected


@given(st.sampled_from(["+", "-", "*", "monus", "div", "min", "max"]), st.integers(0, 1), *[st.integers(-12, 12)] * 2)
def test_numbers(function, slot, known, target):
    found = inverse(function, slot, [known], target)
    if found is not None:

        def value(x):
            return PRELUDE[function].function(*((x, known) if slot == 0 else (known, x)))

        domain = [x for x in range(-400, 401) if not (function == "div" and (x, known)[slot == 0] == 0)]
        assert sorted(found) == [x for x in domain if value(x) == target]
