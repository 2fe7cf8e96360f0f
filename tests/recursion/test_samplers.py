"""Samplers: numbers of values are right, every value is drawn, edges and simpler values are what they say."""

import random
from collections import Counter
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesy.errors import InputError
from nesy.recursion.data.samplers import Terms, size
from nesy.recursion.data.shrink import minimise, smaller
from nesy.recursion.data.strategies import terms
from nesy.recursion.definitions import define
from nesy.recursion.statements import read_statements
from nesy.recursion.values import check_value
from nesy.terms import Term, read_term, same, show, subvalues
from nesy.types import BOOL, INT, STRING, Named, TypeVariable, seq

DECLARATIONS = define(
    read_statements(
        """
type nat = O | S(nat)
type binary = One | X0(binary) | X1(binary)
type list(a) = Nil | Cons(a, list(a))
type tree(a) = Leaf | Node(tree(a), a, tree(a))
type rose(a) = Rose(a, seq(rose(a)))
type nested = Nested(list(nested))
type even = Zero | Even(odd)
type odd = Odd(even)
type mixed = Flag(bool, seq(int)) | Word(string) | Both(mixed, list(mixed))
type stream = Next(int, stream)
type handler = Handle((int -> int))
type perfect(a) = One_ | Two(perfect(list(a)))
"""
    )
).declarations

NAT = Named("nat")
TYPES = {
    "nat": NAT,
    "binary": Named("binary"),
    "list of numerals": Named("list", (NAT,)),
    "tree": Named("tree", (BOOL,)),
    "rose": Named("rose", (INT,)),
    "nested": Named("nested"),
    "even": Named("even"),
    "mixed": Named("mixed"),
    "sequences": seq(seq(INT)),
    "sequence of trees": seq(Named("tree", (NAT,))),
    "int": INT,
}
CONSTANTS = {"integers": (0, 1), "strings": ("a",)}


def values(name):
    return Terms(DECLARATIONS, TYPES[name], **CONSTANTS)


def brute_force(type_, limit):
    """All values up to a size, by closing the set of values under the constructors."""
    if type_ in (INT, BOOL, STRING):
        return {INT: [0, 1], BOOL: [False, True], STRING: ["a"]}[type_]
    if type_.name == "seq":
        found, layer = [()], [()]
        while layer:
            elements = brute_force(type_.arguments[0], limit)
            layer = [(e, *rest) for e in elements for rest in layer if size((e, *rest)) <= limit]
            found += layer
        return found
    if limit <= 0:
        return []
    found = []
    for constructor in DECLARATIONS.types[type_.name].constructors:
        rows = [()]
        for field in DECLARATIONS.fields(constructor, type_):
            inside = brute_force(field, limit - 1)
            rows = [
                (*row, value) for row in rows for value in inside if size((*row, value)) - count(row, value) < limit
            ]
        found += [term for row in rows if size(term := Term(constructor.name, row)) <= limit]
    return found


def count(*row):
    """Constants in a row of arguments, which `size` of the tuple counts and the size of the term does not."""
    flat = (*row[0], row[1])
    return sum(not isinstance(value, Term) for value in flat)


@pytest.mark.parametrize("name", TYPES)
def test_all_values_of_a_size_are_listed_once(name):
    limit = {"mixed": 3, "rose": 4, "tree": 5, "sequences": 4}.get(name, 6)
    expected = Counter(size(value) for value in brute_force(TYPES[name], limit))
    if name == "int":
        expected = Counter({0: 2})
    terms = values(name)
    for n in range(limit + 1):
        listed = list(terms.of_size(n))
        assert len(listed) == len({show(value) for value in listed}) == terms.count(n) == expected[n]
        assert terms.possible(n) == bool(listed)
        for value in listed:
            check_value(value, TYPES[name], DECLARATIONS, "it")
            assert name == "int" or size(value) == n


