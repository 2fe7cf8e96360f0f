"""What is found out about an emulator: exact match by recursion depth, wrong steps, a short cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nesy.recursion.data.inputs import Arguments
from nesy.terms import Value, show


@dataclass(frozen=True, slots=True)
class Cell:
    """So many right of so many."""

    correct: int
    total: int

    @property
    def share(self) -> float:
        """The part that is right; of nothing it is 0."""
        return self.correct / self.total if self.total else 0.0

    def __str__(self) -> str:
        return f"{100 * self.share:5.1f}%  {self.correct}/{self.total}"


@dataclass(frozen=True)
class Report:
    """Exact match.

    Attributes:
        task: its name.
        drawn: on inputs drawn without regard to depth, deep ones being as rare as they are.
        depths: by recursion depth.
        edges: on each edge case.
    """

    task: str
    drawn: Cell
    depths: Mapping[int, Cell]
    edges: Mapping[Arguments, bool]

    def __str__(self) -> str:
        lines = [f"{self.task}: exact match", f"  as drawn    {self.drawn}"]
        lines += [f"  depth {depth:5} {cell}" for depth, cell in self.depths.items()]
        for arguments, right in self.edges.items():
            written = ", ".join(show(argument, limit=60) for argument in arguments)
            lines.append(f"  {'right' if right else 'WRONG'}  {written}")
        return "\n".join(lines)


@dataclass(frozen=True)
class WrongStep:
    """A step of a reduction that was predicted wrongly.

    Attributes:
        number: 1 for the first one.
        before, expected: the states before and after it.
        predicted: what the model said; None where its tokens are no state.
    """

    number: int
    before: Value
    expected: Value
    predicted: Value | None


@dataclass(frozen=True)
class Shortcut:
    """The program "recurse to depth `depth` and no further" as a predictor of failures.

    Attributes:
        program: its clauses, to be read after those of the program.
        hits: failures that it predicts.
        predicted: how many failures it predicts, right or wrong.
        failed: how many failures there are.
        inputs: of so many inputs.
        agreed: failures on which the model says exactly what the short cut computes.
    """

    depth: int
    program: str
    hits: int
    predicted: int
    failed: int
    inputs: int
    agreed: int

    @property
    def precision(self) -> float | None:
        """The part of what it predicts that does fail; None if it predicts nothing."""
        return self.hits / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """The part of the failures that it predicts; None if there are none."""
        return self.hits / self.failed if self.failed else None

    def __str__(self) -> str:
        if not self.failed:
            return f"no failure on {self.inputs} inputs"
        precision = f"{100 * self.precision:.0f}%" if self.precision is not None else "undefined"
        return (
            f"recurses to depth {self.depth} only: predicts {self.hits} of {self.failed} failures on {self.inputs} "
            f"inputs (recall {100 * (self.recall or 0):.0f}%), precision {precision}; "
            f"says what the short cut computes on {self.agreed} of them"
        )
