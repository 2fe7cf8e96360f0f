"""The table of values: ids are equality of values, and blocks of ids are computed as single values are."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from nesy.errors import Undefined
from nesy.machine.primitives import PRELUDE, apply
from nesy.machine.values import kind, text
from nesy.search.universe import LARGEST, LONGEST, UNDEFINED, Universe, distinct_numbers

TOKENS = ("A", "B", "1", "-2", "true", "山")
elements = st.sampled_from([*TOKENS, 1, -2, True, False])
sequences = st.lists(elements, max_size=4).map(tuple)
values = st.one_of(st.integers(-12, 40), st.booleans(), sequences)
edges = st.sampled_from([s * (LARGEST + d) for s in (-1, 1) for d in (-2, -1, 0, 1)])
large = st.one_of(st.integers(-(2**70), 2**70), edges, st.integers(-3, 3))


def same(a, b):
    return kind(a) == kind(b) and text(a) == text(b)


@given(st.lists(st.one_of(values, large), max_size=8))
def test_ids_are_equal_iff_kind_and_text_are(many):
    """id(v) == id(w) iff v and w have the same kind and the same canonical text; no value is UNDEFINED."""
    universe = Universe()
    ids = [universe.id(v) for v in many]
    assert UNDEFINED not in ids
    for v, i in zip(many, ids, strict=True):
        assert same(universe.values[i], v)
        for w, j in zip(many, ids, strict=True):
            assert (i == j) == same(v, w)
    assert universe.ids(many).tolist() == ids


def expected(universe, primitive, arguments):
    """What single values give: the id of the result, UNDEFINED where there is none."""
    if UNDEFINED in arguments:
        return UNDEFINED
    try:
        result = apply(primitive, tuple(universe.values[a] for a in arguments))
    except Undefined:
        return UNDEFINED
    if isinstance(result, tuple) and len(result) > LONGEST:
        return UNDEFINED
    return universe.id(result)


@pytest.mark.parametrize("name", PRELUDE)
@given(data=st.data())
@settings(max_examples=20)
def test_apply_is_elementwise_application(name, data):
    """A block of ids goes through a primitive as its entries do one by one: UNDEFINED where `apply` raises
    or an argument is UNDEFINED; the shape is kept; a second call gives the same."""
    primitive = PRELUDE[name]
    universe = Universe()
    entry = st.one_of(values, values, st.none())
    count = data.draw(st.integers(1, 6))
    blocks = [
        np.array(
            [
                UNDEFINED if v is None else universe.id(v)
                for v in data.draw(st.lists(entry, min_size=2 * count, max_size=2 * count))
            ]
        ).reshape(2, count)
        for _ in primitive.parameters
    ]
    found = universe.apply(primitive, blocks)
    assert found.shape == (2, count)
    for got, *arguments in zip(found.flat, *(b.flat for b in blocks), strict=True):
        if name == "if" and UNDEFINED in arguments and arguments[0] != UNDEFINED:
            condition = universe.values[arguments[0]]  # the branch that is not taken needs no value
            assert got == (arguments[1 if condition else 2] if kind(condition) == "bool" else UNDEFINED)
        elif name == "and" and arguments[0] == universe.id(False):  # what follows is not looked at
            assert got == universe.id(False)
        else:
            assert got == expected(universe, primitive, arguments)
    assert (universe.apply(primitive, blocks) == found).all()


@pytest.mark.parametrize("name", [name for name, primitive in PRELUDE.items() if "int" in primitive.parameters])
@given(data=st.data())
@settings(max_examples=40, phases=(Phase.explicit, Phase.generate))
def test_large_integers_are_exact_or_undefined(name, data):
    """On integers of any size a primitive gives the exact result or UNDEFINED, never something else."""
    primitive = PRELUDE[name]
    universe = Universe()
    arguments = [universe.id(data.draw(large)) for _ in primitive.parameters]
    found = universe.apply(primitive, [np.array([a]) for a in arguments])[0]
    assert found in (UNDEFINED, expected(universe, primitive, arguments))


@given(st.integers(0, LONGEST), st.integers(0, LONGEST))
def test_longest_sequences(n, m):
    """Sequences of up to LONGEST elements are values of a search, longer ones are UNDEFINED."""
    universe = Universe()
    a, b = universe.id(("x",) * n), universe.id(("y",) * m)
    found = universe.apply(PRELUDE["++"], [np.array([a]), np.array([b])])[0]
    assert found == (universe.id(("x",) * n + ("y",) * m) if n + m <= LONGEST else UNDEFINED)


@given(st.lists(st.one_of(st.integers(-5, 40), st.integers(-(2**62), 2**62)), min_size=1, max_size=30))
def test_distinct_numbers_are_those_of_numpy(numbers):
    """Whether they are near each other or not."""
    array = np.array(numbers)
    for ours, expected in zip(distinct_numbers(array), np.unique(array, return_inverse=True), strict=True):
        np.testing.assert_array_equal(ours, expected)
