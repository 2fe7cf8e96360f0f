"""What guides search: an opinion on each value, before anything is proved. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from nesy.puzzles.instance import Instance
from nesy.puzzles.search import Preferences


class Guide(Protocol):
    """Anything that can say which values look right.

    Attributes:
        steps: of a network, for the record; 0 if it is none.
    """

    steps: int

    def __call__(self, instances: Sequence[Instance]) -> list[Preferences]:
        """Per instance, for each variable a number per value: the higher, the sooner it is tried."""
