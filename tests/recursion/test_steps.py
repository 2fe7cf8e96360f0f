"""Small steps: every order gives the big-step value, every step can be verified, and depth is only data."""

import time
import tracemalloc
from itertools import islice

import pytest
from hypothesis import assume, given, settings

from nesy.errors import OutOfFuel, Undefined
from nesy.lang.clauses import print_expression
from nesy.machine.cells import close
from nesy.machine.expressions import (
    Apply,
    As,
    Call,
    Case,
    Cons,
    Construct,
    Lambda,
    Let,
    Literal,
    Partial,
    Sequence,
    Successor,
    Variable,
    subexpressions,
)
from nesy.machine.run import Machine
from nesy.machine.steps import STRATEGIES, Reduction, reduce, unroll
from nesy.recursion.program import Program
from nesy.terms import Term, same, show
from tests.recursion.generated import programs

FUEL = 1_500

PEANO = Program.load("peano")
TREE = Program.load("tree")
LIST = Program.load("list")


def run(functions, expression, strategy, fuel=FUEL, **options):
    reduction = Reduction(functions, expression, strategy, fuel=fuel, **options)
    return reduction, list(reduction)


def big_step(functions, expression):
    machine = Machine([clause for own in functions.values() for clause in own], typed=True)
    return machine.evaluate(expression, {})


@given(programs())
@settings(max_examples=150)
def test_every_order_gives_the_big_step_value(program):
    functions, expression = program
    try:
        inner, by_value = run(functions, expression, "innermost")
    except OutOfFuel:
        assume(False)
    expected = big_step(functions, expression)
    assert same(inner.value, expected)
    for strategy in ("outermost", "parallel"):
        reduction, steps = run(functions, expression, strategy)
        assert same(reduction.value, expected), strategy
        assert len(steps) <= len(by_value), "arguments are shared: no work is done twice"


# -------------------------------------------------------------------- each step, verified by a naive rewriter


def naive_match(pattern, value, found):
    """Textbook matching on closed expressions; extends `found` or says no."""
    match pattern:
        case Variable(name):
            found[name] = value
            return True
        case As(name, inside):
            found[name] = value
            return naive_match(inside, value, found)
        case Case(constructor, inside):
            return (
                isinstance(value, Construct)
                and value.constructor == constructor
                and all(naive_match(p, v, found) for p, v in zip(inside, value.arguments, strict=True))
            )
        case Literal(()):
            return value == Sequence(())
        case Literal():
            return pattern == value
        case Successor(inside):
            if not (isinstance(value, Literal) and type(value.value) is int and value.value > 0):
                return False
            return naive_match(inside, Literal(value.value - 1), found)
        case Cons(head, tail):
            if not (isinstance(value, Sequence) and value.elements):
                return False
            first, *rest = value.elements
            return naive_match(head, first, found) and naive_match(tail, Sequence(tuple(rest)), found)
    raise AssertionError(pattern)


def contractum(functions, step, redex):
    """What a redex contracts to, computed without the machine's graphs."""
    match redex:
        case Call(function, arguments) if function in functions:
            for number, clause in enumerate(functions[function], 1):
                found = {}
                fits = all(naive_match(p, a, found) for p, a in zip(clause.patterns, arguments, strict=True))
                if fits and (clause.guard is None or big_step(functions, close(clause.guard, found)) is True):
                    assert (number, clause) == (step.position, step.clause)
                    return close(clause.body, found)
        case Call("if", (condition, yes, no)):
            return yes if condition == Literal(True) else no
        case Call("and", (left, right)):
            return right if left == Literal(True) else left
        case Call("or", (left, right)):
            return left if left == Literal(True) else right
        case Call():
            return as_expression(big_step(functions, redex))
        case Let(name, value, body):
            return close(body, {name: value})
        case Apply(Lambda(parameters, body), arguments):
            return close(body, dict(zip(parameters, arguments, strict=True)))
        case Apply(Partial(function, given, _), arguments):
            return Call(function, (*given, *arguments))
    raise AssertionError(redex)


def as_expression(value):
    if isinstance(value, Term):
        return Construct(value.name, tuple(map(as_expression, value.arguments)))
    return Sequence(tuple(map(as_expression, value))) if isinstance(value, tuple) else Literal(value)


