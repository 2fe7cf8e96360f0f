"""Models and an oracle for the tests of puzzles."""

from __future__ import annotations

from itertools import product

from nesy.puzzles.instance import Instance
from nesy.puzzles.model import AllDifferent, Array, Constraint, Model, Rule, Value


def model(domains: list[tuple[Value, ...]], constraints: list[Constraint], name: str = "test") -> Model:
    """A model with the variables ``x[0]``, ``x[1]``, ... and the rules ``r[0]``, ..."""
    numbers = tuple(range(len(domains)))
    array = Array("x", (numbers,), {(number,): number for number in numbers})
    rules = tuple(Rule(f"r[{number}]", one) for number, one in enumerate(constraints))
    return Model(name, tuple(domains), rules, (array,))


def sudoku(k: int) -> Model:
    """Sudoku of order k."""
    n = k * k
    sides = range(n)
    rules = [Rule(f"row[{r}]", AllDifferent(tuple(n * r + c for c in sides))) for r in sides]
    rules += [Rule(f"col[{c}]", AllDifferent(tuple(n * r + c for r in sides))) for c in sides]
    for a, b in product(range(k), repeat=2):
        cells = tuple(n * (k * a + i) + k * b + j for i in range(k) for j in range(k))
        rules.append(Rule(f"box[{a}, {b}]", AllDifferent(cells)))
    index = {(r + 1, c + 1): n * r + c for r in sides for c in sides}
    axis = tuple(range(1, n + 1))
    return Model("sudoku", (axis,) * (n * n), tuple(rules), (Array("cell", (axis, axis), index),))


def queens(n: int) -> Model:
    scope, up = tuple(range(n)), tuple(range(n))
    return model([up] * n, [AllDifferent(scope), AllDifferent(scope, up), AllDifferent(scope, tuple(-i for i in up))])


def fixed(of: Model, given: dict[int, Value]) -> Instance:
    domains = list(of.full)
    for variable, value in given.items():
        domains[variable] = 1 << of.domains[variable].index(value)
    return Instance(of, tuple(domains))


def grid(of: Model, text: str) -> Instance:
    """An instance of a square grid of digits; 0 and . are open."""
    return fixed(of, {number: int(sign) for number, sign in enumerate(text) if sign not in "0."})


def brute_force(of: Instance) -> set[tuple[int, ...]]:
    """All solutions, as positions, by trying everything."""
    places = [[place for place in range(mask.bit_length()) if mask >> place & 1] for mask in of.domains]
    domains = of.model.domains
    return {row for row in product(*places) if not of.model.violated([domains[v][p] for v, p in enumerate(row)])}
