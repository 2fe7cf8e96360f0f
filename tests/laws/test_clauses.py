"""Printing a clause and reading it again gives the same clause."""

from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.lang.clauses import KEYWORDS, print_clause, print_expression, read_clauses, read_expression
from nesy.machine.expressions import Call, Clause, Cons, Let, Literal, Successor, Variable
from nesy.machine.primitives import PRELUDE
from nesy.quoting import quote, unquote

names = st.from_regex(r"[a-zé_][a-z0-9_é]{0,5}", fullmatch=True).filter(lambda n: n != "_" and n not in KEYWORDS)
tokens = st.one_of(st.from_regex(r"[A-Z][A-Z_0-9]{0,5}", fullmatch=True), st.text(max_size=5))
numbers = st.one_of(st.integers(-9, 9), st.integers())
elements = st.one_of(tokens, numbers, st.booleans())
values = st.one_of(numbers, st.booleans(), st.lists(elements, max_size=4).map(tuple))
literals = st.builds(Literal, values)
variables = st.builds(Variable, names)


def calls(inner):
    prelude = st.sampled_from(sorted(PRELUDE)).flatmap(
        lambda name: st.builds(Call, st.just(name), st.tuples(*[inner] * len(PRELUDE[name].parameters)))
    )
    own = st.builds(Call, names, st.lists(inner, max_size=3).map(tuple))
    return st.one_of(prelude, own, st.builds(Let, names, inner, inner))


expressions = st.recursive(st.one_of(variables, literals), calls, max_leaves=12)
element_literals = st.builds(Literal, elements.map(lambda e: (e,) if isinstance(e, str) else e))
patterns = st.recursive(
    st.one_of(variables, literals, st.just(Variable("_"))),
    lambda inner: st.one_of(
        st.builds(Successor, inner), st.builds(Cons, st.one_of(variables, element_literals, inner), inner)
    ),
    max_leaves=6,
)
clauses = st.builds(Clause, names, st.lists(patterns, max_size=3).map(tuple), expressions, st.just(1))


@given(expressions)
@settings(max_examples=300)
def test_expressions(expression):
    printed = print_expression(expression)
    assert repr(plain(read_expression(printed))) == repr(expression), printed


@given(clauses)
@settings(max_examples=300)
def test_clauses(clause):
    (again,) = read_clauses(print_clause(clause))
    assert repr(plain(again)) == repr(clause), print_clause(clause)


@given(st.lists(clauses, max_size=5))
def test_files(found):
    again = read_clauses("\n".join(map(print_clause, found)))
    assert [print_clause(clause) for clause in again] == [print_clause(clause) for clause in found]
    assert [clause.line for clause in again] == list(range(1, len(found) + 1))


@given(st.text())
def test_quotes(word):
    assert unquote(quote(word)) == word
    assert "\n" not in quote(word)


def plain(node):
    """The same tree with plain strings where the reader has left tokens that know their place."""
    match node:
        case Clause(name, parts, body, line):
            return Clause(str(name), tuple(map(plain, parts)), plain(body), line)
        case Variable(name):
            return Variable(str(name))
        case Call(function, arguments):
            return Call(str(function), tuple(map(plain, arguments)))
        case Let(name, value, body):
            return Let(str(name), plain(value), plain(body))
        case Successor(predecessor):
            return Successor(plain(predecessor))
        case Cons(head, tail):
            return Cons(plain(head), plain(tail))
    return node
