"""Hypothesis strategies for values of declared types; hypothesis comes with the extra ``dev``."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from nesy.recursion.data.samplers import Terms
from nesy.terms import Value
from nesy.types import Declarations, Type


def terms(declarations: Declarations, type_: Type, *, max_size: int = 12, **constants: Any) -> st.SearchStrategy[Value]:
    """Values of a ground type up to a size; they shrink towards small ones with the first constants.

    Args:
        max_size: at least one value must be so small.
        constants: `integers` and `strings` of `Terms`.

    Raises:
        InputError: as `Terms`.
    """
    values = Terms(declarations, type_, **constants)
    sizes = values.sizes(max(max_size, values.least))

    def of_size(size: int) -> st.SearchStrategy[Value]:
        return st.integers(0, values.count(size) - 1).map(lambda index: values.unrank(size, index))

    return st.sampled_from(sizes).flatmap(of_size)
