"""Programs: loaded, run, called, checked."""

import pickle
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nesy
from nesy.errors import InputError, OutOfFuel, Undefined
from nesy.lang.shipped import shipped
from nesy.machine.run import Machine
from nesy.recursion.program import Program
from nesy.terms import Term, read_term, same, show

LISTS = """%recursion
type nat = O | S(nat)
type list(a) = Nil | Cons(a, list(a))
type rose = Rose(int, seq(rose))

map : (a -> b), list(a) -> list(b)
map(f, Nil) = Nil
map(f, Cons(x, xs)) = Cons(f(x), map(f, xs))

add(O, m) = m
add(S(n), m) = S(add(n, m))

grade(n) when n < 0 = "low"
grade(n) when n > 9 = "high"
grade(_) = "middle"

pairs(whole @ Cons(x, rest @ Cons(_, _))) = Cons(whole, pairs(rest))
pairs(_) = Nil

total : rose -> int
total(Rose(n, children)) = n + sum(children)
sum([]) = 0
sum([first] ++ rest) = total(first) + sum(rest)

apply(f, x) = f(x)
adder(n) = \\m -> let k = n + 1 in k + m
join(a, b) = "a" == a or b ++ ["x"] != []
length(Nil) = 0
length(Cons(_, xs)) = 1 + length(xs)
down(0) = []
down(n + 1) = [n + 1] ++ down(n)
"""


@pytest.fixture(scope="module")
def lists():
    return Program.load("lists.nesy", text=LISTS)


def numeral(n):
    term = Term("O")
    for _ in range(n):
        term = Term("S", (term,))
    return term


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("map(add(S(O)), Cons(O, Cons(S(O), Nil)))", "Cons(S(O), Cons(S(S(O)), Nil))"),
        ("map(S, Cons(O, Nil))", "Cons(S(O), Nil)"),
        ("map(Cons(1), Cons(Nil, Nil))", "Cons(Cons(1, Nil), Nil)"),
        ("map(\\x -> x * 2, Cons(3, Nil))", "Cons(6, Nil)"),
        ("[grade(-1), grade(5), grade(50)]", '["low", "middle", "high"]'),
        (
            "pairs(Cons(1, Cons(2, Cons(3, Nil))))",
            "Cons(Cons(1, Cons(2, Cons(3, Nil))), Cons(Cons(2, Cons(3, Nil)), Nil))",
        ),
        ("total(Rose(1, [Rose(2, []), Rose(3, [Rose(4, [])])]))", "10"),
        ("apply(adder(3), 10)", "14"),
        ("apply(\\x -> let y = x + x in y * y, 3)", "36"),
        ("map(adder(1), Cons(1, Nil))", "Cons(3, Nil)"),
        ('join("b", [])', "true"),
        ("length(Cons([1], Cons([], Nil)))", "2"),
        ("down(4)", "[4, 3, 2, 1]"),
        ("[[1], [], [2, 3]] ++ [[4]]", "[[1], [], [2, 3], [4]]"),
        ("if S(O) == S(O) then 1 else 2", "1"),
        ("(\\x, y -> x - y) == (\\x, y -> x - y)", None),
        ('int("12") + min(3, 4) mod 2', "13"),
        ("2 * 3 div 4 - monus(3, 5)", "1"),
        ("map(\\b -> not b, Cons(true, Nil))", "Cons(false, Nil)"),
        ("map(reverse, Cons([1, 2], Nil))", "Cons([2, 1], Nil)"),
    ],
)
def test_values(lists, expression, value):
    if value is None:
        with pytest.raises(InputError):
            lists.run(expression)
        return
    assert show(lists.run(expression)) == value
    assert show(lists.run(expression, memo=True)) == value
    machine = Machine([c for own in lists.definitions.functions.values() for c in own], typed=True)
    assert show(machine.evaluate(lists.expression(expression), {})) == value


def test_functions_come_out_and_go_in(lists):
    adder = lists.run("adder(1)")
    assert adder(5) == 7
    assert lists.call("map", lambda x: x + 1, read_term("Cons(1, Nil)")) == read_term("Cons(2, Nil)")


def test_arguments_are_checked(lists):
    with pytest.raises(InputError, match="argument 1 of add holds 3; expected nat"):
        lists.call("add", 3, numeral(1))
    with pytest.raises(InputError, match=r"argument 1 of total holds .*true"):
        lists.call("total", Term("Rose", (True, ())))
    with pytest.raises(InputError, match="no function nothing"):
        lists.call("nothing")
    with pytest.raises(InputError, match="add with 1 arguments"):
        lists.call("add", numeral(1))


def test_depth_is_data():
    peano = nesy.program("peano")
    limit = sys.getrecursionlimit()
    deep = numeral(200_000)
    assert peano.call("add", deep, numeral(1)) == numeral(200_001)
    assert sys.getrecursionlimit() == limit
    assert peano._compiled(5_000_000, False).machine.call("add", numeral(20_000), numeral(1)) == numeral(20_001)