def test_the_shapes_of_trees_are_catalan_numbers():
    trees = values("tree")
    assert [trees.shapes(2 * n + 1) for n in range(12)] == [comb(2 * n, n) // (n + 1) for n in range(12)]
    assert [trees.count(2 * n + 1) for n in range(12)] == [2**n * comb(2 * n, n) // (n + 1) for n in range(12)]
    assert not any(trees.shapes(2 * n) for n in range(12))


@pytest.mark.parametrize("name", ["tree", "rose", "nested", "list of numerals"])
@pytest.mark.parametrize("way", ["uniform", "split"])
def test_every_shape_is_drawn(name, way):
    terms = Terms(DECLARATIONS, TYPES[name], integers=(0,))
    n = max(n for n in terms.sizes(9) if 2 <= terms.shapes(n) <= 60)
    rng = random.Random(0)
    drawn = Counter(show(getattr(terms, way)(n, rng)).replace("true", "false") for _ in range(60 * terms.shapes(n)))
    assert len(drawn) == terms.shapes(n)
    if way == "uniform":
        assert all(20 <= times <= 120 for times in drawn.values()), drawn  # 60 each, eight standard deviations


def test_random_split_is_uniform_over_the_left_size():
    """A tree of n inner nodes has l ~ U{0..n-1} of them on the left."""
    trees, rng = values("tree"), random.Random(1)
    left = Counter(size(trees.split(15, rng).arguments[0]) // 2 for _ in range(3500))
    assert set(left) == set(range(7))
    assert all(400 < times < 600 for times in left.values())


@given(st.sampled_from(sorted(TYPES)), st.integers(0, 2**32), st.integers(0, 30))
def test_what_is_drawn_has_the_type_and_the_size(name, seed, wanted):
    terms, rng = values(name), random.Random(seed)
    n = min(terms.sizes(40), key=lambda n: abs(n - wanted))
    for draw in (terms.uniform, terms.split):
        value = draw(n, rng)
        check_value(value, TYPES[name], DECLARATIONS, "it")
        assert name == "int" or size(value) == n


def test_depth_is_data():
    deep, rng = 20_000, random.Random(0)
    assert Terms(DECLARATIONS, NAT).unrank(deep, 0).depth == deep
    for name, spines in (("nat", 1), ("tree", 2), ("nested", 2), ("even", 1)):
        terms = values(name)
        edges = terms.edges(deep)
        assert len(edges) - len(terms.smallest()) == spines
        assert all(size(value) > deep - 3 for value in edges[len(terms.smallest()) :])
    assert size(values("binary").split(20_001, rng)) == 20_001


def test_edges_are_the_smallest_values_and_the_spines():
    assert [show(v) for v in values("binary").edges(4)] == ["One", "X0(X0(X0(One)))", "X1(X1(X1(One)))"]
    trees = [show(v) for v in values("tree").edges(5)]
    assert trees == ["Leaf", "Node(Node(Leaf, false, Leaf), false, Leaf)", "Node(Leaf, false, Node(Leaf, false, Leaf))"]
    assert [show(v) for v in values("even").edges(5)] == ["Zero", "Even(Odd(Even(Odd(Zero))))"]
    lists = [show(v) for v in values("list of numerals").edges(5)]
    assert lists == ["Nil", "Cons(O, Cons(O, Nil))", "Cons(S(S(O)), Nil)"]
    assert () in values("sequences").edges(3)


def test_a_spine_takes_its_share_of_the_size():
    binary, rng = values("binary"), random.Random(0)
    ones = next(spine for spine in binary.spines if str(spine) == "X1/0")
    assert show(binary.spine(ones, 4)) == "X1(X1(X1(One)))"
    for share, most in ((0.0, 0), (0.5, 5), (1.0, 10)):
        value = binary.spine(ones, 11, rng, share)
        assert size(value) == 11
        assert show(value).startswith("X1(" * most)


@given(st.sampled_from(["tree", "rose", "mixed", "binary", "list of numerals"]), st.integers(0, 2**32))
def test_simpler_values_are_of_the_type_and_no_larger(name, seed):
    terms, rng = values(name), random.Random(seed)
    value = terms.uniform(rng.choice([n for n in terms.sizes(11) if n > 3]), rng)
    for simpler in smaller(terms, value):
        check_value(simpler, TYPES[name], DECLARATIONS, "it")
        assert size(simpler) <= size(value)
        assert not same(simpler, value)


def test_minimise_finds_a_smallest_failure():
    trees = Terms(DECLARATIONS, Named("tree", (INT,)))
    value = trees.uniform(31, random.Random(3))
    label = next(part for part in subvalues(value) if isinstance(part, int) and part)
    found = minimise(trees, value, lambda tree: any(part == label for part in subvalues(tree)))
    assert show(found) == f"Node(Leaf, {label}, Leaf)"
    deepest = minimise(trees, value, lambda tree: tree.depth >= 4)
    assert size(deepest) == 7
    assert {part for part in subvalues(deepest) if isinstance(part, int)} == {0}


@given(terms(DECLARATIONS, TYPES["tree"], max_size=9), terms(DECLARATIONS, TYPES["mixed"], max_size=6))
def test_strategies_give_values_of_the_type(tree, mixed):
    check_value(tree, TYPES["tree"], DECLARATIONS, "it")
    check_value(mixed, TYPES["mixed"], DECLARATIONS, "it")
    assert size(tree) <= 9
    assert same(read_term(show(mixed)), mixed)


@pytest.mark.parametrize(
    ("type_", "message"),
    [
        (Named("stream"), "no finite value"),
        (Named("handler"), "functions"),
        (Named("list", (TypeVariable("a"),)), "without variables"),
        (Named("list"), "arguments"),
        (Named("vector", (3,)), "not sampled"),
        (Named("perfect", (INT,)), "more and more types"),
    ],
)
def test_types_that_have_no_samples_are_refused(type_, message):
    with pytest.raises(InputError, match=message):
        Terms(DECLARATIONS, type_)


def test_an_impossible_size_is_refused():
    with pytest.raises(InputError, match=r"no tree.bool. has size 4; expected a possible size, as 1, 3, 5"):
        values("tree").uniform(4, random.Random(0))
