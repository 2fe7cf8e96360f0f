"""Type inference: laws on generated programs, then what it says of each kind of mistake."""

from dataclasses import fields, replace
from random import Random

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from nesy.errors import InputError, OutOfFuel
from nesy.machine.compile import Compiled
from nesy.machine.expressions import Call, subexpressions
from nesy.machine.primitives import PROGRAM_PRELUDE
from nesy.recursion.definitions import define
from nesy.recursion.statements import read_expression, read_statements
from nesy.recursion.typing.infer import infer, type_of
from nesy.recursion.typing.prelude import PRELUDE_TYPES
from nesy.types import Function, Named, Signature, TypeVariable, substitute, variables
from tests.recursion.typed_programs import GROUND, OPEN, TYPES, Builder, matched

programs = st.builds(Builder, st.integers(0, 10**9).map(Random), recursive=st.booleans())


def defined(text, file=None):
    return define(read_statements(TYPES + text, file), file)


def signatures(text):
    return {name: str(signature) for name, signature in infer(defined(text)).items()}


def is_of(value, type_, declarations):
    """Whether a value of a run is of a type without variables; of functions the arity is not seen."""
    if isinstance(type_, Function):
        return callable(value)
    if type_.name in ("int", "bool", "string"):
        return type(value).__name__ == {"string": "str"}.get(type_.name, type_.name)
    if type_.name == "seq":
        return isinstance(value, tuple) and all(is_of(part, type_.arguments[0], declarations) for part in value)
    constructor = declarations.constructors[value.name]
    fields = declarations.fields(constructor, type_)
    return constructor.owner == type_.name and all(
        is_of(part, own, declarations) for part, own in zip(value.arguments, fields, strict=True)
    )


def ground(type_):
    return substitute(type_, dict.fromkeys(variables(type_), Named("nat")))


# -------------------------------------------------------------------- laws


@given(programs)
def test_generated_programs_have_the_types_they_were_built_for(builder):
    """And the type found is the most general: the one built for is an instance of it, so it may be declared."""
    lines = builder.program()
    text = "\n".join(lines)
    found = infer(defined(text))
    for name, signature in builder.signatures.items():
        assert matched(found[name].function, signature.function) is not None
    declared = [f"{name} : {signature}" for name, signature in builder.signatures.items()]
    again = infer(defined("\n".join([*declared, text])))
    assert {name: s.function for name, s in again.items()} == {n: s.function for n, s in builder.signatures.items()}


@given(programs, st.integers(0, 10**9).map(Random))
def test_a_run_gives_a_value_of_the_inferred_type(builder, random):
    text = "\n".join(builder.program())
    definitions = defined(text)
    found = infer(definitions)
    for name, signature in builder.signatures.items():
        call = Call(name, tuple(builder.expression(ground(t), {}, 2) for t in signature.parameters))
        type_ = type_of(definitions, found, call)
        assert matched(type_, ground(signature.result)) is not None
        assert is_of(value_of(definitions, call), ground(type_), definitions.declarations)


@given(programs, st.integers(0, 10**9).map(Random))
def test_what_is_accepted_does_not_go_wrong(builder, random):
    """A program with one expression exchanged for another of some type is rejected, or runs as its types say."""
    definitions = defined("\n".join(builder.program()))
    name, (first, *rest) = random.choice(list(definitions.functions.items()))
    other = builder.expression(random.choice(GROUND), {}, 1)
    changed = (replace(first, body=swapped(first.body, other, random)), *rest)
    definitions = replace(definitions, functions={**definitions.functions, name: changed})
    try:
        found = infer(definitions)
    except InputError:
        event("rejected")
        return
    event("accepted")
    values = Builder(random)
    for name, signature in found.items():
        call = Call(name, tuple(values.expression(ground(t), {}, 2) for t in signature.parameters))
        type_ = type_of(definitions, found, call)
        assert is_of(value_of(definitions, call), ground(type_), definitions.declarations)


