"""Strict positivity and inhabitation: the manuals' standard examples, then laws against an oracle."""

from itertools import product

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from nesy.recursion.definitions import define
from nesy.recursion.statements import read_statements
from nesy.recursion.typing.positivity import positivity

BASE = "type nat = O | S(nat)\ntype list(a) = Nil | Cons(a, list(a))\n"


def declared(text):
    return define(read_statements(text)).declarations


def found(text, severity="error"):
    """(line after the base, message) of each finding."""
    return [(f.line - 2, f.message) for f in positivity(declared(BASE + text)) if f.severity == severity]


@pytest.mark.parametrize(
    "text",
    [
        "type tree = Leaf | Node(tree, int, tree)",
        "type rose(a) = Rose(a, list(rose(a)))",  # nested
        "type rose = Rose(int, seq(rose))",
        "type rose(a) = Rose(a, seq(list(rose(a)))) | Kids((nat -> list(rose(a))))",
        "type ord = Zero | Succ(ord) | Limit((nat -> ord))",  # Brouwer's ordinals
        "type w(a, b) = Sup(a, (b -> w(a, b))) | Stop",  # Martin-Löf's W types
        "type tree(a) = Node(a, forest(a))\ntype forest(a) = Empty | Grow(tree(a), forest(a))",  # mutual
        "type fun(a, b) = F((a -> b))\ntype free(a) = Pure(a) | Ask(fun(nat, free(a)))",  # right of fun's arrow
        "type reader(a) = R((nat -> a))\ntype t = E | T(reader(list(t)))",
        "type phantom(a) = P(nat)\ntype t = T(phantom((t -> nat)))",  # a parameter that is not used
        "type nest(a) = Flat(a) | Deep(nest(list(a)))",  # not uniform
        "type cont(a) = K((a -> nat))",  # negative in its parameter, not in itself
        "type a1 = A1((b1 -> nat))\ntype b1 = B1(nat)",
        "type t(a) = T((a -> t(a))) | E",
        "type t = T((-> t)) | E",
    ],
)
def test_strictly_positive(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        # `nonpositive_type` of the suite
        (
            "type d = C((d -> d))",
            1,
            "the type d is not strictly positive: d stands left of an arrow in the argument of C",
        ),
        (
            "type bad = Stop | C(nat, (bad -> nat))",
            1,
            "bad stands left of an arrow in the second argument of C",
        ),
        ("type lam = App(lam, lam)\n | Abs((lam -> lam))", 2, "lam stands left of an arrow in the argument of Abs"),
        # positive, but not strictly: `((bad -> nat) -> nat)`
        ("type bad = C(((bad -> nat) -> nat))", 1, "bad stands left of an arrow in the argument of C"),
        ("type bad = C((nat -> (bad -> nat)))", 1, "bad stands left of an arrow"),
        ("type bad = C((nat, list(bad) -> nat))", 1, "bad stands left of an arrow"),
        ("type bad = C(seq((bad -> nat)))", 1, "in the argument of C, seq((bad -> nat))"),
        (
            "type cont(a) = K((a -> nat))\ntype bad = C(cont(bad))",
            2,
            "bad stands left of an arrow in the argument of C, cont(bad), inside cont",
        ),
        ("type cont(a) = K((a -> nat))\ntype twice(a) = T(cont(cont(a)))\ntype bad = C(twice(bad))", 3, "inside twice"),
        ("type fun(a, b) = F((a -> b))\ntype bad = C(fun(bad, nat))", 2, "inside fun"),
        ("type two(a) = Two((a -> one(a)))\ntype one(a) = One(two(a))\ntype bad = C(one(bad))", 3, "inside one"),
        (
            "type m = M((n -> nat))\ntype n = N(list(o))\ntype o = O1(m)",
            1,
            "the type m is not strictly positive: n stands left of an arrow in the argument of M, (n -> nat), "
            "and n holds o, which holds m",
        ),
        ("type bad(a) = C(a, (bad(list(a)) -> nat))", 1, "bad stands left of an arrow"),
        ("type t(f) = T((f -> f))\ntype bad = C(t(list(bad)))", 2, "inside t"),
    ],
)
def test_not_strictly_positive(text, line, message):
    (finding,) = found(text)
    assert finding[0] == line
    assert message in finding[1]


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("type t = C(t)", ["t"]),
        ("type t = C(nat, t) | D(seq(t), t)", ["t"]),
        ("type t = C(seq(t))", []),
        ("type t = C(list(t))", []),
        ("type box(a) = Box(a)\ntype t = C(box(t))", ["t"]),
        ("type both(a, b) = L(a) | R(b)\ntype t = C(both(t, nat))\ntype u = U(both(u, u))", ["u"]),
        ("type t = C(u)\ntype u = D(t)", ["t", "u"]),
        ("type t = C(u)\ntype u = D(t) | E", []),
        ("type t = C((nat -> t))", ["t"]),
        ("type t = C((t -> t))", []),  # of the identity; not strictly positive
        ("type nest(a) = C(nest(list(a)))", ["nest"]),
        ("type t = C(vector(3), string)", []),
    ],
)
def test_types_without_values(text, empty):
    warnings = found(text, "warning")
    assert [message.split()[2] for _, message in warnings] == empty
    assert all("has no finite value" in message for _, message in warnings)


