"""The compiled functions and the step-by-step machine are the same function."""

from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.errors import NesyError
from nesy.machine.compile import Compiled
from nesy.machine.expressions import Call, Clause, Cons, Let, Literal, Successor, Variable
from nesy.machine.primitives import PRELUDE

values = st.one_of(
    st.integers(-3, 6), st.booleans(), st.lists(st.sampled_from(["A", "B", 1, True]), max_size=4).map(tuple)
)
FUNCTIONS = {"f": 2, "g": 1, "c": 0}


def patterns(name):
    """A pattern that binds `name` or variables made of it."""
    variable = Variable(name)
    return st.sampled_from(
        [
            (variable, [name]),
            (variable, [name]),
            (Variable("_"), []),
            (Literal(0), []),
            (Literal(("A",)), []),
            (Literal(()), []),
            (Successor(variable), [name]),
            (Cons(Variable(name + "h"), variable), [name + "h", name]),
            (Cons(Literal(("A",)), variable), [name]),
        ]
    )


@st.composite
def expressions(draw, scope, depth=3):
    leaf = st.builds(Literal, values)
    if scope:
        leaf = st.one_of(leaf, st.sampled_from(scope).map(Variable))
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(leaf)
    if draw(st.integers(0, 6)) == 0:
        name = f"l{depth}"
        value = draw(expressions(scope, depth - 1))
        return Let(name, value, draw(expressions([*scope, name], depth - 1)))
    arities = {name: len(primitive.parameters) for name, primitive in PRELUDE.items()} | FUNCTIONS
    function = draw(st.sampled_from(["f", "g", "if", "++", "+", *sorted(arities)]))
    arguments = tuple(draw(expressions(scope, depth - 1)) for _ in range(arities[function]))
    return Call(function, arguments)


@st.composite
def programs(draw):
    clauses = []
    for name, arity in FUNCTIONS.items():
        for _ in range(draw(st.integers(0, 2)) if arity else 1):
            chosen = [draw(patterns(f"x{position}")) for position in range(arity)]
            scope = [variable for _, bound in chosen for variable in bound]
            body = draw(expressions(scope))
            clauses.append(Clause(name, tuple(pattern for pattern, _ in chosen), body))
        if arity:
            scope = [f"x{position}" for position in range(arity)]
            clauses.append(Clause(name, tuple(map(Variable, scope)), draw(expressions(scope, 2))))
    return clauses


def outcome(call):
    try:
        return repr(call())
    except NesyError as error:
        return type(error).__name__


@given(programs(), values, values)
@settings(max_examples=300)
def test_compiled_is_stepped(clauses, left, right):
    program = Compiled(clauses, fuel=150)
    compiled = outcome(lambda: program.call("f", left, right))
    stepped = outcome(lambda: program.machine.call("f", left, right, fuel=150))
    if "OutOfFuel" not in (compiled, stepped):
        assert compiled == stepped
