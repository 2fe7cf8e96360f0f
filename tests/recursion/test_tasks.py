"""Tasks: the shipped programs hold, tokens round-trip, depth is what the program does, splits keep sides apart."""

import random
from collections import Counter
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.errors import InputError, Undefined
from nesy.lang.shipped import shipped
from nesy.recursion.data import splits
from nesy.recursion.data.cut import Cut
from nesy.recursion.data.encode import Encoder
from nesy.recursion.data.inputs import Inputs
from nesy.recursion.data.strategies import terms
from nesy.recursion.data.tasks import READY, arithmetic, evaluation, lists, successor, task, traversal
from nesy.recursion.program import Program
from nesy.terms import Term, read_term, same, show
from nesy.types import INT, Named

BINARY, LIST, TREE = Program.load("binary"), Program.load("list"), Program.load("tree")
EXPRESSION = Program.load("expression")
WHOLE, COPIED = Cut(LIST, copy=False), Cut(LIST)
IN_BINARY, IN_TREE = Cut(BINARY), Cut(TREE)


@pytest.mark.parametrize("name", shipped("recursion"))
def test_shipped_programs_pass_their_checks(name):
    report = Program.load(name).check()
    assert not report.findings


# -------------------------------------------------------------------- encoding

VALUES = st.one_of(
    terms(
        EXPRESSION.definitions.declarations, Named("expression"), integers=(0, -3, 10**30), strings=("x", '"', "a b")
    ),
    terms(LIST.definitions.declarations, Named("list", (Named("seq", (INT,)),)), max_size=6),
    st.recursive(
        st.integers() | st.booleans() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3).map(tuple),
        max_leaves=5,
    ),
)
DEFINITIONS = Program.load(text=EXPRESSION.source + "type list(a) = Nil | Cons(a, list(a))\n").definitions


@given(st.lists(VALUES, min_size=1, max_size=3), st.sampled_from(["syntax", "reversed"]), st.booleans())
def test_encoding_round_trips(values, order, digits):
    encoder = Encoder(DEFINITIONS, order, digits=digits)
    tokens = encoder.encode(*values)
    assert all(tokens)
    assert not any(" " in token for token in tokens if not token.startswith('"'))
    assert same(encoder.decode(tokens, len(values)), tuple(values))


def test_encoding_a_deep_term():
    deep = Term("One")
    for _ in range(50_000):
        deep = Term("X1", (deep,))
    encoder = Encoder(BINARY.definitions, "reversed")
    assert same(encoder.decode(encoder.encode(deep))[0], deep)


@pytest.mark.parametrize("tokens", [[], ["X1"], ["One", "One"], ["Two"], ["["], ["]"], ["[", "One"], ["1x"], [";"]])
@pytest.mark.parametrize("digits", [False, True])
def test_wrong_tokens_are_refused(tokens, digits):
    with pytest.raises(InputError):
        Encoder(BINARY.definitions, digits=digits).decode(tokens)


def test_a_function_has_no_tokens():
    with pytest.raises(InputError, match="function"):
        Encoder(BINARY.definitions).encode(Term("X1", (len,)))


# -------------------------------------------------------------------- recursion depth


def ones(value):
    count = 0
    while value.name == "X1":
        value, count = value.arguments[0], count + 1
    return count


@settings(max_examples=25)
@given(terms(BINARY.definitions.declarations, Named("binary"), max_size=20))
def test_the_successor_recurses_through_leading_ones(value):
    assert IN_BINARY.depth("succ", value) == ones(value)


@settings(max_examples=25)
@given(terms(TREE.definitions.declarations, Named("tree", (INT,)), max_size=15))
def test_a_traversal_recurses_as_deep_as_the_tree(tree):
    assert IN_TREE.depth("inorder", tree) == TREE.call("height", tree)


@given(terms(LIST.definitions.declarations, Named("list", (INT,)), max_size=9), st.integers(0, 9))
def test_a_cut_program_is_the_program_down_to_the_cut(xs, depth):
    """Where nothing is cut the value is the program's; without copying there is none where something is cut."""
    for function in ("reverse", "length", "sort"):
        expected = LIST.call(function, xs)
        if depth >= WHOLE.depth(function, xs):
            assert same(WHOLE.call(function, depth, xs), expected)
            assert same(COPIED.call(function, depth, xs), expected)
        else:
            with pytest.raises(Undefined):
                WHOLE.call(function, depth, xs)


def test_a_cut_carry_copies_the_rest():
    value = read_term("X1(X1(X1(X0(One))))")
    assert show(Cut(BINARY).call("succ", 1, value)) == "X0(X0(X1(X0(One))))"
    assert "succ_within(depth + 1, X1(b)) = X0(succ_within(depth, b))" in list(Cut(BINARY).clauses())


def test_cutting_follows_lambdas_guards_and_mutual_calls():
    program = Program.load(
        text="""%recursion
type nat = O | S(nat)
even(O) = true
even(S(n)) = odd(n)
odd(O) = false
odd(S(n)) = even(n)
classify(depth) when even(depth) = apply(\\x -> let y = odd(x) in not y, depth)
classify(n) = false
apply(f, x) = f(x)
"""
    )
    four = read_term("S(S(S(S(O))))")
    assert Cut(program).depth("even", four) == 4
    assert Cut(program).depth("classify", four) == 4
    assert Cut(program).depth("apply", len, ()) == 0


# -------------------------------------------------------------------- tasks


