"""What solving an instance gave, and how it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from nesy.puzzles.boards import grid_text
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import Rule, Value

Status: TypeAlias = Literal["solved", "unsatisfiable", "unknown"]


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer to one instance.

    Attributes:
        instance: what was asked.
        status: ``solved``: `values` was verified against every rule; ``unsatisfiable``: proved;
            ``unknown``: the budget was spent.
        values: per variable its value, where solved.
        unique: whether there is no other solution; None: not asked, or not known within the budget.
        other: a second solution, where there is one and it was looked for.
        conflict: where unsatisfiable and asked: rules that no assignment satisfies together, none of which can be
            left out.
        nodes: assignments tried in search; fails: how many of them led to a dead end.
        seconds: wall-clock time.
        neural_steps: steps of the guiding network, 0 without one.
    """

    instance: Instance
    status: Status
    values: tuple[Value, ...] | None = None
    unique: bool | None = None
    other: tuple[Value, ...] | None = None
    conflict: tuple[Rule, ...] | None = None
    nodes: int = 0
    fails: int = 0
    seconds: float = 0.0
    neural_steps: int = 0

    def grid(self) -> str:
        """The values row by row: as one word where each is one digit or letter, else with spaces and lines.

        Raises:
            ValueError: there is no solution, or none was found.
        """
        if self.values is None:
            raise ValueError(f"no values: the instance is {self.status}")
        return grid_text(self.instance.model, self.values)

    def __getitem__(self, name: str) -> Value:
        """The value of the variable of this name, ``answer["cell[1, 2]"]``."""
        if self.values is None:
            raise KeyError(f"{name}: the instance is {self.status}")
        return self.values[self.instance.model.names.index(name)]
