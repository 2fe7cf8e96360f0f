"""The functions that a word may mean."""

from __future__ import annotations

import numpy as np
import pytest

from nesy.learn.grounding.functions import Functions
from nesy.search.bank import learnable
from nesy.search.universe import UNDEFINED, Universe


def functions(primitives="arithmetic", constants=(0, 1, 2, 3), others=(), found=None):
    universe = Universe()
    made = Functions(universe, universe.ids(list(constants)), others, learnable(primitives), found or {})
    return universe, made


@pytest.mark.parametrize(("primitives", "arity"), [("arithmetic", 1), ("arithmetic", 2), ("peano", 1)])
def test_a_table_holds_the_values_of_its_function(primitives, arity):
    _, made = functions(primitives)
    library = made.of(arity)
    for k in range(0, len(library.costs), max(1, len(library.costs) // 60)):
        inside = library.tables[k] != UNDEFINED  # a search leaves very large numbers out
        assert np.array_equal(library.tables[k][inside], made.table(library.make(k))[inside])


def test_equal_functions_are_there_once_and_the_cheapest_first():
    _, made = functions()
    library = made.of(2)
    assert len(np.unique(library.tables, axis=0)) == len(library.tables)
    assert (np.diff(library.costs) >= 0).all()


def test_peano_finds_sums_and_goes_on_to_products():
    universe, made = functions("peano")
    wanted = universe.ids([a + b for a in range(4) for b in range(4)])
    plus = next(made.of(2).make(k) for k in np.flatnonzero((made.of(2).tables == wanted).all(1)).tolist())
    more = Functions(universe, made.constants, (), learnable("peano"), {"plus": plus})
    product = universe.ids([a * b for a in range(4) for b in range(4)])
    assert (more.of(2).tables == product).all(1).any()
