"""Facts and rules in names, as people read them and files hold them."""

from __future__ import annotations

from dataclasses import dataclass

Fact = tuple[str, str, str]
"""Head, relation, tail."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One step of a path; `back`: from the tail of the relation to its head."""

    relation: str
    back: bool = False

    def between(self, x: str, y: str) -> str:
        """The step from x to y."""
        return f"{self.relation}({y}, {x})" if self.back else f"{self.relation}({x}, {y})"


@dataclass(frozen=True, slots=True)
class Rule:
    """``relation(x, y) if ...``: there is a path of one or two legs from x to y.

    Attributes:
        relation: what is concluded.
        legs: of the path.
        concluded: how many pairs the rule gives.
        right: how many of them are facts that were given.
        carried: how many first answers of the network the rule carries.
    """

    relation: str
    legs: tuple[Leg, ...]
    concluded: int
    right: int
    carried: int

    @property
    def precision(self) -> float:
        """Share of the conclusions that are known facts; at least so many are true."""
        return self.right / self.concluded if self.concluded else 0.0

    def __str__(self) -> str:
        names = ["x", *"w"[: len(self.legs) - 1], "y"]
        body = (leg.between(a, b) for leg, a, b in zip(self.legs, names, names[1:], strict=False))
        return f"{self.relation}(x, y) if {', '.join(body)}"
