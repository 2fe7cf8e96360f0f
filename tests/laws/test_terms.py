"""Terms are trees whose depth is only data."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesy.errors import InputError
from nesy.terms import Term, load_terms, read_term, same, save_terms, show, subvalues

constants = st.one_of(st.integers(), st.booleans(), st.text(max_size=4))
names = st.from_regex(r"[A-ZÄ][a-zA-Z0-9_]{0,4}", fullmatch=True)
values = st.recursive(
    st.one_of(constants, names.map(Term)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.builds(Term, names, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=12,
)


def plain(value):
    """The value as nested tuples that Python compares, with the type of every constant."""
    if isinstance(value, Term):
        return ("term", value.name, *map(plain, value.arguments))
    if isinstance(value, tuple):
        return ("seq", *map(plain, value))
    return (type(value).__name__, value)


def numeral(n):
    term = Term("O")
    for _ in range(n):
        term = Term("S", (term,))
    return term


@given(values)
def test_text_and_back(value):
    assert same(read_term(show(value)), value)


@given(values, values)
def test_equality_is_that_of_the_trees(left, right):
    assert same(left, right) == (plain(left) == plain(right))
    assert same(left, copy_of(left))


@given(values, values)
def test_equal_terms_have_one_hash(left, right):
    left, right = Term("T", (left,)), Term("T", (right,))
    assert (left == right) == (plain(left) == plain(right))
    assert hash(copy_of(left)) == hash(left)
    assert (left != right) or hash(left) == hash(right)


@given(values)
def test_size_and_depth(value):
    term = Term("T", (value,))

    def size(v):
        inside = v.arguments if isinstance(v, Term) else v if isinstance(v, tuple) else ()
        return isinstance(v, Term) + sum(map(size, inside))

    def depth(v):
        inside = v.arguments if isinstance(v, Term) else v if isinstance(v, tuple) else ()
        return isinstance(v, Term) + max(map(depth, inside), default=0)

    assert term.size == size(term)
    assert term.depth == depth(term)


@given(st.lists(values, max_size=5))
def test_files(tmp_path_factory, found):
    path = tmp_path_factory.mktemp("terms") / "some.terms"
    save_terms(path, found)
    assert [plain(v) for v in load_terms(path)] == [plain(v) for v in found]


def copy_of(value):
    return read_term(show(value))


def test_depth_is_data(tmp_path):
    deep, other = numeral(100_000), numeral(100_000)
    assert deep == other
    assert hash(deep) == hash(other)
    assert deep != numeral(99_999)
    assert deep.size == deep.depth == 100_001
    assert len(repr(deep)) < 250
    assert repr(deep).endswith("(100,001 constructors and constants)")
    save_terms(tmp_path / "deep.terms", [deep])
    assert load_terms(tmp_path / "deep.terms") == [deep]
    assert pickle.loads(pickle.dumps(deep)) == deep
    assert copy.deepcopy(deep) is deep
    wide = Term("R", (tuple(numeral(3) for _ in range(1000)),))
    assert sum(1 for _ in subvalues(wide)) == 1 + 1 + 4000


def test_shared_subterms_are_compared_and_hashed_once():
    left, right = Term("Leaf"), Term("Leaf")
    for _ in range(200):
        left, right = Term("Node", (left, left)), Term("Node", (right, right))
    assert left == right
    assert hash(left) == hash(right)
    assert left.size == 2**201 - 1
    assert repr(left).endswith("(over 10^20 constructors and constants)")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found 'the end'"),
        ("S(", "found 'the end'"),
        ("S(O", "found 'the end'.*expected , or \\)"),
        ("S(O))", "found '\\)'.*expected the end"),
        ("s", "found 's'|constructor"),
        ("S()", "found '\\)'"),
        ("[1, ]", "found '\\]'"),
        ("[1", "expected , or \\]"),
        ("007", "without zeros"),
        ('"a', "found"),
        ("O O", "expected the end"),
        ("add(O)", "constructor"),
    ],
)
def test_text_that_is_no_term(text, message):
    with pytest.raises(InputError, match=message):
        read_term(text)


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "x.terms"
    save_terms(path, [numeral(3), (1, True, "é")])
    raw = path.read_bytes()
    for position in range(0, len(raw), 5):
        path.write_bytes(raw[:position] + bytes([raw[position] ^ 1]) + raw[position + 1 :])
        with pytest.raises(InputError):
            load_terms(path)
    for length in range(0, len(raw), 7):
        path.write_bytes(raw[:length])
        with pytest.raises(InputError):
            load_terms(path)
    with pytest.raises(InputError, match="cannot be read"):
        load_terms(tmp_path / "none")
