"""What guides search: an opinion on each value, before anything is proved. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nesy.puzzles.instance import Instance
from nesy.puzzles.search import Preferences


@dataclass(frozen=True, slots=True)
class Advice:
    """On one instance.

    Attributes:
        preferences: for each variable a number per value: the higher, the sooner it is tried; None: no opinion.
        steps: of a network, that it took to say so.
    """

    preferences: Preferences | None = None
    steps: int = 0


class Guide(Protocol):
    """Anything that can say which values look right."""

    def __call__(self, instances: Sequence[Instance]) -> list[Advice]:
        """Advice on each instance."""
