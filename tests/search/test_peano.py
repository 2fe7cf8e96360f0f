"""Peano's arithmetic: from 0, successor, predecessor, if-zero and recursion the other functions are found."""

import random
import time

import pytest

from nesy.lang.clauses import print_clause
from nesy.learn.write import clauses
from nesy.machine.compile import Compiled
from nesy.machine.expressions import Call, Literal
from nesy.machine.primitives import PRELUDE
from nesy.search.bank import learnable
from nesy.search.groups import Group
from nesy.search.meaning import Fold, named
from nesy.search.synthesise import synthesise
from nesy.search.universe import Universe

PLUS = {"plus": ((2, lambda a, b: a + b), "int int int")}
TIMES = {"times": ((2, lambda a, b: a * b), "int int int")}
LARGE = {"power": 4}  # a search runs 300 steps of a recursion and no more


def power(a, b):
    return a**b


MONUS = {"monus_": ((2, lambda a, b: max(0, a - b)), "int int int")}
TARGETS = {
    "plus": (2, lambda a, b: a + b, {}),
    "monus": (2, lambda a, b: max(0, a - b), {}),
    "double": (1, lambda a: 2 * a, {}),
    "maximum": (2, max, {"plus": PLUS, "monus": MONUS}),
    "times": (2, lambda a, b: a * b, {"plus": PLUS}),
    "power": (2, power, {"times": TIMES}),
    "sum_to": (1, lambda a: a * (a + 1) // 2, {"plus": PLUS}),
    "zero_or": (3, lambda a, b, c: b if a == 0 else c, {}),
    "unless_zero": (2, lambda a, b: b if a else 0, {}),
}


def examples(universe, arity, function):
    largest = 3 if function is power else 5 if arity > 1 else 12
    rng = random.Random(0)
    drawn = {tuple(rng.randint(0, largest) for _ in range(arity)) for _ in range(30)}
    return [
        Group(6.0, 3.0, ((tuple(map(universe.id, row)), frozenset((universe.id(function(*row)),))),))
        for row in sorted(drawn)
    ]


def learned(arity, function, library=()):
    universe = Universe()
    groups = examples(universe, arity, function)
    found = synthesise(universe, groups, arity, learnable("peano"), library=library, work=400_000)
    assert found
    assert found[0].share == 1.0
    return found[0].meaning


def solved(libraries):
    """The library's functions, themselves learned from examples."""
    found = []
    for name, ((arity, run), kinds) in {n: e for entries in libraries.values() for n, e in entries.items()}.items():
        found.append(named(name, learned(arity, run, solved({"plus": PLUS}) if name == "times" else ()), kinds))
    return found


@pytest.mark.parametrize("name", list(TARGETS))
def test_found_from_examples_alone(name):
    """What is found on small numbers is right on larger ones, and is made of the primitives only."""
    arity, function, libraries = TARGETS[name]
    library = solved(libraries)
    started = time.monotonic()
    meaning = learned(arity, function, library)
    seconds = time.monotonic() - started
    written = [print_clause(c) for c in clauses(name, meaning)]
    print(f"{seconds:.2f} s", "; ".join(written))
    rng = random.Random(1)
    for _ in range(40):
        row = tuple(rng.randint(0, LARGE.get(name, 20)) for _ in range(arity))
        assert meaning.function(*row) == function(*row), row
    parts = [meaning.body.base, meaning.body.step] if isinstance(meaning.body, Fold) else [meaning.body]
    for part in parts:
        assert_peano(part, {entry.name for entry in library})


def assert_peano(expression, library):
    """0, a + 1, monus(a, 1), if a == 0, and functions found before."""
    match expression:
        case Literal(value):
            assert value == 0
        case Call("+" | "monus", (part, Literal(1))):
            assert_peano(part, library)
        case Call("if", (Call("==", (part, Literal(0))), yes, no)):
            for each in (part, yes, no):
                assert_peano(each, library)
        case Call(function, arguments):
            assert function in library
            for argument in arguments:
                assert_peano(argument, library)


def test_written_and_run():
    """The clauses of what was found, each calling the ones before, run as a program."""
    plus = learned(2, lambda a, b: a + b)
    times = learned(2, lambda a, b: a * b, [named("plus", plus, "int int int")])
    program = Compiled(
        [clause for name, meaning in (("plus", plus), ("times", times)) for clause in clauses(name, meaning)]
    )
    assert program.call("times", 6, 7) == 42
    assert program.call("plus", 100, 23) == 123


def test_the_default_prelude_is_as_it_was():
    """Peano's primitives belong to their own mode: no other group has them, and they are no names in files."""
    peano = {p.name for p in learnable("peano")}
    assert peano == {"succ", "pred", "ifzero"}
    assert not peano & {p.name for p in learnable()}
    assert not peano & set(PRELUDE)
