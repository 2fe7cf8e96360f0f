"""Coverage: against brute force over all values up to a depth, then what `coverage` says."""

from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.lang.cases import missing, unreachable
from nesy.machine.expressions import As, Case, Clause, Cons, Literal, Successor, Variable
from nesy.recursion.coverage import coverage
from nesy.recursion.definitions import define
from nesy.recursion.statements import read_statements
from nesy.terms import Term

TYPES = """type nat = O | S(nat)
type list(a) = Nil | Cons(a, list(a))
type tree = Leaf | Node(tree, bool, tree)
type colour = Red | Green | Blue
"""
DECLARATIONS = define(read_statements(TYPES)).declarations

NAT, LIST, TREE, COLOUR = "nat", "list(nat)", "tree", "colour"
INT, BOOL, STRING, SEQ, SEQ2 = "int", "bool", "string", "seq(int)", "seq(seq(nat))"
KINDS = (NAT, LIST, TREE, COLOUR, INT, BOOL, STRING, SEQ, SEQ2)
WORDS = ("", "a", "b")

# of each type: its constructors with the types of their arguments
CONSTRUCTORS = {
    NAT: {"O": (), "S": (NAT,)},
    LIST: {"Nil": (), "Cons": (NAT, LIST)},
    TREE: {"Leaf": (), "Node": (TREE, BOOL, TREE)},
    COLOUR: {"Red": (), "Green": (), "Blue": ()},
}
ELEMENTS = {SEQ: INT, SEQ2: "seq(nat)", "seq(nat)": NAT}


def values(type_, depth):
    """All values of a type that are not deeper; integers and strings beyond what patterns mention."""
    if type_ == INT:
        return list(range(-3, 6))
    if type_ == BOOL:
        return [False, True]
    if type_ == STRING:
        return ["", "a", "b", "aa", "zzz"]
    if depth == 0:
        return []
    if type_ in ELEMENTS:
        found = [()]
        for _ in range(2):
            found += [(head, *tail) for head in values(ELEMENTS[type_], depth - 1) for tail in found]
        return list(dict.fromkeys(found))
    return [
        Term(name, arguments)
        for name, fields in CONSTRUCTORS[type_].items()
        for arguments in product(*(values(field, depth - 1) for field in fields))
    ]


def fits(value, pattern):
    match pattern:
        case Variable():
            return True
        case As(_, inside):
            return fits(value, inside)
        case Literal(constant):
            return type(value) is type(constant) and value == constant
        case Successor(inside):
            return value >= 1 and fits(value - 1, inside)
        case Cons(head, tail):
            return value != () and fits(value[0], head) and fits(value[1:], tail)
        case Case(name, patterns):
            return value.name == name and all(map(fits, value.arguments, patterns))


def fits_row(row, patterns):
    return all(map(fits, row, patterns))


def patterns(type_, depth=2):
    """Patterns of a type: no value that they tell apart from others is deeper than depth + 1."""
    wild = st.just(Variable("x"))
    if type_ == INT:
        inside = wild | st.integers(-2, 2).map(Literal)
        own = inside | inside.map(Successor) | inside.map(Successor).map(Successor)
    elif type_ == BOOL:
        own = st.booleans().map(Literal)
    elif type_ == STRING:
        own = st.sampled_from(WORDS).map(Literal)
    elif depth == 0:
        return wild
    elif type_ in ELEMENTS:
        own = st.just(Literal(())) | st.builds(Cons, patterns(ELEMENTS[type_], depth - 1), patterns(type_, depth - 1))
    else:
        own = st.one_of(
            st.builds(Case, st.just(name), st.tuples(*(patterns(field, depth - 1) for field in fields)))
            for name, fields in CONSTRUCTORS[type_].items()
        )
    return st.one_of(wild, own, own, own.map(lambda pattern: As("y", pattern)))


@st.composite
def functions(draw):
    """The types of a function's arguments and its clauses, some of them with a guard."""
    types = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=2))
    row = st.tuples(*map(patterns, types))
    guard = st.sampled_from([None, None, Literal(True), Variable("g")])
    clauses = draw(
        st.lists(st.builds(Clause, st.just("f"), row, st.just(Literal(1)), st.just(0), guard), min_size=1, max_size=6)
    )
    return types, clauses


