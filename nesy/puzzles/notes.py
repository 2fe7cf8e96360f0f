"""What a person knows who solves a puzzle with a pencil: values crossed out, values settled, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from nesy.puzzles.alignment import Alignment, bits
from nesy.puzzles.different import terms
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import AllDifferent, Model, Rule, Value
from nesy.puzzles.propagate import matchings, plain, propagators
from nesy.puzzles.propagator import Propagator

Kind: TypeAlias = Literal["deduction", "supposition", "contradiction"]


@dataclass(frozen=True, slots=True)
class Step:
    """One deduction.

    Attributes:
        text: as a person would write it.
        depth: how many suppositions it stands under.
        assigned: the variable and the value that the step settles, if it does.
        removed: variables and values that the step excludes.
        kind: a contradiction refutes what was supposed last, or without a supposition the instance.
    """

    text: str
    depth: int = 0
    assigned: tuple[int, Value] | None = None
    removed: tuple[tuple[int, Value], ...] = ()
    kind: Kind = "deduction"

    def __str__(self) -> str:
        return "  " * self.depth + self.text


@dataclass(frozen=True, slots=True)
class Found:
    """A step over masks: `assigned` is a variable and a bit, `removed` variable -> mask."""

    text: str
    assigned: tuple[int, int] | None = None
    removed: dict[int, int] = field(default_factory=dict)
    because: str = ""
    kind: Kind = "deduction"


class Rules:
    """The rules of a model, as they are reasoned about.

    Attributes:
        different: all-different rules with the shifts of their variables.
        needed: of those that have as many values as variables, and no offsets: the mask of the values; else 0.
        around: per variable the numbers of the all-different rules that it is in.
        others: rules of other kinds, with what each alone excludes.
        matched: for each all-different rule all that it alone excludes.
    """

    def __init__(self, model: Model) -> None:
        self.alignment = Alignment(model)
        self.different: list[tuple[Rule, list[tuple[int, int]]]] = []
        self.needed: list[int] = []
        self.around: list[list[int]] = [[] for _ in model.domains]
        self.others: list[tuple[Rule, list[Propagator]]] = []
        self.matched: list[tuple[Rule, list[Propagator]]] = []
        for rule in model.rules:
            constraint = plain(rule.constraint)
            if isinstance(constraint, AllDifferent) and (not constraint.offsets or self.alignment.dense):
                self._add(rule, constraint)
            else:
                self.others.append((rule, propagators(rule.constraint, self.alignment)))

    def _add(self, rule: Rule, constraint: AllDifferent) -> None:
        shifts = terms(constraint)
        union = 0
        for variable, shift in shifts:
            union |= self.alignment.full[variable] << shift
            self.around[variable].append(len(self.different))
        self.different.append((rule, shifts))
        self.needed.append(union if union.bit_count() == len(shifts) and not constraint.offsets else 0)
        self.matched.append((rule, matchings(constraint, self.alignment)))


class Notes:
    """What is known so far.

    Attributes:
        masks: per variable the values (positions of the alignment) that are not crossed out.
        settled: variables whose value is written down.
        reasons: variable -> names of what excluded some of its values, other than a neighbour's value.
    """

    def __init__(self, instance: Instance, rules: Rules) -> None:
        self.instance, self.rules = instance, rules
        self.names = instance.model.names
        self.masks = [rules.alignment.encode(variable, mask) for variable, mask in enumerate(instance.domains)]
        self.settled: set[int] = set()
        self.reasons: dict[int, tuple[str, ...]] = {}

    @classmethod
    def of(cls, instance: Instance) -> Notes:
        notes = cls(instance, Rules(instance.model))
        for variable, mask in enumerate(list(notes.masks)):
            if mask.bit_count() == 1:
                notes._settle(variable, mask)
        return notes

    def copy(self) -> Notes:
        other = Notes.__new__(Notes)
        other.instance, other.rules, other.names = self.instance, self.rules, self.names
        other.masks, other.settled, other.reasons = list(self.masks), set(self.settled), dict(self.reasons)
        return other

    def value(self, bit: int) -> Value:
        return self.rules.alignment.values[bit.bit_length() - 1]

    def listed(self, mask: int) -> str:
        """The values of a mask, ``3, 7``."""
        return ", ".join(str(self.rules.alignment.values[place]) for place in bits(mask))

    def open(self, shifts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Of the variables of a rule those that are not settled."""
        return [(variable, shift) for variable, shift in shifts if variable not in self.settled]

    def step(self, found: Found, depth: int) -> Step:
        """Write a step down."""
        removed = []
        for variable, mask in found.removed.items():
            removed += [(variable, self.rules.alignment.values[place]) for place in bits(mask)]
            self.masks[variable] &= ~mask
            self.reasons[variable] = tuple(dict.fromkeys((*self.reasons.get(variable, ()), found.because)))
        assigned = None
        if found.assigned is not None:
            variable, bit = found.assigned
            assigned = variable, self.value(bit)
            self._settle(variable, bit)
        return Step(found.text, depth, assigned, tuple(removed), found.kind)

    def _settle(self, variable: int, bit: int) -> None:
        self.masks[variable] = bit
        self.settled.add(variable)
        for number in self.rules.around[variable]:
            shifts = self.rules.different[number][1]
            taken = bit << next(shift for one, shift in shifts if one == variable)
            for other, shift in self.open(shifts):
                self.masks[other] &= ~(taken >> shift)

    def listed_names(self, variables: Iterable[int]) -> str:
        """The names of variables, ``cell[1, 2], cell[1, 5]``."""
        return ", ".join(self.names[variable] for variable in variables)
