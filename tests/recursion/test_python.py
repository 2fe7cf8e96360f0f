"""Programs written in Python."""

# ruff: noqa: F821, RET503 - constructors and functions of a program are no names of Python
import pytest

from nesy.errors import InputError
from nesy.recursion.python import Builder, translate
from nesy.terms import read_term

TYPES = """
type nat = O | S(nat)
type tree(a) = Leaf | Node(tree(a), a, tree(a))
"""


def test_a_function_of_terms():
    build = Builder(TYPES)

    @build.function
    def add(n, m):
        """Peano addition."""
        match n:
            case O():
                return m
            case S(k):
                return S(add(k, m))

    assert add(read_term("S(O)"), read_term("S(S(O))")) == read_term("S(S(S(O)))")
    assert add.__doc__ == "Peano addition."
    assert str(build.program().signatures["add"]) == "nat, nat -> nat"
    assert build.program().check().ok
    assert build.source.endswith("add(O, m) = m\nadd(S(k), m) = S(add(k, m))\n")


def test_every_construct():
    build = Builder(TYPES)

    @build.function
    def inorder(t):
        match t:
            case Leaf():
                return ()
            case Node(left, value, right):
                return (*inorder(left), value, *inorder(right))

    @build.function
    def clip(x, low):
        y = x + 1
        if y < low:
            return low
        elif y == 3 and not low > 0:
            return -y
        return y if y != 4 else y // 2

    @build.function
    def zipped(xs, ys):
        match xs, ys:
            case [x, *xs], [y, *ys]:
                return [(x, y), *zipped(xs, ys)]
            case _:
                return ()

    @build.function
    def sign(n):
        match n:
            case 0:
                return "zero"
            case _ if n < 0:
                return "negative"
            case _:
                return "positive"

    @build.function
    def same_root(t):
        match t:
            case Node(_, 7 as seven, Leaf() as right) as whole:
                return (whole, right, Node(Leaf, seven, t))
            case other:
                return (other,)

    @build.function
    def twice(f, x):
        return f(f(x))

    @build.function
    def four(x):
        return twice(lambda y: y * 2, x)

    assert inorder(read_term("Node(Node(Leaf, 1, Leaf), 2, Leaf)")) == (1, 2)
    assert [clip(x, 0) for x in (-5, 2, 3, 9)] == [0, -3, 2, 10]
    assert clip(2, 9) == 9
    assert zipped((1, 2), (3, 4, 5)) == ((1, 3), (2, 4))
    assert [sign(n) for n in (0, -3, 3)] == ["zero", "negative", "positive"]
    seven = read_term("Node(Leaf, 7, Leaf)")
    assert same_root(seven) == (seven, read_term("Leaf"), read_term("Node(Leaf, 7, Node(Leaf, 7, Leaf))"))
    assert four(5) == 20
    assert twice(lambda x: x + "!", "a") == "a!!"


def loop(n):
    while n:
        n = n - 1
    return n


def no_return(n):
    if n:
        return 1


def attribute(n):
    return n.x


def keyword(n):
    return f(n=1)


def default(n=1):
    return n


def keyed(n):
    match n:
        case S(k=1):
            return 1


@pytest.mark.parametrize("function", [loop, no_return, attribute, keyword, default, keyed])
def test_what_has_no_clause(function):
    with pytest.raises(InputError, match=r"test_python\.py:\d+: .* expected match on parameters"):
        translate(function)


def test_wrong_names_and_types_are_those_of_the_text():
    build = Builder(TYPES)

    @build.function
    def bad(n):
        match n:
            case S(k):
                return add(k, n)

    with pytest.raises(InputError, match="the function add is not defined"):
        build.program()


def test_source_is_needed():
    with pytest.raises(InputError, match="source"):
        translate(len)
