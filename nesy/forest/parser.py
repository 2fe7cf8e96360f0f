"""A language's grammar as a parser of dependency trees, interchangeable with a neural one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nesy.dependency import Dependency, of_derivation
from nesy.errors import NesyError
from nesy.lang.language import Language
from nesy.seams import Parser

MOST = 100
"""How many derivations of a sentence are looked at."""


class GrammarParser(Parser):
    """The trees that a grammar derives ; each derivation is equally probable."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def parses(self, symbols: Sequence[str], limit: int = 1) -> list[tuple[Dependency, float]]:
        """At most `limit` trees with their log-probabilities, the most probable first, then the preferred one."""
        try:
            derivations = self.language.derivations(symbols, limit=MOST)
        except NesyError:
            return []
        counts: dict[Dependency, int] = {}
        for derivation in derivations:
            tree = of_derivation(derivation)
            counts[tree] = counts.get(tree, 0) + 1
        found = [(tree, math.log(count / len(derivations))) for tree, count in counts.items()]
        return sorted(found, key=lambda pair: -pair[1])[:limit]
