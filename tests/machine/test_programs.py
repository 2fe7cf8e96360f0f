"""Programs: what clauses compute, lazily where it matters, however deep, and never without end."""

import pytest

from nesy.errors import OutOfFuel, Undefined
from nesy.lang.clauses import read_clauses
from nesy.lang.names import resolve
from nesy.machine.compile import Compiled


def program(text, **options):
    return Compiled(resolve(read_clauses(text)), **options)


def both(text, name, *arguments):
    """The result, which the compiled function and the machine agree on."""
    found = program(text)
    result = found.call(name, *arguments)
    assert repr(found.machine.call(name, *arguments)) == repr(result)
    return result


@pytest.mark.parametrize(
    ("text", "arguments", "value"),
    [
        ("f(x, y) = x ++ [y] ++ A", (("B",), 3), ("B", 3, "A")),
        ("f(x) = [x, 1, true]", (("A",),), ("A", 1, True)),
        ("f(n + 2) = n\nf(n) = 0 - n", (5,), 3),
        ("f(n + 2) = n\nf(n) = 0 - n", (1,), -1),
        ("f([h] ++ t) = t ++ h", (("A", "B"),), ("B", "A")),
        ("f([h] ++ t) = h + f(t)\nf([]) = 0", ((1, 2, 3),), 6),
        ("f([A, x]) = x\nf(x) = NO", (("A", "B"),), ("B",)),
        ("f([A, x]) = x\nf(x) = NO", (("A", "B", "C"),), ("NO",)),
        ("f(true) = 1\nf(1) = 2\nf(x) = 3", (True,), 1),
        ("f(true) = 1\nf(1) = 2\nf(x) = 3", (1,), 2),
        ("f([1]) = A\nf(x) = B", ((True,),), ("B",)),
        ("f(x) = if x == 0 then 0 else 10 div x", (0,), 0),
        ("f(x) = x == 0 or 10 div x > 2", (0,), True),
        ("f(x) = x > 0 and 10 div x > 2", (0,), False),
        ("f(x) = let y = x * x in let x = y + 1 in x * y", (3,), 90),
        ("f(x) = g\ng = h()\nh = A", (1,), ("A",)),
        ("f(0) = true\nf(n + 1) = not f(n)", (7,), False),
    ],
)
def test_values(text, arguments, value):
    assert repr(both(text, "f", *arguments)) == repr(value)


@pytest.mark.parametrize(
    ("text", "argument", "message"),
    [
        ("f(x) = x + 1", ("A",), "+ expects int and int, found seq 'A'"),
        ("f(x) = x ++ A", 3, "++ expects seq and seq, found int '3'"),
        ("f(x) = if x then 1 else 2", 1, "expected true or false, found '1'"),
        ("f(x) = x and true", ("A",), "expected true or false, found 'A'"),
        ("f(x) = 1 mod x", 0, "remainder of a division by zero"),
        ("f(0) = 1", 3, "no clause of f fits ('3')"),
        ("f(x) = int(x)", ("x",), "int('x'): not a decimal integer"),
    ],
)
def test_no_value(text, argument, message):
    found = program(text)
    for call in (found.call, found.machine.call):
        with pytest.raises(Undefined) as caught:
            call("f", argument)
        assert message in str(caught.value)


def test_recursion_may_be_deep():
    assert program("f(0) = 0\nf(n + 1) = 1 + f(n)").call("f", 100_000) == 100_000
    assert program("f([]) = []\nf([h] ++ t) = f(t) ++ h").call("f", ("A", "B") * 2_500) == ("B", "A") * 2_500
    assert (
        program("even(0) = true\neven(n + 1) = odd(n)\nodd(0) = false\nodd(n + 1) = even(n)").call("even", 50_001)
        is False
    )


def test_integers_have_no_bound():
    assert both("f(0) = 1\nf(n + 1) = 2 * f(n)", "f", 500) == 2**500


@pytest.mark.parametrize("text", ["f(x) = f(x)", "f(x) = f(x + 1) + 1", "f(x) = g(g(x))\ng(x) = h(h(x))\nh(x) = f(x)"])
def test_endless_runs_stop(text):
    with pytest.raises(OutOfFuel):
        program(text, fuel=5_000).call("f", 1)


@pytest.mark.parametrize(
    ("text", "argument"),
    [("f(x, 0) = x\nf(x, n + 1) = f(x ++ x, n)", ("A",)), ("f(x, 0) = x\nf(x, n + 1) = f(x * x, n)", 3)],
)
def test_values_do_not_fill_the_memory(text, argument):
    with pytest.raises(OutOfFuel):
        program(text).call("f", argument, 100)


def test_long_chains_of_functions():
    text = "\n".join(f"f{number}(x) = f{number + 1}(x)" for number in range(3_000)) + "\nf3000(x) = x"
    assert program(text).call("f0", 7) == 7


def test_wide_and_nested_expressions():
    wide = "f(x) = " + " + ".join(["x"] * 190)
    assert both(wide, "f", 2) == 380
    nested = "f(x) = " + "(if x == 0 then 1 else 1 + " * 90 + "x" + ")" * 90
    assert both(nested, "f", 5) == 95


def test_names_of_python_are_only_names():
    text = "def(left, class) = let lambda = left in lambda ++ class\nexec(x) = def(x, x)"
    assert both(text, "exec", ("A",)) == ("A", "A")