def rewritten(before, after, old, new):
    """Whether `after` is `before` with some of its parts `old` rewritten to `new`."""
    if before == after or (before == old and after == new):
        return True
    left, right = subexpressions(before), subexpressions(after)
    if type(before) is not type(after) or len(left) != len(right):
        return False
    return all(rewritten(a, b, old, new) for a, b in zip(left, right, strict=True))


@given(programs())
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_step_can_be_verified(strategy, program):
    functions, expression = program
    try:
        reduction, steps = run(functions, expression, strategy, 300)
    except OutOfFuel:
        assume(False)
    whole = reduction.expression(step=0)
    assert whole == close(expression, {})
    for step in steps:
        before, after = step.before(), step.after()
        assert after == contractum(functions, step, before)
        following = reduction.expression(step=step.number)
        assert rewritten(whole, following, before, after), step.number
        whole = following
    assert whole == as_expression(reduction.value)


@given(programs())
def test_fuel_is_monotone(program):
    functions, expression = program
    try:
        _, steps = run(functions, expression, "innermost", 300)
    except OutOfFuel:
        assume(False)
    assume(steps)
    short = Reduction(functions, expression, "innermost", fuel=len(steps) - 1)
    seen = list(islice(short, len(steps) - 1))
    assert [step.before() for step in seen] == [step.before() for step in steps[:-1]]
    with pytest.raises(OutOfFuel, match=rf"no value after {len(steps) - 1} steps?$"):
        next(iter(short))


# -------------------------------------------------------------------- rounds


@pytest.mark.parametrize(
    ("tree", "height"),
    [
        ("Leaf", 0),
        ("Node(Leaf, 1, Leaf)", 1),
        ("Node(Node(Leaf, 1, Leaf), 2, Node(Node(Leaf, 3, Leaf), 4, Node(Leaf, 5, Leaf)))", 3),
        ("Node(Leaf, 1, Node(Leaf, 2, Node(Leaf, 3, Node(Leaf, 4, Node(Leaf, 5, Leaf)))))", 5),
    ],
)
def test_traversal_takes_a_round_for_each_level_and_one_for_the_leaves(tree, height):
    for order in ("preorder", "inorder", "postorder"):
        reduction, steps = run(TREE.definitions.functions, TREE.expression(f"{order}({tree})"), "parallel")
        assert reduction.rounds == height + 1
        assert steps[-1].round == height + 1


def test_rounds_unroll_levels():
    expression = TREE.expression("inorder(Node(Node(Leaf, 1, Leaf), 2, Node(Leaf, 3, Leaf)))")
    levels = [print_expression(unroll(TREE.definitions.functions, expression, rounds)) for rounds in range(5)]
    assert levels == [
        "inorder(Node(Node(Leaf, 1, Leaf), 2, Node(Leaf, 3, Leaf)))",
        "inorder(Node(Leaf, 1, Leaf)) ++ [2] ++ inorder(Node(Leaf, 3, Leaf))",
        "inorder(Leaf) ++ [1] ++ inorder(Leaf) ++ [2] ++ (inorder(Leaf) ++ [3] ++ inorder(Leaf))",
        "[1, 2, 3]",
        "[1, 2, 3]",
    ]


@given(programs())
def test_unrolling_is_the_trace_cut_after_a_round(program):
    functions, expression = program
    try:
        reduction, steps = run(functions, expression, "parallel", 300)
    except OutOfFuel:
        assume(False)
    for rounds in range(min(reduction.rounds, 4) + 1):
        last = max((step.number for step in steps if step.round <= rounds), default=0)
        assert unroll(functions, expression, rounds) == reduction.expression(step=last)


def test_a_round_contracts_calls_once_that_can_be_decided():
    expression = PEANO.expression("add(add(S(O), O), add(S(S(O)), O))")
    rounds = [print_expression(unroll(PEANO.definitions.functions, expression, rounds)) for rounds in range(4)]
    assert rounds == [
        "add(add(S(O), O), add(S(S(O)), O))",
        "add(S(add(O, O)), S(add(S(O), O)))",
        "S(add(O, S(S(add(O, O)))))",
        "S(S(S(O)))",
    ]