@pytest.mark.parametrize("name", READY)
def test_ready_made_tasks(name):
    """Targets are what the program says; all tokens are in the vocabulary; the same seed gives the same examples."""
    made = READY[name](deep=0.5)
    vocabulary = set(made.tokens())
    examples = list(made.examples(1, 30))
    assert examples == list(made.examples(1, 30))
    assert len({example.source for example in examples}) > 5
    for example in examples:
        assert {*example.source, *example.target} <= vocabulary | {"~"}
        assert same(made.encoder.decode(example.target)[0], example.output)
        if made.rounds is None:
            expression = f"{made.function}({', '.join(map(show, example.arguments))})"
            assert same(made.program.run(expression), example.output)


def test_orders_are_reverses():
    plain, reverse = successor(), successor(order="reversed")
    for a, b in zip(plain.examples(0, 20), reverse.examples(0, 20), strict=True):
        assert a.source == b.source[::-1]
        assert a.target == b.target[::-1]


def test_rounds_are_the_papers_partial_traversals():
    made = traversal("inorder", rounds=1)
    tree = read_term("Node(Node(Leaf, 1, Leaf), 2, Leaf)")
    states = [show(state) for state in made.trace((tree,))]
    assert states[0] == f"inorder({show(tree)})"
    assert states[1] == "++(++(inorder(Node(Leaf, 1, Leaf)), [2]), inorder(Leaf))"
    assert states[-1] == "[1, 2]"
    assert len(states) == 1 + 3  # the depth, and one more round for the leaves


ORDERS = ("preorder", "inorder", "postorder")
TRAVERSALS = {(which, rounds): traversal(which, rounds=rounds) for which in ORDERS for rounds in (1, 2, 3)}


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from(ORDERS), st.integers(1, 3))
def test_rounds_end_in_the_value(seed, which, rounds):
    made = TRAVERSALS[which, rounds]
    arguments = made.draw(random.Random(seed))
    trace = made.trace(arguments)
    assert same(trace[-1], made.program.call(which, *arguments))
    assert all(same(made.after(a, rounds), b) for a, b in pairwise(trace))
    assert len(trace) - 1 <= made.inputs.depth(arguments) // rounds + 2


def test_merged_lists_are_sorted():
    made = lists("merge", sizes=range(5, 12))
    for example in made.examples(0, 20):
        assert all(same(made.program.call("sort", argument), argument) for argument in example.arguments)


def test_evaluation_spells_its_values():
    made = evaluation(integers=(99,))
    assert any(len(example.target) > 3 for example in made.examples(0, 20))


# -------------------------------------------------------------------- depth, splits


def test_deep_inputs_spread_over_the_depths():
    """Without them, depth d has probability 2^-(d+1); with them, every depth is drawn about equally often."""
    inputs = successor().inputs
    rng = random.Random(0)
    plain = Counter(inputs.depth(inputs.shallowly(rng, (13,))) for _ in range(600))
    spread = Counter(inputs.depth(inputs.deeply(rng, (13,))) for _ in range(600))
    assert max(plain) < 12
    assert plain[0] > 240
    assert set(spread) == set(range(13))
    assert all(spread[depth] >= 20 for depth in range(1, 13))


def test_inputs_of_one_depth():
    rng = random.Random(0)
    inputs = arithmetic("add", sizes=range(1, 12)).inputs
    for depth in (0, 5, 10):
        arguments = inputs.at_depth(depth, rng)
        assert inputs.depth(arguments) == arguments[0].depth - 1 == depth
    with pytest.raises(InputError, match="recursion depth 50"):
        inputs.at_depth(50, rng, attempts=20)


SUCCESSOR = successor()
SPLITS = {
    "iid": splits.iid(0.3),
    "length": splits.length(8),
    "depth": splits.depth(SUCCESSOR.inputs, 2),
    "combination": splits.combination("X0", "X1"),
    "edges": splits.edges(SUCCESSOR.inputs),
}


@pytest.mark.parametrize("name", SPLITS)
def test_splits_keep_the_sides_apart(name):
    made = successor(split=SPLITS[name], deep=0.5, bits=range(2, 10) if name != "edges" else [14])
    trained = {example.arguments for example in made.examples(0, 60)}
    tested = {example.arguments for example in islice(made.examples(1, 10, test=True), 10)}
    assert trained
    assert tested
    assert not trained & tested
    if name == "combination":
        assert not any("X0(X1" in show(value) for (value,) in trained)
        assert all("X0(X1" in show(value) for (value,) in tested)
    if name == "depth":
        assert max(ones(value) for (value,) in trained) <= 2 < min(ones(value) for (value,) in tested)


def test_an_empty_side_is_reported():
    with pytest.raises(InputError, match="no input on the test side of the split length 100"):
        list(successor(split=splits.length(100)).examples(0, 1, test=True))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: task("binary", "sucC"), "no function sucC"),
        (lambda: task("binary", "succ", sizes=[0]), "no binary of the sizes"),
        (lambda: task("binary", "succ", deep=2), "from 0 to 1"),
        (lambda: task("binary", "succ", shapes="round"), "uniform or split"),
        (lambda: task("binary", "succ", rounds=0), "1 or more"),
        (lambda: task("binary", "succ", order="backwards").encoder, "syntax or reversed"),
        (lambda: task("list", "map"), "functions"),
        (lambda: Inputs(TREE, "inorder", types={"a": Named("colour")}), "not sampled"),
    ],
)
def test_bad_requests_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
