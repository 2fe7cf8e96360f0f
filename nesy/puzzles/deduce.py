"""Solving as a person does: one deduction after the other, each with its reason.

Values that a neighbour has taken are crossed out without a word. What is written down is what follows from that: the
only place for a value, the only value for a variable, what a single rule excludes, places that two rules share, values
that a few variables share between them, and, where nothing of that helps, a supposition; it is taken back where it
leads to a contradiction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

from nesy.puzzles.alignment import Alignment, bits
from nesy.puzzles.different import terms
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import AllDifferent, Model, Rule, Value
from nesy.puzzles.propagate import matchings, plain, propagators
from nesy.puzzles.propagator import Propagator
from nesy.puzzles.solver import solver

_GROUPS = (2, 3)
"""How many variables are looked at together for values that they share."""


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
    kind: Literal["deduction", "supposition", "contradiction"] = "deduction"

    def __str__(self) -> str:
        return "  " * self.depth + self.text


def deductions(instance: Instance) -> Iterator[Step]:
    """The steps from the givens to a solution, in order; the last one is a contradiction if there is none.

    Suppositions that nothing refutes are kept, so where there are several solutions the steps lead to one of them.
    """
    notes = _Notes.of(instance)
    supposed: list[tuple[_Notes, int, int]] = []
    while True:
        found = _contradiction(notes) or _deduction(notes)
        if found is not None:
            yield notes.step(found, len(supposed))
        elif (guess := _supposition(notes)) is not None:
            variable, bit = guess
            supposed.append((notes.copy(), variable, bit))
            found = _Found(f"suppose {notes.names[variable]} = {notes.value(bit)}", assigned=guess, kind="supposition")
            yield notes.step(found, len(supposed) - 1)
        else:
            return
        if found.kind == "contradiction":
            if not supposed:
                return
            notes, variable, bit = supposed.pop()
            text = f"so {notes.names[variable]} is not {notes.value(bit)}"
            yield notes.step(_Found(text, removed={variable: bit}, because="a refuted supposition"), len(supposed))


@dataclass(frozen=True, slots=True)
class _Found:
    """A step over masks: `assigned` is a variable and a bit, `removed` variable -> mask."""

    text: str
    assigned: tuple[int, int] | None = None
    removed: dict[int, int] = field(default_factory=dict)
    because: str = ""
    kind: Literal["deduction", "supposition", "contradiction"] = "deduction"


class _Rules:
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


class _Notes:
    """What is known so far.

    Attributes:
        masks: per variable the values (positions of the alignment) that are not crossed out.
        settled: variables whose value is written down.
        reasons: variable -> names of what excluded some of its values, other than a neighbour's value.
    """

    def __init__(self, instance: Instance, rules: _Rules) -> None:
        self.instance, self.rules = instance, rules
        self.names = instance.model.names
        self.masks = [rules.alignment.encode(variable, mask) for variable, mask in enumerate(instance.domains)]
        self.settled: set[int] = set()
        self.reasons: dict[int, tuple[str, ...]] = {}

    @classmethod
    def of(cls, instance: Instance) -> _Notes:
        notes = cls(instance, _Rules(instance.model))
        for variable, mask in enumerate(list(notes.masks)):
            if mask.bit_count() == 1:
                notes._settle(variable, mask)
        return notes

    def copy(self) -> _Notes:
        other = _Notes.__new__(_Notes)
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

    def step(self, found: _Found, depth: int) -> Step:
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


def _contradiction(notes: _Notes) -> _Found | None:
    text = next(_contradictions(notes), None)
    return None if text is None else _Found(f"contradiction: {text}", kind="contradiction")


def _contradictions(notes: _Notes) -> Iterator[str]:
    names, masks = notes.names, notes.masks
    for rule, shifts in notes.rules.different:
        holders: dict[int, int] = {}
        for variable, shift in shifts:
            if variable in notes.settled:
                other = holders.setdefault(masks[variable] << shift, variable)
                if other != variable:
                    values = dict.fromkeys((notes.value(masks[other]), notes.value(masks[variable])))
                    pair = f"{names[other]} and {names[variable]}"
                    yield f"{pair} cannot be {' and '.join(map(str, values))} in {rule.label}"
    for variable, mask in enumerate(masks):
        if not mask:
            yield f"no value is left for {names[variable]}"
    for (rule, shifts), needed in zip(notes.rules.different, notes.rules.needed, strict=True):
        for variable, _ in shifts:
            needed &= ~masks[variable]
        if needed:
            yield f"no place is left for {notes.listed(needed & -needed)} in {rule.label}"
    for rule, compiled in notes.rules.others + notes.rules.matched:
        if any(propagate(list(masks)) is None for propagate in compiled):
            yield f"{rule.label} cannot be kept"


def _deduction(notes: _Notes) -> _Found | None:
    """The first step that the simplest technique finds."""
    techniques = (_only_places, _only_values, _alone, _shared_places, _groups, _matched)
    return next((found for technique in techniques for found in technique(notes)), None)


def _only_places(notes: _Notes) -> Iterator[_Found]:
    """A value that has one place left in a rule that needs it."""
    for (rule, shifts), needed in zip(notes.rules.different, notes.rules.needed, strict=True):
        if not needed:
            continue
        once = twice = 0
        for variable, _ in shifts:
            twice |= once & notes.masks[variable]
            once |= notes.masks[variable]
        for variable, _ in notes.open(shifts):
            bit = notes.masks[variable] & ~twice
            if bit:
                value = notes.value(bit)
                text = f"{notes.names[variable]} = {value}: the only place for {value} in {rule.label}"
                yield _Found(text, (variable, bit))


def _only_values(notes: _Notes) -> Iterator[_Found]:
    """A variable that has one value left."""
    for variable, mask in enumerate(notes.masks):
        if mask.bit_count() == 1 and variable not in notes.settled:
            yield _Found(
                f"{notes.names[variable]} = {notes.value(mask)}: {_why_no_other(notes, variable)}", (variable, mask)
            )


def _why_no_other(notes: _Notes, variable: int) -> str:
    """Which rules took the other values, as few of them as are easily found, and what else excluded some."""
    gone = notes.rules.alignment.full[variable] & ~notes.masks[variable]
    taken: dict[str, int] = {}
    for number in notes.rules.around[variable]:
        rule, shifts = notes.rules.different[number]
        own = next(shift for one, shift in shifts if one == variable)
        for other, shift in shifts:
            if other in notes.settled and other != variable:
                taken[rule.label] = taken.get(rule.label, 0) | notes.masks[other] << shift >> own & gone
    labels = []
    while any(mask & gone for mask in taken.values()):
        label = max(taken, key=lambda name: (taken[name] & gone).bit_count())
        gone &= ~taken.pop(label)
        labels.append(label)
    words = [f"all other values are taken by {', '.join(labels)}"] if labels else []
    if gone and notes.reasons.get(variable):
        words.append(
            f"{'the rest is' if labels else 'all other values are'} excluded by {', '.join(notes.reasons[variable])}"
        )
    return "; ".join(words) or "its only value"


def _alone(notes: _Notes) -> Iterator[_Found]:
    """What a rule of another kind excludes."""
    yield from _excluded(notes, notes.rules.others, "{} excludes")


def _matched(notes: _Notes) -> Iterator[_Found]:
    """What an all-different rule excludes in any way at all: values that some of its variables need between them."""
    yield from _excluded(notes, notes.rules.matched, "other variables of {} need")


def _excluded(notes: _Notes, rules: Sequence[tuple[Rule, Sequence[Propagator]]], words: str) -> Iterator[_Found]:
    for rule, compiled in rules:
        after = list(notes.masks)
        for propagate in compiled:
            propagate(after)
        for variable, (old, new) in enumerate(zip(notes.masks, after, strict=True)):
            if old == new:
                continue
            name, gone = notes.names[variable], notes.listed(old & ~new)
            reason = f"{words.format(rule.label)} {gone}"
            if new.bit_count() == 1:
                yield _Found(f"{name} = {notes.value(new)}: {reason}", (variable, new))
            else:
                yield _Found(f"{name} is not {gone}: {reason}", removed={variable: old & ~new}, because=rule.label)


def _shared_places(notes: _Notes) -> Iterator[_Found]:
    """All places of a value in one rule are in another one too, which then has it there."""
    for (rule, shifts), needed in zip(notes.rules.different, notes.rules.needed, strict=True):
        for place in bits(needed):
            bit = 1 << place
            places = [variable for variable, _ in shifts if notes.masks[variable] & bit]
            if len(places) < 2:
                continue
            for number in set.intersection(*(set(notes.rules.around[variable]) for variable in places)):
                other, more = notes.rules.different[number]
                if other is rule or (isinstance(other.constraint, AllDifferent) and other.constraint.offsets):
                    continue
                out = {one: bit for one, _ in more if one not in places and notes.masks[one] & bit}
                if out:
                    value = notes.value(bit)
                    text = (
                        f"{rule.label} has its {value} in {other.label}: "
                        f"{_names(notes, out)} {'is' if len(out) == 1 else 'are'} not {value}"
                    )
                    yield _Found(text, removed=out, because=f"{value} of {rule.label} in {other.label}")


def _groups(notes: _Notes) -> Iterator[_Found]:
    """As many variables as they have values between them: no other variable of the rule has these values."""
    for size in _GROUPS:
        for rule, shifts in notes.rules.different:
            open_ = notes.open(shifts)
            few = [(variable, shift) for variable, shift in open_ if notes.masks[variable].bit_count() <= size]
            if len(open_) <= size:
                continue
            for group in combinations(few, size):
                union = 0
                for variable, shift in group:
                    union |= notes.masks[variable] << shift
                out = {
                    variable: notes.masks[variable] & union >> shift
                    for variable, shift in open_
                    if (variable, shift) not in group and notes.masks[variable] << shift & union
                }
                if union.bit_count() == size and out:
                    yield _group(notes, rule, [variable for variable, _ in group], out)


def _group(notes: _Notes, rule: Rule, group: list[int], out: dict[int, int]) -> _Found:
    between = 0
    for variable in group:
        between |= notes.masks[variable]
    excluded = "; ".join(f"{notes.names[variable]} is not {notes.listed(mask)}" for variable, mask in out.items())
    text = f"{_names(notes, group)} share {notes.listed(between)} in {rule.label}: {excluded}"
    return _Found(text, removed=out, because=f"{_names(notes, group)} in {rule.label}")


def _names(notes: _Notes, variables: Iterable[int]) -> str:
    return ", ".join(notes.names[variable] for variable in variables)


def _supposition(notes: _Notes) -> tuple[int, int] | None:
    """A variable and a value to suppose: one that soon turns out to be wrong, where there is one."""
    model, alignment = notes.instance.model, notes.rules.alignment
    open_ = sorted(
        (variable for variable in range(len(notes.masks)) if variable not in notes.settled),
        key=lambda variable: notes.masks[variable].bit_count(),
    )
    own = [sum(1 << alignment.own(v, place) for place in bits(mask)) for v, mask in enumerate(notes.masks)]
    for variable in open_:
        for place in bits(own[variable]):
            tried = solver(model).search([*own[:variable], 1 << place, *own[variable + 1 :]], max_nodes=0)
            if tried.complete and not tried.solutions:
                return variable, 1 << alignment.place(variable, place)
    return (open_[0], notes.masks[open_[0]] & -notes.masks[open_[0]]) if open_ else None