STREAMS = Program.load(
    text="""%recursion
type stream = More(int, stream)
type nat = O | S(nat)
partial from : int -> stream
from(n) = More(n, from(n + 1))
take : nat, stream -> seq(int)
take(O, _) = []
take(S(n), More(x, rest)) = [x] ++ take(n, rest)
first : seq(int), stream -> seq(int)
first(x, _) = x
"""
)


@pytest.mark.parametrize("strategy", ["outermost", "parallel"])
def test_what_nobody_asks_for_is_not_reduced(strategy):
    expression = STREAMS.expression("first(take(S(S(S(O))), from(7)), from(0))")
    reduction, steps = run(STREAMS.definitions.functions, expression, strategy)
    assert reduction.value == (7, 8, 9)
    if strategy == "outermost":
        assert not [step for step in steps if step.before() == Call("from", (Literal(0),))]
    else:  # first(..., from(0)) is dropped in the first round
        assert len([step for step in steps if print_expression(step.before()) == "from(0 + 1)"]) == 0
    with pytest.raises(OutOfFuel):
        run(STREAMS.definitions.functions, expression, "innermost", 200)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_guard_is_decided_once(strategy):
    """The second clause asks for the other argument when the guard of the first one has failed already."""
    text = """%recursion
type nat = O | S(nat)
add(O, m) = m
add(S(n), m) = S(add(n, m))
one(S(O)) = true
one(n) = false
f(n, m) when one(n) = m
f(n, O) = n
f(n, S(m)) = m
"""
    program = Program.load(text=text)
    reduction, steps = run(program.definitions.functions, program.expression("f(O, add(O, add(O, O)))"), strategy)
    assert show(reduction.value) == "O"
    assert sorted(step.function for step in steps) == ["add", "add", "f", "one"]


# -------------------------------------------------------------------- no value


def test_a_call_that_no_clause_fits():
    expression = Call("length", (Literal(3),))
    with pytest.raises(Undefined, match=r"no clause for length\(3\)"):
        list(reduce(LIST.definitions.functions, expression))
    call = Call("length", (Construct("S", (Call("length", (Construct("Nil"),)),)),))
    with pytest.raises(Undefined, match=r"no clause for length\(S\(_\)\)"):
        list(reduce(LIST.definitions.functions, call, "outermost"))


def test_division_by_zero():
    with pytest.raises(Undefined, match="division by zero"):
        list(reduce({}, Call("div", (Literal(1), Literal(0)))))


# -------------------------------------------------------------------- depth


def numeral(size):
    term = Term("O")
    for _ in range(size):
        term = Term("S", (term,))
    return Literal(term)


def deep(strategy, size):
    functions = PEANO.definitions.functions
    reduction = Reduction(functions, Call("add", (numeral(size), numeral(1))), strategy, fuel=size + 1, history=False)
    count = sum(1 for _ in reduction)
    assert (count, reduction.value.depth) == (size + 1, size + 2)
    assert show(reduction.value, limit=60).startswith("S(S(S(")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_depth_is_only_data(strategy):
    deep(strategy, 100_000)


@pytest.mark.slow
def test_a_million_deep():
    start = time.process_time()
    deep("innermost", 1_000_000)
    assert time.process_time() - start < 40


def test_deep_pending_calls_are_read_and_written():
    from nesy.recursion.tracing.writing import write

    functions = LIST.definitions.functions
    items = Term("Nil")
    for _ in range(20_000):
        items = Term("Cons", (1, items))
    reduction = Reduction(functions, Call("length", (Literal(items),)), "outermost")
    list(islice(reduction, 10_000))
    text = write(reduction.expression())
    assert text.startswith("1 + ")
    assert text.count("1 + ") == 10_000
    elided = write(reduction.expression(limit=12))
    assert "..." in elided
    assert len(elided) < 200


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_loops_leave_nothing_behind(strategy):
    text = "%recursion\npartial loop\nloop(n) = if n == 0 then n else let k = n - 1 in loop(k)\n"
    loops = Program.load(text=text)
    peaks = []
    for turns in (100, 200, 2_000):  # the first run fills caches
        reduction = Reduction(loops.definitions.functions, loops.expression(f"loop({turns})"), strategy, history=False)
        tracemalloc.start()
        for _ in reduction:
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert reduction.value == 0
    assert peaks[2] < peaks[1] + 4_000
