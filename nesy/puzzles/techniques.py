"""What follows from what is known: the techniques of people, from the simplest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from nesy.puzzles.alignment import bits
from nesy.puzzles.model import AllDifferent, Rule
from nesy.puzzles.notes import Found, Notes
from nesy.puzzles.propagator import Propagator

_GROUPS = (2, 3)
"""How many variables are looked at together for values that they share."""


def contradiction(notes: Notes) -> Found | None:
    """What cannot be, where something cannot."""
    text = next(_contradictions(notes), None)
    return None if text is None else Found(f"contradiction: {text}", kind="contradiction")


def _contradictions(notes: Notes) -> Iterator[str]:
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


def deduction(notes: Notes) -> Found | None:
    """The first step that the simplest technique finds."""
    techniques = (_only_places, _only_values, _alone, _shared_places, _groups, _matched)
    return next((found for technique in techniques for found in technique(notes)), None)


def _only_places(notes: Notes) -> Iterator[Found]:
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
                yield Found(text, (variable, bit))


def _only_values(notes: Notes) -> Iterator[Found]:
    """A variable that has one value left."""
    for variable, mask in enumerate(notes.masks):
        if mask.bit_count() == 1 and variable not in notes.settled:
            yield Found(
                f"{notes.names[variable]} = {notes.value(mask)}: {_why_no_other(notes, variable)}", (variable, mask)
            )


def _why_no_other(notes: Notes, variable: int) -> str:
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


def _alone(notes: Notes) -> Iterator[Found]:
    """What a rule of another kind excludes."""
    yield from _excluded(notes, notes.rules.others, "{} excludes")


def _matched(notes: Notes) -> Iterator[Found]:
    """What an all-different rule excludes in any way at all: values that some of its variables need between them."""
    yield from _excluded(notes, notes.rules.matched, "other variables of {} need")


def _excluded(notes: Notes, rules: Sequence[tuple[Rule, Sequence[Propagator]]], words: str) -> Iterator[Found]:
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
                yield Found(f"{name} = {notes.value(new)}: {reason}", (variable, new))
            else:
                yield Found(f"{name} is not {gone}: {reason}", removed={variable: old & ~new}, because=rule.label)


def _shared_places(notes: Notes) -> Iterator[Found]:
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
                        f"{notes.listed_names(out)} {'is' if len(out) == 1 else 'are'} not {value}"
                    )
                    yield Found(text, removed=out, because=f"{value} of {rule.label} in {other.label}")


def _groups(notes: Notes) -> Iterator[Found]:
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


def _group(notes: Notes, rule: Rule, group: list[int], out: dict[int, int]) -> Found:
    between = 0
    for variable in group:
        between |= notes.masks[variable]
    excluded = "; ".join(f"{notes.names[variable]} is not {notes.listed(mask)}" for variable, mask in out.items())
    text = f"{notes.listed_names(group)} share {notes.listed(between)} in {rule.label}: {excluded}"
    return Found(text, removed=out, because=f"{notes.listed_names(group)} in {rule.label}")