# Random systems of types without parameters: then the definitions in words can be computed directly.

NAMES = ("t0", "t1", "t2")
atoms = st.sampled_from((*NAMES, "int"))
field_types = st.recursive(
    atoms, lambda inner: st.tuples(st.just("seq"), inner) | st.tuples(st.just("->"), inner, inner), max_leaves=3
)
systems = st.tuples(*[st.lists(st.lists(field_types, max_size=2), min_size=1, max_size=2) for _ in NAMES])


def written(type_):
    match type_:
        case ("seq", inner):
            return f"seq({written(inner)})"
        case ("->", parameter, result):
            return f"({written(parameter)} -> {written(result)})"
    return type_


def system_text(system):
    lines = []
    for name, constructors in zip(NAMES, system, strict=True):
        alternatives = (
            f"C{name}{n}" + (f"({', '.join(map(written, fields))})" if fields else "")
            for n, fields in enumerate(constructors)
        )
        lines.append(f"type {name} = {' | '.join(alternatives)}")
    return "\n".join(lines)


def mentions(type_, left=False):
    """(name, whether left of an arrow) of all names in a type."""
    match type_:
        case ("seq", inner):
            return mentions(inner, left)
        case ("->", parameter, result):
            return mentions(parameter, True) + mentions(result, left)
    return [(type_, left)]


@given(systems)
def test_positivity_of_types_without_parameters(system):
    """A type is refused if it can get back to itself by mentions one of which is left of an arrow."""
    arrows = {
        (name, other, left)
        for name, constructors in zip(NAMES, system, strict=True)
        for fields in constructors
        for type_ in fields
        for other, left in mentions(type_)
    }
    while True:
        longer = {(a, d, p or q) for (a, b, p), (c, d, q) in product(arrows, arrows) if b == c} | arrows
        if longer == arrows:
            break
        arrows = longer
    refused = any((name, name, True) in arrows for name in NAMES)
    findings = [f for f in positivity(declared(system_text(system))) if f.severity == "error"]
    event(f"refused: {refused}")
    assert bool(findings) == refused


@given(systems)
def test_types_with_values_have_one_that_is_not_deep(system):
    """With n types, a value of least depth is at most n deep."""
    inhabited = set()

    def has_value(type_):
        match type_:
            case ("seq", _):
                return True
            case ("->", parameter, result):
                return parameter == result or has_value(result)
        return type_ == "int" or type_ in inhabited

    for _ in NAMES:
        inhabited |= {
            name
            for name, constructors in zip(NAMES, system, strict=True)
            if any(all(map(has_value, fields)) for fields in constructors)
        }
    findings = [f for f in positivity(declared(system_text(system))) if f.severity == "warning"]
    assert {f.message.split()[2] for f in findings} == set(NAMES) - inhabited
