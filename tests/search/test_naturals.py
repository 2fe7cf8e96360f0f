"""The library of functions of natural numbers: tables are what the programs give; what is short is in them."""

import itertools

import pytest

from nesy.errors import NesyError
from nesy.lang.clauses import print_clause, read_clauses
from nesy.lang.names import resolve
from nesy.learn.write import called, clauses, function_names
from nesy.machine.compile import Compiled
from nesy.search.bank import learnable
from nesy.search.meaning import solved
from nesy.search.naturals import NONE, naturals

PEANO = tuple(learnable("peano"))
FUNCTIONS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: max(0, a - b),
    "*": lambda a, b: a * b,
    "/": lambda a, b: -(-a // b) if b else None,
    "max": max,
    "min": min,
}


def find(library, function):
    """The first function of the library that agrees wherever there is a value."""
    points = list(itertools.product(range(library.size), repeat=2))
    for meaning, table in zip(library.meanings, library.tables, strict=True):
        if all(function(a, b) in (None, table[a, b]) for a, b in points):
            return meaning
    return None


@pytest.fixture(scope="module")
def stages():
    """Libraries that grow with what was found in them, as the words of arithmetic are learned."""
    known = []
    found = {}
    for name in "+-*/":
        library = naturals(2, PEANO, tuple(known), True)
        found[name] = (find(library, FUNCTIONS[name]), library)
        known.append(solved(found[name][0], "int int int"))
    return found, naturals(2, PEANO, tuple(known), True)


def test_arithmetic_is_found_word_by_word(stages):
    found, last = stages
    assert all(meaning is not None for meaning, _ in found.values())
    first = found["+"][1]
    assert find(first, FUNCTIONS["max"]) is not None
    assert find(first, FUNCTIONS["*"]) is None  # not without a word for +
    assert find(last, FUNCTIONS["max"]).cost <= 5  # a + (b - a)


@pytest.mark.parametrize("name", "+-*/")
def test_programs_are_right_at_any_size(stages, name):
    meaning = stages[0][name][0]
    for a, b in itertools.product((0, 1, 7, 90, 10_000), (1, 6, 500)):
        assert meaning.run(a, b) == FUNCTIONS[name](a, b)


def test_tables_are_what_programs_give(stages):
    """Every 40th function of every stage, at every argument, also as it would be written."""
    for _, library in stages[0].values():
        for meaning, table in list(zip(library.meanings, library.tables, strict=True))[::40]:
            helpers = called([meaning])
            names = function_names(helpers, {})
            text = [print_clause(c) for c in clauses("f", meaning, names)]
            text += [print_clause(c) for h in helpers for c in clauses(names[h.name], h.meaning, names)]
            written = Compiled(resolve(read_clauses("\n".join(text), None), None), fuel=1_000_000)
            for a, b in itertools.product(range(0, library.size, 3), repeat=2):
                if table[a, b] != NONE:
                    assert meaning.run(a, b) == table[a, b]
                if 0 <= table[a, b] < 200:  # as written, every unit is a call
                    assert written.call("f", a, b) == table[a, b]


def test_division_by_zero_has_no_value(stages):
    meaning = stages[0]["/"][0]
    with pytest.raises(NesyError):
        meaning.run(3, 0)


def test_examples_are_looked_up(stages):
    library = stages[1]
    examples = [(6.0, 3.0, [((a, b), frozenset([a * b]))]) for a, b in itertools.product(range(3, 6), repeat=2)]
    assert next(library.best(examples, 2.5, 5)).run(7, 8) == 56
    both = [(6.0, 3.0, [((a, b), frozenset([0])), ((b, a), frozenset([max(0, a - b)]))]) for a, b in ((5, 2), (9, 3))]
    assert any(meaning.run(2, 5) == 3 for meaning in library.best(both, 2.5, 12))
