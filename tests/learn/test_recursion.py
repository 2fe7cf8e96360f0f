"""Structural recursions from pairs: right on every small argument and on long ones, honest about what is open."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.recursions import BAR, HELD_OUT, arguments, examples
from nesy.errors import InputError
from nesy.learn.recursion import NothingFound, learn_recursion
from nesy.recursion.program import Program
from nesy.terms import Term, same, show

NAT = "%recursion\ntype nat = O | S(nat)\n"
LIST = NAT + "type list(a) = Nil | Cons(a, list(a))\n"


def numeral(n):
    return Term("S", (numeral(n - 1),)) if n else Term("O")


def linked(values):
    made = Term("Nil")
    for value in reversed(values):
        made = Term("Cons", (value, made))
    return made


def pairs(program, name, inputs):
    return [(given, program.call(name, *given)) for given in inputs]


# -------------------------------------------------------------------- what is to be learned


@pytest.mark.parametrize("task", [*BAR, *HELD_OUT[:2]], ids=lambda task: f"{task.name} {task.signature}")
def test_learns_from_at_most_twenty_pairs_what_is_right_everywhere(task):
    lines = ["%recursion", *task.given]
    start = Program.load(text="\n".join(lines))
    whole = Program.load(text="\n".join([*lines, f"{task.name} : {task.signature}", task.clauses]))
    given = examples(whole, task)
    assert len(given) <= 20
    learned = learn_recursion(start, task.name, task.signature, given)
    assert not learned.program.check().errors
    assert learned.program.source.startswith(start.source.rstrip("\n"))
    for values in arguments(whole, task):
        assert same(learned.program.call(task.name, *values), whole.call(task.name, *values)), show(values)


def test_runs_as_deep_as_any_program():
    program = Program.load(text=LIST)
    given = [((numeral(n),), numeral(2 * n)) for n in (0, 1, 2, 3, 5)]
    learned = learn_recursion(program, "double", "nat -> nat", given).program
    deep = Term("O")
    for _ in range(50_000):
        deep = Term("S", (deep,))
    assert learned.call("double", deep).depth == 100_001


def test_a_result_used_twice_is_computed_once():
    """Else the function would take exponential time."""
    clauses = "largest(Nil) = 0\nlargest(Cons(x, xs)) = if x < largest(xs) then largest(xs) else x"
    values = [(linked(v),) for v in ([], [3], [2, 5], [5, 2], [1, 4, 2], [4, 1, 2], [1, 2, 4], [7, 2, 5, 6], [2, 2, 6])]
    given = pairs(Program.load(text=f"{LIST}largest : list(int) -> int\n{clauses}"), "largest", values)
    program = learn_recursion(Program.load(text=LIST), "largest", "list(int) -> int", given).program
    assert program.call("largest", linked(list(range(60)))) == 59


def test_a_companion_for_the_children_of_a_tree():
    text = "%recursion\ntype rose(a) = Rose(a, seq(rose(a)))\n"

    def rose(label, *children):
        return Term("Rose", (label, children))

    trees = [rose(1), rose(2, rose(3)), rose(1, rose(2), rose(3)), rose(4, rose(1, rose(2)), rose(5)), rose(0, rose(7))]
    whole = Program.load(
        text=text + "labels(Rose(x, ts)) = [x] ++ all(ts)\nall([]) = []\nall([t] ++ ts) = labels(t) ++ all(ts)\n"
    )
    given = pairs(whole, "labels", [(tree,) for tree in trees])
    learned = learn_recursion(Program.load(text=text), "labels", "rose(a) -> seq(a)", given).program
    for tree in (rose(9, *trees), rose(8, rose(9, *trees), *trees)):
        assert learned.call("labels", tree) == whole.call("labels", tree)


def test_functions_of_the_program_are_used_as_values():
    text = LIST + "map(f, Nil) = Nil\nmap(f, Cons(x, xs)) = Cons(f(x), map(f, xs))\ntwice(n) = n + n\n"
    given = [((linked([(linked(v)) for v in vs]),), linked([linked([2 * x for x in v]) for v in vs])) for vs in
             ([], [[1]], [[1, 2], [3]], [[], [4, 5], [0]])]  # fmt: skip
    learned = learn_recursion(Program.load(text=text), "each", "list(list(int)) -> list(list(int))", given)
    assert "map(twice" in learned.program.source


# -------------------------------------------------------------------- laws

_numbers = st.recursive(st.sampled_from(["n", "m", "O"]), lambda inner: inner.map(lambda e: f"S({e})"), max_leaves=1)
_steps = st.recursive(
    st.sampled_from(["n", "m", "O", "f(n, m)", "f(n, S(m))"]),
    lambda inner: inner.map(lambda e: f"S({e})"),
    max_leaves=1,
)


@settings(max_examples=12, deadline=None)
@given(base=_numbers.filter(lambda e: "n" not in e), step=_steps, second=st.booleans())
def test_what_is_found_explains_the_examples_of_any_such_program(base, step, second):
    heads = ("f(m, O)", "f(m, S(n))") if second else ("f(O, m)", "f(S(n), m)")
    if second:
        step = step.replace("f(n, m)", "f(m, n)").replace("f(n, S(m))", "f(S(m), n)")
    whole = Program.load(text=f"{NAT}f : nat, nat -> nat\n{heads[0]} = {base}\n{heads[1]} = {step}\n")
    given = pairs(whole, "f", [tuple(map(numeral, pair)) for pair in product((0, 1, 2, 4), repeat=2)])
    learned = learn_recursion(Program.load(text=NAT), "f", "nat, nat -> nat", given, budget=20)
    assert all(same(learned.program.call("f", *values), value) for values, value in given)
    assert not learned.program.check().errors


def test_one_seed_one_program():
    task = BAR[3]
    text = "\n".join(["%recursion", *task.given])
    given = examples(Program.load(text="\n".join([text, f"{task.name} : {task.signature}", task.clauses])), task)
    found = {learn_recursion(Program.load(text=text), task.name, task.signature, given).program.source for _ in "ab"}
    assert len(found) == 1


# -------------------------------------------------------------------- honesty


def test_says_what_the_examples_leave_open():
    given = [((numeral(n), numeral(n)), numeral(n)) for n in range(3)]
    learned = learn_recursion(Program.load(text=NAT), "pick", "nat, nat -> nat", given)
    assert "pick(O, S(O)) = O or S(O)" in learned.undecided


def test_nothing_is_left_open_by_enough_examples():
    given = [((numeral(n), numeral(m)), numeral(n + m)) for n in range(4) for m in range(4)]
    assert learn_recursion(Program.load(text=NAT), "add", "nat, nat -> nat", given).undecided == ()


def test_nothing_found():
    given = [((numeral(n),), numeral(value)) for n, value in enumerate([7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4, 5])]
    with pytest.raises(NothingFound, match=r"no program of noise : nat -> nat .* all 15 examples within 0.3 s"):
        learn_recursion(Program.load(text=NAT), "noise", "nat -> nat", given, budget=0.3)


@pytest.mark.parametrize(
    ("name", "signature", "given", "message"),
    [
        ("f", "nat -> nat", [], "no examples of f"),
        ("f", "nat -> nut", [((numeral(1),), numeral(1))], "the type nut is not defined"),
        ("f", "g : nat -> nat", [((numeral(1),), numeral(1))], "the signature of g; expected f : "),
        ("f", "nat -> nat", [((numeral(1), numeral(1)), numeral(1))], "f with 2 arguments of example 1"),
        ("f", "nat -> nat", [((1,), numeral(1))], "argument 1 of example 1 holds 1; expected nat"),
        ("f", "nat -> nat", [((numeral(1),), True)], "the value of example 1 holds true"),
        ("f", "nat -> nat", [((numeral(1),), numeral(0)), ((numeral(1),), numeral(1))], "example 2 gives S.O."),
        ("one", "nat -> nat", [((numeral(1),), numeral(1))], "one is already defined"),
    ],
)
def test_bad_input(name, signature, given, message):
    with pytest.raises(InputError, match=message):
        learn_recursion(Program.load(text=NAT + "one(n) = n\n"), name, signature, given)