@given(programs, st.integers(0, 10**9).map(Random))
def test_a_signature_is_accepted_if_it_is_an_instance_of_the_inferred_type(builder, random):
    builder.recursive = False
    text = "\n".join(builder.program())
    name, found = list(infer(defined(text)).items())[-1]  # no other function calls it
    built = builder.signatures[name]
    changed = [random.choice((t, t, *GROUND, *OPEN)) for t in (*built.parameters, built.result)]
    signature = Signature(tuple(changed[:-1]), changed[-1])
    instance = matched(found.function, signature.function)
    event(f"instance: {instance is not None}")
    try:
        infer(defined(f"{name} : {signature}\n{text}"))
        accepted = True
    except InputError:
        accepted = False
    comparable = instance is None or not any("->" in str(instance[variable]) for variable in found.compared)
    assert accepted == (instance is not None and comparable)


def swapped(expression, other, random):
    """The expression with one inside it exchanged."""
    inside = subexpressions(expression)
    if not inside or random.random() < 0.3:
        return other
    chosen = random.choice(inside)

    def put(part):
        return swapped(part, other, random) if part is chosen else part

    values = {f.name: getattr(expression, f.name) for f in fields(expression)}
    return replace(expression, **{n: tuple(map(put, v)) if isinstance(v, tuple) else put(v) for n, v in values.items()})


def value_of(definitions, expression):
    clauses = [clause for own in definitions.functions.values() for clause in own]
    try:
        return Compiled(clauses, typed=True, fuel=20_000).evaluate(expression)
    except OutOfFuel:
        assume(False)