def test_many_threads():
    peano = nesy.program("peano")
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(peano.call("add", numeral(5000), numeral(1)))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [numeral(5001)] * 6


def test_partial_functions_need_fuel():
    program = Program.load(text="%recursion\npartial loop\nloop(n) = loop(n + 1)\npartial half\nhalf(4) = 2\n")
    with pytest.raises(OutOfFuel):
        program.run("loop(0)", fuel=1000)
    with pytest.raises(Undefined, match=r"no clause for half\(3\)"):
        program.run("half(3)")
    unproved = Program.load(text="%recursion\nloop(n) = loop(n + 1)\n")
    assert not unproved.check().ok
    with pytest.raises(OutOfFuel):
        unproved.run("loop(0)", fuel=1000)


def test_a_memo_makes_fibonacci_linear():
    peano = nesy.program("peano")
    text = "%recursion\nfib(0) = 0\nfib(1) = 1\nfib(n + 2) = fib(n + 1) + fib(n)\n"
    before, number = 0, 1
    for _ in range(299):
        before, number = number, before + number
    assert Program.load(text=text).run("fib(300)", memo=True) == number
    assert peano.run("fib(S(S(S(S(O)))))", memo=True) == numeral(3)


def test_check_lines():
    program = Program.load(
        "x.nesy", text="%recursion\nf(n) = n + 1\ncheck f(1) = 2\ncheck f(1) = 3\ncheck f(2) == 4\ncheck 1 div 0 = 1\n"
    )
    assert [(f.line, f.message) for f in program.check().errors] == [
        (4, "the check fails: 2 is not 3"),
        (5, "the check fails: false is not true"),
        (6, "the check has no value: division by zero"),
    ]


@pytest.mark.parametrize("name", shipped("recursion"))
def test_shipped_programs_pass_their_checks(name):
    program = nesy.program(name)
    report = program.check()
    assert report.ok, report
    assert not report.warnings, report
    assert program.definitions.checks
    again = pickle.loads(pickle.dumps(program))
    assert again.definitions == program.definitions


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1\nx = 2", r"^1:2: found"),
        ("x", "^1:1: the variable x is not defined"),
        ("add(O", "^1:6: found the end of the expression"),
        ("S(" * 300 + "O" + ")" * 300, "nests more than 200 deep"),
        (3, "an expression of type int"),
    ],
)
def test_expressions_that_are_none(expression, message):
    with pytest.raises(InputError, match=message):
        nesy.program("peano").run(expression)


def test_strategies_have_names():
    with pytest.raises(InputError, match=r"the strategy .lazy.; expected innermost or outermost or parallel"):
        nesy.program("peano").trace("O", strategy="lazy")


def test_fuel_is_named():
    program = Program.load(text="%recursion\npartial loop\nloop(n) = loop(n + 1)\n")
    with pytest.raises(OutOfFuel, match=r"more than 1,000 calls .* allow more fuel"):
        program.run("loop(0)", fuel=1000)


def test_unknown_names():
    with pytest.raises(InputError, match=r"no file and no program named 'peono'; .*did you mean peano"):
        nesy.program("peono")
    with pytest.raises(InputError, match="nothing to load"):
        nesy.program()
    with pytest.raises(InputError, match="expected a program: %recursion only"):
        nesy.program(text='%grammar\nstart: "a" -> a\n%semantics\na = 1\n')


numbers = st.integers(-4, 12)


@given(st.lists(numbers, max_size=6).map(tuple), numbers)
@settings(max_examples=60)
def test_compiled_is_stepped(xs, n):
    """On every shape of clause: literals, successors, sequences, guards, in any order."""
    program = SHAPES
    machine = Machine([c for own in program.definitions.functions.values() for c in own], typed=True)
    for function in "acd":
        assert same(program.call(function, xs, n), machine.call(function, xs, n)), function


SHAPES = Program.load(
    text="""%recursion
a([], 0) = 1
a([1] ++ rest, n + 2) = 2 + n
a([x, y], n) when x == y = 3
a([x, y] ++ rest, 5) = 4
a(whole @ ([x] ++ _), k @ (m + 1)) when m > x = length(whole) + k
a(_, n + 3) = n
a([_], _) = 6
a(_, -1) = 7
a(xs, n) = n * 100 + length(xs)
inner([[x] ++ _] ++ _, [1]) = x
inner(_, []) = 0
inner(_, [y] ++ _) = y
c(xs, n) = inner([xs], if n < 0 then [] else [n])
d(xs, 0) = 0
d([x] ++ xs, n) = x + d(xs, n)
d([], n + 1) = d([1, 2], n)
d(_, _) = -1
"""
)