def holds_negative(value):
    if isinstance(value, tuple):
        return any(map(holds_negative, value))
    return type(value) is int and value < 0


def takes_all(clause):
    return clause.guard in (None, Literal(True))


@settings(max_examples=120, deadline=None)
@given(functions())
def test_missing_as_brute_force_finds_it(function):
    types, clauses = function
    rows = list(product(*(values(type_, 3) for type_ in types)))
    for guards_hold in (False, True):
        asked = [clause for clause in clauses if guards_hold or takes_all(clause)]
        left = [row for row in rows if not any(fits_row(row, clause.patterns) for clause in asked)]
        witness = missing(clauses, DECLARATIONS, guards_hold=guards_hold, negative=True)
        assert (witness is None) == (not left)
        if witness is not None:
            assert {row for row in rows if fits_row(row, witness)} <= set(left)
            assert any(fits_row(row, witness) for row in rows)
        natural = [row for row in left if not holds_negative(row)]
        assert (missing(clauses, DECLARATIONS, guards_hold=guards_hold) is None) == (not natural)


@settings(max_examples=120, deadline=None)
@given(functions())
def test_unreachable_as_brute_force_finds_it(function):
    types, clauses = function
    rows = list(product(*(values(type_, 3) for type_ in types)))
    expected = []
    for position, clause in enumerate(clauses):
        above = [other for other in clauses[:position] if takes_all(other)]
        own = [row for row in rows if fits_row(row, clause.patterns)]
        if all(any(fits_row(row, other.patterns) for other in above) for row in own):
            expected.append(position)
    assert unreachable(clauses, DECLARATIONS) == expected


def said(text):
    found = coverage(define(read_statements(TYPES + text)))
    return [(finding.severity, finding.line - 4, finding.message) for finding in found]


@pytest.mark.parametrize(
    ("text", "severity", "line", "message"),
    [
        ("inorder(Node(l, x, r)) = x", "error", 1, "no clause for inorder(Leaf)"),
        ("f(O) = 1", "error", 1, "no clause for f(S(_))"),  # `nonexhaustive` of the suite
        ("f(O) = 1\nf(S(S(n))) = 1", "error", 1, "no clause for f(S(O))"),
        ("f(O, m) = 1\nf(n, O) = 1", "error", 1, "no clause for f(S(_), S(_))"),
        ("f(Nil, 0) = 1\nf(Cons(Red, t), n) = 1\nf(Nil, n) = 1", "error", 1, "no clause for f(Cons(Green, _), _)"),
        ("f([]) = 1\nf([a, b] ++ t) = 1", "error", 1, "no clause for f([_])"),
        ("f([[]] ++ t) = 1\nf([]) = 1", "error", 1, "no clause for f([[_] ++ _] ++ _)"),
        ('f("") = 1\nf("a") = 1', "error", 1, 'no clause for f("aa")'),
        ("f(true) = 1", "error", 1, "no clause for f(false)"),
        ("f(l @ Cons(_, Nil)) = 1\nf(Nil) = 1", "error", 1, "no clause for f(Cons(_, Cons(_, _)))"),
        ("f(0) = 1\nf(2) = 1\nf(n + 3) = 1", "error", 1, "no clause for f(1)"),
        ("f(0) = 1", "error", 1, "no clause for f(_ + 1)"),
        ("f(0) = 1\nf(n + 1) = 1", "warning", 1, "no clause for f(-1)"),
        (
            "f(n) when n > 0 = 1",
            "error",
            1,
            "perhaps no clause for f(_): the guard in line 5 may be false; add a clause without a guard",
        ),
        (
            "f(O, b) = 1\nf(S(n), b) when b = 2\nf(S(n), true) when b(n) = 2\nb(n) = true",
            "error",
            1,
            "perhaps no clause for f(S(_), _): the guard in line 7 may be false; add a clause without a guard",
        ),
        (
            "f(0) = 1\nf(n + 1) = 1\nf(n) when n < 0 = 1",
            "warning",
            1,
            "perhaps no clause for f(-1): the guard in line 7",
        ),
        ("f(n, m) when n > m = 1\nf(n, m) when n < m = 1", "error", 1, "perhaps no clause for f(_, _)"),
        ("f(n, m) when n > m = 1\nf(m, n) when n <= m = 1", "error", 1, "perhaps no clause for f(_, _)"),
        ("c when 1 > 2 = 1", "error", 1, "perhaps no clause for c: the guard in line 5"),
        ("f(O) = 1\nf(S(n)) = 1\nf(n) = 1", "warning", 3, "this clause of f is never reached: the ones above take"),
        (
            "f(n, true) = 1\nf(O, b) = 1\nf(O, false) = 1\nf(n, b) = 1",
            "warning",
            3,
            "this clause of f is never reached",
        ),
        ("f(true) = 1\nf(false) = 1\nf(b) when b = 1", "warning", 3, "this clause of f is never reached"),
    ],
)
def test_finding(text, severity, line, message):
    (found,) = said(text)
    assert found[:2] == (severity, line)
    assert found[2].startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "f(O, m) = 1\nf(S(n), O) = 1\nf(S(n), S(m)) = 1",
        "f(n) when n > 0 = 1\nf(n) when n == 0 = 1\nf(n) when true = 1",
        "f(n) when n > 0 = 1\nf(n) = 1",
        "f([]) = 1\nf([x] ++ t) = 1",
        "f(-2) = 1\nf(x) = 1",
        'f("a", Red) = 1\nf(w, Green) = 1\nf(w, c) = 1',
        "c = 1",
    ],
)
def test_no_false_alarm(text):
    assert said(text) == []


