"""Propagators remove no solution, and those that promise it remove everything else."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.puzzles.alignment import Alignment, bits
from nesy.puzzles.folding import families, pairs, singles
from nesy.puzzles.instance import Instance
from nesy.puzzles.matching import supported
from nesy.puzzles.model import AllDifferent, Count, Element, Linear, Product, Table
from nesy.puzzles.propagate import matchings, propagators
from tests.puzzles.models import brute_force, model
from tests.puzzles.test_exact import constraints


@st.composite
def single_rules(draw):
    """One rule over a few variables, some of whose values are gone."""
    domain = st.lists(st.sampled_from([-1, 0, 1, 2, 3]), min_size=1, max_size=4, unique=True).map(tuple)
    domains = draw(st.lists(domain, min_size=1, max_size=4))
    made = model(domains, [draw(constraints(domains, True))])
    left = tuple(draw(st.integers(1, mask)) & mask or mask for mask in made.full)
    return Instance(made, left)


@given(single_rules())
@settings(max_examples=250)
def test_they_keep_solutions_and_no_more_than_they_promise(of):
    constraint = of.model.rules[0].constraint
    alignment = Alignment(of.model)
    compiled = propagators(constraint, alignment) + matchings(constraint, alignment)
    masks = [alignment.encode(variable, mask) for variable, mask in enumerate(of.domains)]
    broken, before = False, None
    while masks != before and not broken:
        before = list(masks)
        broken = any(propagate(masks) is None for propagate in compiled)
    solutions = brute_force(of)
    assert not (broken and solutions)
    wanted = [{row[variable] for row in solutions} for variable in range(len(masks))]
    if not broken:
        found = [{alignment.own(v, place) for place in bits(mask)} for v, mask in enumerate(masks)]
        assert all(some >= all_ for some, all_ in zip(found, wanted, strict=True))
    once = len(set(constraint.scope)) == len(constraint.scope)
    match constraint:
        case Table() | AllDifferent():
            exact = once or isinstance(constraint, Table)
        case Linear() | Product():
            exact = constraint.comparator != "<="  # so few combinations are a table
        case Element() | Count():
            exact = once
    if exact and constraint.scope:
        assert broken == (not solutions)
        scope = set(constraint.scope)
        assert broken or all(found[v] == wanted[v] for v in scope)


@given(st.lists(st.integers(1, 63), min_size=1, max_size=5))
def test_matching(masks):
    rows = [row for row in product(*(list(bits(mask)) for mask in masks)) if len(set(row)) == len(row)]
    kept = supported(masks)
    assert kept == (
        [sum(1 << place for place in {row[n] for row in rows}) for n in range(len(masks))] if rows else None
    )


@given(
    st.sampled_from([range(9), (0, 1, 2, 9, 10, 11, 18, 19, 20), (0, 5), (0, 1, 4), (0, 7, 14, 21, 28), (0,)]),
    st.integers(0, 2**200 - 1),
    st.lists(st.integers(0, 150), min_size=1, max_size=4),
)
def test_folding(shape, word, starts):
    groups = [[start + shift for shift in shape] for start in starts]
    counts = [[place for place in group if word >> place & 1] for group in groups]
    lone = {ones[0] for ones in counts if len(ones) == 1}
    (family,) = families(groups)
    assert [sorted(family.group(start)) for start in starts] == groups
    empty = {start for start, ones in zip(starts, counts, strict=True) if not ones}
    expected = (0, sum(1 << start for start in empty)) if empty else sum(1 << place for place in lone)
    assert singles([family])(word) == expected
    two = {start for start, ones in zip(starts, counts, strict=True) if len(ones) == 2}
    more = {start for start, ones in zip(starts, counts, strict=True) if len(ones) > 2}
    assert pairs(family)(word) == (sum(1 << place for place in two), sum(1 << place for place in more))
