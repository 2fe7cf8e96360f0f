"""Arithmetic programs as sympy formulas: the formula gives what the program gives."""

import pytest
import sympy

from nesy.lang.language import Language, language
from nesy.recursion.arithmetic import NotArithmetic, proved_equal, to_sympy
from nesy.recursion.program import Program
from nesy.terms import Term

TEXT = """%recursion
type nat = O | S(nat)
add(O, m)    = m
add(S(n), m) = S(add(n, m))
mul(O, m)    = O
mul(S(n), m) = add(m, mul(n, m))
triangle(0) = 0
triangle(n + 1) = triangle(n) + n + 1
square(n) = n * n
power(b, 0) = 1
power(b, n + 1) = b * power(b, n)
factorial(0) = 1
factorial(n + 1) = (n + 1) * factorial(n)
absolute(x) when x < 0 = -x
absolute(x) = x
cube(n) = let s = square(n) in s * n
squares(0) = 0
squares(n + 1) = squares(n) + square(n + 1)
fib(O)       = O
fib(S(O))    = S(O)
fib(S(S(n))) = add(fib(S(n)), fib(n))
pick(c, x) = if c > 0 and x != 2 then x else min(c, 3) mod 2
half(x) = x div 2 - monus(x, 10)
step(0) = 1
step(n + 1) = 2 * step(n) + 1
moved(0, x) = x
moved(n + 1, x) = moved(n, x + 1)
fixed(0, x) = x
fixed(n + 1, x) = fixed(n, 7)
nested(0, m) = m + 1
nested(n + 1, m) = nested(n, nested(n, m))
partial odd_steps
odd_steps(0) = 0
odd_steps(n + 1) = odd_steps(n - 1)
partial ping
ping(n) = pong(n)
partial pong
pong(n) = ping(n)
joined(xs) = xs ++ xs
"""
PROGRAM = Program.load(text=TEXT)


@pytest.mark.parametrize(
    ("function", "formula"),
    [
        ("add", "n + m"),
        ("mul", "n * m"),
        ("triangle", "n * (n + 1) / 2"),
        ("power", "b ** n"),
        ("factorial", "factorial(n)"),
        ("squares", "n * (n + 1) * (2 * n + 1) / 6"),
        ("cube", "n ** 3"),
        ("step", "2 ** (n + 1) - 1"),
    ],
)
def test_closed_forms(function, formula):
    found = to_sympy(PROGRAM.definitions, function)
    names = {symbol.name: symbol for symbol in found.signature}
    expected = sympy.sympify(formula, locals=names)
    assert sympy.simplify(found.expr - expected) == 0


@pytest.mark.parametrize(
    "function",
    ["triangle", "square", "factorial", "absolute", "cube", "squares", "half", "step", "power", "pick"],
)
def test_the_formula_is_the_program(function):
    formula = to_sympy(PROGRAM.definitions, function)
    recursive = function in ("triangle", "factorial", "squares", "step", "power")
    for a in range(0 if recursive else -6, 7):
        for b in range(0 if recursive else -3, 4):
            arguments = (a, b)[: len(formula.signature)]
            assert formula(*arguments) == PROGRAM.call(function, *arguments), arguments


@pytest.mark.parametrize("function", ["add", "mul"])
def test_numerals_are_numbers(function):
    def numeral(n):
        return Term("S", (numeral(n - 1),)) if n else Term("O")

    formula = to_sympy(PROGRAM.definitions, function)
    for a in range(4):
        for b in range(4):
            assert PROGRAM.call(function, numeral(a), numeral(b)) == numeral(formula(a, b))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("fib", "no recursion from zero and successor"),
        ("odd_steps", "other than the predecessor"),
        ("moved", "the others as they are"),
        ("fixed", "the others as they are"),
        ("nested", "the others as they are"),
        ("ping", "call each other"),
        ("joined", "no arithmetic"),
        ("none", "no function none"),
    ],
)
def test_what_is_no_arithmetic(function, message):
    with pytest.raises(NotArithmetic, match=message):
        to_sympy(PROGRAM.definitions, function)


LEARNED = Language.load(
    text="""%grammar
?start: "a" -> one
%semantics
one = 1
plus(0, b) = b
plus(n + 1, b) = plus(n, b) + 1
minus(a, 0) = a
minus(a, n + 1) = monus(minus(a, n), 1)
times(0, b) = 0
times(n + 1, b) = plus(b, times(n, b))
over(0, b) = 0
over(n + 1, b) = over(minus(n + 1, b), b) + 1
larger(a, b) = plus(a, minus(b, a))
smaller(a, b) = minus(a, minus(a, b))
half(0) = 0
half(1) = 0
half(n + 2) = half(n) + 1
power(a, 0) = 1
power(a, n + 1) = a * power(a, n)
odd(50, b) = 7
odd(0, b) = b
odd(n + 1, b) = odd(n, b) + 1
twins(a) = a
twins(a, b) = a
"""
)
FORMULAS = {
    "plus": lambda a, b: a + b,
    "minus": lambda a, b: sympy.Max(0, a - b),
    "times": lambda a, b: a * b,
    "over": lambda a, b: sympy.ceiling(a / b),
    "larger": sympy.Max,
    "smaller": sympy.Min,
    "half": lambda a: sympy.floor(a / 2),
    "power": lambda a, b: a**b,
}


@pytest.mark.parametrize("name", list(FORMULAS))
def test_clauses_of_a_language(name):
    found = to_sympy(LEARNED, name)
    assert proved_equal(found, FORMULAS[name])
    wrong = (lambda *a: FORMULAS[name](*a) + sympy.Piecewise((1, sympy.Eq(a[0], 7)), (0, True)))(*found.variables)
    assert not proved_equal(found, sympy.Lambda(found.variables, wrong))
    for point in ((9, 4), (4, 9), (7, 7), (0, 3))[: None if len(found.variables) == 2 else 2]:
        arguments = point[: len(found.variables)]
        assert found(*arguments) == LEARNED.program.call(name, *arguments)


@pytest.mark.parametrize("name", ["odd", "twins", "nothing"])
def test_what_no_formula_is_found_for(name):
    with pytest.raises(NotArithmetic):
        to_sympy(LEARNED, name)


def test_a_shipped_language():
    assert proved_equal(to_sympy(language("hint"), "times"), lambda a, b: a * b)
