"""Inverting joins by cutting, against trying everything."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from nesy.machine.expressions import Call, Literal, Variable
from nesy.search.concatenation import cuts, pieces
from nesy.search.meaning import closure, of_expression
from nesy.search.universe import Universe

a, b = Variable("a"), Variable("b")
tokens = st.sampled_from("xy")
sequences = st.lists(tokens, max_size=3).map(tuple)
joined = st.recursive(
    st.one_of(
        st.sampled_from([a, b, Call("reverse", (a,)), Call("reverse", (b,))]),
        st.lists(tokens, max_size=1).map(lambda value: Literal(tuple(value))),
    ),
    lambda parts: st.tuples(parts, parts).map(lambda pair: Call("++", pair)),
    max_leaves=4,
)


def spans(output):
    """Every sequence that a part of a join can be worth: the pieces of the output, forwards and backwards."""
    found = {output[i:j] for i in range(len(output) + 1) for j in range(i, len(output) + 1)}
    return found | {value[::-1] for value in found}


@given(joined, sequences, sequences)
def test_cuts_are_all_arguments(body, first, second):
    """The cuts of an output are all the arguments that give it, the true ones among them."""
    run = closure(body)
    output = run({"a": first, "b": second})
    names = [name for name in "ab" if any(piece.name == name for piece in pieces(body))]
    found = [tuple(cut[name] for name in names) for cut in cuts(pieces(body), output, {})]
    tried = product(sorted(spans(output)), repeat=len(names))
    blank = {"a": (), "b": ()}
    assert sorted(set(found)) == sorted(t for t in tried if run(blank | dict(zip(names, t, strict=True))) == output)
    assert len(found) == len(set(found))
    assert tuple({"a": first, "b": second}[name] for name in names) in found


@given(joined, sequences, sequences)
def test_given_values_are_kept(body, first, second):
    """Where one argument is given, the cuts are those that have it; `preimages` says the same."""
    output = closure(body)({"a": first, "b": second})
    every = list(cuts(pieces(body), output, {}))
    some = list(cuts(pieces(body), output, {"a": [first]}))
    if "a" in every[0] if every else False:
        assert [cut["b"] for cut in some if "b" in cut] == [c["b"] for c in every if c["a"] == first and "b" in c]
    universe = Universe()
    meaning = of_expression(2, body)
    given_, target = universe.id(first), universe.id(output)
    wanted = {universe.id(cut["b"]) for cut in some if "b" in cut}
    assert set(meaning.preimages(universe, 1, (given_,), target)) == wanted


@given(joined, sequences, sequences)
def test_what_is_not_possible_is_left_out(body, first, second):
    output = closure(body)({"a": first, "b": second})
    short = [cut for cut in cuts(pieces(body), output, {}) if all(len(v) < 2 for v in cut.values())]
    assert list(cuts(pieces(body), output, {}, lambda name, value: len(value) < 2)) == short


def test_other_programs_do_not_only_join():
    assert pieces(Call("++", (a, Call("head", (b,))))) is None
    assert pieces(Call("+", (a, b))) is None