# -------------------------------------------------------------------- examples


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("add(O, m) = m\nadd(S(n), m) = S(add(n, m))", {"add": "nat, nat -> nat"}),
        ("map(f, Nil) = Nil\nmap(f, Cons(x, t)) = Cons(f(x), map(f, t))", {"map": "(a -> b), list(a) -> list(b)"}),
        ("compose(f, g) = \\x -> f(g(x))", {"compose": "(a -> b), (c -> a) -> (c -> b)"}),
        ("twice(f, x) = f(f(x))\nid(x) = x\nk = twice(id)", {"k": "(a -> a)", "id": "a -> a"}),
        ("k(x, y) = x\nboth(z) = Pair(k(1, z), k(true, z))", {"both": "a -> pair(int, bool)"}),
        ("id(x) = x\nboth = Pair(id(1), id(true))", {"both": "pair(int, bool)"}),
        ("even(O) = true\neven(S(n)) = odd(n)\nodd(O) = false\nodd(S(n)) = even(n)", {"odd": "nat -> bool"}),
        ("f(x, y) = g(y, x)\ng(x, y) = if true then x else f(y, x)", {"f": "a, b -> b", "g": "a, b -> a"}),
        ("make = S\nmore = Cons(O)\npart(f) = f(1, 2)", {"make": "(nat -> nat)", "more": "(list(nat) -> list(nat))"}),
        ('f("a", n + 1) = [n]\nf(w, 0) = [int(w)]\nf(_, _) = []', {"f": "string, int -> seq(int)"}),
        (
            "f(all @ ([h @ Cons(x, _)] ++ t)) = Pair(all, Pair(h, x))",
            {"f": "seq(list(a)) -> pair(seq(list(a)), pair(list(a), a))"},
        ),
        ("f(n) when g(n) = n\nf(n) = n + 1\ng(x) = x > 0 and not (x == 3)", {"f": "int -> int", "g": "int -> bool"}),
        ("f(x) = let y = [x] in y ++ y", {"f": "a -> seq(a)"}),
        (
            "f = []\ng = [[1], [2, 3], []]\nh = \\x, y -> x ++ [y]",
            {"f": "seq(a)", "g": "seq(seq(int))", "h": "(seq(a), a -> seq(a))"},
        ),
        ("length(x) = x\nf = length(true)", {"f": "bool"}),  # its own, not the prelude's
        ("loop(x) = loop(x)", {"loop": "a -> b"}),
        ("learned w : nat -> vector(4)\nf(n) = Pair(w(n), w)", {"f": "nat -> pair(vector(4), (nat -> vector(4)))"}),
        ("f(x1, x2) = f(x2, x1)", {"f": "a, a -> b"}),
        # polymorphic recursion, for a declared signature only
        (
            "type nest(a) = Flat(a) | Deep(nest(pair(a, a)))\ndepth : nest(c) -> int\ndepth(Flat(x)) = 0\n"
            "depth(Deep(n)) = 1 + depth(n)",
            {"depth": "nest(c) -> int"},
        ),
        ("id : b -> b\nid(x) = x\nid2 : nat -> nat\nid2(x) = id(x)", {"id": "b -> b", "id2": "nat -> nat"}),
    ],
)
def test_inferred(text, types):
    assert signatures(text).items() >= types.items()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "add : nat, nat -> nat\nadd(n, m) = n\ndouble(n) = add(n, true)",
            "f.nesy:6: in double: add(n, true): the second argument is bool; expected nat; add : nat, nat -> nat",
        ),
        ("f(x) = S(x == x)", "f.nesy:4: in f: S(x == x): the argument is bool; expected nat; S(nat) : nat"),
        ("f(O) = true\nf(S(n)) = n", "f.nesy:5: in f: n: the result is nat; expected bool; f : nat -> bool"),
        ("f(O) = 1\nf(Nil) = 2", "f.nesy:5: in f: Nil: the pattern is list(a); expected nat; f : nat -> int"),
        ("f([x, true]) = x\nf([1] ++ t) = true", "f.nesy:5: in f: 1: the pattern is int; expected bool; f : "),
        ("f(n + 1) = n\nf(O) = 1", "f.nesy:5: in f: O: the pattern is nat; expected int"),
        ("f(x) when S = x", "f.nesy:4: in f: S: the guard is (nat -> nat); expected bool"),
        ("f(x) = if x then 1 else O", "f.nesy:4: in f: if x then 1 else O: the part after else is nat; expected int"),
        ("f(x) = if 1 then x else x", "f.nesy:4: in f: if 1 then x else x: the condition is int; expected bool"),
        ("f(x) = x + [1]", "f.nesy:4: in f: x + [1]: the right side is seq(int); expected int; + : int, int -> int"),
        ('f(x) = [1, "a"] ++ x', 'f.nesy:4: in f: [1, "a"]: the second element is string; expected int'),
        ("f(x) = x(x)", "in f: x(x): the argument is (a -> b); expected a; a type that would hold itself"),
        ("f(g) = g(1) + g(1, 2)", "in f: g(1, 2): the function is (int -> int); expected (a, b -> c)"),
        ("f(n) = let g = 1 in g(n)", "in f: g(n): the function is int; expected (a -> b)"),
        ("f(g) = let h = \\x -> g in Pair(h(1), h(true))", "in f: h(true): the argument is bool; expected int"),
        ("id(x) = x\nf(g) = Pair(g(1), g(true))\nh = f(id)", "f.nesy:5: in f: g(true): the argument is bool; exp"),
        ("f : a -> a\nf(x) = S(x)", "argument is a; expected nat; S(nat) : nat; f is declared for every a"),
        ("f : a, b -> a\nf(x, y) = y", "y: the result is b; expected a; f : a, b -> a; f is declared for every b "),
        ("f : a -> b\nf(x) = f(x)\ng : nat -> bool\ng(x) = x", "f.nesy:7: in g: x: the result is nat; expected bool"),
        ("f : vector(2) -> nat\nf(v) = O\nlearned w : vector(3)\ng = f(w)", "is vector(3); expected vector(2)"),
        ("learned w : vector(3)\ncheck w = w", "compares values of vector(3)"),
        ("type nest(a) = Flat(a) | Deep(nest(pair(a, a)))\nd(Flat(x)) = 0\nd(Deep(n)) = d(n)", "would hold itself"),
        ("f(x) = x\ncheck f(1) = f(true)", "f.nesy:5: f(true): the right side of the check is bool; expected int"),
        ("check O", "f.nesy:4: O: the check is nat; expected bool"),
        ("check S = S", "f.nesy:4: S: compares values of (nat -> nat); expected a type without functions and vectors"),
        ("f(g) = g == S", "f.nesy:4: in f: g == S: compares values of (nat -> nat)"),
        ("type t = T((nat -> t)) | E\nf(x) = [x] != [E]", "in f: [x] != [E]: compares values of seq(t)"),
        (
            "eq(x, y) = x == y\nf = eq(S, S)",
            "in f: eq(S, S): compares values of (nat -> nat); expected a type "
            "without functions and vectors; eq compares them",
        ),
        ("f = eq(S, S)\neq(x, y) = le(y, x)\nle(x, y) = if true then eq(x, y) else x == y", "in f: eq(S, S): compares"),
        ("eq : a, a -> bool\neq(x, y) = x == y\nf(g) = eq([g], [S])", "in f: eq([g], [S]): compares values"),
    ],
)
def test_ill_typed(text, message):
    with pytest.raises(InputError) as caught:
        infer(defined(text, "f.nesy"))
    assert message in str(caught.value)