NESTED = """type op = Add | Sub | Mul
type expr = Num(nat) | Var(string) | Neg(expr) | Bin(op, expr, expr)
"""


def test_twenty_clauses_of_three_nested_arguments_are_fast():
    atoms = ["Num(O)", "Num(S(n))", 'Var("x")', "Neg(Num(n))", "Bin(Add, Num(O), e)", "Bin(op, e, Neg(Var(v)))"]
    heads = [f"f({atoms[i % 6]}, {atoms[i * 5 % 6]}, {atoms[i // 3 % 6]})".replace("n)", "_)") for i in range(20)]
    text = "\n".join(head.replace("op", "_").replace(" e", " _").replace("Var(v)", "Var(_)") + " = 1" for head in heads)
    definitions = define(read_statements(TYPES + NESTED + text))
    assert [finding.severity for finding in coverage(definitions)].count("error") == 1


def test_large_numbers_and_many_literals_are_no_matter():
    clauses = "".join(f"f({number * 10**9}, {-number}) = 1\n" for number in range(100))
    assert said(clauses + "f(n, m) = 1\nf(7, m) = 1") == [
        ("warning", 102, "this clause of f is never reached: the ones above take all its cases")
    ]
    assert said("f(n + 1000) = 1\nf(7) = 1")[0][2] == "no clause for f(0)"


def test_deep_patterns_are_no_matter():
    deep = "Node(" * 190 + "_" + ", _, _)" * 190
    assert said(f"f({deep}, {deep}) = 1")[0][2] == "no clause for f(Leaf, _)"


def test_giving_up_is_said():
    """The question is NP-complete: each clause here is one of a formula's, which is not satisfied if they cover all."""
    random = Random(0)
    clauses = []
    for _ in range(300):
        row = ["_"] * 60
        for position in random.sample(range(60), 3):
            row[position] = random.choice(["true", "false"])
        clauses.append(f"f({', '.join(row)}) = 1\n")
    definitions = define(read_statements("".join(clauses)))
    (finding,) = coverage(definitions)
    assert (finding.severity, finding.message[:21]) == ("warning", "f has too many cases ")


@pytest.mark.parametrize(
    "clauses",
    [
        "f(n, m) when n > m = 1\nf(n, m) when n <= m = 2",
        "f(n, m) when n > m = 1\nf(n, m) when m >= n = 2",
        "f(n, m) when n > m = 1\nf(n, m) when m == n = 2\nf(n, m) when n < m = 3",
        "f(n, m) when n != m = 1\nf(n, m) when m == n = 2",
        "f(n, b) when b = 1\nf(n, b) when not b = 2",
        "f(n, b) when b = 1\nf(n, b) when true = 2",
        "f(0, m) = 1\nf(n, m) when m == n = 2\nf(n, m) when n != m = 3",
    ],
)
def test_opposite_guards_leave_nothing_out(clauses):
    definitions = define(read_statements(clauses))
    assert [finding.message for finding in coverage(definitions)] == []
