"""What a user may replace: anything with these methods fits, nothing is registered or looked up by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from nesy.dependency import Dependency
from nesy.machine.values import Value


class Recogniser(Protocol):
    """Perception: from pictures of single symbols to what they may be. Any `torch.nn.Module` of this signature fits."""

    def __call__(self, images: Any, /) -> Any:
        """(b, 1, h, w) floats in 0..1 -> (b, V) logits over the symbols."""


class Parser(Protocol):
    """Syntax: from the symbols of a sentence to its trees."""

    def parses(self, symbols: Sequence[str], limit: int = 1) -> list[tuple[Dependency, float]]:
        """At most `limit` trees with their log-probabilities, the most probable first; none if there is no reading."""


class Meaning(Protocol):
    """Semantics: a program and its inverse."""

    def __call__(self, *arguments: Value) -> Value:
        """The value; raises `nesy.errors.Undefined` where there is none."""

    def preimages(self, slot: int, others: Sequence[Value], target: Value) -> Sequence[Value]:
        """Values of the argument `slot` that give the target, the others as they are."""


class Index(Protocol):
    """Vectors to neighbours; those of `graphs` fit. Search code that wants one is handed it."""

    def add(self, x: Any, /) -> Any:
        """(n, c) vectors, numbered from 0 in the order in which they come."""

    def search(self, q: Any, k: int, /) -> Any:
        """(b, c) queries -> something with ``ids``, (b, k) numbers of the nearest vectors, -1 where there is none."""