def test_the_place_of_an_error_without_a_file():
    definitions = defined("f(x) = S(x)")
    expression = definitions.expression(read_expression("f(true)"))
    with pytest.raises(InputError, match=r"^f\(true\): the argument is bool; expected nat; f : nat -> nat$"):
        type_of(definitions, infer(definitions), expression)


@pytest.mark.parametrize(
    ("text", "type_"),
    [("f(O)", "pair(nat, seq(a))"), ("f", "(a -> pair(a, seq(b)))"), ("[]", "seq(a)"), ("\\x, y -> y", "(a, b -> b)")],
)
def test_type_of(text, type_):
    definitions = defined("f(x) = Pair(x, [])")
    assert str(type_of(definitions, infer(definitions), definitions.expression(read_expression(text)))) == type_


def test_equality_is_asked_for_in_expressions_too():
    definitions = defined("eq(x, y) = x == y")
    found = infer(definitions)
    assert found["eq"].compared == {"a"}
    with pytest.raises(InputError, match="eq compares them"):
        type_of(definitions, found, definitions.expression(read_expression("eq(S, S)")))


def test_the_prelude_has_types():
    assert PRELUDE_TYPES.keys() == PROGRAM_PRELUDE.keys()
    for name, signature in PRELUDE_TYPES.items():
        assert len(signature.parameters) == len(PROGRAM_PRELUDE[name].parameters)


@pytest.mark.parametrize(
    "text",
    [
        "f0(x) = Pair(x, x)\n" + "".join(f"f{n + 1}(x) = f{n}(f{n}(x))\n" for n in range(40)),
        "f0(x) = [x]\n" + "".join(f"f{n + 1}(x) = f{n}(f{n}(x))\n" for n in range(40)),
        "f(x0) = " + "".join(f"let x{n + 1} = Pair(x{n}, x{n}) in " for n in range(150)) + "x150",
    ],
)
def test_types_that_explode_are_an_error(text):
    """Types of inferred functions may be doubly exponential in the size of the program (Mairson 1990)."""
    with pytest.raises(InputError, match=r"a type in f\d* is too large; expected at most"):
        infer(defined(text))


def test_a_large_type_in_an_error_is_cut():
    text = "f(x0) = " + "".join(f"let x{n + 1} = Pair(x{n}, x{n}) in " for n in range(150)) + "x150 + 1"
    with pytest.raises(InputError, match=r"x150 \+ 1: the left side is a large type; expected a large type"):
        infer(defined(text))


@pytest.mark.parametrize(
    "text",
    [
        "f(x) = " + "S(" * 190 + "x" + ")" * 190,
        "f(x) = head(" + "[" * 190 + "x" + "]" * 190 + ") == []",
        "f(x) = " + "x + (" * 95 + "x" + ")" * 95,
        "f(g, x) = " + "g(" * 190 + "x" + ")" * 190,
        "f(" + "S(" * 190 + "n" + ")" * 190 + ") = n\ng(n + 1000) = true",
        "".join(f"f{n}(x) = f{n + 1}(x)\n" for n in range(2000)) + "f2000(x) = x",
    ],
)
def test_deep_text_is_no_matter(text):
    (found, *_) = infer(defined(text)).values()
    assert found.result in (Named("nat"), Named("int"), Named("bool"), TypeVariable("a"))
